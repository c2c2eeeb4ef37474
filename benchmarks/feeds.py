"""How the feed reader does on the test files that come with feedparser's source distribution.

    pip download --no-binary :all: --no-deps feedparser
    tar xzf feedparser-*.tar.gz
    python -m benchmarks.feeds --corpus feedparser-*/tests [--report docs/benchmarks.md]

Each file says in a comment what a reader is expected to make of it, as an expression of Python, which is evaluated:
name only a corpus that you trust. Three questions are asked of every file. Does our reader raise anything but its own
refusal? Does the expectation hold of what it parses? And, where the expectation is about something that we keep
(titles, addresses, identifiers, moments, categories), does it hold of what we keep? Texts are kept as plain lines and
addresses complete, so the last share is not meant to be 1.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import types
import warnings
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser

from benchmarks import report
from tracker.feeds import reading, syndication
from tracker.feeds.listing import Item, Listing
from tracker.feeds.xml import refuse_unsafe
from tracker.ingest.errors import IngestError
from tracker.ingest.fetched import DEFAULT_MAX_BYTES, Fetched

EXPECTED = re.compile(rb"Description:\s*(.*?)\s*Expect:\s*(.*?)\s*-->", re.DOTALL)
SKIPPED = re.compile(rb"SkipUnless:\s*(.*?)\n")
HEADER = re.compile(rb"^Header:\s+([^:]+):(.+)$", re.MULTILINE)
SERVER = "http://127.0.0.1:8097/tests/"  # what the files themselves take to be their address
SECONDS = 5.0  # for one file, of processor time


class NotKept(Exception):
    """The expectation is about something that is not kept."""


class Kept(dict[str, Any]):
    """What we keep of a feed or an item, under feedparser's names; asked for anything else, it says so."""

    def __missing__(self, key: str) -> Any:
        raise NotKept(key)

    def __getattr__(self, key: str) -> Any:
        return self[key]

    def get(self, key: str, _default: Any = None) -> Any:
        """Never a default: what is not kept is not judged."""
        return self[key]

    def __contains__(self, key: object) -> bool:
        raise NotKept(key)


@dataclass
class Tally:
    """What came of the files of one folder."""

    files: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    expectations: int = 0
    hold: int = 0
    about_kept: int = 0
    hold_of_kept: int = 0


def expectation(data: bytes) -> str | None:
    """The expression of a file that says what is expected, where it has one that this machine can judge."""
    found = EXPECTED.search(data)
    skipped = SKIPPED.search(data)
    if found is None:
        return None
    if skipped is not None:
        try:
            if not eval(skipped[1], {"__import__": __import__}):
                return None
        except Exception:  # noqa: BLE001  as feedparser's own runner does
            return None
    return found[2].decode("utf-8", "replace")


def fetched_as(path: Path, root: Path, data: bytes) -> Fetched:
    """The file as if a server had given it, with the headers that it asks for."""
    headers = {name.decode().strip().lower(): value.decode().strip() for name, value in HEADER.findall(data)}
    address = SERVER + path.relative_to(root).as_posix()
    told = headers.get("content-type", "application/xml")
    return Fetched(address, address, data, told, datetime.now(UTC), status=200)


def holds(expression: str, names: dict[str, Any]) -> bool:
    """Whether an expectation holds of these names; one that cannot be evaluated does not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(eval(expression, {"feedparser": feedparser, "time": time}, names))
    except NotKept:
        raise
    except Exception:  # noqa: BLE001  an entry or a key that is missing
        return False


def as_kept(listing: Listing, parsed: Any) -> dict[str, Any]:
    """What we keep, under feedparser's names."""
    return {
        "bozo": parsed.bozo,
        "feed": Kept(title=listing.title, link=listing.site),
        "entries": [_entry(item) for item in listing.items],
    }


def _entry(item: Item) -> Kept:
    entry = Kept(title=item.title, link=item.address, id=item.identifier, guid=item.identifier)
    for name, moment in (("published", item.published_at), ("updated", item.changed_at)):
        if moment is not None:
            entry[f"{name}_parsed"] = tuple(moment.utctimetuple())
    entry["tags"] = [types.SimpleNamespace(term=section) for section in item.sections]
    return entry


def judge(path: Path, root: Path, tally: Tally) -> str:
    """Read one file and count; the exception that escaped, in words, or nothing."""
    data = path.read_bytes()
    fetched = fetched_as(path, root, data)
    tally.files += 1
    listing: Listing | None = None
    try:
        listing = reading.read_listing(fetched, max_bytes=DEFAULT_MAX_BYTES)
    except IngestError as error:
        tally.refused[error.code.value] += 1
    except Exception as error:  # noqa: BLE001  this is what is asked
        return f"{path}: {type(error).__name__}: {error}"
    expected = expectation(data)
    if expected is None:
        return ""
    tally.expectations += 1
    try:
        refuse_unsafe(data, name=path.name)
        parsed = syndication.parse_feed(data, address=fetched.final_address, content_type=fetched.content_type)
    except IngestError:
        return ""
    tally.hold += holds(expected, parsed)
    if listing is not None and (listing.items or "entries" not in expected):
        try:
            held = holds(expected, as_kept(listing, parsed))
        except NotKept:
            return ""
        tally.about_kept += 1
        tally.hold_of_kept += held
    return ""


def table(tallies: dict[str, Tally], *, escaped: int, slowest: float) -> str:
    """The result as Markdown."""
    lines = f"""## Reading feeds

feedparser {feedparser.__version__}'s own test files through our reader ([benchmarks/feeds.py](../benchmarks/feeds.py)):
{sum(t.files for t in tallies.values()):,} files, {escaped} with an exception, {slowest:.2f} s of processor time for
the slowest. *refused* are files that are no feed, declare entities of their own or cannot be unpacked. *holds* is the
share of expectations that hold of what is parsed, a refusal counting as one that does not; those of `http` are about
answers of a server, of which only the type is passed on. *Of what is kept* looks only at expectations about
what we keep (plain titles, complete addresses, moments, categories) of
items that have an address; where they ask for markup or for half an address, they do not hold on purpose.

| folder | files | refused | expectations | holds | about what is kept | holds of what is kept |
|---|---:|---:|---:|---:|---:|---:|""".splitlines()
    total = Tally()
    for name, tally in [*sorted(tallies.items()), ("all", total)]:
        if name != "all":
            total.files += tally.files
            total.refused += tally.refused
            total.expectations += tally.expectations
            total.hold += tally.hold
            total.about_kept += tally.about_kept
            total.hold_of_kept += tally.hold_of_kept
        lines.append(
            f"| {name} | {tally.files} | {tally.refused.total()} | {tally.expectations} "
            f"| {_share(tally.hold, tally.expectations)} | {tally.about_kept} "
            f"| {_share(tally.hold_of_kept, tally.about_kept)} |"
        )
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def main() -> int:
    """Judge every file of the corpus; 1 where an exception escaped or a file took too long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="the folder `tests` of feedparser's source")
    parser.add_argument("--report", type=Path, help="a Markdown file to put the table into")
    given = parser.parse_args()
    files = sorted(path for path in given.corpus.rglob("*") if path.suffix in {".xml", ".gz", ".z"})
    if not files:
        parser.error(f"no test files in {given.corpus}")
    tallies: dict[str, Tally] = {}
    escaped: list[str] = []
    slowest = 0.0
    for path in files:
        began = time.process_time()
        folder = "/".join(path.relative_to(given.corpus).parts[:1])
        if told := judge(path, given.corpus, tallies.setdefault(folder, Tally())):
            escaped.append(told)
        slowest = max(slowest, time.process_time() - began)
    text = table(tallies, escaped=len(escaped), slowest=slowest)
    print(text)
    print("\n".join(escaped))
    if given.report:
        report.put(given.report, "feeds", text)
    return 1 if escaped or slowest > SECONDS else 0


if __name__ == "__main__":
    sys.exit(main())
