"""Who may do what: every address that changes something, and what it answers each role.

The addresses are found by walking the site. One that is in neither table below fails the first test: add it to
``READS`` if it changes nothing, or to ``MAY`` with those who may use it.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.test import APIClient

from claims.roles import ADMINISTRATOR, EDITOR, FEED_MANAGER, READER, REVIEWER, ROLES
from config.logins import PEOPLE
from tests import factories
from tests.claims.admin.conftest import page

NOBODY: frozenset[str] = frozenset()
ADMINISTERS = frozenset({ADMINISTRATOR})
EDITS = ADMINISTERS | {EDITOR}
REVIEWS = EDITS | {REVIEWER}
KEEPS_DOCUMENTS = EDITS | {FEED_MANAGER}
FEEDS = ADMINISTERS | {FEED_MANAGER}
SUBMITS = TAKES_PART = REVIEWS | {FEED_MANAGER}
EVERYBODY = frozenset(ROLES)

# Pages of the admin for one kind of row: who may add, change and delete, and who may do each thing besides.
ROWS: dict[str, dict[str, frozenset[str]]] = {
    "auth_user": {"add": ADMINISTERS, "change": ADMINISTERS, "delete": NOBODY, "password_change": ADMINISTERS},
    "auth_group": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    "knox_authtoken": {"add": ADMINISTERS, "change": NOBODY, "delete": ADMINISTERS},
    "claims_claim": {"add": NOBODY, "change": EDITS, "delete": NOBODY, "merge_this": EDITS},
    "claims_claimmerge": {"add": NOBODY, "change": NOBODY, "delete": NOBODY, "undo_this": EDITS},
    "claims_position": {"add": NOBODY, "change": NOBODY, "delete": NOBODY, "place_this": REVIEWS},
    "claims_judgement": {
        "add": NOBODY, "change": NOBODY, "delete": NOBODY,
        "positive_this": REVIEWS, "negative_this": REVIEWS, "unsure_this": REVIEWS,
    },
    "claims_statement": {
        "add": NOBODY, "change": NOBODY, "delete": NOBODY, "confirm_this": REVIEWS, "reject_this": REVIEWS,
        "protect_this": EDITS, "unprotect_this": EDITS,
    },
    "claims_contradiction": {
        "add": NOBODY, "change": NOBODY, "delete": NOBODY,
        "confirm_this": REVIEWS, "dismiss_this": REVIEWS, "resolve_this": REVIEWS,
    },
    "claims_dossier": {
        "add": EDITS, "change": EDITS, "delete": NOBODY, "hold_this": EDITS, "lift_this": EDITS, "retain_this": EDITS,
        "close_this": EDITS, "reopen_this": EDITS,
    },
    "claims_document": {
        "add": NOBODY, "change": NOBODY, "delete": NOBODY,
        "state_this": KEEPS_DOCUMENTS, "origin_this": KEEPS_DOCUMENTS,
    },
    "claims_snapshot": {"add": NOBODY, "change": NOBODY, "delete": NOBODY, "retry_this": SUBMITS},
    "claims_notice": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    "claims_event": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    "claims_party": {"add": EDITS, "change": EDITS, "delete": NOBODY},
    "claims_source": {
        "add": EDITS, "change": EDITS, "delete": NOBODY, "alias_this": EDITS, "grade_this": EDITS, "merge_this": EDITS,
        "protect_this": EDITS, "unprotect_this": EDITS,
    },
    "claims_sourcename": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    "claims_sourcemerge": {"add": NOBODY, "change": NOBODY, "delete": NOBODY, "undo_this": EDITS},
    "claims_reliabilitygrade": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    "claims_verdict": {
        "add": REVIEWS, "change": NOBODY, "delete": NOBODY, "propose_this": REVIEWS,
        "approve_this": EDITS, "give_back_this": EDITS, "withdraw_this": EDITS,
    },
    "claims_evidence": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    "claims_stamp": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    "claims_channel": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    "claims_subscription": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    "claims_delivery": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    "tracker_feed": {
        "add": FEEDS, "change": FEEDS, "delete": NOBODY, "poll_this": FEEDS, "pause_this": FEEDS, "resume_this": FEEDS,
        "skip_this": FEEDS, "import_opml": FEEDS,
    },
    "tracker_page": {"add": NOBODY, "change": NOBODY, "delete": NOBODY, "look_this": FEEDS},
    "tracker_leftalone": {"add": FEEDS, "change": NOBODY, "delete": FEEDS},
    "tracker_submission": {"add": SUBMITS, "change": NOBODY, "delete": NOBODY, "retry_this": SUBMITS},
    "tracker_backfill": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    "tracker_badrecord": {"add": NOBODY, "change": NOBODY, "delete": NOBODY},
    **{
        f"django_celery_beat_{model}": {"add": ADMINISTERS, "change": ADMINISTERS, "delete": ADMINISTERS}
        for model in ("periodictask", "intervalschedule", "solarschedule", "crontabschedule", "clockedschedule")
    },
}  # fmt: skip

# What a list of the admin does with the rows that are ticked.
LISTS: dict[str, dict[str, frozenset[str]]] = {
    "knox_authtoken": {"delete_selected": ADMINISTERS},
    "claims_claim": {"merge": EDITS},
    "claims_claimmerge": {"undo": EDITS},
    "claims_judgement": {"positive": REVIEWS, "negative": REVIEWS, "unsure": REVIEWS},
    "claims_statement": {"confirm": REVIEWS, "reject": REVIEWS},
    "claims_contradiction": {"confirm": REVIEWS, "dismiss": REVIEWS, "resolve": REVIEWS},
    "claims_dossier": {"hold": EDITS, "lift": EDITS, "retain": EDITS},
    "claims_document": {"state": KEEPS_DOCUMENTS, "origin": KEEPS_DOCUMENTS},
    "claims_snapshot": {"retry": SUBMITS},
    "claims_source": {"grade": EDITS, "merge": EDITS},
    "claims_sourcemerge": {"undo": EDITS},
    "claims_verdict": {"propose": REVIEWS, "approve": EDITS, "give_back": EDITS, "withdraw": EDITS},
    # With one's own, and for administrators with everybody's.
    "claims_subscription": dict.fromkeys(("pause", "resume", "ping"), EVERYBODY),
    "claims_delivery": {"replay": EVERYBODY},
    "tracker_feed": {"pause": FEEDS, "resume": FEEDS, "poll": FEEDS},
    "tracker_page": {"look": FEEDS},
    "tracker_leftalone": {"delete_selected": FEEDS},
    "tracker_submission": {"retry": SUBMITS},
    "django_celery_beat_periodictask": dict.fromkeys(
        ("delete_selected", "enable_tasks", "disable_tasks", "toggle_tasks", "run_tasks"), ADMINISTERS
    ),
    **{
        f"django_celery_beat_{model}": {"delete_selected": ADMINISTERS}
        for model in ("intervalschedule", "solarschedule", "crontabschedule", "clockedschedule")
    },
}

# The desk's own pages and the API: an address that takes POST, PUT, PATCH or DELETE.
DESK: dict[str, frozenset[str]] = {
    "desk:conflicts-decide": REVIEWS,
    "desk:conflict-decide": REVIEWS,
    "desk:conflict-same": REVIEWS,
    "desk:conflict-take-back": REVIEWS,
    "desk:claim_position": REVIEWS,
    "desk:claim_verdict": REVIEWS,
    "desk:verdict_revise": REVIEWS,
    "desk:verdict_propose": REVIEWS,
    "desk:verdict_approve": EDITS,
    "desk:verdict_return": EDITS,
    "desk:verdict_withdraw": EDITS,
    "desk:statement_add": REVIEWS,
    "desk:statement_confirm": REVIEWS,
    "desk:statement_reject": REVIEWS,
    "desk:statement_correct": REVIEWS,
    "desk:source-grade": EDITS,
    "desk:source-name": EDITS,
    "desk:source-merge": EDITS,
    "desk:source-merge-undo": EDITS,
    "desk:source-protect": EDITS,
    "desk:source-unprotect": EDITS,
    # One's own presence, and what one has read.
    "desk:together-beat": EVERYBODY,
    "desk:together-leave": EVERYBODY,
    "desk:mine-read": EVERYBODY,
    "desk:mine-done": TAKES_PART,
    "desk:together-people": TAKES_PART,
    "desk:together-hold": TAKES_PART,
    "desk:together-take-over": TAKES_PART,
    "desk:together-let-go": TAKES_PART,
    "desk:together-assign": TAKES_PART,
    "desk:together-done": TAKES_PART,
    "desk:together-comment": TAKES_PART,
    "desk:together-withdraw": TAKES_PART,
    # Takes the permission to decide it, which is asked once the object is found.
    "desk:together-opinion": TAKES_PART,
    "desk:disagreement-settle": EDITS,
}
API: dict[str, frozenset[str]] = {
    **{f"api:{name}-list": REVIEWS for name in ("contradictions", "statements", "verdicts")},
    "api:verdicts-detail": REVIEWS,
    **{f"api:contradictions-{verb}": REVIEWS for verb in ("confirm", "dismiss", "resolve", "take-back")},
    **{
        f"api:statements-{verb}": REVIEWS for verb in ("confirm", "reject", "correct", "set-position", "clear-position")
    },
    "api:verdicts-propose": REVIEWS,
    **{f"api:verdicts-{verb}": EDITS for verb in ("approve", "return", "withdraw")},
    **{f"api:{name}-{verb}": EDITS for name in ("sources", "statements") for verb in ("protect", "unprotect")},
    "submissions:submission-list": SUBMITS,
    # A subscription tells no more than its owner may read; everybody has one's own.
    **dict.fromkeys(
        [
            f"api:subscription-{name}"
            for name in ("list", "detail", "pause", "resume", "ping", "rotate-secret", "replay", "replay-delivery")
        ],
        EVERYBODY,
    ),
    "api:tokens": EVERYBODY,
    "api:token": EVERYBODY,
    "submissions:feed-list": FEEDS,
    "submissions:feed-detail": FEEDS,
    "submissions:feed-preview": FEEDS,
    "submissions:feed-opml": FEEDS,
    "submissions:feed-pause": FEEDS,
    "submissions:feed-resume": FEEDS,
    "submissions:feed-poll": FEEDS,
}

MAY = {f"admin:{model}_{name}": may for model, table in ROWS.items() for name, may in table.items()} | DESK | API

# Addresses of the admin that change nothing, or only what is one's own (a password, a session).
READS = {
    "admin:index", "admin:search", "admin:login", "admin:logout", "admin:password_change",
    "admin:password_change_done", "admin:autocomplete", "admin:jsi18n", "admin:view_on_site", "admin:app_list",
    "admin:claims_event_object", "admin:tracker_feed_export_opml", "submissions:check",
    *(f"admin:{model}_{name}" for model in ROWS for name in ("changelist", "history")),
}  # fmt: skip
UNSAFE = {"post", "put", "patch", "delete"}


def patterns(of: Any, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the site by its name."""
    for one in of:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, f"{namespace}{one.namespace}:" if one.namespace else namespace)
        elif one.name:
            yield f"{namespace}{one.name}", one


def takes_changes(name: str, pattern: URLPattern) -> bool:
    """Whether this address may change something, as far as its view tells."""
    view: Any = pattern.callback
    if hasattr(view, "actions"):  # of a viewset: method -> function
        return bool(UNSAFE & set(view.actions or ()))
    if hasattr(view, "view_class"):
        allowed = set(view.view_class.http_method_names)
        return any(method in allowed and hasattr(view.view_class, method) for method in UNSAFE) and name != "home"
    return name.startswith("admin:")


SITE = dict(patterns(get_resolver().url_patterns))


def filled_in(name: str) -> str:
    """The address of this name, with values that lead to no row."""
    made: dict[str, Any] = {}
    if name in API:
        made = dict.fromkeys(SITE[name].pattern.regex.groupindex, uuid.UUID(int=0))
    for key, converter in SITE[name].pattern.converters.items():
        kinds: dict[str, Any] = {"UUIDConverter": uuid.UUID(int=0), "IntConverter": 0}
        made[key] = "claim" if key == "object_type" else kinds.get(type(converter).__name__, "0")
    return reverse(name, kwargs=made) if made or "<id>" not in str(SITE[name].pattern) else reverse(name, args=["0"])


def verb(name: str) -> str:
    """A method with which this address of the API takes changes."""
    taken = UNSAFE & set(getattr(SITE[name].callback, "actions", None) or ["post"])
    return "post" if "post" in taken or not taken else min(taken)


@pytest.fixture
def in_role(db: None):
    def signed_in(role: str) -> tuple[User, Client]:
        user, client = factories.UserFactory(role=role), Client()
        client.force_login(user)
        return user, client

    return signed_in


def test_every_address_that_takes_changes_is_in_the_table():
    found = {name for name, pattern in SITE.items() if takes_changes(name, pattern)} - READS
    assert found == set(MAY)


def test_every_action_of_a_list_is_in_the_table(rf):
    request = rf.get("/")
    request.user = User(is_superuser=True, is_active=True)
    found = {
        f"{model._meta.app_label}_{model._meta.model_name}": set(of.get_actions(request))
        for model, of in admin.site._registry.items()
    }
    assert {name: actions for name, actions in found.items() if actions} == {
        name: set(table) for name, table in LISTS.items()
    }


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_its_answer_from_every_address_that_takes_changes(in_role, role):
    _, client = in_role(role)
    api = APIClient()
    api.force_authenticate(User.objects.latest("pk"))
    answers = {}
    for name in MAY:
        if name in API:
            answer = getattr(api, verb(name))(filled_in(name), {}, format="json")
        else:
            answer = client.post(filled_in(name), json.dumps({}), content_type="application/json")
        answers[name] = answer.status_code
        assert answer.status_code < 500, name
    refused = {name for name, status in answers.items() if status == 403}
    assert refused == {name for name, may in MAY.items() if role not in may}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_its_answer_from_every_action_of_a_list(in_role, role):
    _, client = in_role(role)
    refused = {
        (model, action): client.post(
            page(apps.get_model(*model.rsplit("_", 1)), "changelist"), {"action": action, "_selected_action": ["0"]}
        ).status_code == 403
        for model, table in LISTS.items()
        for action in table
    }  # fmt: skip
    assert refused == {
        (model, action): role not in may for model, table in LISTS.items() for action, may in table.items()
    }


@pytest.mark.django_db
def test_nobody_gets_anywhere_without_signing_in():
    client = Client()
    answers = {name: client.post(filled_in(name), "{}", content_type="application/json").status_code for name in MAY}
    assert answers == {name: 401 if name in API else 302 for name in MAY}


@pytest.mark.django_db
def test_roles_are_put_in_place_by_migrating():
    assert set(ROLES) == {READER, REVIEWER, EDITOR, FEED_MANAGER, ADMINISTRATOR}
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
    assert set(PEOPLE.values()) == set(ROLES)


@pytest.mark.django_db
def test_an_administrator_may_all_that_an_editor_may():
    def held(name: str) -> set[int]:
        return set(Group.objects.get(name=name).permissions.values_list("pk", flat=True))

    assert held(ADMINISTRATOR) > held(EDITOR) > held(REVIEWER) > held(READER)
    assert held(FEED_MANAGER) > held(READER)


def test_an_administrator_makes_nobody_a_superuser_and_changes_none(in_role):
    me, client = in_role(ADMINISTRATOR)
    boss = factories.UserFactory(username="bea-boss", is_superuser=True)
    group = Group.objects.get(name=EDITOR)
    said = {"username": me.username, "is_active": "on", "is_staff": "on", "is_superuser": "on", "groups": [group.pk],
            "user_permissions": ["1"], "date_joined_0": "2030-01-01", "date_joined_1": "00:00:00"}  # fmt: skip
    assert client.post(page(User, "change", me.pk), said).status_code == 302
    me.refresh_from_db()
    assert not me.is_superuser
    assert not me.user_permissions.exists()
    assert list(me.groups.all()) == [group]
    # The last role is given up; the next administrator finds a superuser's page closed.
    _, client = in_role(ADMINISTRATOR)
    assert client.post(page(User, "change", boss.pk), {**said, "username": "gone"}).status_code == 403
    assert client.post(reverse("admin:auth_user_password_change", args=[boss.pk]), {}).status_code == 403
    token = client.post(
        page(apps.get_model("knox", "authtoken"), "add"), {"user": boss.pk, "name": "x", "scopes": ["read"]}
    )
    assert token.context["adminform"].form.errors.keys() == {"user"}
