"""What a row leads to: nothing of a dossier that the caller may not read, whatever names it and however."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.models import Source, TokenGrant
from claims.services import ledger
from claims.services.sources import merge_sources
from claims.services.verdicts import Link, approve_verdict, draft_verdict, propose_verdict
from tests import factories
from tests.claims.api.conftest import V1
from tests.factories import MACHINE

WORDS = "thirty lorries crossed at night"


@dataclass
class Apart:
    """A case that is read, one that is not, and what the second one says."""

    mine: object
    claim: object
    document: object
    snapshot: object
    said: object
    people: tuple
    telling: list[str] = field(default_factory=list)


@pytest.fixture
def apart(case, reviewer, editor):
    dossier = factories.DossierFactory(slug="the-quiet-one", title="The quiet one")
    document = factories.DocumentFactory(dossier=dossier, title="A quiet page", url="https://quiet.example/one")
    snapshot = factories.SnapshotFactory(document=document, text=f"Quiet Harbour said {WORDS}.")
    source = factories.SourceFactory(name="Quiet Harbour")
    said = factories.StatementFactory(snapshot=snapshot, source=source, content_text=WORDS)
    claim = factories.ClaimFactory(dossier=dossier, text=WORDS)
    telling = [WORDS, "quiet", *(str(row.uid) for row in (dossier, document, snapshot, said, claim, source))]
    return Apart(case, claim, document, snapshot, said, (reviewer, editor), telling)


def at(resource, row, query=""):
    return f"{V1}{resource}/{row.uid}{query}"


# --- Every way from a row of one dossier to one of another: what makes it, and where it showed ------------------------


def a_statement_of_another_on_a_claim(apart):
    factories.PositionFactory(statement=apart.said, claim=apart.mine.claim, explanation=[WORDS])
    return [at("claims", apart.mine.claim), f"{V1}exports/positions.jsonl"]


def the_same_as_it_was(apart):
    a_statement_of_another_on_a_claim(apart)
    return [at("claims", apart.mine.claim, f"?as_of={timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}")]


def the_same_in_its_history(apart):
    a_statement_of_another_on_a_claim(apart)
    return [at("claims", apart.mine.claim, "/history")]


def a_claim_of_another_that_a_statement_is_about(apart):
    mine = factories.StatementFactory(snapshot=apart.mine.snapshot, source=apart.mine.guild)
    factories.PositionFactory(statement=mine, claim=apart.claim)
    return [at("statements", mine), f"{V1}exports/statements.jsonl"]


def a_conflict_with_a_claim_of_another(apart):
    taken = factories.PositionFactory(statement=apart.said, claim=apart.claim, stance="refutes")
    pair = {"claim": apart.mine.claim, "position": apart.mine.support, "other_claim": apart.claim}
    conflict = factories.ContradictionFactory(**pair, other_position=taken, explanation=f"The other says {WORDS}.")
    own = at("contradictions", conflict)
    return [own, f"{V1}contradictions?expand=claims", at("claims", apart.mine.claim), f"{V1}changes", f"{V1}events"]


def a_conflict_that_is_kept_the_other_way_round(apart):
    taken = factories.PositionFactory(statement=apart.said, claim=apart.claim, stance="refutes")
    mine = factories.ClaimFactory(dossier=apart.mine.dossier)
    said = factories.StatementFactory(snapshot=apart.mine.snapshot, source=apart.mine.guild)
    own = factories.PositionFactory(statement=said, claim=mine)
    pair = {"claim": apart.claim, "position": taken, "other_claim": mine, "other_position": own}
    conflict = factories.ContradictionFactory(**pair, explanation=WORDS)
    moment = f"?as_of={timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    return [
        at("contradictions", conflict),
        at("claims", mine),
        at("claims", mine, moment),
        at("claims", mine, "/history"),
    ]


def a_conflict_with_a_statement_of_another(apart):
    taken = factories.PositionFactory(statement=apart.said, claim=apart.mine.claim, stance="refutes")
    pair = {"claim": apart.mine.claim, "position": apart.mine.support, "other_position": taken, "type": "other"}
    conflict = factories.ContradictionFactory(**pair, explanation=f"The other says {WORDS}.")
    return [at("contradictions", conflict), f"{V1}contradictions", f"{V1}changes", f"{V1}events?type=contradiction"]


def what_a_document_copies(apart):
    copy = factories.DocumentFactory(
        dossier=apart.mine.dossier, origin=apart.document, origin_explanation="Word for word the quiet page."
    )
    told = factories.StatementFactory(snapshot=factories.SnapshotFactory(document=copy))
    return [at("documents", copy), f"{V1}documents", at("statements", told), at("statements", told, "?expand=document"),
            f"{V1}exports/documents.jsonl"]  # fmt: skip


def the_figure_that_a_claim_rose_to(apart):
    mine = factories.ClaimFactory(dossier=apart.mine.dossier, rises_to=apart.claim)
    return [at("claims", mine), f"{V1}claims", f"{V1}exports/claims.jsonl", f"{V1}exports/claims.csv"]


def the_figure_that_a_claim_rose_from(apart):
    factories.ClaimFactory(dossier=apart.claim.dossier, text=WORDS, rises_to=apart.mine.claim)
    return [at("claims", apart.mine.claim)]


def what_a_verdict_rests_on(apart):
    author, approver = apart.people
    rests = Link("https://archive.example/kept", snapshot=apart.snapshot)
    mine = factories.ClaimFactory(dossier=apart.mine.dossier)
    verdict = draft_verdict(mine, credibility=2, rationale="Seen.", by=author, evidence=[rests])
    verdict = approve_verdict(propose_verdict(verdict, by=author), by=approver)
    return [at("verdicts", verdict), at("verdicts", verdict, "?expand=claim"), at("claims", mine)]


def a_source_that_was_merged(apart):
    merge_sources(apart.said.source, target=apart.mine.guild, by=apart.people[1], reason="The same.")
    return [at("sources", apart.mine.guild)]


def where_an_unnamed_source_speaks(apart):
    source = factories.SourceFactory(kind="unnamed", name="a driver", named_in=apart.document)
    factories.StatementFactory(snapshot=apart.mine.snapshot, source=source)
    return [at("sources", source), f"{V1}exports/sources.jsonl"]


NESTINGS = [
    a_statement_of_another_on_a_claim, the_same_as_it_was, the_same_in_its_history,
    a_claim_of_another_that_a_statement_is_about, a_conflict_with_a_claim_of_another,
    a_conflict_that_is_kept_the_other_way_round, a_conflict_with_a_statement_of_another, what_a_document_copies,
    the_figure_that_a_claim_rose_to, the_figure_that_a_claim_rose_from, what_a_verdict_rests_on,
    a_source_that_was_merged, where_an_unnamed_source_speaks,
]  # fmt: skip


def client_of(person, *scopes, dossiers=None):
    token, secret = AuthToken.objects.create(person)
    grant = TokenGrant.objects.create(
        token=token, name="x", scopes=list(scopes or ["read"]), limited=dossiers is not None
    )
    grant.dossiers.set(dossiers or [])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    return client


def make_public(dossier):
    with transaction.atomic():
        dossier.public_read = True
        dossier.save(update_fields=["public_read"])
        ledger.record(MACHINE, "edited", dossier)


def told(client, address):
    answer = client.get(address)
    assert answer.status_code in (200, 404) or (answer.status_code, "/events" in address) == (401, True), answer.content
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


@pytest.mark.django_db(transaction=True)  # exports read in a transaction of their own
@pytest.mark.parametrize("nesting", NESTINGS, ids=lambda nesting: nesting.__name__)
def test_nothing_of_another_dossier_is_shown_inside_a_row(apart, reader, nesting):
    addresses = nesting(apart)
    ledger.seal()
    everything, limited = client_of(reader), client_of(reader, dossiers=[apart.mine.dossier])

    def words_in(shown):
        return [word for word in apart.telling if word in shown.casefold()]

    for address in addresses:
        assert words_in(told(everything, address)), address
    nothing = {address: [] for address in addresses}
    assert {address: words_in(told(limited, address)) for address in addresses} == nothing
    # Only now: with a public dossier, who may not read the ledger is answered in public.
    make_public(apart.mine.dossier)
    assert {address: words_in(told(APIClient(), address)) for address in addresses} == nothing


def test_whatever_source_is_named_leads_to_a_row_however_often_it_was_merged(apart, reader, editor):
    """Also for a token of one dossier, in which only the first of them says something."""
    guild = apart.mine.guild
    bodies = [factories.SourceFactory(name=name) for name in ("The Guild", "The Chamber", "The Union", "The League")]
    for source, target in pairwise([guild, *bodies[:3]]):
        merge_sources(source, target=target, by=editor, reason="The same.")
    Source.objects.filter(pk=bodies[2].pk).update(parent=bodies[3])
    limited = client_of(reader, dossiers=[apart.mine.dossier])
    assert limited.get(at("sources", guild)).json()["merged_into"]["uid"] == str(bodies[2].uid)
    statement = limited.get(at("statements", apart.mine.support.statement)).json()
    assert statement["source"]["merged_into"] == str(bodies[2].uid)
    for body in bodies:
        assert limited.get(at("sources", body)).status_code == 200
    assert limited.get(at("sources", bodies[2])).json()["parent"]["uid"] == str(bodies[3].uid)
    assert limited.get(at("sources", apart.said.source)).status_code == 404


def test_what_is_left_out_leaves_the_rest(apart, reader):
    a_statement_of_another_on_a_claim(apart)
    a_conflict_with_a_claim_of_another(Apart(**vars(apart) | {"said": factories.StatementFactory()}))
    limited = client_of(reader, dossiers=[apart.mine.dossier])
    claim = limited.get(at("claims", apart.mine.claim)).json()
    assert {one["uid"] for one in claim["positions"]} == {str(apart.mine.support.uid), str(apart.mine.refutation.uid)}
    assert [one["uid"] for one in claim["contradictions"]] == [str(apart.mine.contradiction.uid)]
    assert claim["verification"]["verdict"]["uid"] == str(apart.mine.verdict.uid)


@pytest.mark.parametrize("resource", ["claims", "contradictions", "statements", "documents", "verdicts", "sources"])
def test_a_limited_token_takes_no_query_for_each_row(apart, reader, resource):
    limited = client_of(reader, dossiers=[apart.mine.dossier])
    limited.get(V1 + resource)  # the use of the token is noted once

    def count():
        with CaptureQueriesContext(connection) as queries:
            assert limited.get(V1 + resource).status_code == 200
        return [query["sql"] for query in queries]

    few = count()
    for _ in range(3):
        mine = apart.mine
        document = factories.DocumentFactory(dossier=mine.dossier, origin=mine.document, origin_explanation="x")
        snapshot = factories.SnapshotFactory(document=document)
        claim = factories.ClaimFactory(dossier=mine.dossier, rises_to=mine.claim)
        first, second = (
            factories.PositionFactory(statement=factories.StatementFactory(snapshot=snapshot), claim=claim, stance=side)
            for side in ("supports", "refutes")
        )
        factories.ContradictionFactory(claim=claim, position=first, other_position=second)
    many = count()
    assert len(many) == len(few), "\n\n".join(many)


def test_events_are_narrowed_down_to_a_dossier(apart, api):
    ledger.seal()
    listed = api.get(f"{V1}events?dossier={apart.claim.dossier.slug}&page_size=200").json()["results"]
    assert {str(apart.claim.uid), str(apart.document.uid)} <= {event["object"] for event in listed}
    assert str(apart.mine.claim.uid) not in {event["object"] for event in listed}
    assert api.get(f"{V1}events?dossier=nowhere").status_code == 400


def test_lists_histories_and_changes_tell_of_drafts_to_the_same_people(case, reviewer, reader):
    draft = draft_verdict(case.claim, credibility=4, rationale="Perhaps not.", by=reviewer)
    ledger.seal()
    addresses = [f"{V1}events?type=verdict", f"{V1}changes?type=verdict", at("claims", case.claim, "/history")]
    for person, scopes, sees in (
        (reader, ["read", "review"], False),
        (reviewer, ["read"], False),
        (reviewer, ["read", "review"], True),
    ):
        client = client_of(person, *scopes)
        assert [str(draft.uid) in told(client, address) for address in addresses] == [sees] * 3


def test_who_did_what_is_not_told_to_everybody(case, reader):
    make_public(case.dossier)
    ledger.seal()
    addresses = [
        f"{V1}changes", at("claims", case.claim, "/history"), at("verdicts", case.verdict, "/history"),
        at("verdicts", case.verdict, f"?as_of={timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"),
    ]  # fmt: skip
    for address in addresses:
        assert '"user:' in told(client_of(reader), address)
        shown = told(APIClient(), address)
        assert '"user:' not in shown
        assert '"user"' in shown
