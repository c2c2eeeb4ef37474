"""Protecting sources and statements, and what is masked from then on."""

import pytest

from claims.access import Access
from claims.errors import ChangedMeanwhile, ReasonMissing
from claims.masking import MASK
from claims.models import Event, Source
from claims.services.protection import (
    masked,
    protect_source,
    protect_statement,
    protection_version,
    unprotect_source,
    unprotect_statement,
)
from claims.services.sources import add_alias, describe_source, merge_sources
from tests import factories
from tests.factories import MACHINE

pytestmark = pytest.mark.django_db
TEXT = "Karim Haddad, a baker, said the mill burnt down. Mr Haddad was alone."


@pytest.fixture
def baker():
    return factories.SourceFactory(name="Karim Haddad", kind="person", description="a baker at the old gate")


def test_nothing_is_masked_while_nothing_is_protected(reader, baker):
    assert masked(TEXT, Access.of(reader)) == TEXT


def test_a_protected_name_is_masked_for_who_may_not_see_it(reader, reviewer, editor, baker):
    protect_source(baker, by=editor, reason="Threatened.")
    hidden = f"{MASK * 12}, a baker, said the mill burnt down. Mr {MASK * 6} was alone."
    assert masked(TEXT, Access.of(reader)) == masked(TEXT, Access.of_nobody()) == hidden
    assert masked(TEXT, Access.of(editor, scopes=["read"])) == hidden
    assert masked(TEXT, Access.of(reviewer)) == masked(TEXT, Access.of(editor)) == TEXT


def test_lifting_the_protection_shows_the_name_again(reader, editor, baker):
    protect_source(baker, by=editor, reason="Threatened.")
    unprotect_source(baker, by=editor, reason="Spoke in public.")
    assert masked(TEXT, Access.of(reader)) == TEXT
    assert list(Event.objects.filter(object_uid=baker.uid).values_list("verb", "state__protected"))[1:] == [
        ("protected", True),
        ("protection lifted", False),
    ]


def test_what_is_learnt_later_of_a_protected_source_is_masked_at_once(reader, editor, baker):
    protect_source(baker, by=editor, reason="Threatened.")
    later = "Abu Lail, of Oster's night shift, was seen; Q77; the baker with one eye; told by Karim the Old."
    assert masked(later, Access.of(reader)).startswith("Abu Lail")
    add_alias(baker, name="Abu Lail", actor=MACHINE)
    describe_source(baker, actor=MACHINE, description="of Oster's night shift", wikidata_id="Q771")
    factories.StatementFactory(source=baker, source_text="the baker with One Eye")
    shown = masked(later.replace("Q77", "Q771"), Access.of(reader))
    assert [word for word in ("Lail", "night shift", "Q771", "One Eye", "one eye", "Karim") if word in shown] == []
    assert "was seen" in shown


def test_what_it_was_called_before_stays_masked(reader, editor, baker):
    describe_source(baker, actor=MACHINE, description="keeps the shop with the green door")
    describe_source(baker, actor=MACHINE, description="")
    protect_source(baker, by=editor, reason="Threatened.")
    assert "green door" not in masked("He keeps the shop with the green door.", Access.of(reader))


def test_a_pronoun_or_a_common_word_that_a_document_uses_of_it_stays(reader, editor, baker):
    for words in ("He", "Officials", "the man", "Local residents", "they"):
        factories.StatementFactory(source=baker, source_text=words)
    protect_source(baker, by=editor, reason="Threatened.")
    text = "He said officials and local residents left; they saw the man."
    assert masked(text, Access.of(reader)) == text


def test_all_that_are_one_body_are_protected_together(reader, editor, baker):
    other = factories.SourceFactory(name="K. of the Old Gate", kind="person")
    merge_sources(other, target=baker, reason="The same man.", by=editor)
    protect_source(other, by=editor, reason="Threatened.")
    assert not Source.objects.filter(pk__in=[baker.pk, other.pk], protected=False).exists()
    assert "Haddad" not in masked(TEXT, Access.of(reader))


def test_who_is_found_to_be_a_protected_source_is_protected_from_then_on(reader, editor, baker):
    protect_source(baker, by=editor, reason="Threatened.")
    other = factories.SourceFactory(name="Yusuf Nasser", kind="person")
    merge_sources(other, target=baker, reason="Known under two names.", by=editor)
    other.refresh_from_db()
    assert other.protected
    assert "Nasser" not in masked("Yusuf Nasser spoke.", Access.of(reader))


def test_a_protected_statement_loses_its_words_and_an_unnamed_source(reader, editor):
    document = factories.DocumentFactory()
    nurse = factories.SourceFactory(name="a nurse at the Oster clinic", kind="unnamed", named_in=document)
    statement = factories.StatementFactory(
        snapshot=factories.SnapshotFactory(document=document), source=nurse, content_text="the ward was hit at noon"
    )
    protect_statement(statement, by=editor, reason="Only one person was there.")
    told = "A nurse at the Oster clinic said the ward was hit at noon."
    assert masked(told, Access.of(reader)) == f"{MASK * 27} said {MASK * 24}."
    assert masked({"uid": str(nurse.uid), "name": "someone"}, Access.of(reader))["name"] == MASK * 7
    unprotect_statement(statement, by=editor, reason="Spoke in public.")
    assert masked(told, Access.of(reader)) == told


def test_protecting_takes_a_reason_and_what_was_seen(editor, baker):
    with pytest.raises(ReasonMissing):
        protect_source(baker, by=editor, reason=" ")
    seen = Event.objects.latest("pk").pk
    add_alias(baker, name="Abu Lail", actor=MACHINE)
    with pytest.raises(ChangedMeanwhile):
        protect_source(baker, by=editor, reason="Threatened.", since=seen)


def test_the_version_changes_with_what_is_protected_and_with_nothing_else(editor, baker):
    before = protection_version()
    factories.StatementFactory(source=baker)
    add_alias(baker, name="Abu Lail", actor=MACHINE)
    assert protection_version() == before
    protect_source(baker, by=editor, reason="Threatened.")
    assert protection_version() != before
    before = protection_version()
    factories.StatementFactory(source=factories.SourceFactory())
    factories.StatementFactory(source=baker, source_text="Source 1")
    assert protection_version() != before
