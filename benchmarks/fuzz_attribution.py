"""Does the attribution keep its word on text that nobody would write?

    python -m benchmarks.fuzz_attribution --documents 10000 [--data FOLDER] [--finder trained|rules] [--seed N]
        [--offenders FOLDER]

Analyses mangled documents (see ``benchmarks/mangling.py``), made of this project's own dispatches and, with ``--data``,
of the ``text`` of that folder's JSON Lines files. For each: no exception; every passage's offsets inside the text, and
its words exactly what stands there; parents in range and in no circle; confidence in [0, 1]; quantities within their
content; answers that can be written as JSON; no more time than a document of that length may take. Some are analysed
again afterwards, in a process of their own and in another order, and must get the same answer.

Prints counts. The exit status is 1 when a document broke a rule; each offender's text is written to a file (UTF-8,
lone surrogates passed through) that is named with the rule it broke.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.analysis import ROOT, read
from benchmarks.mangling import NEWS, documents
from tracker.analysis.finders import Finder
from tracker.analysis.pipeline import analyse, parsable
from tracker.analysis.types import CHECKABLE, Passage, Period, Quantity, Statement, as_json

AGAIN = 50  # every so many documents one is analysed again in another process
SECONDS, SECONDS_A_CHARACTER = 5.0, 0.002  # what a document may take; the analysis is some thirty times quicker


def violations(text: str, statements: list[Statement]) -> Iterator[str]:
    """Every rule that the statements of ``text`` break, in words."""
    for number, each in enumerate(statements):
        for what, passage in passages(each):
            for wrong in misplaced(text, passage):
                yield f"statement {number}, {what}: {wrong}"
        for wrong in (*misjudged(text, each), *miscounted(text, each)):
            yield f"statement {number}: {wrong}"
    yield from circles([each.parent for each in statements])


def passages(statement: Statement) -> Iterator[tuple[str, Passage]]:
    """Everything in a statement that has both words and offsets, its quantities aside."""
    yield "content", statement.content
    if statement.cue is not None:
        yield "cue", statement.cue
    if statement.source is not None:
        yield "source", statement.source.passage


def misplaced(text: str, passage: Passage) -> Iterator[str]:
    """What is wrong with a passage: pieces outside of the text, empty, out of order, overlapping, or other words."""
    if not passage.spans:
        yield "it has no piece"
    end_before = 0
    for start, end in passage.spans:
        if not 0 <= start < end <= len(text):
            yield f"the piece {start}–{end} is empty or outside of the text's {len(text)} characters"
        if start < end_before:
            yield f"the piece {start}–{end} overlaps the one before"
        end_before = end
    if passage.text != " ".join(text[start:end] for start, end in passage.spans):
        yield "its words are not what stands there"


def misjudged(text: str, statement: Statement) -> Iterator[str]:
    """What is wrong with a statement's judgements."""
    if not 0 <= statement.confidence <= 1:  # also for what is no number
        yield f"its confidence is {statement.confidence}"
    if statement.checkable != (statement.modality in CHECKABLE):
        yield "checkable contradicts the modality"
    read_as = parsable(text)
    for word in statement.decided_by:
        if not word or (word not in text and word not in read_as):
            yield f"it is decided by {word!r}, which is not in the text"
    if statement.place is not None and not statement.place.strip():
        yield "its place has no name"
    yield from mistimed(text, statement.when)
    source = statement.source
    if source is not None:
        if source.name is not None and not source.name.strip():
            yield "its source's name is empty"
        if source.number is not None and source.number < 0:
            yield f"its source is {source.number} people"


def miscounted(text: str, statement: Statement) -> Iterator[str]:
    """What is wrong with a statement's quantities."""
    for quantity in statement.quantities:
        for wrong in (*misplaced(text, quantity.passage), *mistimed(text, quantity.when), *unbounded(quantity)):
            yield f"quantity {quantity.passage.spans}: {wrong}"
        held = statement.content.spans
        if not all(any(a <= start and end <= b for a, b in held) for start, end in quantity.passage.spans):
            yield f"quantity {quantity.passage.spans}: it is not in the content"


def unbounded(quantity: Quantity) -> Iterator[str]:
    """What is wrong with a quantity's bounds."""
    figures = [each for each in (quantity.low, quantity.best, quantity.high) if each is not None]
    if not all(math.isfinite(each) for each in figures) or figures != sorted(figures):
        yield f"its bounds are {figures}"


def mistimed(text: str, when: Period | None) -> Iterator[str]:
    """What is wrong with a period."""
    if when is not None and when.first > when.last:
        yield f"its period ends ({when.last}) before it starts ({when.first})"
    if when is not None and when.text not in text and when.text not in parsable(text):
        yield f"its period's words, {when.text!r}, are not in the text"


def circles(parents: list[int | None]) -> Iterator[str]:
    """Parents out of range, and statements that are their own ancestors."""
    if any(parent is not None and not 0 <= parent < len(parents) for parent in parents):
        yield f"a parent is out of range: {parents}"
        return
    for number in range(len(parents)):
        seen, at = {number}, parents[number]
        while at is not None:
            if at in seen:
                yield f"statement {number} is its own ancestor"
                break
            seen.add(at)
            at = parents[at]


def answer(text: str, finder: Finder) -> str:
    """What ``analyse`` says, as JSON. Raises ``ValueError`` where that cannot be written."""
    return json.dumps([as_json(each) for each in analyse(text, finder=finder)], allow_nan=False)


@dataclass
class Tally:
    """What was seen."""

    documents: int = 0
    characters: int = 0
    statements: int = 0
    seconds: float = 0.0
    slowest: tuple[float, int, int] = (0.0, 0, 0)
    """Seconds, characters and number of the document."""
    broken: Counter[int] = field(default_factory=Counter)
    """How many rules were broken, by the number of the document."""
    kept: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Texts and answers to be compared with another process', by number."""


def examined(
    text: str, finder: Finder, find: Callable[..., list[Statement]] = analyse
) -> tuple[list[Statement], list[str], float]:
    """The statements of one document, the rules that they break, and the CPU seconds that they took."""
    began = time.process_time()
    try:
        statements = find(text, finder=finder)
    except Exception:  # noqa: BLE001 - whatever it raises is the finding
        return [], [traceback.format_exc()], time.process_time() - began
    spent = time.process_time() - began
    broken = list(violations(text, statements))
    if spent > SECONDS + SECONDS_A_CHARACTER * len(text):
        broken.append(f"it took {spent:.1f} seconds for {len(text)} characters")
    try:
        json.dumps([as_json(each) for each in statements], allow_nan=False)
    except ValueError as error:
        broken.append(f"the answer is no JSON: {error}")
    return statements, broken, spent


def fuzz(texts: Iterable[str], finder: Finder, *, offenders: Path) -> Tally:
    """Analyse every text, write down the offenders, and count."""
    tally = Tally()
    for number, text in enumerate(texts):
        statements, broken, spent = examined(text, finder)
        tally.documents += 1
        tally.characters += len(text)
        tally.statements += len(statements)
        tally.seconds += spent
        tally.slowest = max(tally.slowest, (spent, len(text), number))
        if broken:
            tally.broken[number] = len(broken)
            denounce(text, broken, number, offenders)
        elif number % AGAIN == 0:
            tally.kept[number] = (text, json.dumps([as_json(each) for each in statements]))
    return tally


def denounce(text: str, broken: list[str], number: int, offenders: Path) -> None:
    """Write an offending text to a file, and say what is wrong with it."""
    offenders.mkdir(parents=True, exist_ok=True)
    path = offenders / f"{number}.txt"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    for wrong in broken:
        print(f"{path}: {wrong}", file=sys.stderr, flush=True)


_ELSEWHERE = """
import json, sys
from benchmarks.fuzz_attribution import Finder, answer
for line in sys.stdin:
    print(answer(json.loads(line), Finder(sys.argv[1])))
"""


def compared(tally: Tally, finder: Finder, *, offenders: Path) -> None:
    """Analyse what was kept once more, last first, in another process; a different answer breaks a rule."""
    kept = sorted(tally.kept.items(), reverse=True)
    asked = "".join(json.dumps(text) + "\n" for _, (text, _) in kept)
    command = [sys.executable, "-c", _ELSEWHERE, finder.value]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, cwd=ROOT)
    for (number, (text, first)), second in zip(kept, done.stdout.splitlines(), strict=True):
        if json.loads(first) != json.loads(second):
            tally.broken[number] += 1
            denounce(text, ["another process, after other documents, gives another answer"], number, offenders)


def megabytes() -> float:
    """How much memory this process holds now, where the system tells, or has held at most."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        scale = 1024 if sys.platform == "linux" else 1024**2
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
    return pages * resource.getpagesize() / 1024**2


def bases(data: Path | None) -> list[str]:
    """The texts that documents are made of: this project's own, and those of ``data``."""
    own = [NEWS, *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*.md")))]
    files = sorted(data.glob("*.jsonl")) if data else []
    return own + [row["text"] for file in files for row in read(file) if isinstance(row.get("text"), str)]


def main(argv: list[str] | None = None) -> int:
    """Fuzz and print; the exit status."""
    told = options(argv)
    made_of = bases(told.data)
    analyse(NEWS, finder=told.finder)
    before = megabytes()
    tally = fuzz(documents(told.documents, seed=told.seed, bases=made_of), told.finder, offenders=told.offenders)
    after = megabytes()
    compared(tally, told.finder, offenders=told.offenders)
    seconds, characters, number = tally.slowest
    print(f"finder              {told.finder.value}, seed {told.seed}, {len(made_of)} texts to mangle")
    print(f"documents           {tally.documents:,} of {tally.characters:,} characters")
    print(f"statements          {tally.statements:,}")
    print(f"CPU seconds         {tally.seconds:,.0f}")
    print(f"slowest document    number {number}: {seconds:.2f} s for {characters:,} characters")
    print(f"memory, MB          {before:.0f} before, {after:.0f} after")
    print(f"analysed again      {len(tally.kept)} in another process")
    print(f"broken rules        {sum(tally.broken.values())} in {len(tally.broken)} documents")
    return 1 if tally.broken else 0


def options(argv: list[str] | None) -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000, metavar="N", help="how many")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="JSON Lines whose texts are mangled too")
    parser.add_argument("--finder", type=Finder, choices=list(Finder), default=Finder.TRAINED)
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the lots")
    parser.add_argument("--offenders", type=Path, default=ROOT / "var" / "fuzz", metavar="FOLDER", help="for bad texts")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
