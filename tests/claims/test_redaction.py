"""The last door: pages, answers of scripts and log lines, for who may not see what is protected."""

import logging

import pytest
from django.test import Client
from django.urls import reverse

from claims.markup import masked_markup
from claims.masking import MASK, Masker, Protected
from claims.models import Event
from claims.services.protection import protect_source
from config.logs import MaskingFormatter
from tests import factories
from tests.claims.api.conftest import a_case

KARIM = Masker(Protected(names=frozenset({"Karim O'Haddad", "O'Haddad"})))
SHOWN = {
    "in a text": "<p>Karim O'Haddad said</p>",
    "escaped": "<p>Karim O&#x27;Haddad said</p>",
    "with marks between": "<p><mark>Karim</mark> O&#39;<b>Had</b>dad</p>",
    "in an attribute": '<a title="By Karim O&#x27;Haddad">x</a>',
    "in an address": '<a href="/find?q=Karim+O%27Haddad&amp;page=2">x</a>',
    "in JSON": '{"name": "Karim O\\u0027Haddad", "line": "Karim\\nO\'Haddad"}',
}


@pytest.mark.parametrize("page", SHOWN.values(), ids=SHOWN)
def test_a_name_is_covered_however_a_page_writes_it(page):
    shown = masked_markup(page, KARIM)
    assert MASK in shown
    assert [part for part in ("Karim", "Had", "dad") if part in shown] == []


@pytest.mark.parametrize("page", ['<p class="karim ohaddad" id="ohaddad">A shop &amp; a mill</p>', "<b>x</b>", ""])
def test_what_says_nothing_to_people_stays(page):
    assert masked_markup(page, KARIM) == page


def test_words_of_two_cells_are_two_words():
    cells = "<td>supports</td><td>O'Haddad</td><td>Guilds</td>"
    assert masked_markup(cells, KARIM) == cells.replace("O'Haddad", MASK * 8)


def test_tags_stay_whole():
    assert masked_markup("<i>Karim</i> <b>O'Haddad</b>!", KARIM) == f"<i>{MASK * 5}</i>{MASK}<b>{MASK * 8}</b>!"


@pytest.fixture
def case(reviewer, editor):
    case = a_case(reviewer, editor)
    protect_source(case.guild, by=editor, reason="Threatened.")
    return case


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def pages_about(case):
    """Pages of the admin and the desk that name the guild to who may see it."""
    return [
        reverse("admin:claims_source_changelist"),
        reverse("admin:claims_source_change", args=[case.guild.pk]),
        reverse("admin:claims_sourcename_changelist"),
        reverse("admin:claims_statement_changelist"),
        reverse("admin:claims_statement_change", args=[case.assertion.pk]),
        reverse("admin:claims_claim_change", args=[case.claim.pk]),
        reverse("admin:claims_event_change", args=[Event.objects.filter(object_uid=case.guild.uid).first().pk]),
        reverse("desk:source", args=[case.guild.uid]),
        reverse("desk:claim", args=[case.claim.uid]),
        reverse("desk:document", args=[case.document.uid]),
        reverse("desk:conflicts"),
    ]


@pytest.mark.django_db
def test_no_page_names_a_protected_source_to_a_reader(case, reader, editor):
    theirs, ours = signed_in(reader), signed_in(editor)
    named = []
    for address in pages_about(case):
        page = theirs.get(address)
        assert page.status_code == 200, address
        assert case.guild.name not in page.content.decode(), address
        if case.guild.name in ours.get(address).content.decode():
            named.append(address)
            assert MASK in page.content.decode(), address
    assert len(named) >= 9


@pytest.mark.django_db
def test_no_search_of_pages_finds_a_protected_name(case, reader, editor):
    looked_for = case.guild.name
    for address, leads_to in (
        (reverse("desk:search"), reverse("desk:source", args=[case.guild.uid])),
        (reverse("admin:claims_source_changelist"), reverse("admin:claims_source_change", args=[case.guild.pk])),
    ):
        page = signed_in(reader).get(address, {"q": looked_for}).content.decode()
        nonsense = signed_in(reader).get(address, {"q": "Zzyzx 77"}).content.decode()
        # What was looked for stands there as it was written, and nothing else differs in length or kind.
        assert page.count(MASK) == nonsense.count(MASK) == 0
        assert leads_to not in page
        assert f'value="{looked_for}"' in page
        assert leads_to in signed_in(editor).get(address, {"q": looked_for}).content.decode()


@pytest.mark.django_db
def test_log_lines_do_not_name_a_protected_source(case, reader):
    signed_in(reader).get(reverse("desk:source", args=[case.guild.uid]))  # somebody asked: this process has learnt
    written = MaskingFormatter("%(message)s")
    trace = (ValueError, ValueError(f"{case.guild.name} cannot be read"), None)
    line = written.format(logging.LogRecord("x", logging.ERROR, "", 1, "Of %s", (case.guild.name,), trace))
    assert case.guild.name not in line
    assert line.count(MASK * len(case.guild.name)) == 2


@pytest.mark.django_db
def test_an_editor_protects_and_shows_again_from_the_page(editor, reader):
    source = factories.SourceFactory(name="Yusuf Nasser", kind="person")
    page = reverse("admin:claims_source_protect_this", args=[source.pk])
    assert signed_in(reader).post(page, {"reason": "x"}).status_code == 403
    signed_in(editor).post(page, {"reason": "Threatened."})
    source.refresh_from_db()
    assert source.protected
    signed_in(editor).post(reverse("admin:claims_source_unprotect_this", args=[source.pk]), {"reason": "Public now."})
    source.refresh_from_db()
    assert not source.protected


def test_whether_the_process_lives_is_answered_without_asking_the_database(client):
    assert client.get("/health/live").json() == {"status": "live"}  # no database is allowed here
