"""Search: what it finds, in which spellings, narrowed to what, and what it makes of anything that somebody types."""

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import datetime, make_aware
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.desk import finding
from claims.desk.finding import CLAIMS, DOCUMENTS, SOURCES, STATEMENTS, Narrowed, find, understood
from claims.models import SourceName, Word, name_key
from claims.services import vocabulary
from tests import factories

pytestmark = pytest.mark.django_db
MARKUP = '<script>alert("bridge")</script><img src=x onerror=alert(1)> bridge'


def claims_for(query, **narrowed):
    return find(CLAIMS, understood(query), Narrowed(**narrowed)).ids


def searched(client, query, **more):
    return client.get(reverse("desk:search"), {"q": query, **more})


def group(response, kind):
    return next(one for one in response.context["groups"] if one.kind == kind)


# --- What is found ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("mayor", True),
        ("bridges", True),  # by the stem
        ("closed bridge", True),  # in any order
        ('"bridge was closed"', True),
        ('"closed bridge"', False),  # the phrase is not there
        ("bridge -mayor", False),
        ("ferry or bridge", True),
        ("ferry", False),
        ("Zołkew", True),  # without its accents
        ("zolkew", True),
        ("clos", True),  # the beginning of the last word
        ('"clos"', False),
    ],
)
def test_a_claim_is_found_by_its_words(query, finds):
    claim = factories.ClaimFactory(text="The mayor said that the bridge was closed", place="Zołkew")
    factories.ClaimFactory(text="A convoy left the depot")
    assert (claim.pk in claims_for(query)) == finds


def test_each_kind_of_row_is_found():
    statement = factories.StatementFactory(
        content_text="the ferry sank at the quay",
        source=factories.SourceFactory(name="Marta Kellin"),
        snapshot=factories.SnapshotFactory(
            text="Nobody was on the pontoon.", document=factories.DocumentFactory(title="Accident in the harbour")
        ),
    )
    document = statement.snapshot.document
    anything = Narrowed()
    assert find(STATEMENTS, understood('"ferry sank"'), anything).ids == [statement.pk]
    assert find(STATEMENTS, understood("Kellin"), anything).ids == [statement.pk]
    assert find(DOCUMENTS, understood("harbour"), anything).ids == [document.pk]
    assert find(DOCUMENTS, understood("pontoon"), anything).ids == [document.pk]
    assert find(SOURCES, understood("kellin"), anything).ids == [statement.source.pk]


def test_a_source_is_found_by_an_alias():
    source = factories.SourceFactory(name="Northern Relief Committee")
    SourceName.objects.create(source=source, name="Beacon Aid", key=name_key("Beacon Aid"))
    assert find(SOURCES, understood("beacon"), Narrowed()).ids == [source.pk]


@pytest.mark.parametrize(
    ("typed", "spelt"),
    [
        ("Qusair", "Qusayr"),  # another transliteration
        ("Kusayr", "Qusayr"),
        ("Homms", "Homs"),
        ("Karmeniq", "Karmenik"),
        ("Velmroa", "Velmora"),  # letters the wrong way round
        ("brigde", "bridge"),
        ("helicoptre", "helicopter"),
    ],
)
def test_a_name_is_found_in_another_spelling_and_the_page_says_so(client, reader, typed, spelt):
    claim = factories.ClaimFactory(text=f"Shells fell on {spelt} at night")
    factories.ClaimFactory(text="A convoy left the depot")
    vocabulary.learn_words()
    assert claims_for(typed) == [claim.pk]
    client.force_login(reader)
    response = searched(client, typed)
    assert response.context["spellings"] == [spelt.lower()]
    assert "Also looked for" in response.content.decode()


def test_quoted_words_are_taken_as_they_are():
    factories.ClaimFactory(text="Shells fell on Qusayr at night")
    vocabulary.learn_words()
    assert claims_for('"Qusair"') == []


def test_a_word_that_is_known_is_not_taken_for_a_slip():
    factories.ClaimFactory(text="The bridge fell")
    other = factories.ClaimFactory(text="The bride left")
    vocabulary.learn_words()
    assert claims_for("bride") == [other.pk]


def test_words_are_learned_once_from_each_row_however_often_that_is_asked():
    factories.ClaimFactory(text="Shells fell on Qusayr")
    assert vocabulary.learn_words() > 0
    words = Word.objects.count()
    assert Word.objects.get(word="qusayr").key == Word(key="kusir").key
    assert vocabulary.learn_words() == 0
    factories.ClaimFactory(text="Shells fell on Dravask")
    assert vocabulary.learn_words(rows=1) > 0
    assert Word.objects.filter(word="dravask").exists()
    assert Word.objects.count() > words


def test_the_best_come_first_and_of_two_alike_the_newer():
    dossier = factories.DossierFactory()
    far = factories.ClaimFactory(dossier=dossier, text="The bridge, said the mayor of a town, was one day closed")
    near = factories.ClaimFactory(dossier=dossier, text="The bridge closed")
    newer = factories.ClaimFactory(dossier=dossier, text="The bridge closed")
    assert claims_for("bridge closed") == [newer.pk, near.pk, far.pk]


def test_what_was_merged_superseded_or_rejected_is_not_found():
    dossier = factories.DossierFactory()
    target = factories.ClaimFactory(dossier=dossier, text="The bridge closed")
    factories.ClaimFactory(dossier=dossier, text="The bridge closed too", merged_into=target)
    assert claims_for("bridge") == [target.pk]
    by = {"reviewed_by": factories.UserFactory(), "reviewed_at": make_aware(datetime(2030, 1, 1))}
    factories.StatementFactory(content_text="the bridge closed", state="rejected", **by)
    assert find(STATEMENTS, understood("bridge"), Narrowed()).ids == []


def test_where_more_fit_than_are_looked_at_the_newest_are_shown(monkeypatch):
    monkeypatch.setattr(finding, "MOST", 3)
    monkeypatch.setattr(finding, "NEWEST", 4)
    dossier = factories.DossierFactory()
    made = [factories.ClaimFactory(dossier=dossier, text="The bridge closed").pk for _ in range(8)]
    found = find(CLAIMS, understood("bridge"), Narrowed())
    assert found.more
    assert found.ids == made[:-4:-1]


def test_what_takes_too_long_is_given_up_and_the_page_says_so(client, reader, monkeypatch):
    def slow(*_):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    monkeypatch.setattr(finding, "PATIENCE", "20ms")
    monkeypatch.setitem(finding.FINDERS, CLAIMS, slow)
    client.force_login(reader)
    response = searched(client, "bridge")
    assert group(response, CLAIMS).found.gave_up
    assert "took too long" in response.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] != "20ms"


# --- Narrowed --------------------------------------------------------------------------------------------------------


@pytest.fixture
def case(db):
    """One claim that fits every filter below, and another that fits none."""
    party = factories.PartyFactory(slug="north", name="The North")
    council = factories.SourceFactory(name="Northern Council", party=party)
    spokesman = factories.SourceFactory(name="Ivo Brask", parent=council)
    post = factories.SourceFactory(name="Karsk Post", kind="news media")
    dossier = factories.DossierFactory(slug="gorge")
    document = factories.DocumentFactory(
        dossier=dossier, publisher=post, title="The bridge", published_at=make_aware(datetime(2031, 5, 4, 23, 30))
    )
    statement = factories.StatementFactory(
        source=spokesman,
        content_text="the bridge closed",
        snapshot=factories.SnapshotFactory(document=document, text="The bridge"),
    )
    claim = factories.ClaimFactory(
        dossier=dossier, text="The bridge closed", standing="contested", when_first=date(2031, 5, 3),
        when_last=date(2031, 5, 4),
    )  # fmt: skip
    factories.PositionFactory(claim=claim, statement=statement)
    other = factories.StatementFactory(
        content_text="the bridge closed", snapshot__document__published_at=make_aware(datetime(2020, 1, 1)),
        snapshot__document__title="The bridge", snapshot__text="The bridge", source__name="Bridge Board",
    )  # fmt: skip
    factories.PositionFactory(
        statement=other,
        claim=factories.ClaimFactory(text="The bridge closed", when_first=date(2020, 1, 1), when_last=date(2020, 1, 1)),
    )
    return {CLAIMS: claim, STATEMENTS: statement, DOCUMENTS: document, SOURCES: spokesman}


@pytest.mark.parametrize(
    ("narrowed", "kinds"),
    [
        ({"dossier": "gorge"}, {CLAIMS, STATEMENTS, DOCUMENTS}),
        ({"standing": "contested"}, {CLAIMS}),
        ({"party": "north"}, {CLAIMS, STATEMENTS, SOURCES}),
        ({"publisher": "karsk"}, {CLAIMS, STATEMENTS, DOCUMENTS}),
        ({"since": "2031-05-04"}, {CLAIMS, STATEMENTS, DOCUMENTS}),
        ({"since": "2031-05-04", "until": "2031-05-04"}, {CLAIMS, STATEMENTS, DOCUMENTS}),
        ({"dossier": "gorge", "party": "north", "publisher": "Karsk Post"}, {CLAIMS, STATEMENTS}),
    ],
)
def test_a_search_is_narrowed_and_kinds_that_cannot_be_are_left_out(client, reader, case, narrowed, kinds):
    client.force_login(reader)
    response = searched(client, "bridge or brask", **narrowed)
    assert {one.kind: one.found.ids for one in response.context["groups"]} == {
        kind: [row.pk] if kind in kinds else [] for kind, row in case.items()
    }
    assert {one.kind for one in response.context["groups"] if one.unfit} == case.keys() - kinds


def test_without_filters_both_are_found(client, reader, case):
    client.force_login(reader)
    response = searched(client, "bridge")
    assert {one.kind: len(one.found.ids) for one in response.context["groups"]} == {
        CLAIMS: 2, STATEMENTS: 2, DOCUMENTS: 2, SOURCES: 1,
    }  # fmt: skip


def test_a_claim_of_whoever_it_favours_is_the_partys_too(case):
    party = case[SOURCES].effective_party
    favouring = factories.ClaimFactory(text="The bridge held", favours=party)
    assert set(claims_for("bridge", party=party)) == {case[CLAIMS].pk, favouring.pk}


def test_an_unknown_publisher_is_said_and_finds_nothing(client, reader, case):
    client.force_login(reader)
    response = searched(client, "bridge", publisher="Nobody's Gazette")
    assert "No publisher goes by this name" in response.content.decode()
    assert not response.context["found"]


@pytest.mark.parametrize(
    "broken",
    [{"dossier": "nowhere"}, {"standing": "dubious"}, {"party": "x"}, {"since": "yesterday"}, {"kind": "spells"}],
)
def test_a_filter_that_cannot_be_read_is_said_at_its_field(client, reader, broken):
    client.force_login(reader)
    response = searched(client, "bridge", **broken)
    assert response.status_code == 200
    assert set(response.context["form"].errors) == set(broken)


# --- The page --------------------------------------------------------------------------------------------------------


def test_matches_are_marked_and_markup_from_outside_is_shown_as_it_is(client, reader):
    factories.ClaimFactory(text=MARKUP, place=MARKUP[:100])
    factories.StatementFactory(
        content_text=MARKUP,
        source__name=MARKUP,
        snapshot__text=MARKUP,
        snapshot__document__title=MARKUP,
        snapshot__document__dossier__title=MARKUP,
    )
    client.force_login(reader)
    page = searched(client, "bridge <script>").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    page = searched(client, "bridge").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<mark>bridge</mark>" in page


def test_one_kind_is_paged_and_each_row_is_on_one_page(client, reader):
    dossier = factories.DossierFactory()
    made = {factories.ClaimFactory(dossier=dossier, text=f"Bridge {n} closed").text for n in range(23)}
    client.force_login(reader)
    first = searched(client, "bridge", kind=CLAIMS, dossier=dossier.slug)
    second = client.get(first.context["turn"]["on"])
    assert parse_qs(urlsplit(first.context["turn"]["on"]).query) == {
        "q": ["bridge"], "kind": [CLAIMS], "dossier": [dossier.slug], "page": ["2"],
    }  # fmt: skip
    shown = [str(line.said) for response in (first, second) for line in group(response, CLAIMS).lines]
    assert len(shown) == 23
    assert {line.replace("<mark>", "").replace("</mark>", "") for line in shown} == made
    assert group(second, CLAIMS).first == 21
    beyond = searched(client, "bridge", kind=CLAIMS, page="99999")
    assert group(beyond, CLAIMS).page == 2


def test_everything_is_the_best_few_of_each_kind_with_a_way_to_the_rest(client, reader):
    dossier = factories.DossierFactory()
    for n in range(7):
        factories.ClaimFactory(dossier=dossier, text=f"Bridge {n} closed")
    client.force_login(reader)
    response = searched(client, "bridge")
    assert len(group(response, CLAIMS).lines) == 5
    assert group(client.get(group(response, CLAIMS).address), CLAIMS).count == "7"


@pytest.mark.parametrize("query", ["", "   ", "the", "-bridge", '""', "!!!", "\x00", "or"])
def test_a_query_without_a_word_to_look_for_finds_nothing_and_no_fault(client, reader, query):
    factories.ClaimFactory()
    client.force_login(reader)
    response = searched(client, query)
    assert response.status_code == 200
    assert response.context["groups"] == []


def test_every_page_has_the_box_for_those_who_may_search(client, reader):
    client.force_login(reader)
    for address in (reverse("admin:index"), reverse("desk:search"), reverse("admin:claims_claim_changelist")):
        assert 'id="search-box"' in client.get(address).content.decode()
    client.force_login(factories.UserFactory())
    assert 'id="search-box"' not in client.get(reverse("admin:index")).content.decode()


def test_somebody_without_a_role_is_refused_and_a_visitor_asked_to_sign_in(client):
    address = reverse("desk:search")
    assert client.get(address).status_code == 302
    client.force_login(factories.UserFactory())
    assert client.get(address).status_code == 403


def test_a_search_costs_the_same_queries_however_much_is_found(client, reader):
    client.force_login(reader)

    def counted():
        with CaptureQueriesContext(connection) as queries:
            searched(client, "bridge Karsk")
        return [query["sql"] for query in queries.captured_queries]

    def more(n):
        for k in range(n):
            snapshot = factories.SnapshotFactory(text="The bridge of Karsk", document__title=f"Bridge of Karsk {k}-{n}")
            source = factories.SourceFactory(name=f"Karsk bridge board {k}-{n}", party=factories.PartyFactory())
            factories.StatementFactory(snapshot=snapshot, source=source, content_text="the Karsk bridge closed")
            factories.ClaimFactory(text=f"The Karsk bridge {k} closed")

    more(1)
    vocabulary.learn_words()
    few = counted()
    more(6)
    many = counted()
    assert len(few) == len(many), "\n".join(many)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(
            st.sampled_from(
                ['"', "bridge", "-", "or", "OR", "&", "|", "!", "<->", ":*", "(", ")", "'", "\\", "*", " ", "a:b", "%",
                 "\u202e", "\x00", "\ud800", "Qusair", "closed", "{}", "$1", "--", ";", "<0>", "<99999>", "ﷺ", "İ"]
            ),
            max_size=25,
        ).map(" ".join),
        st.lists(st.sampled_from(['"', "bridge", "-", ":", "'", "!", " ", "|"]), max_size=40).map("".join),
    )
)  # fmt: skip
def test_any_string_gives_results_or_none(query):
    if not Word.objects.exists():
        factories.ClaimFactory(text="The bridge at Qusayr closed")
        vocabulary.learn_words()
    wanted = understood(query)
    for kind in finding.FINDERS:
        assert not find(kind, wanted, Narrowed()).gave_up


@pytest.mark.parametrize(
    "query", ["x" * 5000, "\ud800", "%s %(a)s {}", "bridge" + " -a" * 200, '"' * 299, "\u202egnp.exe", "'; DROP TABLE"]
)
def test_hostile_queries_get_a_page(client, reader, query):
    client.force_login(reader)
    response = client.get(reverse("desk:search"), {"q": query.encode("utf-8", "surrogatepass")})
    assert response.status_code == 200
