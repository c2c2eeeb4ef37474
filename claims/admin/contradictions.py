"""Where claims conflict: both sides side by side, and the decision."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant

from claims.admin.base import EvidenceAdmin, person
from claims.admin.decisions import Decision, Reason
from claims.admin.markup import CONTRADICTION_STATES, STANCES, STANDINGS, badge, clip, link_to, render
from claims.admin.statements import in_its_place
from claims.choices import ContradictionState
from claims.models import Contradiction, Position
from claims.services.contradictions import TRANSITIONS, decide_contradiction


def _deciding(state: ContradictionState) -> Any:
    def decide(contradiction: Contradiction, by: User, said: dict[str, Any]) -> object:
        return decide_contradiction(contradiction, state=state, by=by, reason=said["reason"])

    return decide


CONFIRM = Decision(
    name="confirm", title="Confirm", done="confirmed", permission="decide", questions=Reason,
    run=_deciding(ContradictionState.CONFIRMED), variant=ActionVariant.SUCCESS, icon="check",
    explanation="The two cannot both be true.",
    when=lambda row: ContradictionState.CONFIRMED in TRANSITIONS[row.state],
)  # fmt: skip
DISMISS = Decision(
    name="dismiss", title="Dismiss", done="dismissed", permission="decide", questions=Reason,
    run=_deciding(ContradictionState.DISMISSED), variant=ActionVariant.DANGER, icon="close",
    explanation="The two can both be true. No machine proposes this again.",
    when=lambda row: ContradictionState.DISMISSED in TRANSITIONS[row.state],
)  # fmt: skip
RESOLVE = Decision(
    name="resolve", title="Resolve", done="resolved", permission="decide", questions=Reason,
    run=_deciding(ContradictionState.RESOLVED), icon="balance",
    explanation="The two conflict, and it is now known which of them holds, or how both came about.",
    when=lambda row: ContradictionState.RESOLVED in TRANSITIONS[row.state],
)  # fmt: skip


def _side(position: Position) -> dict[str, Any]:
    statement, claim = position.statement, position.claim
    document = statement.snapshot.document
    return {
        "stance": badge(position.stance, STANCES),
        "standing": badge(claim.standing, STANDINGS),
        "claim": link_to(claim, claim.text, length=500),
        "place": in_its_place(statement),
        "source": link_to(statement.source),
        "party": link_to(statement.source.effective_party if statement.source else None),
        "document": link_to(document),
        "published": document.published_at,
        "statement": link_to(statement, statement.content_text),
    }


@admin.register(Contradiction)
class ContradictionAdmin(EvidenceAdmin):
    """The queue of conflicts, oldest first, so that none starves at its end."""

    decided_by_name = person("decided_by", "Decided by")
    list_display = ["why", "state_shown", "type", "score_shown", "first", "second", "created_at", "decided_by_name"]
    list_filter = ["state", "type", "claim__dossier", "algorithm_version", "created_at"]
    search_fields = ["explanation", "claim__text", "other_claim__text", "reason"]
    search_help_text = "Words of the explanation, the claims or the reason"
    list_select_related = ["claim", "other_claim", "decided_by"]
    ordering = ["created_at", "pk"]
    fields = [("decided_by_name", "decided_at"), "reason", ("created_at", "ledger")]
    confirm, confirm_this = CONFIRM.actions()
    dismiss, dismiss_this = DISMISS.actions()
    resolve, resolve_this = RESOLVE.actions()
    actions = ["confirm", "dismiss", "resolve"]
    actions_detail = ["confirm_this", "dismiss_this", "resolve_this"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["decided_by_name", "decided_at", "reason", "created_at", "ledger"]

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.decide_contradiction")

    def panel_before(self, request: HttpRequest, obj: Contradiction) -> SafeString | str:
        positions = Position.objects.select_related(
            "claim", "statement__source__party", "statement__source__parent__party", "statement__snapshot__document"
        ).in_bulk([obj.position_id, obj.other_position_id])
        return render(
            "contradiction",
            state=badge(obj.state, CONTRADICTION_STATES),
            type=obj.get_type_display(),
            score=f"{obj.score:.0%}",
            found_by=f"{obj.algorithm} {obj.algorithm_version}",
            explanation=obj.explanation,
            desk=reverse("desk:conflict", args=[obj.uid]),
            sides=[_side(positions[pk]) for pk in (obj.position_id, obj.other_position_id)],
        )

    @display(description="Why", ordering="explanation")
    def why(self, obj: Contradiction) -> str:
        return clip(obj.explanation, 130)

    @display(description="State", ordering="state")
    def state_shown(self, obj: Contradiction) -> SafeString | str:
        return badge(obj.state, CONTRADICTION_STATES)

    @display(description="Score", ordering="score")
    def score_shown(self, obj: Contradiction) -> str:
        return f"{obj.score:.0%}"

    @display(description="Claim")
    def first(self, obj: Contradiction) -> SafeString | str:
        return link_to(obj.claim, length=60)

    @display(description="Conflicts with")
    def second(self, obj: Contradiction) -> SafeString | str:
        return link_to(obj.other_claim, length=60) if obj.other_claim else "positions on it"
