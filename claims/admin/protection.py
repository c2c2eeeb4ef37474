"""Protecting a source or a statement, and lifting the protection, from their lists and pages."""

from typing import Any

from unfold.enums import ActionVariant

from claims.admin.decisions import Decision, Reason
from claims.services import protection

NAMES = (
    "From now on its names, aliases and description are masked for everybody but reviewers, editors and "
    "administrators: in texts, titles, claims, explanations, the ledger, exports and logs, as they were before too. "
    "What left before stays where it went. Say why, without saying who."
)
WORDS = (
    "From now on its words are masked for everybody but reviewers, editors and administrators, wherever they stand, "
    "and so is its source if that is unnamed. What left before stays where it went. Say why, without saying what."
)


def of_sources() -> tuple[Decision, Decision]:
    """Protect a source; lift that again."""
    return _two(protection.protect_source, protection.unprotect_source, NAMES)


def of_statements() -> tuple[Decision, Decision]:
    """Protect a statement; lift that again."""
    return _two(protection.protect_statement, protection.unprotect_statement, WORDS)


def _two(protect: Any, lift: Any, explanation: str) -> tuple[Decision, Decision]:
    return (
        Decision(
            name="protect", title="Protect", done="protected", permission="protect", questions=Reason,
            run=lambda row, by, said: protect(row, by=by, reason=said["reason"]),
            explanation=explanation, variant=ActionVariant.WARNING, when=lambda row: not row.protected,
        ),
        Decision(
            name="unprotect", title="Lift the protection", done="shown again", permission="protect", questions=Reason,
            run=lambda row, by, said: lift(row, by=by, reason=said["reason"]),
            explanation="Everybody who may read it sees it again, with all that was said of it before.",
            variant=ActionVariant.DANGER, when=lambda row: row.protected,
        ),
    )  # fmt: skip
