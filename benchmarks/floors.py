"""What a few lines without any language model reach: the floor that each analysis command must clear.

Every floor takes the rows of a gold file and yields answers in the form of ``python -m tracker.analysis``.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

Row = dict[str, Any]

# --- Attribution: who comes right before a verb of saying, and what comes after or was quoted before ------------------

SAY = (
    r"(?:said|says|told|added|claimed|claims|announced|reported|reports|wrote|denied|stated|insisted|warned|argued"
    r"|argues|tweeted|declared|explained|confirmed)"
)
NAME = r"(?:[A-Z][\w.’'-]*(?:\s+(?:of|the|for|de|[A-Z][\w.’'-]*)){0,4}|[Hh]e|[Ss]he|[Tt]hey|[Ii]t)"
SAID_FIRST = re.compile(rf"(?P<source>\b{NAME})\s+(?P<cue>{SAY})\s+(?:that\s+)?(?P<content>[^\n]+?[.!?]”?)(?=\s|$)")
QUOTED_FIRST = re.compile(
    rf"(?P<content>[“\"][^“”\"\n]{{3,}}[,.!?][”\"])\s+(?:(?P<source>{NAME})\s+(?P<cue>{SAY})"
    rf"|(?P<cue2>{SAY})\s+(?P<source2>{NAME}))"
)


def attribution(rows: Iterable[Row]) -> Iterator[Row]:
    """A regular expression for verbs of saying."""
    for row in rows:
        statements = []
        taken: set[int] = set()
        for pattern in (QUOTED_FIRST, SAID_FIRST):
            for found in pattern.finditer(row["text"]):
                second = "2" if found.groupdict().get("cue2") else ""
                if found.start("cue" + second) in taken:
                    continue
                taken.add(found.start("cue" + second))
                statements.append(
                    {
                        "source": {"spans": [found.span("source" + second)]},
                        "cue": {"spans": [found.span("cue" + second)]},
                        "content": {"spans": [found.span("content")]},
                        "parent": None,
                    }
                )
        yield {"id": row["id"], "statements": statements}


# --- Stance: always the label that is most common in the file ---------------------------------------------------------


def stance(rows: list[Row]) -> Iterator[Row]:
    """The majority label, read from the gold itself: what guessing can reach at best."""
    majority = Counter(row["stance"] for row in rows).most_common(1)[0][0]
    for row in rows:
        yield {"id": row["id"], "stance": majority}


# --- Matching: BM25 ---------------------------------------------------------------------------------------------------

K1, B, RANKED = 1.5, 0.75, 20  # the usual values (Robertson and Zaragoza 2009)


def matching(rows: Iterable[Row], claims: Iterable[Row]) -> Iterator[Row]:
    """Known claims by BM25 over lower-cased words."""
    documents = {claim["id"]: Counter(_words(claim["text"])) for claim in claims}
    lengths = {key: words.total() for key, words in documents.items()}
    mean = sum(lengths.values()) / len(lengths)
    postings: dict[str, list[tuple[Any, int]]] = defaultdict(list)
    for key, words in documents.items():
        for word, times in words.items():
            postings[word].append((key, times))
    for row in rows:
        scores: dict[Any, float] = defaultdict(float)
        for word in set(_words(row["text"])):
            holding = postings.get(word, [])
            rarity = math.log(1 + (len(documents) - len(holding) + 0.5) / (len(holding) + 0.5))
            for key, times in holding:
                scores[key] += rarity * times * (K1 + 1) / (times + K1 * (1 - B + B * lengths[key] / mean))
        yield {"id": row["id"], "ranking": sorted(scores, key=lambda key: -scores[key])[:RANKED]}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


# --- Counts: the first number near a word for killing -----------------------------------------------------------------

UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
NUMBER = rf"\d[\d,]*|{'|'.join(UNITS)}"
NEAR_DEATH = re.compile(
    rf"\b(?P<before>{NUMBER})\b(?:\W+\w+){{0,5}}?\W+(?:killed|dead|died|deaths)\b"
    rf"|\b(?:killed|killing|kills|dead|deaths)(?:\W+\w+){{0,4}}?\W+(?P<after>{NUMBER})\b",
    re.IGNORECASE,
)


def counts(rows: Iterable[Row]) -> Iterator[Row]:
    """The first number within a few words of "killed", "dead" and the like."""
    for row in rows:
        found = NEAR_DEATH.search(f"{row.get('title', '')}. {row['text']}")
        killed = None
        if found:
            word = (found["before"] or found["after"]).lower()
            number = UNITS.index(word) + 1 if word in UNITS else int(word.replace(",", ""))
            killed = {"low": number, "best": number, "high": number}
        yield {"id": row["id"], "killed": killed, "injured": None}


# --- Grouping: no two documents belong together -----------------------------------------------------------------------


def grouping(rows: Iterable[Row]) -> Iterator[Row]:
    """Every document alone."""
    for row in rows:
        yield {"id": row["id"], "group": row["id"]}
