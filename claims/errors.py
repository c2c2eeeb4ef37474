"""What can go wrong in the domain. Each error has a stable ``code``; one handler maps them to HTTP."""

from collections.abc import Mapping
from typing import Any


class ClaimsError(Exception):
    """A request that the domain refuses. ``code`` is stable, the message says what to do.

    ``members`` are what an answer to a program says besides: JSON values by name.
    """

    code = "refused"
    status = 409
    retry_after: int | None = None  # seconds after which it may go through, where that is known

    def __init__(self, message: str = "", *, members: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.members = dict(members or {})


class AlreadyDecided(ClaimsError):
    """A person has decided this already."""

    code = "already_decided"


class WrongState(ClaimsError):
    """The object is not in a state that allows this."""

    code = "wrong_state"


class OwnVerdict(ClaimsError):
    """Nobody approves a verdict of his or her own."""

    code = "own_verdict"
    status = 403


class NotTheAuthor(ClaimsError):
    """Only its author may change a draft."""

    code = "not_the_author"
    status = 403


class NotMergeable(ClaimsError):
    """These two cannot be merged."""

    code = "not_mergeable"


class ReasonMissing(ClaimsError):
    """A decision needs a reason."""

    code = "reason_missing"
    status = 400


class AddressTaken(ClaimsError):
    """What was handed in claims the address of a document that was fetched from there."""

    code = "address_taken"


class OlderVersion(ClaimsError):
    """What an archive holds is older than the version that is known."""

    code = "older_version"


class CircularOrigin(ClaimsError):
    """A document copies neither itself nor what copies it."""

    code = "circular_origin"


class NotAName(ClaimsError):
    """Nothing could be found by this name."""

    code = "not_a_name"
    status = 400


class CircularSource(ClaimsError):
    """A body does not speak for one that speaks for it."""

    code = "circular_source"


class ChangedMeanwhile(ClaimsError):
    """Somebody changed it after the person who wants to change it looked at it."""

    code = "changed_meanwhile"
    status = 412


class NotYetKnown(ClaimsError):
    """At the moment asked for nothing was held of this yet."""

    code = "not_yet_known"
    status = 404


class MatchMissing(ClaimsError):
    """A change says which version of the thing it is meant for."""

    code = "match_missing"
    status = 428


class SpansDoNotFit(ClaimsError):
    """The words that somebody marked are not words of this text."""

    code = "spans_do_not_fit"
    status = 400


class StatementThere(ClaimsError):
    """The text is held to say this already."""

    code = "statement_there"


class OriginalMissing(ClaimsError):
    """The archived bytes of a snapshot cannot be had."""

    code = "original_missing"
    status = 404


class ContentsRemoved(ClaimsError):
    """The contents of a version went under a rule of its dossier."""

    code = "contents_removed"
    status = 410


class OnLegalHold(ClaimsError):
    """Nothing of this dossier is removed while it is on legal hold."""

    code = "on_legal_hold"


class NotOnStaff(ClaimsError):
    """Nobody of this name can be asked."""

    code = "not_on_staff"
    status = 400


class NothingSaid(ClaimsError):
    """A comment says something, and not too much."""

    code = "nothing_said"
    status = 400


class NeverJudged(ClaimsError):
    """No verdict on this claim was ever published."""

    code = "never_judged"
    status = 404


class VerdictWithdrawn(ClaimsError):
    """What was published about this claim was taken back, and nothing has replaced it."""

    code = "verdict_withdrawn"
    status = 410


class AheadOfLedger(ClaimsError):
    """A place was named that the ledger has not reached."""

    code = "ahead_of_ledger"


class AddressRefused(ClaimsError):
    """An address that is never called."""

    code = "address_refused"
    status = 400


class TooManyWaiting(ClaimsError):
    """All places of those who wait for changes are taken."""

    code = "too_many_waiting"
    status = 503
    retry_after = 5


class TooManyRequests(ClaimsError):
    """More than the limits of the API let through. ``retry_after`` says when there is room again."""

    code = "too_many_requests"
    status = 429


class ProtectedMaterial(ClaimsError):
    """What was asked for would not be whole without what the caller may not see."""

    code = "protected_material"
    status = 403


class KeyUnreadable(ClaimsError):
    """There is a signing key, and it cannot be used."""

    code = "key_unreadable"
    status = 500


class BeyondOwnToken(ClaimsError):
    """A token makes no token that may do more than itself."""

    code = "beyond_own_token"
    status = 403


class WrongExpiry(ClaimsError):
    """A token ends at a moment to come."""

    code = "wrong_expiry"
    status = 400


class KeyReused(ClaimsError):
    """An ``Idempotency-Key`` names one request, and not another one afterwards."""

    code = "key_reused"
    status = 422


class KeyInUse(ClaimsError):
    """What an ``Idempotency-Key`` names is being done at this moment."""

    code = "key_in_use"
    retry_after = 1


class AnswerUnreadable(ClaimsError):
    """It was done, and what was answered then can no longer be read."""

    code = "answer_unreadable"
