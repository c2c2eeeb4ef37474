"""Schemathesis at work on a live server: what it sends, for whom, and what of the answers it may not complain about."""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import (
    CacheConfig,
    ChecksConfig,
    CoveragePhaseConfig,
    ExamplesPhaseConfig,
    FuzzingPhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
    SimpleCheckConfig,
    StatefulPhaseConfig,
)
from schemathesis.core.failures import Failure
from schemathesis.engine import Status, events, from_schema
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import AcceptedNegativeData, RejectedPositiveData

LONGEST_WAIT = 60
SLUGS = ("slug of a dossier", "slug of a party")
SEED = 20310504
# What each parameter names a row of.
NAMING = {
    "claim": "claims", "document": "documents", "source": "sources", "publisher": "sources", "parent": "sources",
    "origin": "documents", "credit": "sources", "named_in": "documents", "object": "claims",
    "dossier": "slug of a dossier", "party": "slug of a party", "favours": "slug of a party",
}  # fmt: skip


@dataclass
class Found:
    """What one search sent, and what was wrong with the answers."""

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    failures: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The figures."""
        sent, done = sum(self.requests.values()), sum(self.checks.values())
        by_status = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return f"{len(self.requests)} operations, {sent} requests, {done} checks ({by_status})"


def search(
    schema: dict[str, Any],
    *,
    server: str,
    headers: Mapping[str, str],
    rows: Mapping[str, str],
    examples: int,
    seed: int | None = SEED,
    thorough: bool = False,
    probes: bool = True,
) -> Found:
    """Ask every operation of the schema ``examples`` times with right and with wrong data, then along its links.

    ``probes`` sends what was answered once more with no and with wrong credentials. ``thorough`` besides tries the
    limits of every parameter one by one.
    """
    generation = GenerationConfig(
        modes=list(GenerationMode), max_examples=examples, deterministic=False, no_shrink=True, database="none",
        with_security_parameters=False,
    )  # fmt: skip
    config = SchemathesisConfig(
        seed=seed,
        cache=CacheConfig(enabled=False),
        projects=ProjectsConfig(
            default=ProjectConfig(
                base_url=server,
                headers={**headers, "Connection": "close"},  # so that no thread of the server keeps its session open
                request_timeout=30,
                continue_on_failure=True,
                generation=generation,
                checks=ChecksConfig(ignored_auth=SimpleCheckConfig(enabled=probes)),
                phases=PhasesConfig(
                    examples=ExamplesPhaseConfig(enabled=thorough),
                    coverage=CoveragePhaseConfig(enabled=thorough),
                    fuzzing=FuzzingPhaseConfig(),
                    stateful=StatefulPhaseConfig(),
                ),
            )
        ),
    )
    api = schemathesis.openapi.from_dict(schema, config=config)
    _fit(api, rows)
    found = Found()

    @schemathesis.hook
    def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
        # What it goes on with a caller does not revoke: it names another of its tokens.
        if case.path_parameters.get("key") == rows.get("own token"):
            case.path_parameters["key"] = rows.get("other token")

    try:
        for event in from_schema(api).execute():
            _follow(event, found)
    finally:
        schemathesis.hooks.unregister(before_call)
    return found


def _follow(event: events.EngineEvent, found: Found) -> None:
    if isinstance(event, events.ScenarioFinished):
        _note(found, event)
    elif isinstance(event, events.NonFatalError):
        found.failures[(event.label, "error", str(event.value)[:300])] = str(event.info)
    elif isinstance(event, events.FatalError):
        raise event.exception


def _note(found: Found, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for key, one in recorder.interactions.items():
        operation = recorder.cases[key].value.operation.label
        found.requests[operation] += 1
        found.phases[event.phase.value] += 1
        if one.response is not None:
            found.statuses[one.response.status_code] += 1
    for key, checks in recorder.checks.items():
        operation = recorder.cases[key].value.operation.label
        for check in checks:
            found.checks[check.name] += 1
            if check.status is not Status.SUCCESS:
                info = check.failure_info
                title = f"{info.failure.title}: {info.failure.message}" if info else "the check itself failed"
                answer = recorder.interactions[key].response if key in recorder.interactions else None
                said = answer.content[:300].decode(errors="replace") if answer is not None else ""
                found.failures.setdefault(
                    (operation, check.name, title[:400]), f"{info.code_sample if info else ''}\n    -> {said}"
                )


def _fit(api: Any, rows: Mapping[str, str]) -> None:
    """Let requests be about rows that there are, and bound what waits."""

    @api.hook
    def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
        resource = context.operation.path.removeprefix("/api/v1/").split("/")[0]
        named = {"uid": resource, "delivery": "delivery"}
        return {name: _real(named.get(name), value, rows) for name, value in (path_parameters or {}).items()} or None

    @api.hook
    def map_query(context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
        # A cursor is opaque: only that of an answer is right, and the links of the schema bring those.
        asked = {n: _real(NAMING.get(n), value, rows) for n, value in (query or {}).items() if n != "cursor"}
        if _whole(asked.get("wait")) > 1:
            asked["wait"] = min(asked["wait"], 1) if _whole(asked["wait"]) <= LONGEST_WAIT else asked["wait"]
        return asked or None

    @api.hook
    def map_headers(context: Any, headers: dict[str, Any] | None) -> dict[str, Any] | None:
        # An ETag is opaque, too: most changes are of whatever there is. One request is not another: its key is its own.
        asked = dict(headers or {})
        if "If-Match" in asked and len(str(asked["If-Match"])) % 4:
            asked["If-Match"] = "*"
        return asked or None

    @api.hook
    def filter_failure(context: Any, failure: Failure, case: Any, response: Any) -> bool:
        excused = (
            _said_why(failure, response),
            _read_as_text(failure, case),
            _of_one_event(failure, case),
            # Refused all the same, for another reason: it was not what the caller had seen.
            isinstance(failure, AcceptedNegativeData) and response.status_code == 412,
        )
        return not any(excused)


def _said_why(failure: Failure, response: Any) -> bool:
    """Whether right data was refused with the field named: JSON Schema cannot say which rows there are, say.

    Nor can it say which version of a row somebody saw (412), or that a key was used before (422).
    """
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in (400, 412, 422):
        return False
    problem = response.json()
    return bool(problem["detail"]) and (problem["code"] != "invalid" or bool(problem["errors"]))


def _read_as_text(failure: Failure, case: Any) -> bool:
    """Whether a body was taken as REST framework takes it: a number is text too, and in forms all is text."""
    of_the_body = isinstance(failure, AcceptedNegativeData) and "Invalid component: in body" in failure.message
    return of_the_body and ("Incorrect type" in failure.message or case.media_type != "application/json")


def _of_one_event(failure: Failure, case: Any) -> bool:
    """Whether what OpenAPI 3.1 says of a whole stream of events was held against the first of them."""
    return case.operation.path.endswith("/changes/stream") and failure.title == "SSE event violates schema"


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def _real(what: str | None, value: Any, rows: Mapping[str, str]) -> Any:
    """Most times the key of a row that there is, instead of a right key of none; never instead of a wrong one."""
    if what not in rows:
        return value
    if what in SLUGS:
        return rows[what] if isinstance(value, str) else value
    try:
        number = uuid.UUID(str(value)).int
    except ValueError:
        return value
    return rows[what] if number % 8 else value
