"""Development logins, generated at first start and kept in a file that only its owner can read."""

import json
import logging
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from knox.models import AuthToken
from knox.settings import CONSTANTS

from claims.roles import ROLES
from config.files import write_privately

logger = logging.getLogger(__name__)

# One person a role, by user name.
PEOPLE = {role.replace(" ", "-"): role for role in ROLES}
CLIENT = "api-client"


@dataclass(frozen=True, slots=True)
class Logins:
    """Passwords by user name, and the token of the API client."""

    passwords: dict[str, str]
    token: str


def prepare_logins(path: Path) -> Logins:
    """The logins that ``path`` keeps, made to work in this database; what is missing is generated."""
    kept = _kept(path)
    passwords = {name: kept.get(name) or secrets.token_urlsafe(12) for name in PEOPLE}
    for name, role in PEOPLE.items():
        _person(name, role, passwords[name])
    token = _token(kept.get("token", ""))
    write_privately(path, json.dumps({**passwords, "token": token}, indent=1))
    return Logins(passwords, token)


def _kept(path: Path) -> dict[str, str]:
    """What the file keeps; nothing where it is missing, or was damaged: new logins are made then."""
    if not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text())
    except ValueError:  # no JSON, or no text
        kept = None
    if not isinstance(kept, dict):
        logger.warning("%s cannot be read: new passwords and a new token are made.", path)
        return {}
    return {name: value for name, value in kept.items() if isinstance(value, str)}


def _person(name: str, role: str, password: str) -> None:
    user, created = get_user_model().objects.get_or_create(username=name, defaults={"is_staff": True})
    if created or not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    user.groups.add(Group.objects.get(name=role))


def _token(kept: str) -> str:
    client, _ = get_user_model().objects.get_or_create(username=CLIENT)
    client.groups.add(Group.objects.get(name="reader"))
    if kept and AuthToken.objects.filter(user=client, token_key=kept[: CONSTANTS.TOKEN_KEY_LENGTH]).exists():
        return kept
    AuthToken.objects.filter(user=client).delete()
    _, token = AuthToken.objects.create(client, expiry=None)
    return str(token)
