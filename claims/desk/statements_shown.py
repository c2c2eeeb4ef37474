"""The statements of one snapshot as the reader of documents shows them: in the text's order, labelled and coloured."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from claims.admin.markup import STANCES, STANDINGS, STATEMENT_STATES, clip
from claims.choices import Decider, Modality, Polarity
from claims.desk.addresses import desk_address
from claims.desk.colouring import NOBODY, colours, names
from claims.desk.highlighting import Mark, fitting, marks_of
from claims.desk.printed import Look
from claims.models import Position, Snapshot, Source, Statement
from claims.services.statements import COUNTED
from claims.services.versions import versions_of

MOST = 1_000  # statements of one snapshot that are shown and marked, the first that were found
MOST_SET_ASIDE = 100  # of those that no longer count, the newest
# What a mark says besides its label, so that colour is never alone.
DENIES, UNSURE = "✗", "?"


@dataclass(frozen=True, slots=True)
class Taken:
    """The claim that a statement speaks to, and what it says of it."""

    stance: str
    tone: str
    text: str
    address: str
    standing: str
    standing_tone: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One statement: its row, and how it is shown."""

    row: Statement
    source: Source | None
    number: int
    label: str
    letter: str  # its source's
    colour: int
    depth: int
    parent: str  # the label of the one that it is nested in
    position: Taken | None
    version: int
    placed: bool  # whether its words are in the text

    @property
    def symbol(self) -> str:
        """What stands beside the label: whether it denies, and whether it is anything but asserted."""
        return DENIES * (self.row.polarity == Polarity.DENIES) + UNSURE * (self.row.modality != Modality.ASSERTED)

    @property
    def source_address(self) -> str:
        """The page of its source; nothing where the text names none."""
        return desk_address(self.source) if self.source else ""

    @property
    def source_name(self) -> str:
        """Who asserts, as the source is known."""
        return self.source.name if self.source else self.row.source_text

    @property
    def denies(self) -> bool:
        """Whether the source denies the content."""
        return self.row.polarity == Polarity.DENIES

    @property
    def by_hand(self) -> bool:
        """Whether a person marked it."""
        return self.row.origin == Decider.PERSON

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return STATEMENT_STATES[self.row.state]

    @property
    def sure(self) -> str:
        """The confidence of the machine, in per cent."""
        return f"{self.row.confidence:.0%}"

    @property
    def look(self) -> Look:
        """How it is marked in the text."""
        spoken = _("%(label)s: %(source)s, %(polarity)s") % {
            "label": self.label,
            "source": clip(self.source_name, 80) or _("nobody named"),
            "polarity": self.row.get_polarity_display(),
        }
        unsure = self.row.modality != Modality.ASSERTED
        return Look(str(self.row.uid), self.label + self.symbol, self.colour, spoken, self.denies, unsure)

    def marks(self, length: int) -> Iterator[Mark]:
        """Its marks in a text of this length."""
        row = self.row
        spans = {"content": row.content_spans, "source": row.source_spans, "cue": row.cue_spans}
        return marks_of(self.number, depth=self.depth, length=length, **spans)

    def as_json(self) -> dict[str, Any]:
        """What the page's script needs to change it."""
        row = self.row
        return {
            "uid": str(row.uid),
            "label": self.label,
            "version": self.version,
            "state": row.state,
            "content": row.content_spans,
            "cue": row.cue_spans,
            "source": row.source_spans,
            "named": {"uid": str(self.source.uid), "name": self.source.name} if self.source else None,
            "polarity": row.polarity,
            "modality": row.modality,
        }


def statements_of(snapshot: Snapshot) -> tuple[list[Shown], bool]:
    """The statements that count in a snapshot, in the text's order, and whether there are more than are shown."""
    rows = list(
        snapshot.statements.current()
        .select_related("source__party", "source__merged_into__party", "reviewed_by")
        .order_by("pk")[: MOST + 1]
    )
    more = len(rows) > MOST
    rows = sorted(rows[:MOST], key=lambda row: (_place(row), row.pk))
    sources = [_counted_as(row) for row in rows]
    letter = names(source.pk if source else None for source in sources)
    colour = colours(str(source.uid) for source in sources if source)
    numbers: Counter[int | None] = Counter()
    labels: dict[int, str] = {}
    for row, source in zip(rows, sources, strict=True):
        key = source.pk if source else None
        numbers[key] += 1
        labels[row.pk] = f"{letter[key]}{numbers[key]}"
    positions, depths = _positions(rows), _depths(rows)
    versions = versions_of(row.uid for row in rows)
    shown = [
        Shown(
            row=row,
            source=source,
            number=number,
            label=labels[row.pk],
            letter=letter[source.pk if source else None],
            colour=colour[str(source.uid)] if source else NOBODY,
            depth=depths[row.pk],
            parent=labels.get(row.parent_id or 0, ""),
            position=positions.get(row.pk),
            version=versions[row.uid],
            placed=bool(fitting(row.content_spans, len(snapshot.text))),
        )
        for number, (row, source) in enumerate(zip(rows, sources, strict=True))
    ]
    return shown, more


def _counted_as(row: Statement) -> Source | None:
    """The source as it counts now, as far as one merge."""
    return (row.source.merged_into or row.source) if row.source else None


def set_aside(snapshot: Snapshot) -> list[Statement]:
    """Statements of the snapshot that count no more: rejected, corrected or superseded by a newer analysis."""
    counted = Q(superseded_at__isnull=True, state__in=COUNTED)
    gone = snapshot.statements.exclude(counted)
    return list(gone.select_related("source", "reviewed_by").order_by("-pk")[:MOST_SET_ASIDE])


def _place(row: Statement) -> tuple[int, int]:
    """Where its first word stands; of two that begin together the one that reaches further comes first."""
    spans = [span for spans in (row.content_spans, row.cue_spans, row.source_spans) for span in fitting(spans, 1 << 62)]
    return (min(start for start, _ in spans), -max(end for _, end in spans)) if spans else (0, 0)


def _depths(rows: Sequence[Statement]) -> Mapping[int, int]:
    """In how many others each row is nested."""
    parents = {row.pk: row.parent_id for row in rows}
    depths: dict[int, int] = {}
    for row in rows:
        at, seen = row.parent_id, {row.pk}
        while at in parents and at not in seen:
            seen.add(at)
            at = parents[at]
        depths[row.pk] = len(seen) - 1
    return depths


def _positions(rows: Sequence[Statement]) -> dict[int, Taken]:
    """The position that each row takes now, by its id."""
    held = Position.objects.filter(statement__in=rows, superseded_at__isnull=True).select_related("claim")
    return {
        position.statement_id: Taken(
            position.stance,
            STANCES[position.stance],
            clip(position.claim.text, 160),
            desk_address(position.claim),
            position.claim.standing,
            STANDINGS.get(position.claim.standing, "plain"),
        )
        for position in held.defer("claim__embedding", "claim__standing_explanation", "explanation")
    }
