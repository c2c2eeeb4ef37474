"""``python -m claims.bundle FILE [--key PUBLIC_KEY]``: verify an evidence bundle."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from claims.bundle import keys, tokens
from claims.bundle.verifying import Fault, Verified, verify


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("file", type=Path, help="The bundle.")
    parser.add_argument(
        "--key", help="The maker's public key, from somewhere else than the bundle: a PEM file, or Base64."
    )
    parser.add_argument(
        "--stamp-roots", type=Path, metavar="PEM_FILE",
        help="The certificates of the time-stamp authority, from somewhere else than the bundle.",
    )  # fmt: skip


def check(file: Path, key: str | None, *, stamp_roots: Path | None = None, say: Callable[[str], object]) -> None:
    """Verify a bundle and say what is in it. Raises ``Fault``, ``ValueError`` or ``OSError``."""
    given = keys.read(key) if key else None
    roots = tokens.read_roots(stamp_roots.read_bytes()) if stamp_roots else None
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {file}.")
    for line in told(verify(file, key=given, stamp_roots=roots)):
        say(line)


def told(verified: Verified) -> list[str]:
    """What is to be said of a bundle in which nothing is wrong."""
    manifest, ledger = verified.manifest, verified.manifest["ledger"]
    notices = f"{verified.notices} notices, " if verified.notices else ""
    counted = (
        f"{len(manifest['members'])} members, {verified.rows} rows, {verified.versions} versions, {notices}"
        f"{verified.statements} statements and {verified.events} events verified."
    )
    lines = [
        f"Dossier {manifest['dossier']['slug']!r} as of {manifest['made_at']}, by {manifest['made_by']}.",
        counted,
        f"Ledger {ledger['size']}:{ledger['head']}, root {ledger['root']}.",
    ]
    lines += _stamps_told(verified)
    if manifest["missing"]:
        lines.append(
            f"Without the originals of {len(manifest['missing'])} of them: the manifest names them and says why."
        )
    if ledger["unsealed"]:
        lines.append(f"{ledger['unsealed']} changes were not sealed yet when it was made, and are not in it.")
    signed = f"Signed with the key {keys.key_id(verified.key)} ({keys.encoded(verified.key)})"
    lines.append(f"{signed}." if verified.known_key else f"{signed}: compare it with the one that its maker publishes.")
    return lines


def _stamps_told(verified: Verified) -> list[str]:
    stamps = verified.stamps
    if stamps.unchecked:
        return [f"{stamps.unchecked} time stamps were not checked: give the authority's certificates (--stamp-roots)."]
    if not stamps.count or stamps.earliest is None or stamps.latest is None:
        return ["No time stamp covers any of it."]
    said = (
        f"{stamps.count} time stamps verified: {stamps.events} of the {verified.events} events were there by "
        f"{stamps.latest.isoformat()}, the first of them by {stamps.earliest.isoformat()}"
    )
    return [f"{said}." if stamps.known_roots else f"{said}: compare ledger/stamp-roots.pem with the authority's own."]


def main(argv: Sequence[str] | None = None) -> int:
    """Verify what the arguments name; 1 where something is wrong with it, 2 where it could not be verified."""
    parser = argparse.ArgumentParser(prog="python -m claims.bundle", description="Verify an evidence bundle.")
    add_arguments(parser)
    asked = parser.parse_args(argv)
    try:
        check(asked.file, asked.key, stamp_roots=asked.stamp_roots, say=print)
    except Fault as fault:
        print(f"Not what was signed. {fault}", file=sys.stderr)  # noqa: T201
        return 1
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
