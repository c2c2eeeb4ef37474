"""What is asserted: claims with their standing, the positions taken on them, and which claims are the same."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Case, IntegerField, Model, OuterRef, Q, Subquery, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget

from claims.admin.base import DomainAdmin, EvidenceAdmin, ReadOnlyInline, dossier_column, person
from claims.admin.choosing import row_chosen
from claims.admin.decisions import Decision, Reason, ReasonIfAny
from claims.admin.filters import FlagFilter, MeasureFilter, MergedFilter, OrderFilter, SupersededFilter
from claims.admin.markup import (
    CONTRADICTION_STATES,
    FLAGS,
    JUDGEMENT_ANSWERS,
    NOTHING,
    STANCES,
    STANDINGS,
    VERDICT_STATES,
    badge,
    badges,
    clip,
    link_to,
    moment,
    render,
    sentences,
    table,
)
from claims.choices import JudgementAnswer, Stance
from claims.models import Claim, ClaimMerge, Contradiction, Event, Judgement, Position
from claims.services.actor import Actor
from claims.services.claims import judge, merge_claims, set_favours, set_position, undo_claim_merge

OPEN = (JudgementAnswer.PENDING, JudgementAnswer.UNSURE)
CONTESTED_FIRST = Case(When(standing="contested", then=Value(0)), default=Value(1), output_field=IntegerField())


class MergedInto(Reason):
    """The claim that the chosen ones are, and why."""

    target = row_chosen(Claim, "merged_into", Claim.objects.live(), help_text="The claim that remains.")
    field_order = ["target", "reason"]


class PositionSet(Reason):
    """A person's word on what a statement says of a claim."""

    claim = row_chosen(Position, "claim", Claim.objects.live())
    stance = forms.ChoiceField(choices=Stance.choices, widget=UnfoldAdminSelectWidget)
    field_order = ["claim", "stance", "reason"]


def _merge(claim: Claim, by: User, said: dict[str, Any]) -> object:
    return merge_claims(claim, target=said["target"], by=by, reason=said["reason"])


def _undo(merge: ClaimMerge, by: User, _said: dict[str, Any]) -> object:
    return undo_claim_merge(merge, by=by)


def _set(position: Position, by: User, said: dict[str, Any]) -> object:
    return set_position(
        position.statement, claim=said["claim"], stance=said["stance"], by=by, reason=said["reason"]
    )  # fmt: skip


MERGE = Decision(
    name="merge", title="Merge into another claim", done="merged", permission="merge", run=_merge,
    questions=MergedInto, icon="merge",
    explanation="Its positions move to the other claim. The merge can be undone.",
    when=lambda claim: claim.merged_into_id is None,
)  # fmt: skip
UNDO = Decision(
    name="undo", title="Undo this merge", done="undone", permission="merge", run=_undo, icon="undo",
    explanation="The merged claim gets its positions back, except those that were changed since.",
    when=lambda merge: merge.undone_at is None,
)  # fmt: skip
SET = Decision(
    name="place", title="Set position", done="decided", permission="place", run=_set,
    questions=PositionSet, icon="gavel",
    explanation="Say which claim the statement is about, and which side it takes. No machine changes it afterwards.",
    when=lambda position: position.superseded_at is None,
)  # fmt: skip


# --- Claims ----------------------------------------------------------------------------------------------------------


class PositionsInline(ReadOnlyInline):
    """The positions that count, each with who takes it and where."""

    model = Position
    fields = ["stance_shown", "statement_shown", "source", "party", "document", "published", "decided", "page"]
    verbose_name_plural = "positions taken on it"

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .filter(superseded_at__isnull=True)
            .select_related(
                "by", "statement__source__party", "statement__source__parent__party", "statement__source__merged_into",
                "statement__snapshot__document__origin",
            )
            .defer("statement__snapshot__text", "statement__snapshot__headers", "statement__snapshot__signature")
            .order_by("stance", "pk")
        )  # fmt: skip

    @display(description="Stance")
    def stance_shown(self, obj: Position) -> SafeString | str:
        return badge(obj.stance, STANCES)

    @display(description="Statement")
    def statement_shown(self, obj: Position) -> SafeString | str:
        return link_to(obj.statement, obj.statement.content_text, length=110)

    @display(description="Source")
    def source(self, obj: Position) -> SafeString | str:
        return link_to(obj.statement.source)

    @display(description="Party")
    def party(self, obj: Position) -> SafeString | str:
        return link_to(obj.statement.source.effective_party if obj.statement.source else None)

    @display(description="Document")
    def document(self, obj: Position) -> SafeString | str:
        return link_to(obj.statement.snapshot.document, length=60)

    @display(description="Published")
    def published(self, obj: Position) -> str:
        return moment(obj.statement.snapshot.document.published_at)

    @display(description="Decided by")
    def decided(self, obj: Position) -> str:
        return str(obj.by) if obj.by else f"machine, {obj.score:.0%}"

    @display(description="")
    def page(self, obj: Position) -> SafeString | str:
        return link_to(obj, "Why")


class MergesInline(ReadOnlyInline):
    """What became of a claim that was merged."""

    by_name = person("by", "By")
    model = ClaimMerge
    fk_name = "claim"
    fields = ["into", "reason", "by_name", "at", "undone_at", "page"]
    verbose_name_plural = "merges"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("target", "by")

    @display(description="Into")
    def into(self, obj: ClaimMerge) -> SafeString | str:
        return link_to(obj.target)

    @display(description="")
    def page(self, obj: ClaimMerge) -> SafeString | str:
        return link_to(obj, "open to undo") if obj.undone_at is None else NOTHING


def in_figures(low: float | None, best: float | None, high: float | None) -> str:
    """A figure with its bounds: "9", "at least 17", "30 to 40", "35 (30 to 40)"."""
    lowest, likeliest, highest = (f"{n:,.0f}" if n is not None else "" for n in (low, best, high))
    if low is not None and high is not None:
        bounds = lowest if low == high else f"{lowest} to {highest}"
    else:
        bounds = f"at least {lowest}" if lowest else f"at most {highest}" if highest else ""
    if best is None or best in (low, high):
        return bounds
    return f"{likeliest} ({bounds})" if bounds else likeliest


def figure_of(claim: Claim) -> str:
    """What a claim counts, as one would say it: "at least 17 people killed"; nothing for an event."""
    if not claim.measure:
        return ""
    return " ".join(filter(None, [in_figures(claim.low, claim.best, claim.high), claim.counted, claim.measure]))


def standing_rows(claim: Claim) -> dict[str, Any]:
    """The cached explanation of a claim's standing, as tables: origins on each side, and what does not count."""
    explanation = claim.standing_explanation or {}
    positions = {
        str(p.uid): p
        for p in Position.objects.filter(claim=claim).select_related("statement")
    }  # fmt: skip

    def links(uids: Sequence[str]) -> SafeString | str:
        found = [positions[uid] for uid in uids if uid in positions]
        return render("links", links=[link_to(p.statement, p.statement.content_text, length=80) for p in found])

    origins = [
        (
            badge(side, STANCES),
            " / ".join(origin.get("names", [])),
            ", ".join(origin.get("parties", [])) or NOTHING,
            "cite only each other" if origin.get("circular") else "counts",
            links(origin.get("positions", [])),
        )
        for side, key in (("supports", "supporting"), ("refutes", "refuting"))
        for origin in explanation.get(key, [])
    ]
    discounted = [
        (one.get("source", ""), one.get("reason", ""), one.get("detail", ""), links([one.get("position", "")]))
        for one in explanation.get("discounted", [])
    ]
    return {"sentences": explanation.get("sentences", []), "origins": origins, "discounted": discounted}


@admin.register(Claim)
class ClaimAdmin(DomainAdmin):
    """Claims, with the standing that their positions give them."""

    dossier_named = dossier_column()
    list_display = ["text_shown", "standing_shown", "origins_shown", "flags", "figure", "dossier_named", "updated"]
    list_filter = ["standing", OrderFilter, "dossier", FlagFilter, "kind", MeasureFilter, MergedFilter]
    search_fields = ["text", "place", "counted"]
    search_help_text = "Words of the claim, or its place"
    list_select_related = ["dossier"]
    autocomplete_fields = ["favours"]
    inlines = [PositionsInline, MergesInline]
    fieldsets = [
        (None, {"fields": [
            "text", ("dossier_shown", "kind"), ("place", "when"), ("figure", "rises_to_shown"),
            ("favours", "merged_shown"), ("created_at", "ledger", "desk"),
        ]}),
    ]  # fmt: skip
    readonly_fields = [
        "text", "dossier_shown", "kind", "place", "when", "figure", "rises_to_shown", "merged_shown", "created_at",
        "ledger", "desk",
    ]  # fmt: skip
    merge, merge_this = MERGE.actions()
    actions = ["merge"]
    actions_detail = ["merge_this"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # claims come from statements

    def has_merge_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.merge_claim")

    def get_queryset(self, request: HttpRequest) -> Any:
        changes = Event.objects.filter(object_uid=OuterRef("uid")).order_by("-pk").values("recorded_at")[:1]
        return super().get_queryset(request).defer("embedding").annotate(updated_at=Subquery(changes))

    def get_ordering(self, request: HttpRequest) -> Any:
        first = request.GET.get("first")
        if first == "contested":
            return [CONTESTED_FIRST.asc(), "-created_at", "-pk"]
        # Ids are given in the order of making: the newest are found by the key alone.
        return ["-origins", "-created_at", "-pk"] if first == "origins" else ["-pk"]

    def save_model(self, request: HttpRequest, obj: Claim, form: Any, change: bool) -> None:
        if "favours" in form.changed_data:
            set_favours(obj, party=obj.favours, actor=Actor.person(request.user))  # type: ignore[arg-type]

    def get_inlines(self, request: HttpRequest, obj: Claim | None = None) -> Any:
        merged = obj is not None and ClaimMerge.objects.filter(claim=obj).exists()
        return self.inlines if merged else [PositionsInline]

    def panel_before(self, request: HttpRequest, obj: Claim) -> SafeString | str:
        found = standing_rows(obj)
        return render(
            "standing",
            standing=badge(obj.standing, STANDINGS),
            flags=badges(obj.standing_flags, FLAGS) if obj.standing_flags else "",
            version=obj.standing_version,
            sentences=found["sentences"],
            origins=table(
                ["Side", "Origin", "Party", "Counted", "What it said"], found["origins"], empty="No origin yet."
            ),
            discounted=table(["Source", "Why not", "In detail", "What it said"], found["discounted"], empty="")
            if found["discounted"]
            else "",
        )

    def panel_after(self, request: HttpRequest, obj: Claim) -> SafeString | str:
        conflicts = (
            Contradiction.objects.filter(Q(claim=obj) | Q(other_claim=obj))
            .select_related("claim", "other_claim")
            .order_by("created_at", "pk")
        )
        rows = [
            (
                badge(c.state, CONTRADICTION_STATES),
                c.type,
                link_to(c, c.explanation, length=160),
                link_to(c.claim if c.other_claim_id == obj.pk else c.other_claim) if c.other_claim_id else "within it",
            )
            for c in conflicts
        ]
        verdicts = [
            (
                badge(v.state, VERDICT_STATES),
                link_to(v, v.get_credibility_display()),
                clip(v.rationale, 160),
                v.author,
                v.approver or NOTHING,
                moment(v.published_at),
            )
            for v in obj.verdicts.select_related("author", "approver")
        ]
        conflicts_table = table(["State", "Type", "Why", "With"], rows, empty="None proposed.")
        headers = ["State", "Credibility", "Rationale", "Author", "Approver", "Published"]
        return SafeString(
            render("panel", title="Contradictions", body=conflicts_table)
            + render("panel", title="Verdicts", body=table(headers, verdicts, empty="None drafted."))
        )

    @display(description="Claim", ordering="text")
    def text_shown(self, obj: Claim) -> str:
        return clip(obj.text, 130)

    @display(description="Standing", ordering="standing")
    def standing_shown(self, obj: Claim) -> SafeString | str:
        return badge(obj.standing, STANDINGS)

    @display(description="Origins", ordering="origins")
    def origins_shown(self, obj: Claim) -> SafeString:
        return render("origins", supporting=obj.origins, refuting=obj.refuting_origins)

    @display(description="Flags")
    def flags(self, obj: Claim) -> SafeString | str:
        return badges(obj.standing_flags, FLAGS)

    @display(description="Figure", ordering="best")
    def figure(self, obj: Claim) -> str:
        return figure_of(obj) or NOTHING

    @display(description="Dossier", ordering="dossier__title")
    def dossier_shown(self, obj: Claim) -> SafeString | str:
        return link_to(obj.dossier)

    @display(description="Updated", ordering="updated_at")
    def updated(self, obj: Any) -> Any:
        return obj.updated_at

    @display(description="When")
    def when(self, obj: Claim) -> str:
        if obj.when_first is None:
            return NOTHING
        return f"{obj.when_first}" if obj.when_first == obj.when_last else f"{obj.when_first} to {obj.when_last}"

    @display(description="Rises to")
    def rises_to_shown(self, obj: Claim) -> SafeString | str:
        return link_to(obj.rises_to)

    @display(description="At the desk")
    def desk(self, obj: Claim) -> SafeString:
        """Its page at the review desk: the timeline, verdicts, and what was held at any moment."""
        return format_html('<a class="cb-link" href="{}">Its timeline</a>', reverse("desk:claim", args=[obj.uid]))

    @display(description="Merged into")
    def merged_shown(self, obj: Claim) -> SafeString | str:
        return link_to(obj.merged_into)


@admin.register(ClaimMerge)
class ClaimMergeAdmin(EvidenceAdmin):
    """Merges of claims, each of which can be undone."""

    by_name = person("by", "By")
    undone_by_name = person("undone_by", "Undone by")
    list_display = ["merge_shown", "claim_shown", "target_shown", "reason", "by_name", "at", "undone_at"]
    list_filter = [("undone_at", admin.EmptyFieldListFilter), "at"]
    search_fields = ["claim__text", "target__text", "reason"]
    list_select_related = ["claim", "target", "by"]
    fields = ["claim_shown", "target_shown", "reason", "by_name", "at", "undone_by_name", "undone_at"]
    readonly_fields = fields
    undo, undo_this = UNDO.actions()
    actions = ["undo"]
    actions_detail = ["undo_this"]

    def has_merge_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.merge_claim")

    @display(description="Merge")
    def merge_shown(self, obj: ClaimMerge) -> str:
        return f"#{obj.pk}"

    @display(description="Claim")
    def claim_shown(self, obj: ClaimMerge) -> SafeString | str:
        return link_to(obj.claim)

    @display(description="Counts as")
    def target_shown(self, obj: ClaimMerge) -> SafeString | str:
        return link_to(obj.target)


# --- Positions -------------------------------------------------------------------------------------------------------


@admin.register(Position)
class PositionAdmin(EvidenceAdmin):
    """Which side a statement takes on a claim."""

    by_name = person("by", "By")
    list_display = ["stance_shown", "claim_shown", "statement_shown", "origin", "score_shown", "current"]
    list_display_links = ["stance_shown"]
    list_filter = ["stance", "origin", SupersededFilter, "claim__dossier", "algorithm_version"]
    search_fields = ["claim__text", "statement__content_text", "statement__source_text"]
    list_select_related = ["claim", "statement"]
    fields = [
        ("stance_shown", "current"), "claim_shown", "statement_shown", ("origin", "score_shown"), "found_by", "why",
        ("by_name", "reason"), ("created_at", "superseded_at"), "ledger",
    ]  # fmt: skip
    place, place_this = SET.actions()
    actions_detail = ["place_this"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [
            "stance_shown", "current", "claim_shown", "statement_shown", "origin", "score_shown", "found_by", "why",
            "by_name", "reason", "created_at", "superseded_at", "ledger",
        ]  # fmt: skip

    def has_place_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.set_position")

    @display(description="Stance", ordering="stance")
    def stance_shown(self, obj: Position) -> SafeString | str:
        return badge(obj.stance, STANCES)

    @display(description="Claim")
    def claim_shown(self, obj: Position) -> SafeString | str:
        return link_to(obj.claim)

    @display(description="Statement")
    def statement_shown(self, obj: Position) -> SafeString | str:
        return link_to(obj.statement)

    @display(description="Score", ordering="score")
    def score_shown(self, obj: Position) -> str:
        return f"{obj.score:.0%}"

    @display(description="Current", boolean=True, ordering="superseded_at")
    def current(self, obj: Position) -> bool:
        return obj.superseded_at is None

    @display(description="Placed by")
    def found_by(self, obj: Position) -> str:
        return f"{obj.algorithm} {obj.algorithm_version}"

    @display(description="Why")
    def why(self, obj: Position) -> SafeString | str:
        return sentences(obj.explanation)


# --- Judgements ------------------------------------------------------------------------------------------------------


def _answering(answer: JudgementAnswer) -> Any:
    def answered(judgement: Judgement, by: User, said: dict[str, Any]) -> object:
        return judge(judgement, answer=answer, by=by, reason=said["reason"])

    return answered


POSITIVE = Decision(
    name="positive", title="The same", done="judged the same", permission="judge", questions=ReasonIfAny,
    run=_answering(JudgementAnswer.POSITIVE), variant=ActionVariant.SUCCESS, icon="link",
    explanation="The two assert the same: the younger is merged into the older. The merge can be undone.",
    when=lambda row: row.answer in OPEN,
)  # fmt: skip
NEGATIVE = Decision(
    name="negative", title="Not the same", done="judged different", permission="judge", questions=ReasonIfAny,
    run=_answering(JudgementAnswer.NEGATIVE), variant=ActionVariant.DANGER, icon="link_off",
    explanation="The two assert different things. No machine asks again, nor merges them.",
    when=lambda row: row.answer in OPEN,
)  # fmt: skip
UNSURE = Decision(
    name="unsure", title="Unsure", done="left open", permission="judge", questions=ReasonIfAny,
    run=_answering(JudgementAnswer.UNSURE), icon="question_mark",
    explanation="It cannot be told. The question stays open for somebody else.",
    when=lambda row: row.answer in OPEN,
)  # fmt: skip


@admin.register(Judgement)
class JudgementAdmin(EvidenceAdmin):
    """Are these two claims the same?"""

    decided_by_name = person("decided_by", "Decided by")
    list_display = ["question", "answer_shown", "score_shown", "decided_by_name", "decided_at"]
    list_filter = ["answer", "claim__dossier", "algorithm_version"]
    search_fields = ["claim__text", "other_claim__text"]
    list_select_related = ["claim", "other_claim", "decided_by"]
    ordering = ["-score", "pk"]
    fields = [
        ("answer_shown", "score_shown"), "found_by", ("decided_by_name", "decided_at"), "reason",
        ("created_at", "ledger"),
    ]  # fmt: skip
    positive, positive_this = POSITIVE.actions()
    negative, negative_this = NEGATIVE.actions()
    unsure, unsure_this = UNSURE.actions()
    actions = ["positive", "negative", "unsure"]
    actions_detail = ["positive_this", "negative_this", "unsure_this"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [
            "answer_shown", "score_shown", "found_by", "decided_by_name", "decided_at", "reason", "created_at", "ledger"
        ]  # fmt: skip

    def has_judge_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.judge_pair")

    def panel_before(self, request: HttpRequest, obj: Judgement) -> SafeString | str:
        sides = [
            {
                "claim": link_to(claim, claim.text, length=500),
                "standing": badge(claim.standing, STANDINGS),
                "facts": [claim.place, figure_of(claim), claim.when_first],
                "positions": [
                    (badge(p.stance, STANCES), link_to(p.statement))
                    for p in claim.positions.current().select_related("statement")[:5]
                ],
            }
            for claim in (obj.claim, obj.other_claim)
        ]
        return render("judgement", sides=sides, why=sentences(obj.explanation))

    @display(description="The same?")
    def question(self, obj: Judgement) -> SafeString:
        return render("pair", first=clip(obj.claim.text, 110), second=clip(obj.other_claim.text, 110))

    @display(description="Answer", ordering="answer")
    def answer_shown(self, obj: Judgement) -> SafeString | str:
        return badge(obj.answer, JUDGEMENT_ANSWERS, label=obj.get_answer_display())

    @display(description="Score", ordering="score")
    def score_shown(self, obj: Judgement) -> str:
        return f"{obj.score:.0%}"

    @display(description="Asked by")
    def found_by(self, obj: Judgement) -> str:
        return f"{obj.algorithm} {obj.algorithm_version}"
