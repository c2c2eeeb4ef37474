"""What the clocks of a worker's processes (:mod:`benchmarks.clocks`) have written. Needs no Django."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

ANALYSIS = "finding statements"
COMPARING = ("placing: comparing", "conflicts: comparing", "copies: comparing texts")


def read_clocks(folder: Path) -> dict[str, float]:
    """Seconds by part, of all processes together."""
    found: dict[str, float] = defaultdict(float)
    for path in folder.glob("*.json"):
        for part, seconds in json.loads(path.read_text())["spent"].items():
            found[part] += seconds
    return dict(found)
