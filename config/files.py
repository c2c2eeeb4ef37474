"""Files that must be whole or not there at all."""

import os
import tempfile
from pathlib import Path


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner can read; whoever reads it meanwhile, or after a crash, finds old or new."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # its mode is 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
