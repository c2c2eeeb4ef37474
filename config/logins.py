"""Development logins, generated at first start and kept in a file that only its owner can read."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from knox.models import AuthToken
from knox.settings import CONSTANTS

PEOPLE = {"reviewer": "reviewer", "editor": "editor"}
CLIENT = "api-client"


@dataclass(frozen=True, slots=True)
class Logins:
    """Passwords by user name, and the token of the API client."""

    passwords: dict[str, str]
    token: str


def prepare_logins(path: Path) -> Logins:
    """The logins that ``path`` keeps, made to work in this database; what is missing is generated."""
    kept: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    passwords = {name: kept.get(name) or secrets.token_urlsafe(12) for name in PEOPLE}
    for name, role in PEOPLE.items():
        _person(name, role, passwords[name])
    token = _token(kept.get("token", ""))
    path.touch(mode=0o600)
    path.write_text(json.dumps({**passwords, "token": token}, indent=1))
    return Logins(passwords, token)


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
