"""Pages that are held, looked at again: what was corrected, taken back or removed is heard of without a feed's help."""
