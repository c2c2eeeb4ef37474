"""Are the settings those of an installation that others may reach, and does it say who runs it?"""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import ERROR, Tags, run_checks

from tracker.doctor.findings import Finding, error, ok, warning
from tracker.politeness import operator_is_named

ONLY_HERE = {"127.0.0.1", "localhost", "[::1]", "testserver"}
# Django's own look at these is said in other words here, or is the work of the proxy in front (docs/operations.md).
SAID_HERE = {"security.W012", "security.W016", "security.W018", "security.W020"}
OF_THE_PROXY = {"security.W004", "security.W005", "security.W008", "security.W021"}


def findings() -> Iterator[Finding]:
    """What is wrong with the settings."""
    yield _operator()
    yield _publisher()
    yield _debug()
    yield from _reach()
    yield from _as_django_says()


def reachable() -> bool:
    """Whether the settings let others than this machine in."""
    return bool(set(settings.ALLOWED_HOSTS) - ONLY_HERE)


def _operator() -> Finding:
    if operator_is_named():
        return ok("operator_named", "Servers that are asked are told who asks.")
    return warning(
        "operator_named",
        "FETCH_USER_AGENT does not name who runs this: servers that are asked cannot tell, and may lock it out.",
        "Set FETCH_USER_AGENT to something like: Corroborate/0.1 (+https://your.site/bot; you@your.site)",
    )


def _publisher() -> Finding:
    if settings.PUBLISHER_NAME != "Operator not named":
        return ok("publisher_named", f"Reviews and bundles are published by {settings.PUBLISHER_NAME}.")
    return warning(
        "publisher_named",
        "PUBLISHER_NAME is not set: published reviews and evidence bundles do not say whose they are.",
        "Set PUBLISHER_NAME to the newsroom's name before anything is published.",
    )


def _debug() -> Finding:
    if not settings.DEBUG:
        return ok("debug_off", "DEBUG is off.")
    wrong = "DEBUG is on: pages of errors show settings and data."
    todo = "Take DEBUG out of the environment and start web, worker and beat again."
    return error("debug_off", wrong, todo) if reachable() else warning("debug_off", wrong, todo)


def _reach() -> Iterator[Finding]:
    if not reachable():
        yield ok("https", "Only this machine is answered (ALLOWED_HOSTS), so plain HTTP is no danger.")
        return
    if "*" in settings.ALLOWED_HOSTS:
        yield error(
            "allowed_hosts",
            "ALLOWED_HOSTS is *: whoever sends a request decides which site links and reviews name.",
            "Set ALLOWED_HOSTS to the names that it is reached by.",
        )
    else:
        yield ok("allowed_hosts", f"Requests for {', '.join(settings.ALLOWED_HOSTS)} are answered.")
    if not settings.HTTPS:
        yield error(
            "https",
            "HTTPS is off although others than this machine are answered: passwords and sessions travel in the clear.",
            "Put a proxy that terminates TLS in front, and set HTTPS=true and CSRF_TRUSTED_ORIGINS.",
        )
    elif not settings.CSRF_TRUSTED_ORIGINS:
        yield warning(
            "https",
            "HTTPS is on, but CSRF_TRUSTED_ORIGINS names nothing: forms may be refused behind a proxy.",
            "Set CSRF_TRUSTED_ORIGINS to the https://… address that people type.",
        )
    else:
        yield ok("https", "HTTPS is on.")


def _as_django_says() -> Iterator[Finding]:
    said = run_checks() + run_checks(tags=[Tags.security], include_deployment_checks=True)
    left_out = SAID_HERE | OF_THE_PROXY
    told = {message.id: message for message in said if not message.is_silenced() and message.id not in left_out}
    for name, message in sorted(told.items(), key=lambda one: str(one[0])):
        level = error if message.level >= ERROR else warning
        yield level(str(name), str(message.msg), str(message.hint or "See Django's list of system checks."))
    if not told:
        yield ok("django_checks", "Django's own checks find nothing, those for deployment included.")
