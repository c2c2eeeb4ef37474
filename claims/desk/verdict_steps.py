"""A verdict's way, as buttons: which step its state and a person's permissions allow, and what it asks."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.choices import VerdictState
from claims.models import Verdict


@dataclass(frozen=True, slots=True)
class Step:
    """One way on from a state: the name that its address ends in, what it needs, and what it says."""

    name: str
    source: VerdictState
    permission: str
    label: Promise
    told: Promise
    needs_reason: bool = False
    question: Promise | str = ""


PROPOSE = Step(
    "propose", VerdictState.DRAFT, "claims.propose_verdict",
    _("Propose"), _("Proposed: somebody else may approve it now."),
)  # fmt: skip
APPROVE = Step(
    "approve", VerdictState.PROPOSED, "claims.approve_verdict",
    _("Approve and publish"), _("Published."),
)  # fmt: skip
RETURN = Step(
    "return", VerdictState.PROPOSED, "claims.approve_verdict",
    _("Return to the author"), _("Returned: it is a draft again."), True, _("What is missing?"),
)  # fmt: skip
WITHDRAW = Step(
    "withdraw", VerdictState.PUBLISHED, "claims.approve_verdict",
    _("Withdraw"), _("Withdrawn. It stays readable as such."), True, _("Why does it hold no more?"),
)  # fmt: skip
STEPS = (PROPOSE, APPROVE, RETURN, WITHDRAW)


def steps_for(verdict: Verdict, person: User) -> list[dict[str, Any]]:
    """The steps that this person may take from the verdict's present state, each with its address."""
    return [
        {"step": step, "address": reverse(f"desk:verdict_{step.name}", args=[verdict.uid])}
        for step in STEPS
        if step.source == verdict.state and person.has_perm(step.permission)
    ]


def may_revise(verdict: Verdict, person: User) -> bool:
    """Whether this person may change the verdict's words: its author, while it is a draft."""
    return (
        verdict.state == VerdictState.DRAFT and verdict.author_id == person.pk and person.has_perm("claims.add_verdict")
    )
