"""A client for each person, and one small case that every endpoint has something to show of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.models import Claim, Contradiction, Document, Dossier, Position, Snapshot, Source, Statement, Verdict
from claims.services import standings
from claims.services.sources import add_alias, grade_source
from claims.services.verdicts import Link, approve_verdict, draft_verdict, propose_verdict
from tests import factories
from tests.factories import MACHINE

V1 = "/api/v1/"


@pytest.fixture
def client_of() -> Callable[[User], APIClient]:
    """A client that sends a person's token."""

    def made(user: User) -> APIClient:
        _, token = AuthToken.objects.create(user)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        return client

    return made


@pytest.fixture
def api(reader: User, client_of: Callable[[User], APIClient]) -> APIClient:
    """A reader's client."""
    return client_of(reader)


@pytest.fixture
def uids(api: APIClient) -> Callable[[str], list[str]]:
    """The uids that a list gives."""

    def listed(address: str) -> list[str]:
        answer = api.get(V1 + address)
        assert answer.status_code == 200, answer.content
        return [row["uid"] for row in answer.json()["results"]]

    return listed


@dataclass
class Case:
    """A mill fire at Oster: the guild says that it burnt down, the town council denies it."""

    dossier: Dossier
    outlet: Source
    guild: Source
    council: Source
    document: Document
    snapshot: Snapshot
    assertion: Statement
    denial: Statement
    claim: Claim
    support: Position
    refutation: Position
    contradiction: Contradiction
    verdict: Verdict

    @property
    def by_resource(self) -> dict[str, Any]:
        """One row of each resource."""
        return {
            "dossiers": self.dossier,
            "documents": self.document,
            "statements": self.assertion,
            "claims": self.claim,
            "contradictions": self.contradiction,
            "sources": self.guild,
            "verdicts": self.verdict,
        }


def published(claim: Claim, *, credibility: int, author: User, approver: User) -> Verdict:
    """A verdict in force."""
    link = Link("https://archive.example/photograph", note="The roof is gone.")
    verdict = draft_verdict(claim, credibility=credibility, rationale="Two photographs.", by=author, evidence=[link])
    return approve_verdict(propose_verdict(verdict, by=author), by=approver)


def a_case(author: User, approver: User, **names: Any) -> Case:
    """One more case like the first, in a dossier of its own."""
    given = SimpleNamespace(**{"measure": "", **names})
    guild_side, council_side = factories.PartyFactory(name="Guilds"), factories.PartyFactory(name="Council")
    dossier = factories.DossierFactory()
    outlet = factories.SourceFactory(kind="news media")
    guild = factories.SourceFactory(kind="organisation", party=guild_side)
    council = factories.SourceFactory(kind="government", party=council_side)
    add_alias(guild, name=f"{guild.name} of Oster", actor=MACHINE)
    grade_source(guild, grade="C", reason="Right twice, wrong once.", actor=MACHINE)
    document = factories.DocumentFactory(
        dossier=dossier, publisher=outlet, published_at=datetime(2031, 5, 4, 12, tzinfo=UTC), language="en"
    )
    text = f"{guild.name} said the mill at Oster burnt down. {council.name} denied that the mill at Oster burnt down."
    snapshot = factories.SnapshotFactory(document=document, text=text)
    words = "the mill at Oster burnt down"
    first, second = text.index(words), text.rindex(words)
    common = {"snapshot": snapshot, "content_text": words, "place": "Oster"}
    assertion = factories.StatementFactory(
        **common,
        source=guild,
        source_spans=[[0, len(guild.name)]],
        cue_text="said",
        cue_spans=[[text.index("said"), text.index("said") + 4]],
        content_spans=[[first, first + len(words)]],
        content_prefix=text[:first],
        content_suffix=text[first + len(words) :][:32],
        when_text="on Sunday",
        when_first=date(2031, 5, 4),
        when_last=date(2031, 5, 4),
        quantities=[{"measure": "destroyed", "counted": "mills", "low": 1.0, "best": 1.0, "high": None}],
    )
    denial = factories.StatementFactory(
        **common, source=council, content_spans=[[second, second + len(words)]], polarity="denies", parent=assertion
    )
    claim = factories.ClaimFactory(
        dossier=dossier,
        text=words,
        place="Oster",
        favours=guild_side,
        when_first=date(2031, 5, 4),
        when_last=date(2031, 5, 4),
        measure=given.measure,
    )
    support = factories.PositionFactory(statement=assertion, claim=claim, explanation=["The same words."])
    refutation = factories.PositionFactory(statement=denial, claim=claim, stance="refutes")
    contradiction = factories.ContradictionFactory(claim=claim, position=support, other_position=refutation)
    verdict = published(claim, credibility=2, author=author, approver=approver)
    standings.refresh([claim.pk], actor=MACHINE)
    claim.refresh_from_db()
    return Case(
        dossier, outlet, guild, council, document, snapshot, assertion, denial, claim, support, refutation,
        contradiction, verdict,
    )  # fmt: skip


@pytest.fixture
def case(reviewer: User, editor: User) -> Case:
    """The first case."""
    return a_case(reviewer, editor)
