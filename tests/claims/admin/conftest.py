"""One row of every model, and a page by its model and name."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from claims import models
from claims.services.claims import merge_claims
from claims.services.sources import grade_source, merge_sources
from claims.services.standings import refresh
from tests import factories
from tests.factories import MACHINE

World = dict[type[Model], Any]


def build_world(person: User, *, words: str = "the bridge was closed", url: str = "https://outlet.example/w") -> World:
    """One row of every model, each of whose free texts holds ``words`` and each address ``url``."""
    party = factories.PartyFactory(name=words[:200])
    source = factories.SourceFactory(name=words, description=words, party=party)
    dossier = factories.DossierFactory(title=words, description=words)
    publisher = factories.SourceFactory(name=f"{words} Post", kind="news media")
    channel = factories.ChannelFactory(name=words, silent_since=timezone.now(), silence=words)
    document = factories.DocumentFactory(
        dossier=dossier, url=url, title=words, byline=words, publisher=publisher, channel=channel
    )
    copy = factories.DocumentFactory(
        dossier=dossier, title=words, url=f"{url}#copy", origin=document, origin_explanation=words
    )
    text = f"{words}. {source.name} said: {words}."
    snapshot = factories.SnapshotFactory(
        document=document, text=text, fetched_from=url, headers=[["x-words", words]], content_type=words[:200]
    )
    notice = factories.NoticeFactory(
        snapshot=snapshot, words=words, fetched_from=url, headers=[["x-words", words]], content_type=words[:200]
    )
    other_snapshot = factories.SnapshotFactory(document=copy, text=text)
    told = {
        "source": source, "source_text": words, "cue_text": words, "content_text": words, "place": words,
        "when_text": words, "decided_by_words": [words], "quantities": [{"text": words}], "content_prefix": words[:64],
    }  # fmt: skip
    statement = factories.StatementFactory(
        snapshot=snapshot, source_spans=[[0, 5]], content_spans=[[3, 12]], cue_spans=[[8, 14]], **told
    )
    denial = factories.StatementFactory(snapshot=other_snapshot, content_spans=[[0, 9]], polarity="denies", **told)
    claim = factories.ClaimFactory(
        dossier=dossier, text=words, place=words, favours=party, kind="figure", measure=words[:50], counted=words[:200],
        low=3, best=3,
    )  # fmt: skip
    other_claim = factories.ClaimFactory(dossier=dossier, text=f"{words}, said another", standing="contested")
    position = factories.PositionFactory(statement=statement, claim=claim, explanation=[words])
    refuting = factories.PositionFactory(statement=denial, claim=claim, stance="refutes", explanation=[words])
    contradiction = factories.ContradictionFactory(
        claim=claim, position=position, other_position=refuting, explanation=words
    )
    judgement = factories.JudgementFactory(claim=claim, other_claim=other_claim, explanation=[words])
    verdict = factories.VerdictFactory(claim=claim, rationale=words, author=person)
    evidence = models.Evidence.objects.create(verdict=verdict, url=url, snapshot=snapshot, note=words)
    grade = grade_source(source, grade="C", reason=words, actor=MACHINE)
    merged = factories.SourceFactory(name=f"{words} again")
    source_merge = merge_sources(merged, target=source, reason=words, by=person)
    merged_claim = factories.ClaimFactory(dossier=dossier, text=f"{words} as well")
    claim_merge = merge_claims(merged_claim, target=claim, by=person, reason=words)
    refresh([claim.pk, other_claim.pk], actor=MACHINE)
    first = 1 + 2 * models.Stamp.objects.count()  # several worlds may stand beside each other
    stamp = models.Stamp.objects.create(first_seq=first, last_seq=first + 1, root="0" * 64, error=words)
    rows = [
        party, source, dossier, document, snapshot, notice, statement, claim, position, contradiction, judgement,
        verdict, evidence, grade, source_merge, claim_merge, channel, source.names.get(),
        models.Event.objects.latest("pk"), stamp,
    ]  # fmt: skip
    return {type(row): row for row in rows}


@pytest.fixture
def world(db: None) -> World:
    return build_world(factories.UserFactory(username="wanda-world"))


@pytest.fixture
def administrator(db: None) -> User:
    """May do everything that Django's permissions can allow."""
    return factories.UserFactory(username="ada-administrator", is_superuser=True)


@pytest.fixture
def sign_in(client: Client) -> Callable[[User], Client]:
    def signed_in(user: User) -> Client:
        client.force_login(user)
        return client

    return signed_in


def page(model: type[Model], name: str, *args: Any) -> str:
    """The address of one of a model's pages: ``changelist``, ``add``, ``change``, or an action's name."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)
