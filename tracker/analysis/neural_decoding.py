"""From the network's labels to attributions in words: well-formed sources and contents, no word claimed twice."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.analysis.neural_reading import Link, Range

NONE, SOURCE, SOURCE_ON, CONTENT, CONTENT_ON = range(5)
_NEVER = -1e9
_SURE = 8.0  # a logit beyond which the network's certainty means no more

# Which label may follow which: a piece goes on only after a word of its own kind.
_FOLLOWS = np.zeros((5, 5))
_FOLLOWS[:, [SOURCE_ON, CONTENT_ON]] = _NEVER
_FOLLOWS[[SOURCE, SOURCE_ON], SOURCE_ON] = 0
_FOLLOWS[[CONTENT, CONTENT_ON], CONTENT_ON] = 0


@dataclass(frozen=True, slots=True)
class Weights:
    """Logistic regression of "this attribution is right" on what the network says of it, and where to cut."""

    constant: float
    valid: float
    likely: float
    content: float
    source: float
    sourceless: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an attribution.

    ``valid`` is the linker's logit that the cue is one, ``likely`` how likely the reader thinks so; ``content`` and
    ``source`` are how likely their words are theirs on average (``source`` is 0 when there is none).
    """

    valid: float
    likely: float
    content: float
    source: float

    def confidence(self, weights: Weights) -> float:
        """How probable it is that the attribution is right."""
        logit = (
            weights.constant
            + weights.valid * self.valid
            + weights.likely * self.likely
            + weights.content * self.content
            + (weights.source * self.source if self.source else weights.sourceless)
        )
        return 1 / (1 + math.exp(-logit))


@dataclass(slots=True)
class Found:
    """One attribution in words; ``wanted`` is how probable each word of the content is, ``nested``: inside another."""

    cue: Range
    source: Range | None
    content: list[Range]
    evidence: Evidence
    confidence: float
    wanted: dict[int, float]
    nested: bool = False


def best_labels(log_probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """The most probable well-formed labels of each row of words (Viterbi); [rows, words, labels] to [rows, words]."""
    rows, words, _ = log_probabilities.shape
    score = log_probabilities[:, 0].copy()
    score[:, [SOURCE_ON, CONTENT_ON]] = _NEVER
    back = np.zeros((words, rows, 5), np.int64)
    for word in range(1, words):
        onward = score[:, :, np.newaxis] + _FOLLOWS
        back[word] = onward.argmax(1)
        score = onward.max(1) + log_probabilities[:, word]
    labels = np.zeros((rows, words), np.int64)
    labels[:, -1] = score.argmax(1)
    for word in range(words - 1, 0, -1):
        labels[:, word - 1] = back[word, np.arange(rows), labels[:, word]]
    return labels


def decode(links: list[Link], weights: Weights) -> list[Found]:
    """The attributions that are more probable than the threshold, in the text's order."""
    drafts = [draft for draft in _drafts(links, weights) if draft.confidence >= weights.threshold]
    return _settled(drafts)


def _drafts(links: list[Link], weights: Weights) -> Iterator[Found]:
    """Each link's own best answer, conflicts not yet settled."""
    for at in range(0, len(links), 256):
        some = links[at : at + 256]
        scores = np.zeros((len(some), max(len(link.labels) for link in some), 5))
        scores[:, :, 1:] = _NEVER
        for row, link in enumerate(some):
            scores[row, : len(link.labels)] = link.labels
            scores[row, link.cue[0] - link.first : link.cue[1] - link.first, 1:] = _NEVER
        for link, labels in zip(some, best_labels(scores), strict=True):
            draft = _draft(link, labels, weights)
            if draft is not None:
                yield draft


def _draft(link: Link, labels: NDArray[np.int64], weights: Weights) -> Found | None:
    contents = _pieces(labels, CONTENT)
    if not contents:
        return None
    probabilities = np.exp(link.labels)
    as_content = probabilities[:, CONTENT:].sum(1)
    as_source = probabilities[:, SOURCE : SOURCE_ON + 1].sum(1)
    sources = _pieces(labels, SOURCE)
    source = max(sources, key=lambda piece: float(as_source[slice(*piece)].sum()), default=None)
    held = np.concatenate([as_content[slice(*piece)] for piece in contents])
    certain = float(as_source[slice(*source)].mean()) if source else 0.0
    valid = max(-_SURE, min(_SURE, link.valid))
    evidence = Evidence(valid, link.likely, float(held.mean()), certain)
    return Found(
        link.cue,
        (source[0] + link.first, source[1] + link.first) if source else None,
        [(start + link.first, stop + link.first) for start, stop in contents],
        evidence,
        evidence.confidence(weights),
        {start + link.first: float(as_content[start]) for piece in contents for start in range(*piece)},
    )


def _pieces(labels: NDArray[np.int64], kind: int) -> list[Range]:
    """The runs of words that start with the label ``kind`` and go on with the one after it."""
    out: list[Range] = []
    start: int | None = None
    for word, label in enumerate(labels.tolist()):
        if start is not None and label != kind + 1:
            out.append((start, word))
            start = None
        if label == kind:
            start = word
    if start is not None:
        out.append((start, len(labels)))
    return out


def _settled(drafts: list[Found]) -> list[Found]:
    """Without double claims: the surest first; others give way, share disputed words, or stand inside one another."""
    by_word: dict[int, Found] = {}
    by_cue_word: dict[int, Found] = {}
    kept: list[Found] = []
    for draft in sorted(drafts, key=lambda each: (-each.confidence, each.cue)):
        if any(word in by_cue_word for word in range(*draft.cue)):
            continue
        rivals = {id(rival): rival for word in draft.wanted if (rival := by_word.get(word)) is not None}
        if not _agrees(draft, list(rivals.values()), by_word):
            continue
        kept.append(draft)
        by_cue_word.update(dict.fromkeys(range(*draft.cue), draft))
        if not draft.nested:
            by_word.update(dict.fromkeys(draft.wanted, draft))
    for each in kept:
        each.content = _still_held(each)
    return sorted((each for each in kept if each.content), key=lambda each: (each.cue, each.content))


def _agrees(draft: Found, rivals: list[Found], by_word: dict[int, Found]) -> bool:
    """Settles a draft's claims against those kept before it; false when it has to go."""
    disputes = []
    for rival in rivals:
        shared = draft.wanted.keys() & rival.wanted.keys()
        if len(shared) == len(draft.wanted) and all(word in rival.wanted for word in range(*draft.cue)):
            draft.nested = True
        elif len(shared) == len(rival.wanted) and all(word in draft.wanted for word in range(*rival.cue)):
            rival.nested = True
        elif 2 * len(shared) > min(len(draft.wanted), len(rival.wanted)):
            return False
        else:
            disputes.append((shared, rival))
    for shared, rival in disputes:
        _share_out(shared, draft, rival, by_word)
    return bool(draft.wanted)


def _share_out(shared: set[int], draft: Found, rival: Found, by_word: dict[int, Found]) -> None:
    """Give each disputed word to the one that it is the likelier content of."""
    for word in shared & draft.wanted.keys():
        if rival.wanted[word] >= draft.wanted[word]:
            del draft.wanted[word]
        else:
            del rival.wanted[word]
            by_word.pop(word, None)


def _still_held(each: Found) -> list[Range]:
    """The content's pieces, cut where words went to another attribution."""
    out: list[Range] = []
    for first, stop in each.content:
        start: int | None = None
        for word in range(first, stop + 1):
            held = word < stop and word in each.wanted
            if held and start is None:
                start = word
            elif not held and start is not None:
                out.append((start, word))
                start = None
    return out
