"""Forms: what a person writes goes through the services and onto the ledger, or is refused with a reason."""

import pytest

from claims.models import Claim, Dossier, Event, Evidence, Party, Source, SourceName, Verdict
from claims.services.claims import merge_claims
from tests import factories
from tests.claims.admin.conftest import page

SOURCE = {"name": "Varrin Monitor", "kind": "monitor", "description": "", "parent": "", "party": "", "wikidata_id": ""}


NO_ROWS = {
    f"{prefix}-{key}": "0"
    for prefix in ("names", "grades", "merges", "positions")
    for key in ("TOTAL_FORMS", "INITIAL_FORMS")
}


def evidence(*links, snapshot=""):
    rows = {f"evidence-{i}-{key}": value for i, link in enumerate(links)
            for key, value in (("url", link), ("snapshot", snapshot), ("note", link and "seen"))}  # fmt: skip
    return {"evidence-TOTAL_FORMS": str(len(links)), "evidence-INITIAL_FORMS": "0", **rows}


def draft(claim, *links, **changes):
    return {
        "claim": claim.pk, "credibility": "2", "rationale": "Two recordings.", "review_due_0": "", "review_due_1": "",
        **evidence(*links), **changes,
    }  # fmt: skip


def opened(client, row):
    """What the form of a row sends besides what is typed: the version it shows, and what it was opened with."""
    form = client.get(page(type(row), "change", row.pk)).context["adminform"].form
    return {name: form.initial[name] for name in ("seen", "opened")}


def errors_of(response):
    return response.context["adminform"].form.errors


# The triggers that want an event with each change speak at commit: only real commits hear them.


@pytest.mark.django_db(transaction=True)
def test_a_dossier_is_opened_and_edited_on_the_ledger(sign_in, editor):
    client = sign_in(editor)
    assert client.post(page(Dossier, "add"), {"title": "Gorge", "slug": "gorge", "description": ""}).status_code == 302
    dossier = Dossier.objects.get(slug="gorge")
    typed = {"title": "The Gorge", "slug": "gorge", "description": "x"}
    client.post(page(Dossier, "change", dossier.pk), typed | opened(client, dossier))
    events = Event.objects.filter(object_uid=dossier.uid)
    assert [(e.verb, e.state["title"], e.actor) for e in events] == [
        ("opened", "Gorge", editor), ("edited", "The Gorge", editor),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_party_and_those_it_opposes_are_recorded_and_claims_recomputed(sign_in, editor):
    client = sign_in(editor)
    other = factories.PartyFactory()
    client.post(page(Party, "add"), {"name": "Council", "slug": "council", "opposes": [other.pk]})
    party = Party.objects.get(slug="council")
    assert Event.objects.get(object_uid=party.uid).state["opposes"] == [other.slug]
    assert Event.objects.filter(object_uid=other.uid).last().state["opposes"] == ["council"]
    source = factories.SourceFactory(party=other)
    claim = factories.ClaimFactory(favours=party)
    factories.PositionFactory(claim=claim, statement=factories.StatementFactory(source=source))
    typed = {"name": "Council", "slug": "council", "opposes": []}
    client.post(page(Party, "change", party.pk), typed | opened(client, party))
    claim.refresh_from_db()
    assert claim.standing == "single-origin"
    assert claim.standing_flags == []
    client.post(page(Party, "change", party.pk), typed | {"opposes": [other.pk]} | opened(client, party))
    claim.refresh_from_db()
    assert claim.standing_flags == ["against-interest"]


@pytest.mark.django_db(transaction=True)
def test_a_source_is_created_described_and_emptied_through_its_service(sign_in, editor):
    client = sign_in(editor)
    party, parent = factories.PartyFactory(), factories.SourceFactory()
    response = client.post(page(Source, "add"), {**SOURCE, "party": party.pk, "wikidata_id": "Q42"})
    source = Source.objects.get(name="Varrin Monitor")
    assert response["Location"] == page(Source, "changelist")
    assert (source.party, source.wikidata_id) == (party, "Q42")
    assert SourceName.objects.get(key="varrin monitor").source == source
    typed = {**SOURCE, **NO_ROWS, "kind": "organisation", "parent": parent.pk}
    client.post(page(Source, "change", source.pk), typed | opened(client, source))
    source.refresh_from_db()
    assert (source.kind, source.parent, source.party, source.wikidata_id) == ("organisation", parent, None, "")
    assert [e.verb for e in Event.objects.filter(object_uid=source.uid)] == ["created", "described", "described"]


@pytest.mark.django_db
def test_a_source_saved_unchanged_leaves_no_trace(sign_in, editor):
    source = factories.SourceFactory(kind="monitor", description="")
    before = Event.objects.count()
    client = sign_in(editor)
    typed = SOURCE | NO_ROWS | opened(client, source)
    assert client.post(page(Source, "change", source.pk), typed).status_code == 302
    assert Event.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("name", "the MONITOR", "already leads to"),
        ("name", "…!", "letters or digits"),
        ("kind", "unnamed", "not one of the available choices"),
        ("wikidata_id", "javascript:x", "looks like Q42"),
    ],
)
def test_a_source_that_cannot_be_is_refused_with_the_reason(sign_in, editor, field, value, complaint):
    factories.SourceFactory(name="The Monitor")
    response = sign_in(editor).post(page(Source, "add"), {**SOURCE, field: value})
    assert complaint in errors_of(response)[field][0]
    assert Source.objects.count() == 1


@pytest.mark.django_db
def test_no_source_speaks_for_itself_by_way_of_others(sign_in, editor):
    top = factories.SourceFactory()
    middle = factories.SourceFactory(parent=top)
    client = sign_in(editor)
    typed = {**SOURCE, **NO_ROWS, "parent": middle.pk}
    response = client.post(page(Source, "change", top.pk), typed | opened(client, top))
    assert "speak for itself" in errors_of(response)["parent"][0]


@pytest.mark.django_db
def test_the_name_of_a_source_is_not_edited(sign_in, editor):
    source = factories.SourceFactory(name="As Printed")
    client = sign_in(editor)
    typed = {**SOURCE, **NO_ROWS, "name": "Otherwise"}
    client.post(page(Source, "change", source.pk), typed | opened(client, source))
    source.refresh_from_db()
    assert (source.name, source.kind) == ("As Printed", "monitor")


@pytest.mark.django_db
def test_whom_a_claim_favours_is_set_and_nothing_else(sign_in, editor):
    claim, party = factories.ClaimFactory(text="as asserted"), factories.PartyFactory()
    client = sign_in(editor)
    typed = {"favours": party.pk, "text": "forged", "standing": "corroborated", **NO_ROWS}
    response = client.post(page(Claim, "change", claim.pk), typed | opened(client, claim))
    assert response.status_code == 302
    claim.refresh_from_db()
    assert (claim.favours, claim.text, claim.standing) == (party, "as asserted", "unattested")
    assert Event.objects.filter(object_uid=claim.uid, verb="favours set", actor=editor).exists()


@pytest.mark.django_db(transaction=True)
def test_a_verdict_is_drafted_with_its_evidence_in_one_go(sign_in, reviewer):
    claim, snapshot = factories.ClaimFactory(), factories.SnapshotFactory()
    data = draft(claim, "https://a.example/1", "https://b.example/2")
    data["evidence-0-snapshot"] = snapshot.pk
    response = sign_in(reviewer).post(page(Verdict, "add"), data, follow=True)
    assert response.status_code == 200
    verdict = Verdict.objects.get()
    assert (verdict.author, verdict.state, verdict.credibility) == (reviewer, "draft", 2)
    assert [(e.url, e.snapshot) for e in verdict.evidence.all()] == [
        ("https://a.example/1", snapshot), ("https://b.example/2", None),
    ]  # fmt: skip
    event = Event.objects.get(object_uid=verdict.uid)
    assert [e["url"] for e in event.state["evidence"]] == ["https://a.example/1", "https://b.example/2"]


@pytest.mark.django_db
def test_a_verdict_without_evidence_or_rationale(sign_in, reviewer):
    client = sign_in(reviewer)
    claim = factories.ClaimFactory()
    assert "rationale" in errors_of(client.post(page(Verdict, "add"), draft(claim, rationale="  ")))
    assert client.post(page(Verdict, "add"), draft(claim, "")).status_code == 302
    assert not Evidence.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://a.example/x", "not an address at all"])
def test_evidence_is_found_on_the_web(sign_in, reviewer, address):
    response = sign_in(reviewer).post(page(Verdict, "add"), draft(factories.ClaimFactory(), address))
    assert response.status_code == 200
    assert response.context["inline_admin_formsets"][0].formset.errors[0]["url"]
    assert not Verdict.objects.exists()


@pytest.mark.django_db
def test_the_same_evidence_twice_is_refused_in_the_form(sign_in, reviewer):
    twice = draft(factories.ClaimFactory(), "https://a.example/1", "https://a.example/1")
    response = sign_in(reviewer).post(page(Verdict, "add"), twice)
    assert response.status_code == 200
    assert "duplicate" in str(response.context["inline_admin_formsets"][0].formset.non_form_errors())


@pytest.mark.django_db
def test_a_merged_claim_gets_no_verdict(sign_in, reviewer):
    claim = factories.ClaimFactory()
    target = factories.ClaimFactory(dossier=claim.dossier)
    merge_claims(claim, target=target, by=reviewer, reason="same")
    response = sign_in(reviewer).post(page(Verdict, "add"), draft(claim))
    assert errors_of(response)["claim"]


@pytest.mark.django_db
def test_a_refusal_between_form_and_service_is_a_message(sign_in, reviewer, monkeypatch):
    from claims.admin import verdicts
    from claims.errors import WrongState

    def refuse(*args, **kwargs):
        raise WrongState("This claim was merged meanwhile.")

    monkeypatch.setattr(verdicts, "draft_verdict", refuse)
    response = sign_in(reviewer).post(page(Verdict, "add"), draft(factories.ClaimFactory()), follow=True)
    assert [str(m) for m in response.context["messages"]] == ["This claim was merged meanwhile."]
