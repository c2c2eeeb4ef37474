"""How the time of the attribution grows with the length of the text, for texts of several shapes.

    python -m benchmarks.attribution_growth [--finder trained|rules] [--most 1000000] [--shape NAME …]

Prints a Markdown table: CPU seconds for an eighth, a quarter, half and all of the characters, what the last doubling
cost (2 is linear), and the memory at the end, each shape in a process of its own.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from benchmarks.analysis import table
from benchmarks.mangling import NEWS
from tracker.analysis.finders import Finder
from tracker.analysis.pipeline import analyse

Shape = Callable[[int], str]


def repeated(piece: str) -> Shape:
    """A text that says the same again and again."""
    return lambda length: (piece * (length // len(piece) + 1))[:length]


def news(length: int) -> str:
    """Paragraphs whose persons and towns vary, so that there are ever more of them to tell apart."""
    syllables = ("Bra", "Den", "Fos", "Gul", "Hal", "Kes", "Lor", "Mar", "Nid", "Osk", "Pol", "Rev")
    pieces: list[str] = []
    size = number = 0
    while size < length:
        first, second, third = (syllables[number // 12**power % 12] for power in range(3))
        name, town = first + second.lower() + third.lower(), third + first.lower()
        pieces.append(
            f"Danil {name}, a spokesman for the {town} Guard, said {number} people died in {town} on Monday. "
            f"The {name} Society denied this. “We left,” {name} said. “We had to.”\n\n"
        )
        size += len(pieces[-1])
        number += 1
    return "".join(pieces)[:length]


SHAPES: dict[str, Shape] = {
    "news, ever new names": news,
    "news, the same again": repeated(NEWS + "\n"),
    "one line": repeated(NEWS.replace("\n", " ")),
    "one quotation, never closed": lambda length: "“" + repeated("Brod said it rained. She denied this. ")(length - 1),
    "one word": repeated("a"),
    "one word of marks": repeated("-–—…"),
    "said said said": repeated("said "),
    "nested quotations": lambda length: repeated("“Brod said that ")(length // 2) + repeated("” ")(length // 2),
    "nested brackets": lambda length: repeated("(he said ")(length // 2) + repeated(") ")(length // 2),
    "quotation marks": repeated('"'),
    "numbers": repeated("12 and 34, 5.6\t"),
    "empty lines": repeated("\n"),
}


def measure(shape: str, finder: Finder, length: int, told: Connection) -> None:
    """Send the CPU seconds for an eighth, a quarter, a half and all of ``length``, and the peak of memory in MB."""
    analyse(NEWS, finder=finder)
    seconds = []
    for part in (8, 4, 2, 1):
        text = SHAPES[shape](length // part)
        began = time.process_time()
        analyse(text, finder=finder)
        seconds.append(time.process_time() - began)
    scale = 1024 if sys.platform == "linux" else 1024**2
    told.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale))


def measured(shape: str, finder: Finder, length: int) -> tuple[list[float], float]:
    """What ``measure`` sends, from a process of its own."""
    own, other = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=measure, args=(shape, finder, length, other))
    process.start()
    other.close()
    found: tuple[list[float], float] = own.recv()
    process.join()
    return found


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--finder", type=Finder, choices=list(Finder), default=Finder.TRAINED)
    parser.add_argument("--most", type=int, default=1_000_000, metavar="N", help="characters of the longest text")
    parser.add_argument("--shape", action="append", choices=list(SHAPES), help="leave out the others")
    told = parser.parse_args(argv)
    rows = []
    for shape in told.shape or SHAPES:
        seconds, megabytes = measured(shape, told.finder, told.most)
        doubling = f"{seconds[-1] / seconds[-2]:.2f}" if seconds[-2] > 0 else ""
        rows.append([shape, *(f"{each:.2f}" for each in seconds), doubling, f"{megabytes:.0f}"])
        print(rows[-1], file=sys.stderr, flush=True)
    sizes = [f"{told.most // part:,}" for part in (8, 4, 2, 1)]
    print(table([f"CPU seconds, {told.finder.value}", *sizes, "last doubling", "MB"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
