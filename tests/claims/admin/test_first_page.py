"""The first page: queues with their age, what changed since one was here, outages and silence told apart."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from claims.admin import counting
from claims.admin.arrivals import HOURS, documents_by_hour, is_silent, publishers_heard, usual_gap
from claims.admin.counting import Counted, bounded_count
from claims.admin.since import news
from claims.models import Claim, Visit
from claims.services import ledger
from claims.services.verdicts import approve_verdict, propose_verdict
from tests import factories
from tests.factories import MACHINE
from tracker.health import OUTAGE, health, host_of
from tracker.models import Submission

NOW = datetime(2031, 5, 4, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def first_page(client):
    return client.get(reverse("admin:index"))


def stands(claim, standing):
    """Let a claim stand otherwise, as recomputing it does."""
    Claim.objects.filter(pk=claim.pk).update(standing=standing)
    claim.refresh_from_db()
    ledger.record(MACHINE, "standing changed", claim)
    return claim


def long_ago(row, field="created_at", **ago):
    """Let a row be older than it is."""
    type(row).objects.filter(pk=row.pk).update(**{field: timezone.now() - timedelta(**ago)})
    ledger.record(MACHINE, "changed", row)
    return row


# --- Queues ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_counting_stops_at_its_bound():
    factories.PartyFactory.create_batch(4)
    rows = factories.models.Party.objects.all()
    assert bounded_count(rows, most=4) == Counted(4)
    assert str(bounded_count(rows, most=3)) == "3+"
    with CaptureQueriesContext(connection) as queries:
        bounded_count(rows, most=3)
    assert "LIMIT 4" in queries.captured_queries[0]["sql"]
    assert str(Counted(1000, more=True)) == "1,000+"
    assert str(Counted(2) + Counted(3, more=True)) == "5+"


@pytest.mark.django_db
def test_a_queue_says_how_long_its_oldest_has_waited(client, editor):
    long_ago(factories.ContradictionFactory(), days=3)
    factories.ContradictionFactory()
    client.force_login(editor)
    cards = {str(card.title): card for card in first_page(client).context["cards"]}
    card = cards["Conflicts to decide"]
    assert card.number == 2
    assert timezone.now() - card.oldest > timedelta(days=2, hours=23)
    assert "the oldest for 3\xa0days" in first_page(client).content.decode()
    assert cards["Verdicts to approve"].oldest is None


@pytest.mark.django_db
def test_a_queue_longer_than_the_bound_says_so(client, editor, monkeypatch):
    monkeypatch.setattr(counting.bounded_count, "__kwdefaults__", {"most": 2})
    factories.ContradictionFactory.create_batch(3)
    client.force_login(editor)
    assert '<span class="cb-number">2+</span>' in first_page(client).content.decode()


# --- Since somebody was last here ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_claim_that_stands_otherwise_is_news_with_how_it_stood(client, editor):
    moved = stands(factories.ClaimFactory(text="the bridge was closed"), "single-origin")
    still = stands(factories.ClaimFactory(), "echoed")
    since = timezone.now()
    told = news(since)
    assert told.nothing
    stands(moved, "corroborated")
    stands(moved, "contested")
    stands(still, "denied")
    stands(still, "echoed")
    born = stands(factories.ClaimFactory(), "contested")
    told = news(since)
    assert [(one.claim, one.before, one.now) for one in told.changes] == [(moved, "single-origin", "contested")]
    assert told.changed == Counted(1)
    assert told.born == [("contested", 1)]
    assert born.pk
    assert not told.nothing


@pytest.mark.django_db
def test_what_weighs_most_comes_first_and_only_some_are_shown(monkeypatch):
    monkeypatch.setattr("claims.admin.since.SHOWN", 2)
    claims = [stands(factories.ClaimFactory(), "single-origin") for _ in range(4)]
    since = timezone.now()
    for claim, value in zip(claims, ("echoed", "corroborated", "contested", "one-sided"), strict=True):
        stands(claim, value)
    told = news(since)
    assert [one.now for one in told.changes] == ["contested", "corroborated"]
    assert told.changed == Counted(4)


@pytest.mark.django_db
def test_new_contradictions_and_verdicts_that_came_due_are_news(editor, reviewer):
    since = timezone.now() - timedelta(days=1)
    long_ago(factories.ContradictionFactory(), days=2)
    new = factories.ContradictionFactory()
    verdict = factories.VerdictFactory(author=reviewer, review_due=timezone.now() - timedelta(hours=1))
    approve_verdict(propose_verdict(verdict, by=reviewer), by=editor)
    earlier = factories.VerdictFactory(author=reviewer, review_due=timezone.now() - timedelta(days=3))
    approve_verdict(propose_verdict(earlier, by=reviewer), by=editor)
    told = news(since)
    assert told.contradictions == [new]
    assert told.contradicted == Counted(1)
    assert told.due == [verdict]


@pytest.mark.django_db
def test_news_count_from_the_end_of_the_visit_before(client, editor):
    client.force_login(editor)
    assert not first_page(client).context["was_here"]
    left = timezone.now() - timedelta(hours=9)
    Visit.objects.filter(user=editor).update(seen_at=left)
    claim = stands(factories.ClaimFactory(), "single-origin")
    response = first_page(client)
    assert response.context["was_here"]
    assert response.context["news"].since == left
    assert response.context["news"].born == [("single-origin", 1)]
    # The page opened again a minute later still counts from there.
    assert first_page(client).context["news"].since == left
    assert claim.pk


# --- What comes in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "usual", "silent"),
    [
        ([1, 5, 9, 13, 17], 4, False),
        ([13, 17, 21, 25, 29], 4, True),
        ([12, 16, 20, 24, 28], 4, False),  # three times the gap, and not more
        ([500, 504, 508, 512], None, False),  # too few to tell
        ([2, 2, 2, 2, 2], 1, False),  # a batch: gaps count as an hour
        ([4, 4, 4, 4, 4], 1, True),
    ],
)
def test_silence_is_told_by_the_usual_gap(ago, usual, silent):
    arrivals = [NOW - hours * HOUR for hours in ago]
    assert usual_gap(arrivals) == (usual * HOUR if usual else None)
    assert is_silent(arrivals, now=NOW) == silent


@pytest.mark.django_db
def test_publishers_are_listed_the_silent_ones_first():
    now = timezone.now()
    silent, usual, new = (factories.SourceFactory(name=name) for name in ("Silent Post", "Usual Post", "New Post"))
    for source, ago in ((silent, range(20, 25)), (usual, range(1, 6)), (new, [2])):
        for hours in ago:
            long_ago(factories.DocumentFactory(publisher=source), "first_seen_at", hours=hours)
    factories.DocumentFactory(publisher=None)
    heard = {one.publisher: one for one in publishers_heard(now)}
    assert next(iter(heard)) == silent.pk
    assert {pk: one.silent for pk, one in heard.items()} == {silent.pk: True, usual.pk: False, new.pk: False}
    assert heard[new.pk].usual is None


@pytest.mark.django_db
def test_documents_are_counted_by_the_hour():
    now = timezone.now()
    factories.DocumentFactory.create_batch(2)
    long_ago(factories.DocumentFactory(), "first_seen_at", hours=5)
    long_ago(factories.DocumentFactory(), "first_seen_at", hours=HOURS + 1)
    found = documents_by_hour(now)
    assert len(found) == HOURS
    assert (found[-1], found[-6], sum(found)) == (2, 1, 3)


def handed_in(*states, host="news.example"):
    """Submissions of these states, the oldest first; ``d`` was read, ``f`` failed, ``q`` waits."""
    snapshot = factories.SnapshotFactory()
    for n, state in enumerate(states):
        Submission.objects.create(
            address=f"https://{host}/{n}" if host else f"file-{n}.md",
            state={"d": "done", "f": "failed", "q": "queued"}[state],
            error="503 Service Unavailable" if state == "f" else "",
            snapshot=snapshot if state == "d" else None,
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("states", "out", "failed"),
    [("dfff", True, 3), ("fffd", False, 3), ("dff", False, 2), ("fffq", True, 3), ("fdf", False, 2), ("ffff", True, 4)],
)
def test_a_host_whose_last_attempts_all_failed_is_out(states, out, failed):
    handed_in(*states)
    found = health(timezone.now())
    (host,) = found.hosts
    assert (host.name, host.out, host.failed) == ("news.example", out, failed)
    assert bool(found.outages) == out
    assert len(found.failures) == failed


@pytest.mark.django_db
def test_outages_come_before_failures_and_hosts_that_do_well_are_counted():
    handed_in(*"fd", host="some.example")
    handed_in(*"fff", host="out.example")
    handed_in(*"dd", host="well.example")
    handed_in(*"f", host="")
    found = health(timezone.now())
    assert [host.name for host in found.hosts] == ["out.example", "files", "some.example"]
    assert found.well == 1
    assert OUTAGE == 3


@pytest.mark.django_db
def test_what_nobody_begins_to_read_is_an_outage_of_the_reading_itself(client, editor):
    handed_in("q")
    assert health(timezone.now()).stuck_since is None
    assert health(timezone.now() + timedelta(minutes=11)).stuck_since is not None
    Submission.objects.update(created_at=timezone.now() - timedelta(hours=2))
    client.force_login(editor)
    page = first_page(client).content.decode()
    assert "Nothing is being read" in page
    assert "Not everything could be heard" in page


@pytest.mark.parametrize("address", ["", "file.md", "http://[", "https://", "ftp://a.example/x", "javascript:alert(1)"])
def test_an_address_without_a_host_has_none(address):
    assert host_of(address) == ""


@pytest.mark.django_db
def test_the_chart_says_the_same_as_its_table(client, editor):
    factories.DocumentFactory.create_batch(2)
    handed_in("f")
    client.force_login(editor)
    response = first_page(client)
    told, rows = response.context["arrivals"], response.context["arrivals_rows"]
    assert [(row[1], row[2]) for row in rows][::-1] == list(zip(told["documents"], told["failures"], strict=True))
    assert rows[0][1:] == (3, 1)
    assert 'id="fp-hours"' in response.content.decode()


@pytest.mark.django_db
def test_names_and_errors_from_outside_do_nothing(client, editor):
    nasty = '"><script>alert(1)</script>'
    factories.DocumentFactory(publisher__name=nasty, dossier__title=nasty)
    Submission.objects.create(address=f"https://a.example/{nasty}", state="failed", error=nasty)
    stands(factories.ClaimFactory(text=nasty, dossier__title=nasty), "contested")
    factories.ContradictionFactory(explanation=nasty)
    client.force_login(editor)
    page = first_page(client).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.django_db
def test_the_first_page_costs_the_same_queries_however_many_rows_there_are(client, editor):
    client.force_login(editor)
    first_page(client)

    def counted():
        with CaptureQueriesContext(connection) as queries:
            first_page(client)
        return [query["sql"] for query in queries.captured_queries]

    def more(n):
        for _ in range(n):
            claim = stands(factories.ClaimFactory(), "contested")
            long_ago(stands(claim, "denied"), days=1)
            stands(claim, "contested")
            factories.ContradictionFactory(claim=claim)
            handed_in(*"fd", host=f"h{n}-{claim.pk}.example")

    more(1)
    few = counted()
    more(5)
    many = counted()
    assert len(few) == len(many), "\n".join(many)
