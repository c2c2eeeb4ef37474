"""The first page: what waits, in numbers that lead where they say."""

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.models import Claim, Contradiction, Document, Judgement, Statement, Verdict
from claims.services.verdicts import propose_verdict
from tests import factories
from tests.claims.admin.conftest import build_world, page
from tracker.models import Submission


def cards_of(client):
    return {str(card.title): card for card in client.get(reverse("admin:index")).context["cards"]}


@pytest.mark.django_db
def test_every_number_is_that_of_the_list_it_leads_to(sign_in, editor):
    factories.ClaimFactory.create_batch(2, standing="contested")
    factories.ContradictionFactory.create_batch(3)
    factories.ContradictionFactory(state="lapsed")
    factories.JudgementFactory()
    propose_verdict(factories.VerdictFactory(), by=factories.UserFactory())
    Submission.objects.create(address="https://a.example", state="failed", error="404")
    Submission.objects.create(address="https://b.example")
    factories.SnapshotFactory(error="The program failed on it 3 times.")
    client = sign_in(editor)
    cards = cards_of(client)
    for card in cards.values():
        shown = client.get(card.address).context
        listed = shown["cl"].result_count if "cl" in shown else shown["page"].paginator.count
        assert listed == card.number, card
    expected = {
        "Conflicts to decide": 5, "Contested claims": 2, "Claims that may be the same": 1,
        "Verdicts to approve": 1, "Verdicts due for review": 0, "Failed submissions": 1, "Waiting to be read": 1,
        "Versions given up": 1,
        "Statements to review": Statement.objects.count(), "Documents new today": Document.objects.count(),
    }  # fmt: skip
    assert {title: card.number for title, card in cards.items()} == expected


@pytest.mark.django_db
def test_standings_are_counted_by_dossier(sign_in, reader):
    dossier = factories.DossierFactory(title="Gorge")
    factories.ClaimFactory.create_batch(2, dossier=dossier, standing="contested")
    factories.ClaimFactory(dossier=dossier, standing="echoed")
    client = sign_in(reader)
    table = client.get(reverse("admin:index")).context["standings"]
    row = next(row for row in table["rows"] if row["title"] == "Gorge")
    counts = {value: cell for (value, _), cell in zip(table["values"], row["cells"], strict=True)}
    assert row["total"].number == 3
    assert {value: count.number for value, (count, _, _) in counts.items() if count.number} == {
        "contested": 2, "echoed": 1,
    }  # fmt: skip
    assert [name for name, _start, _length in row["parts"]] == ["echoed", "contested"]  # as the standings are listed
    assert [(round(start), round(length)) for _name, start, length in row["parts"]] == [(0, 33), (33, 67)]
    number, _, address = counts["contested"]
    assert client.get(address).context["cl"].result_count == number.number


@pytest.mark.django_db
def test_somebody_without_a_role_sees_no_number_and_no_link(sign_in):
    response = sign_in(factories.UserFactory()).get(reverse("admin:index"))
    assert response.status_code == 200
    assert response.context["cards"] == []
    assert response.context["standings"] is None
    assert page(Claim, "changelist").encode() not in response.content


@pytest.mark.django_db
def test_the_sidebar_offers_what_a_person_may_see(sign_in, editor, administrator):
    people = reverse("admin:auth_user_changelist").encode()
    assert people not in sign_in(editor).get(reverse("admin:index")).content
    content = sign_in(administrator).get(reverse("admin:index")).content
    for model in (Claim, Contradiction, Statement, Judgement, Verdict, Document):
        assert page(model, "changelist").encode() in content
    assert people in content


@pytest.mark.django_db
def test_signing_in_leads_to_the_first_page(client, reader):
    reader.set_password("a long enough password")
    reader.save()
    response = client.post(
        reverse("admin:login"), {"username": reader.username, "password": "a long enough password"}
    )  # fmt: skip
    assert response["Location"] == reverse("admin:index")


# Queries of each list for an editor: session, user, two for permissions, two counts and the rows; the others are
# what its filters offer (dossiers, measures, versions), and, for a party, whom it opposes.
QUERIES = {
    "claim": 9, "statement": 10, "document": 11, "contradiction": 9, "source": 8, "judgement": 9, "verdict": 8,
    "position": 9, "snapshot": 9, "event": 8, "dossier": 7, "party": 8,
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("name", QUERIES)
def test_a_list_costs_the_same_queries_however_many_rows_it_has(sign_in, editor, name):
    model = apps.get_model("claims", name)
    person = factories.UserFactory()
    client = sign_in(editor)

    def counted():
        with CaptureQueriesContext(connection) as queries:
            client.get(page(model, "changelist"))
        return [query["sql"] for query in queries.captured_queries]

    build_world(person, words="one row", url="https://a.example/1")
    few = counted()
    for n in range(2, 4):
        build_world(person, words=f"row {n}", url=f"https://a.example/{n}")
    many = counted()
    assert len(few) == len(many), "\n".join(many)
    assert len(many) == QUERIES[name], "\n".join(many)
