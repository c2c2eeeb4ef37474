"""Is this installation well, and if not, what is to be done? Every check looks, and changes nothing."""

from tracker.doctor.findings import Finding, Level
from tracker.doctor.rounds import PARTS, examine

__all__ = ["PARTS", "Finding", "Level", "examine"]
