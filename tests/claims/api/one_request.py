"""A web process that is killed in the middle of a request: ``one_request.py ADDRESS TOKEN KEY BODY`` sends one POST."""

import os
import sys


def main(address: str, token: str, key: str, body: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from rest_framework.test import APIClient

    client = APIClient(
        SERVER_NAME="localhost", headers={"Authorization": f"Token {token}", "Idempotency-Key": key, "If-Match": "*"}
    )
    answer = client.post(address, body, content_type="application/json")
    print(answer.status_code, answer.content.decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
