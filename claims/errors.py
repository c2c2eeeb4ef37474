"""What can go wrong in the domain. Each error has a stable ``code``; one handler maps them to HTTP."""


class ClaimsError(Exception):
    """A request that the domain refuses. ``code`` is stable, the message says what to do."""

    code = "refused"
    status = 409


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


class NotMergeable(ClaimsError):
    """These two cannot be merged."""

    code = "not_mergeable"


class ReasonMissing(ClaimsError):
    """A decision needs a reason."""

    code = "reason_missing"
    status = 400


class LedgerBroken(ClaimsError):
    """The ledger does not verify."""

    code = "ledger_broken"
