"""Who asserts: finding, creating, grading and merging sources."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from claims.choices import Reliability, SourceKind
from claims.errors import CircularSource, NotAName, NotMergeable, ReasonMissing, WrongState
from claims.models import Document, Party, ReliabilityGrade, Source, SourceMerge, SourceName, name_key
from claims.services import ledger, protection, standings
from claims.services.actor import Actor
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


@dataclass(frozen=True, slots=True)
class Named:
    """A source as a document names it."""

    name: str
    kind: str = SourceKind.UNKNOWN
    description: str = ""
    organisation: str | None = None


@transaction.atomic(savepoint=False)
def resolve_source(named: Named, *, document: Document | None, actor: Actor) -> Source:
    """The source that goes by this name, created if nobody does yet.

    An unnamed one is looked up among the unnamed of ``document`` only: it never stands for another document's.
    """
    if named.kind == SourceKind.UNNAMED:
        if document is None:
            raise WrongState(f"The unnamed source {named.name!r} needs the document that it speaks in.")
        source, created = Source.objects.get_or_create(
            named_in=document,
            name=named.name[:300],
            defaults={"kind": SourceKind.UNNAMED, "description": named.description[:500]},
        )
        if created:
            ledger.record(actor, "created", source)
        return source
    known = known_source(named, document=document)
    if known is not None:
        return known.resolved
    parent = None
    if named.organisation and name_key(named.organisation)[:300] not in ("", _key(named.name)):
        parent = resolve_source(Named(named.organisation, SourceKind.ORGANISATION), document=None, actor=actor)
    return create_source(name=named.name, kind=named.kind, description=named.description, parent=parent, actor=actor)


def known_source(named: Named, *, document: Document | None) -> Source | None:
    """The source that goes by this name already, merged or not; ``None`` if nobody does. Writes nothing."""
    if named.kind == SourceKind.UNNAMED:
        return Source.objects.filter(named_in=document, name=named.name[:300]).first() if document else None
    found = SourceName.objects.select_related("source").filter(key=_key(named.name)).first()
    return found.source if found else None


def _key(name: str) -> str:
    """The form under which a name is kept: a name without a letter or digit is kept as it is."""
    return name_key(name)[:300] or name[:300]


def family_of(source: Source, *, most: int = LARGEST_FAMILY) -> list[int]:
    """The ids of all whose word is this source's: its own, what was merged into it, and who speaks for any of them.

    One query, and at most ``most`` ids, the nearest first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FAMILY, {"source": source.pk, "most": most})
        return [pk for (pk,) in cursor.fetchall()]


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
    key = _key(name)
    try:
        with transaction.atomic():
            source = Source.objects.create(
                name=name[:300], kind=kind, description=description[:500], parent=parent, party=party
            )
            SourceName.objects.create(source=source, name=name[:300], key=key)
            ledger.record(actor, "created", source)
    except IntegrityError:
        return SourceName.objects.select_related("source").get(key=key).source.resolved
    return source


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
