"""The Atom feed of a dossier's verdicts: stable ids, what became of each, nothing that a browser would run."""

import feedparser
import pytest

from claims.services.verdicts import approve_verdict, draft_verdict, propose_verdict, withdraw_verdict
from tests import factories
from tests.claims.api.conftest import *  # noqa: F403  the client and the people


@pytest.fixture
def published(reviewer, editor):
    def made(claim, rationale="Two origins."):
        draft = draft_verdict(claim, credibility=2, rationale=rationale, evidence=[], by=reviewer)
        return approve_verdict(propose_verdict(draft, by=reviewer), by=editor)

    return made


def test_verdicts_are_told_with_what_became_of_them_and_nothing_in_them_runs(api, published, editor, reviewer):
    claim = factories.ClaimFactory(text="<script>alert(1)</script> & \x0b the bridge")
    other, draft = (factories.ClaimFactory(dossier=claim.dossier) for _ in range(2))
    factories.VerdictFactory(claim=draft, author=reviewer)
    published(factories.ClaimFactory())  # of another dossier
    first, second = published(claim), published(claim, "<img src=x onerror=alert(2)>")
    third = withdraw_verdict(published(other), by=editor, reason="The photograph was old.") or other.verdicts.get()
    where = f"/api/v1/dossiers/{claim.dossier.uid}/verdicts.atom"
    answer = api.get(where)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    told = {entry.id: entry for entry in feed.entries}
    assert set(told) == {f"urn:uuid:{one.uid}" for one in (first, second, third)}
    assert told[f"urn:uuid:{first.uid}"].title.startswith("Superseded: ")
    assert told[f"urn:uuid:{third.uid}"].title.startswith("Withdrawn: ")
    assert "The photograph was old." in told[f"urn:uuid:{third.uid}"].summary
    assert b"<script" not in answer.content
    assert b"&amp;lt;img" in answer.content
    assert api.get(where, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304
    published(other)
    assert api.get(where, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 200
    assert api.get(where.replace(str(claim.dossier.uid), str(claim.uid))).status_code == 404
