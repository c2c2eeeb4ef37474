"""Who asserts: finding, creating, grading and merging sources."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from claims.choices import Reliability, SourceKind
from claims.errors import CircularSource, NotAName, NotMergeable, ReasonMissing, WrongState
from claims.models import Document, Party, ReliabilityGrade, Source, SourceMerge, SourceName, name_key
from claims.services import ledger, protection, standings
from claims.services.actor import Actor
from claims.services.copying import add_unless_there
from claims.services.keys import reserved_keys
from claims.services.versions import refuse_if_changed

# Whose word is a source's: whatever counts as it, and whoever speaks for any of them. What was merged elsewhere counts
# there and speaks for nobody here.
_FAMILY = f"""
    WITH RECURSIVE family (id) AS (
        SELECT %(source)s::bigint
        UNION
        SELECT s.id FROM family JOIN {Source._meta.db_table} s
            ON s.merged_into_id = family.id OR (s.parent_id = family.id AND s.merged_into_id IS NULL)
    )
    SELECT id FROM family LIMIT %(most)s
"""  # noqa: S608 - only the name of a table is put in
LARGEST_FAMILY = 2000


_CALLED = f"""
    SELECT source.*, false AS unnamed, known.key AS called
    FROM {SourceName._meta.db_table} known JOIN {Source._meta.db_table} source ON source.id = known.source_id
    WHERE known.key = ANY(%(named)s::text[])
    UNION ALL
    SELECT source.*, true, source.name FROM {Source._meta.db_table} source
    WHERE source.named_in_id = %(document)s AND source.name = ANY(%(unnamed)s::text[])
"""  # noqa: S608 - only names of tables are put in
# Whoever has written a name has its source. In one order, so that no two processes that write the same names wait for
# each other in a circle.
_TAKE_NAMES = f"""
    INSERT INTO {SourceName._meta.db_table} (source_id, name, key)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS wanted (source_id, name, key) ORDER BY key
    ON CONFLICT (key) DO NOTHING RETURNING key
"""  # noqa: S608 - only the name of a table is put in
Key = tuple[bool, str]  # whether it is somebody without a name, and the form under which the name is looked up


@dataclass(frozen=True, slots=True)
class Named:
    """A source as a document names it."""

    name: str
    kind: str = SourceKind.UNKNOWN
    description: str = ""
    organisation: str | None = None

    @property
    def key(self) -> Key:
        """Under what it is looked up. A name of somebody unnamed, or without a letter or digit, is kept as it is."""
        unnamed = self.kind == SourceKind.UNNAMED
        return unnamed, self.name[:300] if unnamed else _key(self.name)

    @property
    def body(self) -> "Named | None":
        """The organisation that it speaks for, unless that is itself."""
        unnamed, key = self.key
        if unnamed or not self.organisation or name_key(self.organisation)[:300] in ("", key):
            return None
        return Named(self.organisation, SourceKind.ORGANISATION)


def _key(name: str) -> str:
    """The form under which a name is kept: a name without a letter or digit is kept as it is."""
    return name_key(name)[:300] or name[:300]


# --- Finding them by name, and creating whom nobody knows yet --------------------------------------------------------


def resolve_source(named: Named, *, document: Document | None, actor: Actor) -> Source:
    """The source that goes by this name, created if nobody does yet: :func:`resolve_sources` of one."""
    return resolve_sources([named], document=document, actor=actor)[named]


def resolve_sources(named: Collection[Named], *, document: Document | None, actor: Actor) -> dict[Named, Source]:
    """The source that goes by each of these names, created where nobody does yet.

    An unnamed one is looked up among the unnamed of ``document`` only: it never stands for another document's. However
    many they are: one query finds them, and four more create those that are new.
    """
    return with_new_sources(named, known=known_sources(named, document=document), document=document, actor=actor)


def known_source(named: Named, *, document: Document | None) -> Source | None:
    """The source that goes by this name already, merged or not; ``None`` if nobody does. Writes nothing."""
    return known_sources([named], document=document).get(named)


def known_sources(named: Iterable[Named], *, document: Document | None) -> dict[Named, Source]:
    """Of these names, and those of their organisations, the ones that somebody goes by already, and who; merged or not.

    One query. Where sources were merged, one more for each step of merging reads what they count as.
    """
    keys = {one: one.key for spoken in named for one in (spoken, spoken.body) if one is not None}
    found = _called(keys.values(), document)
    return {one: found[key] for one, key in keys.items() if key in found}


def sources_with_targets(keys: Iterable[int]) -> dict[int, Source]:
    """The sources with these primary keys, and with them what those that were merged count as."""
    found = Source.objects.in_bulk(set(keys))
    _read_targets(found.values())
    return found


def _called(keys: Iterable[Key], document: Document | None) -> dict[Key, Source]:
    """The sources that go by these names, unnamed ones in ``document``, and with them what they count as."""
    wanted = set(keys)
    if not wanted:
        return {}
    named, unnamed = ([key for without, key in wanted if without == which] for which in (False, True))
    document_id = document.pk if document is not None else None
    rows = Source.objects.raw(_CALLED, {"named": named, "unnamed": unnamed, "document": document_id})
    found = {(row.unnamed, row.called): row for row in rows}  # type: ignore[attr-defined]
    _read_targets(found.values())
    return found


def _read_targets(sources: Iterable[Source]) -> None:
    """Read what those of them that were merged count as, so that ``resolved`` asks for nothing."""
    merged = [source for source in sources if source.merged_into_id is not None]
    while merged:
        targets = Source.objects.in_bulk({source.merged_into_id for source in merged})
        for source in merged:
            source.merged_into = targets[source.merged_into_id]
        merged = [target for target in targets.values() if target.merged_into_id is not None]


@transaction.atomic(savepoint=False)
def with_new_sources(
    named: Collection[Named], *, known: Mapping[Named, Source], document: Document | None, actor: Actor
) -> dict[Named, Source]:
    """The source of each of these names: one of those ``known``, as it counts now, or else a new one.

    ``known`` is what :func:`known_sources` found for them. Where several names lead to one new source, the first says
    what it is. Four queries, where any is new.
    """
    drafts: dict[Key, Source] = {}
    for one in named:
        if one in known or one.key in drafts:
            continue
        if one.kind == SourceKind.UNNAMED and document is None:
            raise WrongState(f"The unnamed source {one.name!r} needs the document that it speaks in.")
        parent = None
        if one.body is not None:
            new = Source(name=one.body.name[:300], kind=one.body.kind)
            parent = known[one.body].resolved if one.body in known else drafts.setdefault(one.body.key, new)
        drafts[one.key] = Source(
            name=one.name[:300],
            kind=one.kind,
            description=one.description[:500],
            parent=parent,
            named_in=document if one.kind == SourceKind.UNNAMED else None,
        )
    written = _write(drafts, document, actor)
    # Who speaks without a name stays the one that this document quotes, whatever it was merged into.
    return {
        one: written[one.key] if one not in known else known[one] if one.key[0] else known[one].resolved
        for one in named
    }


@transaction.atomic(savepoint=False)
def create_source(
    *,
    name: str,
    kind: str,
    actor: Actor,
    description: str = "",
    parent: Source | None = None,
    party: Party | None = None,
) -> Source:
    """A new source and its name. When another process was faster with the same name, that one's source."""
    draft = Source(name=name[:300], kind=kind, description=description[:500], parent=parent, party=party)
    (source,) = _write({(False, _key(name)): draft}, None, actor).values()
    return source


def _write(drafts: Mapping[Key, Source], document: Document | None, actor: Actor) -> dict[Key, Source]:
    """Write new sources and their names; where another process was faster with a name, that one's source stands."""
    if not drafts:
        return {}
    for draft, pk in zip(drafts.values(), reserved_keys(Source, len(drafts)), strict=True):
        draft.pk = pk
    named = {key: draft for (unnamed, key), draft in drafts.items() if not unnamed}
    taken = _called([(False, key) for key in named.keys() - _take_names(named)], None)
    faster = {drafts[key]: source.resolved for key, source in taken.items()}
    for draft in drafts.values():
        draft.parent = faster.get(draft.parent, draft.parent) if draft.parent is not None else None
    added = add_unless_there([draft for draft in drafts.values() if draft not in faster])
    lost = [key for key, draft in drafts.items() if draft not in faster and draft.pk not in added]
    faster |= {drafts[key]: source for key, source in _called(lost, document).items()}
    ledger.record(actor, "created", *(draft for draft in drafts.values() if draft not in faster))
    return {key: faster.get(draft, draft) for key, draft in drafts.items()}


def _take_names(named: Mapping[str, Source]) -> set[str]:
    """Write the names of sources that are written next; return those that no other process has written before."""
    if not named:
        return set()
    with connection.cursor() as cursor:
        names = [source.name for source in named.values()]
        cursor.execute(_TAKE_NAMES, [[source.pk for source in named.values()], names, list(named)])
        return {key for (key,) in cursor.fetchall()}


# --- What is known of them -------------------------------------------------------------------------------------------


def family_of(source: Source, *, most: int = LARGEST_FAMILY) -> list[int]:
    """The ids of all whose word is this source's: its own, what was merged into it, and who speaks for any of them.

    One query, and at most ``most`` ids, the nearest first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FAMILY, {"source": source.pk, "most": most})
        return [pk for (pk,) in cursor.fetchall()]


@transaction.atomic
def add_alias(source: Source, *, name: str, actor: Actor, since: int | None = None) -> SourceName:
    """Another name that leads to this source. A name that leads to somebody else is refused.

    Here and below, ``since`` is the version that the person looked at (:mod:`claims.services.versions`): a change made
    after it is not overwritten unseen. Without it, nobody looked.
    """
    key = name_key(name)[:300]
    if not key:
        raise NotAName(f"{name!r} has neither a letter nor a digit: nothing would ever be found by it.")
    if since is not None:
        source = _as_seen(Source.objects.select_for_update(of=("self",)).get(pk=source.pk), since)
    alias, created = SourceName.objects.get_or_create(key=key, defaults={"source": source, "name": name[:300]})
    if not created and alias.source.resolved != source.resolved:
        raise NotMergeable(f"{name!r} already leads to {alias.source.resolved}: merge the two sources instead.")
    ledger.record(actor, "alias added", source, reason=name)
    return alias


@transaction.atomic
def describe_source(
    source: Source,
    *,
    actor: Actor,
    kind: str | None = None,
    party: Party | None = None,
    parent: Source | None = None,
    description: str | None = None,
    wikidata_id: str | None = None,
    clear: Collection[str] = (),
) -> Source:
    """Set what is known of a source. ``None`` leaves a field as it is; ``clear`` names links that are to be emptied.

    A parent that speaks for the source itself, through whatever bodies between them, is refused.
    """
    source = Source.objects.select_for_update(of=("self",)).get(pk=source.pk)
    told = {"kind": kind, "party": party, "parent": parent, "description": description, "wikidata_id": wikidata_id}
    for name, value in told.items():
        if value is not None:
            setattr(source, name, value)
    for name in {"party", "parent"} & set(clear):
        setattr(source, name, None)
    if parent is not None and source.resolved.pk in _above(Source.objects.get(pk=parent.pk)):
        raise CircularSource(f"{parent} itself speaks for {source}: neither can be the body above the other.")
    source.full_clean(exclude=["uid"])
    source.save()
    ledger.record(actor, "described", source)
    standings.refresh_for_source(source, actor=actor)
    return source


def _above(source: Source) -> set[int]:
    """The source as it counts now, and every body above it."""
    at: Source | None = source.resolved
    above = set[int]()
    while at is not None and at.pk not in above:
        above.add(at.pk)
        at = at.parent.resolved if at.parent is not None else None
    return above


@transaction.atomic
def grade_source(
    source: Source, *, grade: str, reason: str, actor: Actor, since: int | None = None
) -> ReliabilityGrade:
    """Grade a source's reliability A to F; earlier grades stay readable."""
    if not reason.strip():
        raise ReasonMissing("Say why the source is graded so.")
    source = _as_seen(Source.objects.select_for_update(of=("self",)).get(pk=source.pk), since)
    graded = ReliabilityGrade.objects.create(source=source, grade=Reliability(grade), reason=reason, by=actor.user)
    source.reliability = grade
    source.save(update_fields=["reliability"])
    ledger.record(actor, "graded", source, reason=reason)
    return graded


@transaction.atomic
def merge_sources(source: Source, *, target: Source, reason: str, by: User, since: int | None = None) -> SourceMerge:
    """Let ``source`` count as ``target`` from now on. Nothing moves, so :func:`undo_source_merge` restores all."""
    source, target = _lock_two(source, target)
    source = _as_seen(source, since)
    if source.merged_into_id is not None:
        raise NotMergeable(f"{source} is already merged into {source.merged_into}.")
    if target.resolved.pk == source.pk:
        raise NotMergeable(f"{source} cannot be merged into itself.")
    if source.named_in and target.named_in and source.named_in.root != target.named_in.root:
        raise NotMergeable("Unnamed sources of two independent documents may be two people and are never merged.")
    if not reason.strip():
        raise ReasonMissing("Say why the two are the same.")
    source.merged_into = target
    source.save(update_fields=["merged_into"])
    merge = SourceMerge.objects.create(source=source, target=target, reason=reason, by=by)
    ledger.record(Actor.person(by), "merged", source, reason=reason)
    protection.protect_together(source, actor=Actor.person(by))
    standings.refresh_for_source(source, actor=Actor.person(by))
    return merge


@transaction.atomic
def undo_source_merge(merge: SourceMerge, *, by: User, reason: str = "", since: int | None = None) -> Source:
    """Let the merged source stand alone again. ``since`` is the version of the source that was merged."""
    merge = SourceMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at is not None:
        raise WrongState("This merge is already undone.")
    source = _as_seen(Source.objects.select_for_update(of=("self",)).get(pk=merge.source_id), since)
    source.merged_into = None
    source.save(update_fields=["merged_into"])
    merge.undone_by, merge.undone_at = by, timezone.now()
    merge.save(update_fields=["undone_by", "undone_at"])
    ledger.record(Actor.person(by), "merge undone", source, reason=reason)
    standings.refresh_for_source(source, actor=Actor.person(by))
    return source


def _as_seen(locked: Source, since: int | None) -> Source:
    """The locked row, unless it changed after the version that somebody saw."""
    if since is not None:
        refuse_if_changed(locked.uid, since=since)
    return locked


def _lock_two(one: Source, other: Source) -> tuple[Source, Source]:
    """Both rows, locked in one order so that two people cannot wait for each other."""
    rows = {
        s.pk: s for s in Source.objects.select_for_update(of=("self",)).filter(pk__in=[one.pk, other.pk]).order_by("pk")
    }
    return rows[one.pk], rows[other.pk]
