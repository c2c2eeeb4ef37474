"""Blocks of a report that different commands write, each between two comments that name it."""

import re
from pathlib import Path

_BLOCK = re.compile(r"<!-- begin (?P<name>[\w -]+) -->\n.*?<!-- end (?P=name) -->\n", re.DOTALL)


def block(name: str, text: str) -> str:
    """The text between the two comments."""
    return f"<!-- begin {name} -->\n{text.strip()}\n<!-- end {name} -->\n"


def put(path: Path, name: str, text: str) -> None:
    """Write the block of this name into a file: in place of the one that is there, or else at the end."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    new, own = (
        block(name, text),
        re.compile(rf"<!-- begin {re.escape(name)} -->\n.*?<!-- end {re.escape(name)} -->\n", re.DOTALL),
    )
    if own.search(before):
        after = own.sub(lambda _: new, before, count=1)
    else:
        after = f"{before.rstrip()}\n\n{new}" if before.strip() else new
    path.write_text(after, encoding="utf-8")


def with_blocks_of(path: Path, text: str) -> str:
    """``text`` followed by all blocks that the file holds now: for a command that writes the rest of the file anew."""
    if not path.exists():
        return text
    held = [found.group() for found in _BLOCK.finditer(path.read_text(encoding="utf-8"))]
    return "\n".join([text.rstrip() + "\n", *held]) if held else text
