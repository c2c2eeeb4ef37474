"""Finding rows by words: PostgreSQL's full text search, with the other spellings of a name thrown in.

Every answer is bounded: of each kind at most :data:`MOST` rows are looked at, the newest where there are more, and the
database gives up after :data:`PATIENCE`. Rows are found by the columns that the migration ``search`` added.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import DataError, OperationalError, connection, transaction
from django.db.models import BooleanField, Exists, F, FloatField, Max, Model, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from rapidfuzz.distance import OSA

from claims.models import Claim, Document, Dossier, Party, Position, Snapshot, Source, SourceName, Statement, Word
from claims.spelling import plain, spelling_key

LONGEST = 300  # characters of a query; the rest is not read
MOST = 500  # rows of one kind that are ranked
NEWEST = 20_000  # rows among which the newest are looked for, where more than MOST fit
PATIENCE = "1500ms"
EXPANDED = 6  # words of a query that other spellings are looked for
SPELLINGS = 4  # other spellings of one word
SHORTEST_PREFIX = 4

CLAIMS, STATEMENTS, DOCUMENTS, SOURCES = "claims", "statements", "documents", "sources"


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a search is narrowed to; whatever is ``None`` or empty narrows nothing."""

    dossier: Dossier | None = None
    standing: str = ""
    party: Party | None = None
    publishers: Sequence[int] | None = None  # ids of sources
    since: date | None = None
    until: date | None = None

    @property
    def by(self) -> set[str]:
        """By what it is narrowed."""
        said = {
            "dossier": self.dossier is not None,
            "standing": bool(self.standing),
            "party": self.party is not None,
            "publisher": self.publishers is not None,
            "period": self.since is not None or self.until is not None,
        }
        return {name for name, narrows in said.items() if narrows}


# What each kind of row can be narrowed by; narrowed by anything else, none of its rows is found.
NARROWED_BY: dict[str, set[str]] = {
    CLAIMS: {"dossier", "standing", "party", "publisher", "period"},
    STATEMENTS: {"dossier", "party", "publisher", "period"},
    DOCUMENTS: {"dossier", "publisher", "period"},
    SOURCES: {"party"},
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query as it was understood: PostgreSQL's own form of it, and the spellings that were added by word."""

    tsquery: str = ""
    spellings: dict[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tsquery)


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of one kind by their ids, the best first."""

    ids: list[int] = field(default_factory=list)
    more: bool = False  # there are more than were looked at
    gave_up: bool = False  # looking took too long


# --- What is asked ---------------------------------------------------------------------------------------------------


def readable(query: str) -> str:
    """The query without what PostgreSQL cannot hold, and not longer than can sensibly be asked."""
    return query.replace("\x00", " ").encode("utf-8", "ignore").decode()[:LONGEST].strip()


def understood(query: str) -> Wanted:
    """What to look for: quoted phrases, ``or`` and ``-`` as PostgreSQL reads them; bare words in other spellings too.

    The last bare word may be the beginning of one. Quoted words are taken as they are.
    """
    query = readable(query)
    bare = _bare_words(query)
    spellings = other_spellings(bare)
    last = bare[-1] if bare and query.endswith(bare[-1]) and len(bare[-1]) >= SHORTEST_PREFIX else ""
    sql, values = "websearch_to_tsquery('claims_words', %s)", [query]
    for word in bare:
        either, also = "plainto_tsquery('claims_words', %s)", [word]
        for other in spellings.get(word, []):
            either, also = f"{either} || plainto_tsquery('claims_words', %s)", [*also, other]
        if word == last:
            either, also = f"{either} || to_tsquery('claims_words', %s)", [*also, f"'{word}':*"]
        if len(also) > 1:
            sql = f"ts_rewrite({sql}, plainto_tsquery('claims_words', %s), {either})"
            values = [*values, word, *also]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT q::text, querytree(q) FROM (SELECT {sql} AS q) asked", values)  # noqa: S608
        tsquery, tree = cursor.fetchone()
    # A query that only says what is not wanted would read everything.
    return Wanted(tsquery if tree not in ("", "T") else "", spellings)


def _bare_words(query: str) -> list[str]:
    """The words outside quotation marks that are wanted, each once."""
    words = re.sub(r'"[^"]*"?', " ", query).split()
    quoted = set(re.findall(r"\w+", " ".join(re.findall(r'"[^"]*"?', query)).casefold()))
    found = (word.strip(".,;:!?()[]'’“”„«»") for word in words if not word.startswith("-"))
    kept = [w for w in found if re.fullmatch(r"[^\W\d_]{3,40}", w) and w.casefold() not in quoted | {"or"}]
    return list(dict.fromkeys(kept))


def other_spellings(words: Sequence[str]) -> dict[str, list[str]]:
    """How the rows spell these words otherwise: names in another transliteration, and unknown words nearly so."""
    asked = {word: plain(word) for word in words[:EXPANDED]}
    keys = {spelt: spelling_key(spelt) for spelt in asked.values()}
    known: dict[str, str] = dict(
        Word.objects.filter(Q(word__in=keys) | Q(key__in=set(keys.values()) - {""})).values_list("word", "key")[:500]
    )
    alike = {
        word: _nearest(spelt, (w for w, key in known.items() if key == keys[spelt] and w != spelt))
        for word, spelt in asked.items()
    }
    unknown = [spelt for word, spelt in asked.items() if spelt not in known and not alike[word]]
    near = _misspelt(unknown) if unknown else {}
    return {word: found for word, spelt in asked.items() if (found := alike[word] or near.get(spelt, []))}


def _misspelt(words: Sequence[str]) -> dict[str, list[str]]:
    """Known words that are written nearly like these, unless one of these is the beginning of a known word."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Two letters the wrong way round leave few trigrams as they were.
        cursor.execute("SET LOCAL pg_trgm.similarity_threshold = 0.2")
        cursor.execute(
            "SELECT asked, near.word FROM unnest(%s::text[]) asked, LATERAL (SELECT word FROM claims_word "
            "WHERE word %% asked ORDER BY similarity(word, asked) DESC, word LIMIT 60) near",
            [list(words)],
        )
        found: dict[str, list[str]] = {}
        for word, near in cursor.fetchall():
            found.setdefault(word, []).append(near)
    return {
        word: _nearest(word, (n for n in near if OSA.distance(word, n) <= _slips(word)))
        for word, near in found.items()
        if not any(n.startswith(word) for n in near)
    }


def _slips(word: str) -> int:
    """How many letters of a word somebody may get wrong."""
    return 1 if len(word) <= 5 else 2 if len(word) <= 8 else 3


def _nearest(word: str, others: Iterable[str]) -> list[str]:
    return sorted(others, key=lambda other: (OSA.distance(word, other), other))[:SPELLINGS]


# --- What is found ---------------------------------------------------------------------------------------------------


def find(kind: str, wanted: Wanted, narrowed: Narrowed) -> Found:
    """The rows of one kind that fit, the best first; none where the kind cannot be narrowed so."""
    if not wanted or not narrowed.by <= NARROWED_BY[kind]:
        return Found()
    within = connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # The planner takes the words of a phrase for common ones, and would rather read the whole table.
            cursor.execute(
                "SELECT set_config('enable_seqscan', 'off', true), set_config('work_mem', '32MB', true), "
                "set_config('statement_timeout', %s, true)",
                [PATIENCE],
            )
            found = FINDERS[kind](wanted.tsquery, narrowed)
            if within:  # otherwise they end with the transaction
                cursor.execute("RESET enable_seqscan; RESET work_mem; RESET statement_timeout")
            return found
    except (OperationalError, DataError):
        return Found(gave_up=True)


def _claims(tsquery: str, narrowed: Narrowed) -> Found:
    rows = Claim.objects.live()
    if narrowed.dossier is not None:
        rows = rows.filter(dossier=narrowed.dossier)
    if narrowed.standing:
        rows = rows.filter(standing=narrowed.standing)
    taken = Position.objects.filter(claim=OuterRef("pk"), superseded_at__isnull=True)
    if narrowed.party is not None:
        said = taken.filter(statement__source__in=sources_of(narrowed.party))
        rows = rows.filter(Q(favours=narrowed.party) | Exists(said))
    if narrowed.publishers is not None:
        rows = rows.filter(Exists(taken.filter(statement__snapshot__document__publisher__in=narrowed.publishers)))
    if narrowed.since is not None:
        rows = rows.filter(
            Q(when_last__gte=narrowed.since) | Q(when_last__isnull=True, created_at__date__gte=narrowed.since)
        )
    if narrowed.until is not None:
        rows = rows.filter(
            Q(when_first__lte=narrowed.until) | Q(when_first__isnull=True, created_at__date__lte=narrowed.until)
        )
    return _best([_matching(rows, tsquery)])


def _statements(tsquery: str, narrowed: Narrowed) -> Found:
    rows = Statement.objects.current().filter(_printed(narrowed, "snapshot__document__"))
    if narrowed.party is not None:
        rows = rows.filter(source__in=sources_of(narrowed.party))
    return _best([_matching(rows, tsquery)])


def _documents(tsquery: str, narrowed: Narrowed) -> Found:
    titles = Document.objects.filter(_printed(narrowed, ""))
    texts = Snapshot.objects.filter(_printed(narrowed, "document__"), latest=True)
    return _best([_matching(titles, tsquery, weight=2), _matching(texts, tsquery, of="document_id")])


def _sources(tsquery: str, narrowed: Narrowed) -> Found:
    rows = Source.objects.standing_alone()
    if narrowed.party is not None:
        rows = rows.filter(pk__in=sources_of(narrowed.party))
    names = SourceName.objects.filter(source__in=rows)
    return _best([_matching(rows, tsquery), _matching(names, tsquery, of="source_id")])


FINDERS: dict[str, Callable[[str, Narrowed], Found]] = {
    CLAIMS: _claims, STATEMENTS: _statements, DOCUMENTS: _documents, SOURCES: _sources,
}  # fmt: skip


def sources_of(party: Party) -> QuerySet[Source]:
    """The sources of a party: its own, and those that speak for a body of it and have no party themselves."""
    return Source.objects.filter(
        Q(party=party)
        | Q(party=None, parent__party=party)
        | Q(party=None, parent__party=None, parent__parent__party=party)
        | Q(merged_into__party=party)
    )


def _printed(narrowed: Narrowed, to: str) -> Q:
    """Of documents (to which ``to`` leads) in the dossier, by the publishers, of the period."""
    fits = Q()
    if narrowed.dossier is not None:
        fits &= Q(**{f"{to}dossier": narrowed.dossier})
    if narrowed.publishers is not None:
        fits &= Q(**{f"{to}publisher__in": narrowed.publishers})
    undated = {f"{to}published_at__isnull": True}
    for end, day in (("gte", narrowed.since), ("lte", narrowed.until)):
        if day is not None:
            seen = Q(**undated, **{f"{to}first_seen_at__date__{end}": day})
            fits &= Q(**{f"{to}published_at__date__{end}": day}) | seen
    return fits


@dataclass(frozen=True, slots=True)
class _Matches:
    """Rows that fit, as far as they were looked at: the id each leads to, and how well it fits."""

    ranks: dict[int, float]
    more: bool


def _matching(rows: QuerySet[Any], tsquery: str, *, of: str = "pk", weight: float = 1) -> _Matches:
    """Those of ``rows`` that fit, up to :data:`MOST`; of more the newest, as far as they are among the last ones."""
    column = f'"{rows.model._meta.db_table}"."search"'
    fitting = (
        rows.filter(RawSQL(f"{column} @@ %s::tsquery", [tsquery], output_field=BooleanField()))  # noqa: S611
        .annotate(row=F(of), rank=RawSQL(f"ts_rank_cd({column}, %s::tsquery)", [tsquery], output_field=FloatField()))  # noqa: S611
        .order_by()
    )
    found = list(fitting.values_list("row", "rank")[: MOST + 1])
    more = len(found) > MOST
    if more:
        last = rows.model._default_manager.aggregate(last=Max("pk"))["last"]
        newest = fitting.filter(pk__gt=last - NEWEST).order_by("-pk").values_list("row", "rank")[:MOST]
        found = [*newest, *found][:MOST]
    ranks: dict[int, float] = {}
    for row, rank in found:
        ranks[row] = max(ranks.get(row, 0), rank * weight)
    return _Matches(ranks, more)


def _best(matches: Sequence[_Matches]) -> Found:
    """The rows of all, the best first; of two that fit alike the newer one."""
    ranks: dict[int, float] = {}
    for one in matches:
        for row, rank in one.ranks.items():
            ranks[row] = ranks.get(row, 0) + rank
    ids = sorted(ranks, key=lambda row: (-round(ranks[row], 3), -row))
    return Found(ids[:MOST], more=len(ids) > MOST or any(one.more for one in matches))


def publishers_called(name: str) -> list[int]:
    """The ids of the sources that go by this name, or by one that it is a part of."""
    named = SourceName.objects.filter(name__icontains=readable(name)[:100]).order_by("pk")
    return list(named.values_list("source", flat=True)[:100])


def in_order(rows: Iterable[Model], ids: Sequence[int]) -> list[Any]:
    """The rows in the order of their ids here."""
    by_id = {row.pk: row for row in rows}
    return [by_id[pk] for pk in ids if pk in by_id]
