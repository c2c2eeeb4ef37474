"""How many requests of one kind a caller may make in how long, as the settings say it."""

import re
from dataclasses import dataclass
from typing import Self

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
WRITTEN = re.compile(rf"(?:none|([1-9][0-9]{{0,8}})/({'|'.join(SECONDS)}))\Z")
LIKE = "Write a limit like 600/minute (or second, hour, day), or none."


@dataclass(frozen=True, slots=True)
class Limit:
    """So many within so many seconds."""

    amount: int
    seconds: int

    @classmethod
    def read(cls, written: str) -> Self | None:
        """A limit written as ``600/minute``; ``None`` for ``none``, which is no limit. ``ValueError`` otherwise."""
        found = WRITTEN.match(written)
        if found is None:
            raise ValueError(LIKE)
        return cls(int(found[1]), SECONDS[found[2]]) if found[1] else None
