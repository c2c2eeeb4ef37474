"""From an address or a file to bytes, text and a stored snapshot."""
