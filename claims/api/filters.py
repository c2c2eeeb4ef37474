"""What each list can be narrowed by, declared once: the requests, the schema and the errors all follow from here."""

import re
from typing import Any

import django_filters as filters
from django.db.models import Q

from claims import choices, standing
from claims.access import access_of
from claims.api.filtering import FilterSet, Moment, OneOf, Rows, Slug, Uid, Uids, Whole, YesNo
from claims.models import (
    Claim,
    Contradiction,
    Document,
    Dossier,
    Notice,
    Party,
    Position,
    Snapshot,
    Source,
    SourceName,
    Statement,
)
from claims.models.ledger import TYPES, actor_told
from claims.services.protection import masker_for
from claims.services.unseen import seen

UNVERIFIED = "unverified"
# A claim's verification: the credibility that its verdict in force gives it, or that there is no verdict.
VERIFICATIONS = {c: c.name.lower().replace("_", "-") for c in choices.Credibility}
STANDINGS = [(value, value) for value in standing.VALUES]
FLAGS = [(value, value) for value in standing.FLAGS]
LONGEST_SEARCH = 200
# Filters of statements that ask for what a protected one says.
TELLING = ("q", "place", "measure", "happened_from", "happened_until")


def containing(field: str, words: str) -> Q:
    """The words as part of a field, or something spelt like them. Both are served by the field's trigram index."""
    return Q(**{f"{field}__iregex": re.escape(words)}) | Q(**{f"{field}__trigram_word_similar": words})


def _search(help_text: str, **kwargs: Any) -> filters.CharFilter:
    return filters.CharFilter(max_length=LONGEST_SEARCH, help_text=help_text, **kwargs)


class Seeking(FilterSet):
    """Filters that look for words: for who may not see what is protected, only in what such a caller sees."""

    def seen(self, rows: Rows, fields: list[str], said: str) -> Rows:
        """Of rows found by ``said`` in these fields, those that are found by what the caller sees of them."""
        return seen(rows, fields, said, masker_for(self.request) if self.request is not None else None)

    def unprotected(self, rows: Rows) -> Rows:
        """The rows, without those of which the caller may not see what they say."""
        hides = self.request is not None and masker_for(self.request) is not None
        return rows.filter(protected=False) if hides else rows


class Merging(Seeking):
    """Filters of what can be merged: what was merged into another is shown only to those who ask for it."""

    merged = YesNo(method="by_merged", help_text="true: only those merged into another. They are left out otherwise.")

    def by_merged(self, rows: Rows, _name: str, value: bool) -> Rows:
        """Only merged rows, or only others."""
        return rows.filter(merged_into__isnull=not value)

    def filter_queryset(self, queryset: Rows) -> Rows:
        """By what was asked for; without merged rows, unless these or their ids were."""
        found: Rows = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        return found if asked["uid"] or asked["merged"] is not None else found.filter(merged_into__isnull=True)


def counting_as(source: Source) -> set[int]:
    """Ids of this source and of all that were merged into it, directly or through others."""
    family = frontier = {source.pk}
    while frontier:
        frontier = set(Source.objects.filter(merged_into__in=frontier).values_list("pk", flat=True)) - family
        family |= frontier
    return family


def speaking_for(party: Party) -> set[int]:
    """Ids of the sources that are of this party: its own, who speaks for them and is of no other, and merged ones."""
    family = frontier = set(Source.objects.filter(party=party).values_list("pk", flat=True))
    while frontier:
        led = Q(merged_into__in=frontier) | Q(parent__in=frontier, party__isnull=True, merged_into__isnull=True)
        frontier = set(Source.objects.filter(led).values_list("pk", flat=True)) - family
        family |= frontier
    return family


def _by_source(path: str) -> Any:
    def chosen(rows: Rows, source: Source) -> Rows:
        return rows.filter(**{f"{path}__in": counting_as(source)})

    return chosen


def _claims_taken_up(path: str) -> Any:
    """Claims on which a current position of statements along ``path`` is taken."""

    def chosen(rows: Rows, value: Any) -> Rows:
        wanted = counting_as(value) if isinstance(value, Source) else {value.pk}
        wanted = speaking_for(value) if isinstance(value, Party) else wanted
        return rows.filter(pk__in=Position.objects.current().filter(**{f"{path}__in": wanted}).values("claim"))

    return chosen


def _taking_sides_on(rows: Rows, claim: Claim) -> Rows:
    """Statements that take a current position on a claim."""
    return rows.filter(positions__claim=claim, positions__superseded_at__isnull=True)


def _with_claim(rows: Rows, claim: Claim) -> Rows:
    """Contradictions with a claim on either side."""
    return rows.filter(Q(claim=claim) | Q(other_claim=claim))


def _with_source(rows: Rows, source: Source) -> Rows:
    """Contradictions with a statement of a source on either side."""
    family = counting_as(source)
    return rows.filter(Q(position__statement__source__in=family) | Q(other_position__statement__source__in=family))


def _by_party(rows: Rows, party: Party) -> Rows:
    """Statements of sources of a party."""
    return rows.filter(source__in=speaking_for(party))


def _printed_by(rows: Rows, publisher: Source) -> Rows:
    """Contradictions with a statement that a publisher printed on either side."""
    printed = "statement__snapshot__document__publisher__in"
    family = counting_as(publisher)
    return rows.filter(Q(**{f"position__{printed}": family}) | Q(**{f"other_position__{printed}": family}))


class DossierFilter(Seeking):
    """Dossiers by slug or words."""

    uid = Uids()
    slug = filters.CharFilter(max_length=100, help_text="Exactly this slug.")
    q = _search("Words of the title or the description.", method="search")

    def search(self, rows: Rows, _name: str, value: str) -> Rows:
        """By part of title or description."""
        found = rows.filter(Q(title__icontains=value) | Q(description__icontains=value))
        return self.seen(found, ["title", "description"], value)


class SourceFilter(Merging):
    """Sources by what they are and whom they belong to."""

    uid = Uids()
    q = _search("Part of a name or an alias, misspelt or not.", method="search")
    kind = OneOf(choices.SourceKind.choices, help_text="What sort of body it is.")
    reliability = OneOf(choices.Reliability.choices, help_text="Its present grade.")
    party = Slug(Party, field_name="party", help_text="Slug of the party that it belongs to itself.")
    parent = Uid(Source, field_name="parent", help_text="The body that it speaks for.")
    named_in = Uid(Document, field_name="named_in", help_text="Unnamed sources of this document.")
    wikidata_id = filters.CharFilter(max_length=20, help_text="Exactly this Wikidata item.")

    def search(self, rows: Rows, _name: str, value: str) -> Rows:
        """By its own names, whatever the case."""
        aliased = SourceName.objects.filter(name__icontains=value).values("source")
        return self.unprotected(rows.filter(containing("name", value) | Q(pk__in=aliased)))


class DocumentFilter(Seeking):
    """Documents by where, when and by whom they were published."""

    uid = Uids()
    q = _search("Part of the title, misspelt or not.", method="search")
    dossier = Slug(Dossier, field_name="dossier", help_text="Slug of the dossier.")
    url = filters.CharFilter(max_length=2000, help_text="Exactly this address.")
    publisher = Uid(Source, chosen=_by_source("publisher"), help_text="Who published it, merged sources included.")
    credit = Uid(Source, chosen=_by_source("credit"), help_text="The wire that it credits, merged sources included.")
    origin = Uid(Document, field_name="origin", help_text="Copies of this document.")
    copy = YesNo(method="by_copy", help_text="Whether it is held to be a copy of another document.")
    state = OneOf(choices.DocumentState.choices, help_text="What its publisher has done with it.")
    language = filters.CharFilter(max_length=20, help_text="Exactly this language tag.")
    sha256 = filters.CharFilter(
        method="by_hash",
        max_length=64,
        help_text="SHA-256 of the bytes or the text of any version, or of the bytes of a notice, hexadecimal.",
    )
    published_after = Moment("published_at", "gte", help_text="Published then or later (ISO 8601).")
    published_before = Moment("published_at", "lt", help_text="Published before (ISO 8601).")
    first_seen_after = Moment("first_seen_at", "gte", help_text="First seen then or later.")
    first_seen_before = Moment("first_seen_at", "lt", help_text="First seen before.")

    def search(self, rows: Rows, _name: str, value: str) -> Rows:
        """By title."""
        return self.seen(rows.filter(containing("title", value)), ["title"], value)

    def by_copy(self, rows: Rows, _name: str, value: bool) -> Rows:
        """Only copies, or only documents that copy nothing."""
        return rows.filter(origin__isnull=not value)

    def by_hash(self, rows: Rows, _name: str, value: str) -> Rows:
        """By the hash of a version, or of a notice on one."""
        value = value.lower()
        versions = Snapshot.objects.filter(Q(payload_sha256=value) | Q(text_sha256=value))
        notices = Notice.objects.filter(payload_sha256=value)
        return rows.filter(
            Q(pk__in=versions.order_by().values("document")) | Q(pk__in=notices.order_by().values("snapshot__document"))
        )


class StatementFilter(Seeking):
    """Statements by who says what, where, and how."""

    uid = Uids()
    q = _search("Part of the content.", method="search")
    dossier = Slug(Dossier, field_name="snapshot__document__dossier", help_text="Slug of the dossier.")
    document = Uid(Document, field_name="snapshot__document", help_text="Where it is printed, in any version.")
    source = Uid(Source, chosen=_by_source("source"), help_text="Who says so, sources merged into it included.")
    publisher = Uid(Source, chosen=_by_source("snapshot__document__publisher"), help_text="Who printed it.")
    party = Slug(Party, chosen=_by_party, help_text="Slug of the party that the source is of or speaks for.")
    claim = Uid(Claim, chosen=_taking_sides_on, help_text="Those that take a current position on this claim.")
    stance = OneOf(choices.Stance.choices, method="by_stance", help_text="The side it takes on its claim.")
    parent = Uid(Statement, field_name="parent", help_text="Those nested in this statement.")
    polarity = OneOf(choices.Polarity.choices, help_text="Whether the source asserts or denies it.")
    modality = OneOf(choices.Modality.choices, help_text="What kind of act it is.")
    quotation = OneOf(choices.Quotation.choices, help_text="How much of it is the source's own words.")
    checkable = YesNo(method="by_checkable", help_text="Whether it is an assertion about the world.")
    measure = filters.CharFilter(
        method="by_measure", max_length=50, help_text="With a figure of this measure: killed, wounded, …"
    )
    place = filters.CharFilter(max_length=300, lookup_expr="icontains", help_text="Part of the place.")
    state = OneOf(
        choices.StatementState.choices, help_text="Without it: suggested and confirmed ones, which are what counts."
    )
    superseded = YesNo(
        method="by_superseded",
        help_text="true: only what a newer analysis no longer finds. It is left out otherwise.",
    )
    latest = YesNo(field_name="snapshot__latest", help_text="Whether it is in the newest version of its document.")
    published_after = Moment(
        "snapshot__document__published_at", "gte", help_text="In a document published then or later (ISO 8601)."
    )
    published_before = Moment(
        "snapshot__document__published_at", "lt", help_text="In a document published before (ISO 8601)."
    )
    happened_from = filters.DateFilter("when_last", "gte", help_text="Said to have happened that day or later.")
    happened_until = filters.DateFilter("when_first", "lte", help_text="Said to have happened that day or earlier.")

    def search(self, rows: Rows, _name: str, value: str) -> Rows:
        """By content."""
        return self.seen(rows.filter(content_text__icontains=value), ["content_text"], value)

    def by_stance(self, rows: Rows, _name: str, value: list[str]) -> Rows:
        """With a current position on that side."""
        if not value:
            return rows
        taken = Position.objects.filter(stance__in=value, superseded_at__isnull=True)
        return rows.filter(pk__in=taken.values("statement"))

    def by_checkable(self, rows: Rows, _name: str, value: bool) -> Rows:
        """Assertions about the world, or anything else."""
        checkable = Statement.objects.checkable().values("pk")
        return rows.filter(pk__in=checkable) if value else rows.exclude(pk__in=checkable)

    def by_measure(self, rows: Rows, _name: str, value: str) -> Rows:
        """With a figure of this measure."""
        return rows.filter(quantities__contains=[{"measure": value}])

    def by_superseded(self, rows: Rows, _name: str, value: bool) -> Rows:
        """Only superseded statements, or only others."""
        return rows.filter(superseded_at__isnull=not value)

    def filter_queryset(self, queryset: Rows) -> Rows:
        """What no longer counts is shown only to those who ask for it."""
        found: Rows = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        if asked["uid"]:
            return found
        if asked["superseded"] is None:
            found = found.filter(superseded_at__isnull=True)
        if any(asked[name] for name in TELLING):
            found = self.unprotected(found)
        if not asked["state"]:
            found = found.filter(state__in=[choices.StatementState.SUGGESTED, choices.StatementState.CONFIRMED])
        return found


class ClaimFilter(Merging):
    """Claims by how they are sourced, what they are about and who takes a side."""

    uid = Uids()
    q = _search("Part of the text, misspelt or not.", method="search")
    dossier = Slug(Dossier, field_name="dossier", help_text="Slug of the dossier.")
    standing = OneOf(STANDINGS, help_text="How it is sourced.")
    flag = OneOf(FLAGS, method="by_flag", help_text="With this flag.")
    verification = OneOf(
        [(UNVERIFIED, "no verdict in force"), *((word, c.label) for c, word in VERIFICATIONS.items())],
        method="by_verification",
        help_text="What the verdict in force says.",
    )
    credibility = OneOf(
        choices.Credibility.choices, method="by_credibility", help_text="What its verdict in force gives it, 1 to 6."
    )
    kind = OneOf(choices.ClaimKind.choices, help_text="Something that happened, or a figure.")
    measure = filters.CharFilter(max_length=50, help_text="A figure of exactly this measure: killed, wounded, …")
    place = filters.CharFilter(max_length=300, lookup_expr="icontains", help_text="Part of the place.")
    source = Uid(
        Source,
        chosen=_claims_taken_up("statement__source"),
        help_text="This source takes a position on it, sources merged into it included.",
    )
    publisher = Uid(
        Source,
        chosen=_claims_taken_up("statement__snapshot__document__publisher"),
        help_text="This publisher printed a position on it.",
    )
    party = Slug(
        Party,
        chosen=_claims_taken_up("statement__source"),
        help_text="Slug of a party: a source of it, or one that speaks for such a source, takes a position on it.",
    )
    document = Uid(
        Document,
        chosen=_claims_taken_up("statement__snapshot__document"),
        help_text="This document takes a position on it.",
    )
    favours = Slug(Party, field_name="favours", help_text="Slug of the party that gains if it is believed.")
    origins_min = Whole(
        field_name="origins",
        lookup_expr="gte",
        help_text="Supported by at least so many independent origins.",
    )
    happened_from = filters.DateFilter("when_last", "gte", help_text="Said to have happened that day or later.")
    happened_until = filters.DateFilter("when_first", "lte", help_text="Said to have happened that day or earlier.")
    created_after = Moment("created_at", "gte", help_text="Recorded then or later (ISO 8601).")
    created_before = Moment("created_at", "lt", help_text="Recorded before (ISO 8601).")

    def search(self, rows: Rows, _name: str, value: str) -> Rows:
        """By text."""
        return self.seen(rows.filter(containing("text", value)), ["text"], value)

    def by_flag(self, rows: Rows, _name: str, value: list[str]) -> Rows:
        """With any of the flags."""
        return rows.filter(standing_flags__overlap=value) if value else rows

    def by_verification(self, rows: Rows, _name: str, value: list[str]) -> Rows:
        """By the credibility that the verdict in force gives, or by there being none."""
        if not value:
            return rows
        in_force = choices.VerdictState.PUBLISHED
        wanted = Q(
            verdicts__state=in_force, verdicts__credibility__in=[c for c, w in VERIFICATIONS.items() if w in value]
        )
        judged = Claim.objects.filter(verdicts__state=in_force).values("pk")
        unjudged = ~Q(pk__in=judged) if UNVERIFIED in value else Q(pk__in=[])
        return rows.filter(Q(pk__in=Claim.objects.filter(wanted).values("pk")) | unjudged)

    def by_credibility(self, rows: Rows, _name: str, value: list[str]) -> Rows:
        """By the credibility that the verdict in force gives."""
        in_force = {"verdicts__state": choices.VerdictState.PUBLISHED, "verdicts__credibility__in": value}
        return rows.filter(pk__in=Claim.objects.filter(**in_force).values("pk")) if value else rows


class ContradictionFilter(Seeking):
    """Contradictions by kind, state and what they are about."""

    uid = Uids()
    q = _search("Part of the explanation.", method="search")
    dossier = Slug(Dossier, field_name="claim__dossier", help_text="Slug of the dossier.")
    claim = Uid(Claim, chosen=_with_claim, help_text="With this claim on either side.")
    source = Uid(Source, chosen=_with_source, help_text="With a statement of this source on either side.")
    publisher = Uid(Source, chosen=_printed_by, help_text="With a statement that it printed on either side.")
    type = OneOf(choices.ContradictionType.choices, help_text="In what the two conflict.")
    state = OneOf(
        choices.ContradictionState.choices, help_text="Without it: suggested and confirmed ones, which stand."
    )
    measure = filters.CharFilter("claim__measure", max_length=50, help_text="Between figures of this measure.")
    score_min = filters.NumberFilter("score", "gte", help_text="Of at least this score, 0 to 1.")
    created_after = Moment("created_at", "gte", help_text="Recorded then or later (ISO 8601).")
    created_before = Moment("created_at", "lt", help_text="Recorded before (ISO 8601).")

    def search(self, rows: Rows, _name: str, value: str) -> Rows:
        """By explanation."""
        return self.seen(rows.filter(explanation__icontains=value), ["explanation"], value)

    def filter_queryset(self, queryset: Rows) -> Rows:
        """What was dismissed, resolved or has lapsed is shown only to those who ask for it."""
        found: Rows = super().filter_queryset(queryset)
        if self.form.cleaned_data["state"] or self.form.cleaned_data["uid"]:
            return found
        return found.filter(pk__in=Contradiction.objects.standing().values("pk"))


class VerdictFilter(Seeking):
    """Verdicts by claim, credibility and time."""

    uid = Uids()
    q = _search("Part of the rationale.", method="search")
    dossier = Slug(Dossier, field_name="claim__dossier", help_text="Slug of the dossier.")
    claim = Uid(Claim, field_name="claim", help_text="On this claim.")
    credibility = OneOf(choices.Credibility.choices, help_text="From 1, confirmed, to 6, truth cannot be judged.")
    state = OneOf(
        choices.VerdictState.choices,
        help_text="Without it: published ones, which are in force. Superseded and withdrawn ones stay readable; drafts "
        "and proposals are shown to who may propose or approve.",
    )
    published_after = Moment("published_at", "gte", help_text="Published then or later (ISO 8601).")
    published_before = Moment("published_at", "lt", help_text="Published before (ISO 8601).")
    review_due_before = Moment("review_due", "lt", help_text="Due for review before (ISO 8601).")

    def search(self, rows: Rows, _name: str, value: str) -> Rows:
        """By rationale."""
        return self.seen(rows.filter(rationale__icontains=value), ["rationale"], value)

    def filter_queryset(self, queryset: Rows) -> Rows:
        """What is no longer in force is shown only to those who ask for it."""
        found: Rows = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        return found if asked["state"] or asked["uid"] else found.filter(state=choices.VerdictState.PUBLISHED)


class EventFilter(FilterSet):
    """Events of the ledger by what changed, in which dossier, who changed it, and when."""

    dossier = Slug(Dossier, field_name="dossier", help_text="Slug of the dossier that what changed belongs to.")
    object = filters.UUIDFilter(field_name="object_uid", help_text="Public id of what changed.")
    type = OneOf([(name, name) for name in TYPES], field_name="object_type", help_text="What sort of thing.")
    verb = filters.CharFilter(max_length=50, help_text="Exactly this: created, published, standing changed, …")
    actor = filters.CharFilter(
        method="by_actor", max_length=200, help_text="Exactly this: user:NAME or machine:ALGORITHM/VERSION."
    )
    recorded_after = Moment("recorded_at", "gte", help_text="Recorded then or later (ISO 8601).")
    recorded_before = Moment("recorded_at", "lt", help_text="Recorded before (ISO 8601).")

    def by_actor(self, rows: Rows, _name: str, value: str) -> Rows:
        """What this actor did, as the caller is told it: whoever is not told names finds nothing by one."""
        told = actor_told(access_of(self.request), value) == value
        return rows.filter(actor_label=value) if told else rows.none()
