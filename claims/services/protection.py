"""Protecting sources and statements, and masking what is protected for whoever may not see it.

Every way out of the product goes through :func:`masked`. The ledger keeps what it recorded before somebody was
protected, because it is chained: it is masked on its way out like everything else.
"""

from collections.abc import Iterable
from threading import Lock
from typing import Any, TypeVar, cast

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Max
from django.http import HttpRequest
from rest_framework.request import Request

from claims.access import Access, access_of
from claims.choices import SourceKind
from claims.errors import ReasonMissing
from claims.masking import Masker, Protected, parts_of, squeezed
from claims.models import Event, ProtectionChange, Source, SourceName, Statement
from claims.services import ledger
from claims.services.actor import Actor
from claims.services.versions import refuse_if_changed

V = TypeVar("V")

# What one process learnt, by the version of what is protected at that moment.
_learnt: tuple[Any, Masker | None] = (None, None)
_learning = Lock()
# So many words tell who an unnamed source is: "a nurse at the Oster clinic", but not "a government official".
FEWEST_TELLING_WORDS = 4
ARTICLES = ("the ", "a ", "an ")


def masked(value: V, access: Access) -> V:
    """The value as this caller may see it: any text or JSON value. Offsets into a masked text stay right."""
    masker = None if access.sees_protected else masker_now()
    if masker is None:
        return value
    shown: Any = masker.text(value) if isinstance(value, str) else masker.value(value)
    return cast("V", shown)


def masker_now() -> Masker | None:
    """What masks all that is protected now; ``None`` where nothing is. One small query, where nothing changed."""
    return _masker_at(protection_version())


def _masker_at(version: tuple[int, int | None]) -> Masker | None:
    global _learnt  # noqa: PLW0603  one per process, replaced as a whole
    if version == (0, None):
        return None
    known, masker = _learnt
    if known != version:
        with _learning:
            protected = what_is_protected()
            masker = Masker(protected) if protected.sources or protected.statements else None
            _learnt = (version, masker)
    return masker


def masked_for(request: Request | HttpRequest, value: V) -> V:
    """The value as the caller of this request may see it. However often it is asked, one request has one answer."""
    masker = masker_for(request)
    if masker is None:
        return value
    shown: Any = masker.text(value) if isinstance(value, str) else masker.value(value)
    return cast("V", shown)


def masker_for(request: Request | HttpRequest) -> Masker | None:
    """What masks for the caller of this request; ``None`` where nothing is to be masked."""
    return None if access_of(request).sees_protected else _asked_once(request)[1]


def version_for(request: Request | HttpRequest) -> tuple[int, int | None]:
    """What the caller of this request is shown masked depends on this; always the same for who sees everything."""
    return (0, None) if access_of(request).sees_protected else _asked_once(request)[0]


def know_version(request: Request | HttpRequest, version: tuple[int, int | None]) -> None:
    """Let this request know what is protected, where that was read just now together with something else."""
    _asked_once(request, version)


def _asked_once(
    request: Request | HttpRequest, version: tuple[int, int | None] | None = None
) -> tuple[tuple[int, int | None], Masker | None]:
    plain: Any = request._request if isinstance(request, Request) else request
    kept: tuple[tuple[int, int | None], Masker | None] | None = getattr(plain, "_masker", None)
    if kept is None:
        masker = masker_now() if version is None else _masker_at(version)
        kept = plain._masker = (_learnt[0] if masker is not None else (0, None), masker)
    return kept


def masker_known() -> Masker | None:
    """What this process learnt last, without asking the database: for where no question may be asked."""
    return _learnt[1]


def protection_version() -> tuple[int, int | None]:
    """Changes with every change of what is protected. Part of every ETag of what is masked."""
    found = ProtectionChange.objects.aggregate(n=Count("pk"), last=Max("pk"))
    return found["n"], found["last"]


def what_is_protected() -> Protected:
    """Every name, spelling and description of the protected sources, and the words of the protected statements."""
    sources = list(Source.objects.filter(protected=True))
    statements = list(
        Statement.objects.filter(protected=True)
        .select_related("source")
        .only("uid", "source_text", "content_text", "snapshot", "content_spans", "source__kind", "source__uid")
    )
    names, words = set[str](), set[str]()
    for source in sources:
        names |= _names(source.name, source.kind) | {source.wikidata_id}
        words.add(source.description)
    aliases = SourceName.objects.filter(source__protected=True).values_list("name", "source__kind")
    for name, kind in aliases:
        names |= _names(name, kind)
    printed = Statement.objects.filter(source__protected=True).order_by().values_list("source_text").distinct()
    names |= {found for (text,) in printed if (found := _proper(text))}
    # What the ledger still says of them from before.
    earlier = Event.objects.filter(object_uid__in=[s.uid for s in sources]).values_list("state", flat=True)
    for state in earlier:
        names |= {state.get("name") or "", state.get("wikidata_id") or ""}
        words.add(state.get("description") or "")
    for statement in statements:
        words.add(statement.content_text)
        if statement.source is None or statement.source.kind == SourceKind.UNNAMED:
            names.add(_proper(statement.source_text))
            words |= {said for said in [statement.source_text] if len(said.split()) >= FEWEST_TELLING_WORDS}
    return Protected(
        names=frozenset(name for name in names if name),
        words=frozenset(said for said in words if len(squeezed(said)) >= 8),
        sources=frozenset(str(s.uid) for s in [*sources, *_unnamed(statements)]),
        statements=frozenset(str(s.uid) for s in statements),
    )


def _unnamed(statements: Iterable[Statement]) -> list[Source]:
    """The unnamed sources of these statements: protected with their words."""
    return [s.source for s in statements if s.source is not None and s.source.kind == SourceKind.UNNAMED]


def _names(name: str, kind: str) -> set[str]:
    """How a source of this name is spoken of: without an article, and a person also by a part of the name."""
    plain = without_article(name)
    return {plain} | (set(parts_of(plain)) if kind == SourceKind.PERSON else set())


def without_article(name: str) -> str:
    """The name without a leading "the"."""
    lower = name.casefold()
    return next((name[len(a) :] for a in ARTICLES if lower.startswith(a) and len(name) > len(a) + 1), name)


def _proper(text: str) -> str:
    """A name that a document uses, without its article; nothing where it may be none ("He", "the local residents").

    The first word of a sentence is no name for its capital letter alone. A single word is none either: what is known
    as a name is an alias of its source.
    """
    plain = without_article(text.strip())
    words = plain.split()
    telling = words if plain != text.strip() else words[1:]
    return plain if len(words) > 1 and any(word[:1].isupper() for word in telling) else ""


@transaction.atomic
def protect_source(source: Source, *, by: User, reason: str, since: int | None = None) -> Source:
    """Mask a source for everybody who may not see what is protected, with all that were merged with it.

    The reason is on the ledger and says why, not who: a name in it is masked for others like everywhere else.
    """
    return _flag_source(source, protected=True, by=by, reason=reason, since=since)


@transaction.atomic
def unprotect_source(source: Source, *, by: User, reason: str, since: int | None = None) -> Source:
    """Show a source to everybody again, with all that were merged with it."""
    return _flag_source(source, protected=False, by=by, reason=reason, since=since)


def _flag_source(source: Source, *, protected: bool, by: User, reason: str, since: int | None) -> Source:
    if not reason.strip():
        raise ReasonMissing("Say why, without saying who.")
    rows = hold_body(source)
    if since is not None:
        refuse_if_changed(source.uid, since=since)
    for row in rows:
        if row.protected != protected:
            row.protected = protected
            row.save(update_fields=["protected"])
            ledger.record(Actor.person(by), "protected" if protected else "protection lifted", row, reason=reason)
    source.refresh_from_db(fields=["protected"])
    return source


def hold_body(source: Source) -> list[Source]:
    """All that are one body with this source, locked in one order until the transaction ends."""
    return list(Source.objects.select_for_update(of=("self",)).filter(pk__in=same_body(source)).order_by("pk"))


def protect_together(source: Source, *, actor: Actor) -> None:
    """Protect all that are one body with this source, if one of them is: whoever knows the one knows the others."""
    rows = list(Source.objects.filter(pk__in=same_body(source)).order_by("pk"))
    if not any(row.protected for row in rows):
        return
    for row in rows:
        if not row.protected:
            row.protected = True
            row.save(update_fields=["protected"])
            ledger.record(actor, "protected", row)
    source.refresh_from_db(fields=["protected"])


def same_body(source: Source) -> set[int]:
    """Keys of all sources that are one body with this one: what it was merged into, and all that were merged there."""
    family = frontier = {Source.objects.get(pk=source.pk).resolved.pk}  # as it is now, whatever the caller holds
    while frontier:
        merged = Source.objects.filter(merged_into__in=frontier).values_list("pk", flat=True)
        frontier = set(merged) - family
        family = family | frontier
    return family


@transaction.atomic
def protect_statement(statement: Statement, *, by: User, reason: str, since: int | None = None) -> Statement:
    """Mask what a statement says, and its source if that is unnamed, for everybody who may not see it."""
    return _flag_statement(statement, protected=True, by=by, reason=reason, since=since)


@transaction.atomic
def unprotect_statement(statement: Statement, *, by: User, reason: str, since: int | None = None) -> Statement:
    """Show what a statement says to everybody again."""
    return _flag_statement(statement, protected=False, by=by, reason=reason, since=since)


def _flag_statement(statement: Statement, *, protected: bool, by: User, reason: str, since: int | None) -> Statement:
    if not reason.strip():
        raise ReasonMissing("Say why, without saying what or who.")
    row = Statement.objects.select_for_update(of=("self",)).get(pk=statement.pk)
    if since is not None:
        refuse_if_changed(statement.uid, since=since)
    if row.protected != protected:
        row.protected = protected
        row.save(update_fields=["protected"])
        ledger.record(Actor.person(by), "protected" if protected else "protection lifted", row, reason=reason)
    statement.protected = protected
    return statement
