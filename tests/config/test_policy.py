"""What browsers are told to refuse, on every answer; and the languages that pages are offered in."""

import base64
import hashlib
import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import formats, translation

from config.policy import theme_hash

INLINE_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
# Data that a script reads is no script.
INLINE_SCRIPT = re.compile(
    r"<script(?![^>]*\ssrc=)(?![^>]*application/json)[^>]*>(.*?)</script>", re.DOTALL
)  # data is no script
EVENT_ATTRIBUTE = re.compile(
    r"<[^>]*\son(?:click|change|submit|load|error|focus|input|key\w+|mouse\w+)\s*=", re.IGNORECASE
)


def directives(answer) -> dict[str, set[str]]:
    """The policy of an answer: what each directive allows."""
    parts = [part.split() for part in answer["Content-Security-Policy"].split(";")]
    return {name: set(allowed) for name, *allowed in parts}


ADDRESSES = [
    "/", "/admin/", "/admin/login/", "/admin/claims/claim/", "/admin/claims/verdict/add/", "/admin/jsi18n/",
    "/api/v1/claims/", "/api/docs/", "/api/docs/?script=", "/api/schema/", "/api/nothing/here", "/health/live",
    "/nothing/here", "/static/claims/admin.css", "/static/nothing.js",
]  # fmt: skip


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_policy_and_its_companions(client: Client, editor, address, signed_in):
    if signed_in:
        client.force_login(editor)
    answer = client.head(address)  # a file that is sent whole would stay open
    policy = directives(answer)
    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == {"'none'"}
    assert policy["frame-ancestors"] == {"'none'"}
    assert policy["form-action"] == policy["connect-src"] == {"'self'"}
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "geolocation=()" in answer["Permissions-Policy"]


@pytest.mark.django_db
def test_the_policy_names_no_other_host_and_allows_no_inline_script_or_style_element(client: Client):
    policy = directives(client.get("/admin/login/"))
    own = {"'self'", "'none'", "data:", "'unsafe-eval'", "'unsafe-inline'", f"'{theme_hash()}'"}
    assert {one for allowed in policy.values() for one in allowed} == own
    assert policy["script-src"] == {"'self'", "'unsafe-eval'"}
    assert policy["style-src"] == {"'self'"}
    assert policy["style-src-elem"] == {"'self'", f"'{theme_hash()}'"}
    assert [name for name, allowed in policy.items() if "'unsafe-inline'" in allowed] == ["style-src-attr"]
    assert [name for name, allowed in policy.items() if "data:" in allowed] == ["img-src"]


@pytest.mark.parametrize(
    "address", ["/admin/", "/admin/login/", "/admin/claims/claim/", "/admin/claims/verdict/add/", "/api/docs/"]
)
def test_a_page_has_nothing_inline_but_what_the_policy_lets_pass(client: Client, editor, address):
    if "login" not in address:
        client.force_login(editor)
    page = client.get(address).content.decode()
    hashes = {
        "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        for style in INLINE_STYLE.findall(page)
    }
    assert hashes <= directives_hashes(client.get(address))
    assert [found for found in INLINE_SCRIPT.findall(page) if found.strip()] == []
    assert EVENT_ATTRIBUTE.search(page) is None


def directives_hashes(answer) -> set[str]:
    return {one.strip("'") for one in directives(answer)["style-src-elem"] if one.startswith("'sha256-")}


# --- Languages -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_only_languages_that_the_settings_offer_are_served(client: Client):
    answer = client.get("/admin/login/", headers={"Accept-Language": "ar, fr;q=0.9"})
    assert answer["Content-Language"] == settings.LANGUAGE_CODE == "en-gb"
    assert '<html lang="en-gb" dir="ltr"' in answer.content.decode()


@pytest.mark.parametrize("name", ["admin:password_change", "admin:index", "admin:claims_claim_changelist"])
def test_a_language_written_from_right_to_left_turns_the_page_round(client: Client, editor, settings, name):
    settings.LANGUAGES = [("en-gb", "British English"), ("ar", "العربيّة")]
    client.force_login(editor)
    answer = client.get(reverse(name), headers={"Accept-Language": "ar"}, follow=True)
    assert answer["Content-Language"] == "ar"
    assert '<html lang="ar" dir="rtl"' in answer.content.decode()


def test_times_are_written_by_the_clock_of_twenty_four_hours():
    at = datetime(2024, 3, 9, 19, 5, tzinfo=UTC)
    with translation.override("en-gb"):
        assert formats.localize(at) == "9 March 2024, 19:05"


@pytest.mark.parametrize(("given", "told"), [("", "LANGUAGES"), ("tlh", "LANGUAGES"), ("en-gb,xx", "LANGUAGES")])
def test_a_language_that_nobody_knows_stops_the_start_and_is_named(given, told):
    started = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        env={**os.environ, "LANGUAGES": given},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert started.returncode != 0
    assert told in started.stderr.splitlines()[-1]
