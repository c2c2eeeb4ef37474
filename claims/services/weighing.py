"""What the standing of claims rests on, read in as many queries for one position as for all of a thousand claims.

The rules ask their rows for what they lead to (``Source.root``, ``Document.root``): whom a source speaks for or was
merged into, what a document copies, what a statement is nested in. Here all of that is read beforehand and put in its
place, so that the rules find it there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import connection
from django.db.models import Exists, Model, OuterRef

from claims import prepared
from claims.models import Channel, Claim, Document, Party, Position, Snapshot, Source, Statement, Verdict
from claims.models.channel import FED_WITHIN
from claims.standing import Silence

# What a standing needs of each position and of what it leads to in its own right: a claim may have thousands.
_READ = (
    "uid", "claim_id", "stance", "statement__parent_id", "statement__source_id", "statement__snapshot__document_id",
    "statement__snapshot__fetched_at",
)  # fmt: skip

_OUTER_STATEMENTS = f"""
    WITH RECURSIVE outer_one (id) AS (
        SELECT parent_id FROM {Statement._meta.db_table} WHERE id = ANY(%(statements)s) AND parent_id IS NOT NULL
        UNION
        SELECT s.parent_id FROM outer_one JOIN {Statement._meta.db_table} s USING (id) WHERE s.parent_id IS NOT NULL
    )
    SELECT id, parent_id, source_id FROM {Statement._meta.db_table} WHERE id IN (SELECT id FROM outer_one)
"""  # noqa: S608 - only names of tables are put in
# One walk over both tables, since each leads to the other: a document to its publisher, an unnamed source to the
# document that it speaks in.
_REACHED = f"""
    WITH RECURSIVE reached (is_source, id) AS (
        SELECT true, unnest(%(sources)s::bigint[])
        UNION
        SELECT false, unnest(%(documents)s::bigint[])
        UNION
        SELECT step.is_source, step.id
        FROM reached
        CROSS JOIN LATERAL (
            SELECT link.is_source, link.id
            FROM {Source._meta.db_table} s,
                LATERAL (
                    VALUES (true, s.parent_id), (true, s.merged_into_id), (false, s.named_in_id)
                ) link (is_source, id)
            WHERE reached.is_source AND s.id = reached.id
            UNION ALL
            SELECT link.is_source, link.id
            FROM {Document._meta.db_table} d,
                LATERAL (VALUES (false, d.origin_id), (true, d.publisher_id)) link (is_source, id)
            WHERE NOT reached.is_source AND d.id = reached.id
        ) step
        WHERE step.id IS NOT NULL
    )
    SELECT is_source, id FROM reached
"""  # noqa: S608


def weighed_positions(claims: Iterable[Claim]) -> dict[int, list[Position]]:
    """The positions that the standing of each claim weighs, oldest first, by the claim's id.

    They are of statements that somebody makes and that are read as they stand. ``replaced`` is set on each: whether a
    newer version of its document has been analysed, which then speaks for it. Of a position, its statement and its
    snapshot nothing is read but what a standing needs.
    """
    positions = list(
        Position.objects.current()
        .filter(claim__in=[claim.pk for claim in claims], statement__source__isnull=False)
        .annotate(replaced=_newer_than("statement__snapshot__"))
        .select_related("statement__snapshot")
        .only(*_READ)
        .order_by("pk")
    )
    put_in_place([position.statement for position in positions])
    return _by_claim(positions)


def weighed_before_written(positions: Sequence[Position]) -> dict[int, list[Position]]:
    """The same of positions that are still to be written: of current statements, and all that their claims have."""
    said = [position for position in positions if position.statement.source_id is not None]
    snapshots = {position.statement.snapshot_id for position in said}
    replaced = set(Snapshot.objects.filter(_newer_than(), pk__in=snapshots).order_by().values_list("pk", flat=True))
    for position in said:
        position.replaced = position.statement.snapshot_id in replaced  # type: ignore[attr-defined]
    put_in_place([position.statement for position in said])
    return _by_claim(said)


def _newer_than(snapshot: str = "") -> Exists:
    """Whether a newer version than the row's ``snapshot`` has been analysed: that one speaks for its document then."""
    newer = Snapshot.objects.filter(document=OuterRef(f"{snapshot}document"), number__gt=OuterRef(f"{snapshot}number"))
    return Exists(newer.exclude(analysed_with=""))


def _by_claim(positions: Iterable[Position]) -> dict[int, list[Position]]:
    by_claim: dict[int, list[Position]] = defaultdict(list)
    for position in positions:
        by_claim[position.claim_id].append(position)
    return dict(by_claim)


def harmed_by(claims: Iterable[Claim]) -> dict[int, frozenset[str]]:
    """The names of the parties that each claim harms, by the claim's id: those whom the one that it favours opposes."""
    favoured = {claim.pk: claim.favours_id for claim in claims if claim.favours_id is not None}
    opposed: dict[int, set[str]] = defaultdict(set)
    sides = Party.objects.filter(pk__in=set(favoured.values()), opposes__isnull=False)
    for party, name in sides.values_list("pk", "opposes__name"):
        opposed[party].add(name)
    return {claim: frozenset(opposed[party]) for claim, party in favoured.items()}


def due_for_review(claims: Iterable[Claim]) -> set[int]:
    """Those of the claims, by their ids, whose published verdict has come due for review."""
    due = Verdict.objects.due_for_review().filter(claim__in=[claim.pk for claim in claims])
    return set(due.values_list("claim", flat=True))


def silences_of(weighed: Mapping[int, Collection[Position]]) -> dict[int, list[Silence]]:
    """The silent channels that fed each claim, by the claim's id; a query only where any channel fed one."""
    fed = {(claim, p.statement.snapshot.document) for claim, positions in weighed.items() for p in positions}
    asked = {document.channel_id for _claim, document in fed if document.channel_id is not None}
    silent = Channel.objects.silent().in_bulk(asked) if asked else {}
    found: dict[int, dict[int, Silence]] = defaultdict(dict)
    for claim, document in fed:
        channel = silent.get(document.channel_id or 0)
        since = channel.silent_since if channel is not None else None
        if channel is not None and since is not None and document.first_seen_at >= since - FED_WITHIN:
            found[claim][channel.pk] = Silence(channel.name, since, channel.silence)
    return {claim: list(silences.values()) for claim, silences in found.items()}


def read_sources(ids: Collection[int]) -> dict[int, Source]:
    """Sources by their ids, each with all that it leads to: its root and its party are there without another query."""
    sources, _documents = _reached(sources=ids, documents=())
    return {pk: sources[pk] for pk in ids if pk in sources}


def put_in_place(statements: Collection[Statement]) -> None:
    """Let the statements, and whatever they lead to, hold the rows that they lead to."""
    outer = {s.pk: s for s in Statement.objects.raw(_OUTER_STATEMENTS, {"statements": [s.pk for s in statements]})}
    snapshots = {s.snapshot.pk: s.snapshot for s in statements}
    everyone = [*statements, *outer.values()]
    sources, documents = _reached(
        sources={s.source_id for s in everyone if s.source_id is not None},
        documents={snapshot.document_id for snapshot in snapshots.values()},
    )
    _attach(everyone, parent=outer, source=sources)
    _attach((s.snapshot for s in statements), document=documents)


def _reached(*, sources: Collection[int], documents: Collection[int]) -> tuple[dict[int, Source], dict[int, Document]]:
    """These sources and documents and all that they lead to, by their ids, each holding what it leads to."""
    with connection.cursor() as cursor:
        prepared.execute(cursor, _REACHED, {"sources": list(sources), "documents": list(documents)})
        found = cursor.fetchall()
    by_pk = Source.objects.select_related("party").in_bulk([pk for is_source, pk in found if is_source])
    printed = Document.objects.in_bulk([pk for is_source, pk in found if not is_source])
    _attach(by_pk.values(), parent=by_pk, merged_into=by_pk, named_in=printed)
    _attach(printed.values(), origin=printed, publisher=by_pk)
    return by_pk, printed


def _attach(rows: Iterable[Model], **known: Mapping[int, Model]) -> None:
    """Put the known row where a row names its id, so that following the link asks the database nothing."""
    for row in rows:
        for name, by_pk in known.items():
            pk = getattr(row, f"{name}_id")
            if pk is not None:
                setattr(row, name, by_pk[pk])
