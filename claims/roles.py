"""Who may do what: a table per application, put into groups after each migration."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group, Permission

READER = "reader"
REVIEWER = "reviewer"
EDITOR = "editor"
FEED_MANAGER = "feed manager"
ADMINISTRATOR = "administrator"

VIEWED = (
    "party", "source", "sourcename", "sourcemerge", "reliabilitygrade", "dossier", "document", "snapshot", "notice",
    "statement", "claim", "claimmerge", "position", "judgement", "contradiction", "verdict", "evidence", "event",
    "channel", "stamp",
)  # fmt: skip

# Whoever reads may be told of changes by a call, too: of no more than he or she may read.
SUBSCRIBES = {"view_subscription", "add_subscription", "change_subscription", "delete_subscription", "view_delivery"}
READS = {f"view_{model}" for model in VIEWED} | SUBSCRIBES
REVIEWS = READS | {
    "review_statement",
    "set_position",
    "decide_contradiction",
    "judge_pair",  # a positive answer merges the two claims, and takes no more than this
    "propose_verdict",
    "add_verdict",
    "submit_document",
    "take_part",
    "view_protected",  # whoever decides on words has to see them, and who said them
}
EDITS = REVIEWS | {
    "approve_verdict",
    "merge_claim",
    "merge_source",
    "protect_source",
    "grade_source",
    "add_source",
    "change_source",
    "change_claim",
    "add_dossier",
    "change_dossier",
    "add_party",
    "change_party",
    "change_document",
    "settle_disagreement",
}

# What comes in: documents are handed in, and their state and origin put right.
FEEDS = READS | {"submit_document", "change_document", "take_part"}

ROLES: dict[str, set[str]] = {
    READER: READS,
    REVIEWER: REVIEWS,
    EDITOR: EDITS,
    FEED_MANAGER: FEEDS,
    ADMINISTRATOR: EDITS,
}

# What an administrator may besides, by application. Roles are assigned, not changed: they are the product's. Nobody is
# deleted, so that what somebody decided keeps its name.
PEOPLE: dict[str, set[str]] = {
    "auth": {"view_user", "add_user", "change_user", "view_group"},
    "knox": {"view_authtoken", "add_authtoken", "delete_authtoken"},
}


def grant(table: Mapping[str, set[str]], *, app_label: str) -> None:
    """Give each group exactly these permissions of one application; those of other applications stay.

    Does nothing while the permissions do not exist yet, as after a migration to an older state.
    """
    permissions = {p.codename: p for p in Permission.objects.filter(content_type__app_label=app_label)}
    if not permissions.keys() >= set[str]().union(*table.values()):
        return
    for name, wanted in table.items():
        group, _created = Group.objects.get_or_create(name=name)
        others = group.permissions.exclude(content_type__app_label=app_label)
        group.permissions.set([*others, *(permissions[codename] for codename in wanted)])


def put_roles_in_place(**_: Any) -> None:
    """Grant the roles of this application, and administrators their care of people; called after every migration."""
    grant(ROLES, app_label="claims")
    for app_label, wanted in PEOPLE.items():
        grant({ADMINISTRATOR: wanted}, app_label=app_label)
