"""What comes from outside is text: no script runs and no link leads anywhere but to the web, on any page."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.urls import reverse

from claims.models import Document
from tests.claims.admin.conftest import build_world, page
from tests.claims.admin.test_pages import DOMAIN

WORDS = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><b>{{7*7}}{% now %}"
ADDRESS = "javascript:alert(document.domain)//https://outlet.example"


class Found(HTMLParser):
    """What of the hostile words became elements or attributes."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.bad = []
        self.script = False

    def handle_starttag(self, tag, attrs):
        self.script = tag == "script"
        for name, value in attrs:
            if name.startswith("onerror") or (
                name in ("href", "src", "action", "formaction") and re.match(r"\s*javascript:", value or "", re.I)
            ):
                self.bad.append((tag, name, value))
        if tag == "img" and ("src", "x") in attrs:
            self.bad.append((tag, attrs))

    def handle_endtag(self, tag):
        self.script = False

    def handle_data(self, data):
        if self.script and "alert(" in data:
            self.bad.append(("script", data))


def assert_harmless(response):
    assert response.status_code == 200
    content = response.content.decode()
    found = Found()
    found.feed(content)
    assert found.bad == []
    assert "<script>alert" not in content
    assert "49{%" not in content


@pytest.fixture
def hostile(db):
    from tests.factories import UserFactory

    return build_world(UserFactory(), words=WORDS, url=ADDRESS)


def test_the_hostile_words_do_reach_the_pages(sign_in, editor, hostile):
    content = sign_in(editor).get(page(Document, "change", hostile[Document].pk)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "javascript:alert(document.domain)" in content


@pytest.mark.parametrize("model", DOMAIN, ids=lambda m: m._meta.model_name)
def test_no_page_of_a_model_is_fooled(sign_in, editor, hostile, model):
    client = sign_in(editor)
    assert_harmless(client.get(page(model, "changelist")))
    assert_harmless(client.get(page(model, "changelist"), {"q": WORDS}))
    assert_harmless(client.get(page(model, "change", hostile[model].pk)))
    for action in admin.site.get_model_admin(model).actions_detail:
        response = client.get(page(model, action, hostile[model].pk))
        if response.status_code != 403:
            assert_harmless(response)


@pytest.mark.parametrize("model", DOMAIN, ids=lambda m: m._meta.model_name)
def test_no_message_and_no_page_between_is_fooled(sign_in, administrator, hostile, model):
    client = sign_in(administrator)
    for action in admin.site.get_model_admin(model).actions or []:
        data = {"action": action, "_selected_action": [hostile[model].pk]}
        assert_harmless(client.post(page(model, "changelist"), data, follow=True))


def test_the_first_page_is_not_fooled(sign_in, editor, hostile):
    assert_harmless(sign_in(editor).get(reverse("admin:index")))
