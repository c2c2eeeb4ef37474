"""Every endpoint of the API, each method of it, for nobody, each role and each scope of a token: one table.

An endpoint without a row here fails. So does one whose answer is another than its row says.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.urls import URLResolver, get_resolver, reverse
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.choices import Scope
from claims.models import TokenGrant
from claims.roles import ADMINISTRATOR, EDITOR, FEED_MANAGER, READER, REVIEWER, ROLES
from claims.services import ledger, standings
from claims.services.protection import protect_source, protect_statement
from claims.services.sources import add_alias, describe_source
from claims.services.verdicts import draft_verdict
from tests import factories
from tests.claims.api.conftest import V1, a_case
from tests.factories import MACHINE

EVERYBODY = frozenset(ROLES)
FEEDS = frozenset({FEED_MANAGER, ADMINISTRATOR})
SUBMITS = frozenset({REVIEWER, EDITOR, FEED_MANAGER, ADMINISTRATOR})
DECIDES = frozenset({REVIEWER, EDITOR, ADMINISTRATOR})
EDITS = frozenset({EDITOR, ADMINISTRATOR})
SUBSCRIPTION_VERBS = ("pause", "ping", "replay", "replay-delivery", "resume", "rotate-secret")
READ, REVIEW, SUBMIT, ADMIN = {Scope.READ}, {Scope.REVIEW}, {Scope.SUBMIT}, {Scope.ADMIN}

READS = [
    *(f"api:{name}-{kind}" for kind in ("list", "detail") for name in (
        "dossiers", "documents", "statements", "claims", "contradictions", "sources", "verdicts", "events")),
    *(f"api:export-{name}" for name in ("claims", "documents", "positions", "sources", "statements", "verdicts")),
    *(f"api:{name}-history" for name in ("claims", "documents", "dossiers", "sources", "verdicts")),
    "api:dossiers-claims", "api:dossier-verdicts-atom",
    "api:documents-text", "api:claims-explanation", "api:claim-claimreview", "api:claimreviews",
    "api:verdict-claimreview", "api:dossier-bundle", "api:changes", "api:root", "api:v1", "api:schema", "api:docs",
]  # fmt: skip

# Name and method: the roles that may, and the scopes any of which a token needs.
TABLE: dict[tuple[str, str], tuple[frozenset[str], set[str]]] = {
    **{(name, "get"): (EVERYBODY, READ) for name in READS},
    ("submissions:check", "post"): (EVERYBODY, READ),
    # What reviewers' tools write.
    ("api:contradictions-list", "post"): (DECIDES, REVIEW),
    **{(f"api:contradictions-{verb}", "post"): (DECIDES, REVIEW) for verb in (
        "confirm", "dismiss", "resolve", "take-back")},
    ("api:statements-list", "post"): (DECIDES, REVIEW),
    **{(f"api:statements-{verb}", "post"): (DECIDES, REVIEW) for verb in (
        "confirm", "reject", "correct", "set-position", "clear-position")},
    ("api:verdicts-list", "post"): (DECIDES, REVIEW),
    ("api:verdicts-detail", "patch"): (DECIDES, REVIEW),
    ("api:verdicts-propose", "post"): (DECIDES, REVIEW),
    **{(f"api:verdicts-{verb}", "post"): (EDITS, REVIEW) for verb in ("approve", "return", "withdraw")},
    **{(f"api:{name}-{verb}", "post"): (EDITS, REVIEW) for name in ("sources", "statements") for verb in (
        "protect", "unprotect")},
    # One's own subscriptions: what they send is what their token reads.
    **{("api:subscription-list", method): (EVERYBODY, READ) for method in ("get", "post")},
    **{("api:subscription-detail", method): (EVERYBODY, READ) for method in ("get", "patch", "delete")},
    ("api:subscription-deliveries", "get"): (EVERYBODY, READ),
    **{(f"api:subscription-{verb}", "post"): (EVERYBODY, READ) for verb in SUBSCRIPTION_VERBS},
    ("api:tokens", "get"): (EVERYBODY, ADMIN),
    ("api:tokens", "post"): (EVERYBODY, ADMIN),
    ("api:token", "delete"): (EVERYBODY, ADMIN),
    ("submissions:submission-list", "post"): (SUBMITS, SUBMIT),
    ("submissions:submission-detail", "get"): (EVERYBODY, READ | SUBMIT),
    ("submissions:feed-list", "get"): (EVERYBODY, READ),
    ("submissions:feed-list", "post"): (FEEDS, SUBMIT),
    ("submissions:feed-detail", "get"): (EVERYBODY, READ),
    ("submissions:feed-detail", "patch"): (FEEDS, SUBMIT),
    ("submissions:feed-items", "get"): (EVERYBODY, READ),
    ("submissions:feed-opml", "get"): (EVERYBODY, READ),
    ("submissions:feed-opml", "post"): (FEEDS, SUBMIT),
    ("submissions:feed-preview", "post"): (FEEDS, SUBMIT),
    ("submissions:feed-pause", "post"): (FEEDS, SUBMIT),
    ("submissions:feed-poll", "post"): (FEEDS, SUBMIT),
    ("submissions:feed-resume", "post"): (FEEDS, SUBMIT),
}  # fmt: skip
# Answered to anybody: public keys, and what Google's clients ask, who know no token. What they show is asked below.
OPEN = {("api:signing-keys", "get"), ("api:factcheck", "get"), ("factcheck", "get")}
ENDLESS = {("api:changes-stream", "get")}  # its rights are those of api:changes; it does not end by itself
NOWHERE = "api:"  # whatever else is below /api/


def endpoints(of: Any, namespace: str = "") -> Iterator[tuple[str, str]]:
    """Name and method of every endpoint of the API."""
    for one in of:
        if isinstance(one, URLResolver):
            yield from endpoints(one.url_patterns, f"{namespace}{one.namespace}:" if one.namespace else namespace)
            continue
        name, view = f"{namespace}{one.name or ''}", getattr(one.callback, "cls", None)
        if view is not None and name != NOWHERE:
            actions = getattr(one.callback, "actions", None)
            methods = actions or [m for m in ("get", "post", "put", "patch", "delete") if hasattr(view, m)]
            yield from ((name, method) for method in methods if method not in ("head", "options"))


def address(name: str) -> str:
    """Where it is, with values that lead to no row."""
    uid = "00000000-0000-4000-8000-000000000000"
    given: list[dict[str, str]] = [
        {},
        {"uid": uid},
        {"seq": "1"},
        {"form": "jsonl"},
        {"key": "nothing"},
        {"uid": uid, "delivery": uid},
    ]
    for kwargs in given:
        try:
            return reverse(name, kwargs=kwargs)
        except Exception:  # noqa: BLE001 - the next values fit
            continue
    raise AssertionError(name)


def asked(client: APIClient, name: str, method: str) -> int:
    answer = getattr(client, method)(address(name), *([{}] if method in ("post", "patch") else []), format="json")
    return answer.status_code


def test_every_endpoint_is_in_the_table():
    assert set(endpoints(get_resolver().url_patterns)) == set(TABLE) | OPEN | ENDLESS


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_in_where_the_table_says(role):
    client = APIClient()
    client.force_authenticate(factories.UserFactory(role=role))
    answers = {row: asked(client, *row) for row in TABLE}
    assert {row for row, status in answers.items() if status in (401, 403)} == {
        row for row, (roles, _) in TABLE.items() if role not in roles
    }
    assert max(answers.values()) < 500


@pytest.mark.django_db
def test_nobody_gets_in_while_nothing_is_public():
    answers = {row: asked(APIClient(), *row) for row in TABLE if row[0] != "api:docs"}
    assert answers == dict.fromkeys(answers, 401)


@pytest.mark.django_db
@pytest.mark.parametrize("scope", Scope.values)
def test_a_token_gets_in_where_its_scope_says(scope):
    token, secret = AuthToken.objects.create(factories.UserFactory(role=ADMINISTRATOR))
    TokenGrant.objects.create(token=token, name="x", scopes=[scope])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    refused = {row for row in TABLE if asked(client, *row) == 403}
    assert refused == {row for row, (_, scopes) in TABLE.items() if scope not in scopes}


# --- Nothing protected, anywhere -------------------------------------------------------------------------------------

NAMES = ("Quirinius Baldrick", "Baldrick", "Lord Farquaad of Oster", "farquaad", "Q4242424242", "keeps the violet lamp")
WORDS = "seventeen barges of saltpetre left at dusk"


@pytest.fixture
def told(reviewer, editor):
    """A case in a public dossier, whose source and statement are protected after they were written everywhere."""
    case = a_case(reviewer, editor)
    source = factories.SourceFactory(name=NAMES[0], kind="person")
    add_alias(source, name=NAMES[2], actor=MACHINE)
    describe_source(source, description=NAMES[5], wikidata_id=NAMES[4], actor=MACHINE)
    document = factories.DocumentFactory(
        dossier=case.dossier, title=f"{NAMES[0]} speaks", byline=f"By {NAMES[0]}", publisher=source,
        url="https://outlet.example/quirinius-baldrick-speaks",
    )  # fmt: skip
    text = f"{NAMES[0]}, who {NAMES[5]}, said {WORDS}. Baldrick's men agreed, wrote Lord Farquaad\nof Oster."
    snapshot = factories.SnapshotFactory(document=document, text=text)
    at = text.index(WORDS)
    said = factories.StatementFactory(
        snapshot=snapshot, source=source, content_text=WORDS, content_spans=[[at, at + len(WORDS)]], place="Saltmouth",
        content_prefix=text[at - 30 : at], content_suffix=text[at + len(WORDS) :][:32],
        quantities=[{"measure": "moved", "counted": "barges", "low": 17.0, "best": 17.0, "high": None}],
    )  # fmt: skip
    claim = factories.ClaimFactory(dossier=case.dossier, text=f"{NAMES[0]}: {WORDS}")
    position = factories.PositionFactory(statement=said, claim=claim, explanation=[f"{NAMES[0]} said so."])
    factories.ContradictionFactory(
        claim=claim, position=position, explanation=f"{NAMES[0]} is alone in saying {WORDS}."
    )
    with transaction.atomic():
        case.dossier.public_read = True
        case.dossier.save(update_fields=["public_read"])
        ledger.record(MACHINE, "edited", case.dossier)
    standings.refresh([claim.pk], actor=MACHINE)
    protect_source(source, by=editor, reason=f"{NAMES[0]} is threatened.")
    protect_statement(said, by=editor, reason="Only one knew.")
    ledger.seal()
    return {"uid": [case.dossier, document, said, claim, source, case.claim, *claim.contradictions.all()]}


@pytest.mark.django_db(transaction=True)  # exports read in a transaction of their own
@pytest.mark.parametrize("who", ["nobody", READER, FEED_MANAGER, "an editor's token that reads"])
def test_no_byte_of_any_answer_holds_anything_protected(who, told, editor, caplog):
    client = APIClient()
    if who in ROLES:
        client.force_authenticate(factories.UserFactory(role=who))
    elif who != "nobody":
        token, secret = AuthToken.objects.create(editor)
        TokenGrant.objects.create(token=token, name="x", scopes=["read"])
        client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    addresses = [reverse(name) for name, method in [*TABLE, *OPEN] if method == "get" and reversible(name)]
    for name, method in TABLE:
        if method == "get" and not reversible(name):
            addresses += [
                reverse(name, kwargs={kind: value})
                for kind, values in (
                    ("uid", [row.uid for row in told["uid"]]),
                    ("seq", range(1, 80)),
                    ("form", ["csv", "jsonl"]),
                )
                for value in values
                if reversible(name, {kind: value})
            ]
    addresses += [
        f"{V1}claims?expand=dossier",
        f"{V1}statements?ordering=happened",
        f"{V1}sources?ordering=name",
        f"{V1}changes?after=0&limit=100",
    ]
    whole = []
    for where in addresses:
        answer = client.get(where)
        assert answer.status_code < 500, where
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        whole.append(where + repr(dict(answer.headers)) + body.decode())
    whole.append(client.post(f"{V1}check", {"text": "Barges left at dusk."}, format="json").content.decode())
    whole += [
        record.getMessage()
        for record in caplog.records
        if "://" not in record.getMessage() and "/api/" not in record.getMessage()
    ]
    found = [
        (name, page[:120])
        for page in whole
        for name in (*NAMES, WORDS, "saltpetre")
        if name.casefold() in page.casefold()
    ]
    assert found == []
    assert sum("█" in page for page in whole) > 10


@pytest.mark.django_db
def test_no_answer_to_a_decision_holds_anything_protected(told, reviewer, caplog):
    """A person may be let decide without seeing what is protected: done or refused, the answer tells none of it."""
    [statement, claim, source] = told["uid"][2:5]
    verdict = draft_verdict(claim, credibility=3, rationale=f"So says {NAMES[0]}.", by=reviewer)
    contradiction = claim.contradictions.first()
    decider = factories.UserFactory(role=READER)
    decides = ROLES[EDITOR] - ROLES[READER] - {"view_protected"}
    decider.user_permissions.add(*Permission.objects.filter(codename__in=decides, content_type__app_label="claims"))
    client = APIClient()
    client.force_authenticate(decider)
    rows = {"statements": statement, "sources": source, "verdicts": verdict, "contradictions": contradiction}
    stale = f'"1.{"0" * 32}"'
    said = {"reason": "I was there.", "claim": str(claim.uid), "stance": "refutes"}
    answers = []
    for name, method in TABLE:
        resource, verb = name.removeprefix("api:").partition("-")[::2]
        if resource not in rows or method == "get" or verb in ("list", "unprotect"):
            continue
        where = reverse(name, kwargs={"uid": rows[resource].uid})
        for body, match in ((said, stale), ({"reason": said["reason"]}, "*"), ({}, "*"), (said, "*")):
            answers.append(getattr(client, method)(where, body, format="json", HTTP_IF_MATCH=match))
    for resource in ("contradictions", "verdicts"):
        body = {"claim": str(claim.uid), "credibility": 1, "rationale": "x"} if resource == "verdicts" else said
        answers.append(client.post(f"{V1}{resource}", body, format="json"))
    assert {200, 201, 400, 409, 412} <= {answer.status_code for answer in answers}
    assert max(answer.status_code for answer in answers) < 500
    whole = [repr(dict(answer.headers)) + answer.content.decode() for answer in answers]
    whole += [record.getMessage() for record in caplog.records]
    found = [(n, page[:120]) for page in whole for n in (*NAMES, WORDS, "saltpetre") if n.casefold() in page.casefold()]
    assert found == []
    assert any("█" in page for page in whole)


def reversible(name: str, kwargs: dict[str, Any] | None = None) -> bool:
    try:
        reverse(name, kwargs=kwargs)
    except Exception:  # noqa: BLE001
        return False
    return True
