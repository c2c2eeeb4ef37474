"""The pages of a dossier show sides, figures and citations, whatever they hold, in a fixed number of queries."""

import json
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from claims.services import ledger
from claims.services.claims import merge_claims
from claims.services.sources import merge_sources
from claims.services.standings import refresh
from tests import factories
from tests.factories import MACHINE

PAGES = ["dossier", "dossier-figures", "dossier-citations", "dossier-newest"]
WORDS = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{1234*4321}}\u202etxt"


def address(dossier, name="dossier"):
    return reverse(f"desk:{name}", args=[dossier.uid])


@pytest.fixture
def dossier(db):
    return factories.DossierFactory(title="The ferry at Osk")


@pytest.fixture
def at_the_desk(client, reader):
    client.force_login(reader)
    return client


def says(source, claim, stance="supports", *, publisher=None, hours=0, parent=None):
    """A statement of a source in a document of its own (or nested in one), and its position."""
    if parent is None:
        document = factories.DocumentFactory(
            dossier=claim.dossier, publisher=publisher or factories.SourceFactory(kind="news media"),
            published_at=timezone.now() + timedelta(hours=hours),
        )  # fmt: skip
        statement = factories.StatementFactory(snapshot__document=document, source=source)
    else:
        statement = factories.StatementFactory(snapshot=parent.snapshot, source=source, parent=parent)
    factories.PositionFactory(statement=statement, claim=claim, stance=stance)
    return statement


def two_camps(dossier, sources=2, claims=2):
    """Two parties, each with sources that assert its own claims and deny the other's, in a mixed order."""
    sides = [factories.PartyFactory(name="Harbour League"), factories.PartyFactory(name="Hill Council")]
    made = [
        (side, factories.ClaimFactory(dossier=dossier, text=f"{party.name} claim {i}"))
        for i in range(claims)
        for side, party in enumerate(sides)
    ]
    speakers = [
        (side, factories.SourceFactory(name=f"{party.name} voice {i}", party=party))
        for i in range(sources)
        for side, party in enumerate(sides)
    ]
    for side, source in speakers:
        for camp, claim in made:
            says(source, claim, "supports" if camp == side else "refutes")
    refresh([claim.pk for _side, claim in made], actor=MACHINE)
    return [source for _side, source in speakers], [claim for _side, claim in made]


def table(response):
    """The matrix as names and stances."""
    context = response.context
    return [(row.speaker.body.name, [cell.stance for _column, cell in row.cells]) for row in context["matrix"].rows]


def columns(response):
    return [column.claim.text for column in response.context["matrix"].columns]


# --- Sides -----------------------------------------------------------------------------------------------------------


def test_those_who_take_one_side_stand_together(at_the_desk, dossier):
    two_camps(dossier)
    response = at_the_desk.get(address(dossier))
    names = [name.split(" voice")[0] for name, _cells in table(response)]
    assert names in (["Harbour League"] * 2 + ["Hill Council"] * 2, ["Hill Council"] * 2 + ["Harbour League"] * 2)
    assert [cells for _name, cells in table(response)] == [
        ["supports", "supports", "refutes", "refutes"],
        ["supports", "supports", "refutes", "refutes"],
        ["refutes", "refutes", "supports", "supports"],
        ["refutes", "refutes", "supports", "supports"],
    ]
    assert [len(bloc.speakers) for bloc in response.context["matrix"].blocs] == [2, 2]


def test_each_stance_has_a_sign_and_words_besides_its_colour(at_the_desk, dossier):
    claim, other = (factories.ClaimFactory(dossier=dossier) for _ in range(2))
    source = factories.SourceFactory(name="Osk Radio")
    says(source, claim, "supports", hours=0)
    says(source, claim, "refutes", hours=1)
    says(factories.SourceFactory(), other, "reports")
    says(factories.SourceFactory(), other, "supports")
    refresh([claim.pk, other.pk], actor=MACHINE)
    content = at_the_desk.get(address(dossier)).content.decode()
    cells = re.findall(r'<td class="ds-cell[^>]*><span aria-hidden="true">(.*?)</span><span[^>]*>(.*?)</span>', content)
    assert {(re.sub("<.*", "", sign), words) for sign, words in cells} == {
        ("+", "supports"), ("−", "refutes, said the opposite before"), ("○", "reports"), ("·", "silent"),
    }  # fmt: skip


def test_a_merged_source_and_its_spokesman_are_one_row(at_the_desk, dossier, editor):
    claim = factories.ClaimFactory(dossier=dossier)
    ministry = factories.SourceFactory(name="Ministry of Ferries")
    same = factories.SourceFactory(name="Ferry Ministry")
    says(factories.SourceFactory(name="Ola Venn", parent=ministry), claim)
    says(same, claim)
    merge_sources(same, target=ministry, reason="one office", by=editor)
    refresh([claim.pk], actor=MACHINE)
    assert [name for name, _cells in table(at_the_desk.get(address(dossier)))] == ["Ministry of Ferries"]


def test_a_merged_claim_has_no_column(at_the_desk, dossier, editor):
    kept, merged = (factories.ClaimFactory(dossier=dossier) for _ in range(2))
    says(factories.SourceFactory(), kept)
    says(factories.SourceFactory(), merged)
    refresh([kept.pk, merged.pk], actor=MACHINE)
    merge_claims(merged, target=kept, reason="the same", by=editor)
    response = at_the_desk.get(address(dossier))
    assert columns(response) == [kept.text]
    assert sum(one["count"] for one in response.context["standings"]) == 1


def test_the_party_keeps_to_its_sources_and_leaves_the_claims(at_the_desk, dossier):
    two_camps(dossier)
    says(factories.SourceFactory(name="Neutral"), dossier.claims.first())
    found = at_the_desk.get(address(dossier), {"party": "Hill Council"})
    assert {name for name, _cells in table(found)} == {"Hill Council voice 0", "Hill Council voice 1"}
    assert len(columns(found)) == 4
    assert [name for name, _cells in table(at_the_desk.get(address(dossier), {"party": "-"}))] == ["Neutral"]


def test_the_standing_keeps_to_its_claims(at_the_desk, dossier):
    _sources, claims = two_camps(dossier)
    alone = factories.ClaimFactory(dossier=dossier, text="the pier is open")
    says(factories.SourceFactory(), alone)
    refresh([alone.pk], actor=MACHINE)
    assert columns(at_the_desk.get(address(dossier), {"standing": "single-origin"})) == ["the pier is open"]
    assert len(columns(at_the_desk.get(address(dossier), {"standing": "contested"}))) == len(claims)
    assert len(columns(at_the_desk.get(address(dossier), {"standing": "no such"}))) == len(claims) + 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"from": "2031-05-03"}, {"third", "long"}),
        ({"to": "2031-05-02"}, {"first", "long"}),
        ({"from": "2031-05-02", "to": "2031-05-02"}, {"long"}),
        ({"from": "2031-06-01"}, set()),
    ],
)
def test_a_period_keeps_to_what_happened_in_it(at_the_desk, dossier, asked, found):
    days = {"first": (1, 1), "third": (3, 3), "long": (1, 9), "undated": None}
    for text, period in days.items():
        first, last = (date(2031, 5, day) for day in period) if period else (None, None)
        claim = factories.ClaimFactory(dossier=dossier, text=text, when_first=first, when_last=last)
        says(factories.SourceFactory(), claim)
        refresh([claim.pk], actor=MACHINE)
    assert set(columns(at_the_desk.get(address(dossier), asked))) == found


@pytest.mark.parametrize(
    "asked", [{"from": "tomorrow"}, {"from": "2031-02-30"}, {"from": "2031-05-02", "to": "2031-05-01"}]
)
def test_a_period_that_cannot_be_is_said(at_the_desk, dossier, asked):
    response = at_the_desk.get(address(dossier), asked)
    assert response.status_code == 200
    assert response.context["filters"].mistakes
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("number", ["0", "-3", "x", "999999999999", "²", ""])
def test_no_number_of_a_part_breaks_the_page(at_the_desk, dossier, number):
    assert at_the_desk.get(address(dossier), {"claims": number, "sources": number}).status_code == 200


def test_more_claims_and_sources_than_fit_are_said_and_paged(at_the_desk, dossier, monkeypatch):
    monkeypatch.setattr("claims.desk.dossier.CLAIMS", 3)
    monkeypatch.setattr("claims.desk.dossier.SOURCES", 2)
    two_camps(dossier)
    first = at_the_desk.get(address(dossier))
    assert (len(table(first)), len(columns(first))) == (2, 3)
    assert "of 4" in first.content.decode()
    assert "of 4 that speak to them" in first.content.decode()
    second = at_the_desk.get(address(dossier) + first.context["claims_part"].later)
    assert {*columns(first), *columns(second)} == {claim.text for claim in dossier.claims.all()}
    others = at_the_desk.get(address(dossier) + first.context["sources_part"].later)
    assert len({name for name, _cells in table(first)} | {name for name, _cells in table(others)}) == 4
    assert others.context["sources_part"].later == ""


def test_what_shows_sides_comes_first(at_the_desk, dossier, monkeypatch):
    monkeypatch.setattr("claims.desk.dossier.CLAIMS", 1)
    contested, alone = (factories.ClaimFactory(dossier=dossier) for _ in range(2))
    says(factories.SourceFactory(), alone)
    says(factories.SourceFactory(), contested)
    says(factories.SourceFactory(), contested, "refutes")
    refresh([contested.pk, alone.pk], actor=MACHINE)
    assert columns(at_the_desk.get(address(dossier))) == [contested.text]


# --- Figures ---------------------------------------------------------------------------------------------------------


def figure(dossier, best, *, place="Osk", **changed):
    told = {"kind": "figure", "measure": "killed", "counted": "fishermen", "place": place, "place_key": place.lower()}
    return factories.ClaimFactory(dossier=dossier, best=best, **{**told, **changed})


def test_a_toll_is_drawn_by_source_and_told_in_a_table(at_the_desk, dossier):
    nine = figure(dossier, 9, low=7, high=12)
    says(factories.SourceFactory(name="Osk Radio"), nine)
    says(factories.SourceFactory(name="Harbour Master"), figure(dossier, None, low=14), hours=3)
    says(factories.SourceFactory(name="Denier"), nine, "refutes")
    says(factories.SourceFactory(name="Relay"), nine, "reports")
    response = at_the_desk.get(address(dossier, "dossier-figures"))
    content = response.content.decode()
    drawn = json.loads(re.search(r'<script id="toll-data" type="application/json">(.*?)</script>', content, re.S)[1])
    told = {
        one["source"]: [(f["low"], f["y"], f["high"], f["open"], f["told"]) for f in one["figures"]] for one in drawn
    }
    assert told == {
        "Osk Radio": [(7, 9, 12, "", "9 (7 to 12) fishermen")],
        "Harbour Master": [(14, 14, 14, "above", "at least 14 fishermen")],
    }
    assert len({one["marker"] for one in drawn}) == 2
    rows = content.split('id="toll-data"')[1]
    assert "9 (7 to 12)" in rows
    assert "at least 14" in rows
    assert "Denier" not in rows


def test_tolls_of_different_places_are_apart_and_the_largest_is_shown_first(at_the_desk, dossier):
    for best in (3, 4):
        says(factories.SourceFactory(), figure(dossier, best, place="Lindel"))
    says(factories.SourceFactory(), figure(dossier, 50))
    response = at_the_desk.get(address(dossier, "dossier-figures"))
    assert [(toll.place, toll.claims) for toll, _query, _here in response.context["tolls"]] == [
        ("Lindel", 2),
        ("Osk", 1),
    ]
    assert [f.best for one in response.context["series"] for f in one.figures] in ([3, 4], [4, 3])
    other = at_the_desk.get(address(dossier, "dossier-figures") + response.context["tolls"][1][1])
    assert [f.best for one in other.context["series"] for f in one.figures] == [50]


def test_only_the_newest_figures_are_drawn_and_that_is_said(at_the_desk, dossier, monkeypatch):
    monkeypatch.setattr("claims.desk.dossier.FIGURES", 2)
    for best in (1, 2, 3):
        says(factories.SourceFactory(), figure(dossier, best))
    response = at_the_desk.get(address(dossier, "dossier-figures"))
    assert {f.best for one in response.context["series"] for f in one.figures} == {2, 3}
    assert "there are older ones" in response.content.decode()


# --- Who cites whom --------------------------------------------------------------------------------------------------


def drawn(response):
    names = {key: source.name for key, source in response.context["cited"].bodies.items()}
    return {
        (names[one.cites.citing], names[one.cites.cited]): (one.cites.statements, one.cites.copies, one.cites.circular)
        for one in response.context["drawing"].lines
    }


def test_publishers_cite_sources_and_copies_cite_what_they_copy(at_the_desk, dossier):
    post, gazette = (factories.SourceFactory(name=name, kind="news media") for name in ("Post", "Gazette"))
    army = factories.SourceFactory(name="Army")
    original = factories.DocumentFactory(dossier=dossier, publisher=post)
    factories.DocumentFactory(dossier=dossier, publisher=gazette, origin=original, origin_explanation="word for word")
    snapshot = factories.SnapshotFactory(document=original)
    factories.StatementFactory(snapshot=snapshot, source=army)
    factories.StatementFactory(snapshot=snapshot, source=factories.SourceFactory(name="Captain Rook", parent=army))
    response = at_the_desk.get(address(dossier, "dossier-citations"))
    assert drawn(response) == {("Post", "Army"): (2, 0, False), ("Gazette", "Post"): (0, 1, False)}
    content = response.content.decode()
    assert content.count(f'class="ds-node" href="{reverse("desk:source", args=[army.uid])}"') == 1


def test_of_a_nested_statement_the_outer_source_cites_the_inner_one(at_the_desk, dossier):
    post, television, troops = (factories.SourceFactory(name=name) for name in ("Post", "Television", "Troops"))
    claim = factories.ClaimFactory(dossier=dossier)
    outer = says(television, claim, publisher=post)
    says(troops, claim, parent=outer)
    assert drawn(at_the_desk.get(address(dossier, "dossier-citations"))) == {
        ("Post", "Television"): (1, 0, False), ("Television", "Troops"): (1, 0, False)
    }  # fmt: skip


def test_a_circle_is_said_and_marked(at_the_desk, dossier):
    post, gazette = (factories.SourceFactory(name=name, kind="news media") for name in ("Post", "Gazette"))
    claim = factories.ClaimFactory(dossier=dossier)
    says(post, claim, publisher=gazette)
    says(gazette, claim, publisher=post)
    response = at_the_desk.get(address(dossier, "dossier-citations"))
    assert [sorted(source.name for source in circle) for circle in response.context["circles"]] == [["Gazette", "Post"]]
    assert all(circular for _s, _c, circular in drawn(response).values())
    assert "in a circle, which is no origin" in response.content.decode()


def test_only_the_newest_documents_are_read_for_it(at_the_desk, dossier, monkeypatch):
    monkeypatch.setattr("claims.desk.dossier.CITING_DOCUMENTS", 1)
    claim = factories.ClaimFactory(dossier=dossier)
    says(factories.SourceFactory(name="Old"), claim)
    says(factories.SourceFactory(name="New"), claim)
    response = at_the_desk.get(address(dossier, "dossier-citations"))
    assert {cited for _citing, cited in drawn(response)} == {"New"}
    assert "Older ones are left out." in response.content.decode()


# --- Newest ----------------------------------------------------------------------------------------------------------


def test_the_newest_changes_are_those_of_this_dossier(at_the_desk, dossier):
    claim = factories.ClaimFactory(dossier=dossier, text="the ferry sank")
    factories.ClaimFactory(text="elsewhere")
    ledger.record(MACHINE, "rose", claim)
    changes = at_the_desk.get(address(dossier, "dossier-newest")).context["changes"]
    assert [(event.verb, words) for event, _address, words in changes] == [
        ("rose", "the ferry sank"), ("created", "the ferry sank"), ("created", "The ferry at Osk")
    ]  # fmt: skip
    assert changes[0][1] == reverse("desk:claim", args=[claim.uid])


def test_changes_of_the_newest_rows_are_found_however_much_else_happened(at_the_desk, dossier, monkeypatch):
    claim = factories.ClaimFactory(dossier=dossier, text="the ferry sank")
    monkeypatch.setattr("claims.desk.dossier.LATEST_EVENTS", 3)
    for _ in range(5):
        factories.ClaimFactory()
    changes = at_the_desk.get(address(dossier, "dossier-newest")).context["changes"]
    assert [event.object_uid for event, _address, _words in changes] == [claim.uid]


def test_documents_come_in_parts(at_the_desk, dossier, monkeypatch):
    monkeypatch.setattr("claims.desk.dossier.DOCUMENTS", 2)
    titles = [factories.DocumentFactory(dossier=dossier).title for _ in range(3)]
    first = at_the_desk.get(address(dossier, "dossier-newest"))
    assert [document.title for document, _tone in first.context["documents"].rows] == titles[:0:-1]
    second = at_the_desk.get(address(dossier, "dossier-newest") + first.context["documents"].later)
    assert [document.title for document, _tone in second.context["documents"].rows] == titles[:1]


# --- All of them -----------------------------------------------------------------------------------------------------


def filled(dossier, rows):
    """Rows of everything that the pages list."""
    for i in range(rows):
        claim = figure(dossier, i + 1)
        post = factories.SourceFactory(kind="news media", parent=factories.SourceFactory())
        outer = says(factories.SourceFactory(party=factories.PartyFactory()), claim, publisher=post)
        unnamed = factories.SourceFactory(name="a clerk", kind="unnamed", named_in=outer.snapshot.document)
        says(unnamed, factories.ClaimFactory(dossier=dossier), "refutes", parent=outer)
        factories.DocumentFactory(dossier=dossier, origin=outer.snapshot.document, origin_explanation="a copy")
        refresh([claim.pk], actor=MACHINE)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_takes_as_many_queries_for_many_rows_as_for_few(at_the_desk, dossier, name):
    counts = []
    for rows in (2, 6):
        filled(dossier, rows)
        with CaptureQueriesContext(connection) as queries:
            assert at_the_desk.get(address(dossier, name)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= {"dossier": 20, "dossier-figures": 18, "dossier-citations": 12}.get(name, 13)


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_dossier_has_its_pages_too(at_the_desk, dossier, name):
    response = at_the_desk.get(address(dossier, name))
    assert response.status_code == 200
    assert "cb-empty" in response.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_names_from_outside_are_text(at_the_desk, name):
    dossier = factories.DossierFactory(title=WORDS, description=WORDS)
    party = factories.PartyFactory(name=WORDS)
    speaker = factories.SourceFactory(name=WORDS, party=party)
    claim = figure(dossier, 4, text=WORDS, place=WORDS, place_key="osk", counted=WORDS, measure=WORDS[:50])
    says(speaker, claim, publisher=factories.SourceFactory(name=f"{WORDS} Post"))
    factories.DocumentFactory(dossier=dossier, title=WORDS, url="javascript:alert(1)")
    refresh([claim.pk], actor=MACHINE)
    content = at_the_desk.get(address(dossier, name)).content.decode()
    assert "&lt;script&gt;alert(1)" in content or "\\u003Cscript" in content
    assert "<script>alert" not in content
    assert "<img src=x" not in content
    assert 'href="javascript:' not in content
    assert str(1234 * 4321) not in content


@pytest.mark.parametrize("name", PAGES)
def test_nobody_without_the_right_to_look_sees_a_dossier(client, dossier, name):
    assert client.get(address(dossier, name)).status_code == 302
    client.force_login(factories.UserFactory())
    assert client.get(address(dossier, name)).status_code == 403


def test_a_dossier_that_is_not_there_is_not_found(at_the_desk, dossier):
    assert at_the_desk.get(reverse("desk:dossier", args=["00000000-0000-4000-8000-000000000000"])).status_code == 404
