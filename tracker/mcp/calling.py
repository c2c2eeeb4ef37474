"""Calling the API from inside this process, so that a tool sees and may do exactly what its token does over HTTP."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from django.conf import settings
from django.core.wsgi import get_wsgi_application

V1 = "/api/v1/"
LOOPBACK = "127.0.0.1"


class Refused(Exception):
    """The API refused a call. The message says what is wrong and what to do, with the stable code."""


def _client() -> httpx.Client:
    named = next((host for host in settings.ALLOWED_HOSTS if not host.startswith((".", "*"))), LOOPBACK)
    scheme = "https" if settings.HTTPS else "http"
    transport = httpx.WSGITransport(app=get_wsgi_application(), raise_app_exceptions=False)
    return httpx.Client(transport=transport, base_url=f"{scheme}://{named}", follow_redirects=True)


@dataclass(frozen=True, slots=True)
class Api:
    """The API as one caller sees it. Nothing goes over the network: the product answers in this process."""

    client: httpx.Client = field(default_factory=_client)

    def get(self, path: str, *, token: str | None, **parameters: Any) -> dict[str, Any]:
        """What the API answers; parameters without a value are left out. Raises :class:`Refused`."""
        given = {name: value for name, value in parameters.items() if value not in (None, "")}
        return self._answer("GET", path, token, params=given)

    def post(self, path: str, body: dict[str, Any], *, token: str | None) -> dict[str, Any]:
        """What the API answers to this body, without its empty fields. Raises :class:`Refused`."""
        given = {name: value for name, value in body.items() if value not in (None, "")}
        return self._answer("POST", path, token, json=given)

    def _answer(self, method: str, path: str, token: str | None, **sent: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Token {token}"} if token else {}
        answer = self.client.request(method, V1 + path, headers=headers, **sent)
        body: Any = answer.json() if answer.content else {}
        if answer.is_success:
            return dict(body)
        raise Refused(
            f"{body.get('detail', answer.reason_phrase)} [{answer.status_code} {body.get('code', '')}]".strip()
        )
