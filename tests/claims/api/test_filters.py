"""What each list can be narrowed by; what is not understood is refused by name."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.api import views
from claims.services import ledger
from claims.services.sources import merge_sources
from tests import factories
from tests.claims.api.conftest import V1, a_case, published
from tests.factories import MACHINE

PARAMETERS = [
    (name, parameter) for name, view in views.RESOURCES.items() for parameter in view.filterset_class.base_filters
]


@pytest.fixture
def other(reviewer, editor):
    """A second case, that no filter for the first may let through."""
    return a_case(reviewer, editor)


def changed(row, **values):
    """The row with other values, recorded as the services do it."""
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    ledger.record(MACHINE, "changed", row)


def asked(case):
    """Requests that lead to a row of the first case and to none of the second."""
    return {
        "dossiers": [f"slug={case.dossier.slug}", f"q={case.dossier.title}"],
        "documents": [
            f"dossier={case.dossier.slug}", f"publisher={case.outlet.uid}", f"url={case.document.url}",
            f"sha256={case.snapshot.text_sha256.upper()}", f"q={case.document.title}&dossier={case.dossier.slug}",
        ],
        "statements": [
            f"dossier={case.dossier.slug}&polarity=affirms", f"document={case.document.uid}&polarity=affirms",
            f"source={case.guild.uid}", f"publisher={case.outlet.uid}&stance=supports",
            f"claim={case.claim.uid}&stance=supports&stance=reports",
        ],
        "claims": [
            f"dossier={case.dossier.slug}", f"source={case.council.uid}", f"publisher={case.outlet.uid}",
            f"document={case.document.uid}", f"favours={case.claim.favours.slug}",
        ],
        "contradictions": [f"dossier={case.dossier.slug}", f"claim={case.claim.uid}", f"source={case.guild.uid}"],
        "sources": [f"party={case.guild.party.slug}", f"q={case.guild.name}+of+Oster"],
        "verdicts": [f"dossier={case.dossier.slug}", f"claim={case.claim.uid}"],
    }  # fmt: skip


@pytest.mark.parametrize("resource", [name for name in views.RESOURCES if name != "events"])
def test_what_belongs_to_one_case_shows_only_that_case(uids, case, other, resource):
    row = str(case.by_resource[resource].uid)
    requests = asked(case)[resource]
    assert {request: uids(f"{resource}?{request}") for request in requests} == {request: [row] for request in requests}


ABOUT_CLAIMS = [
    ("standing=contested", True), ("standing=denied", False), ("standing=denied&standing=contested", True),
    ("verification=probably-true", True), ("verification=unverified", False), ("verification=unverifiable", False),
    ("verification=unverified&verification=probably-true", True), ("kind=event", True), ("kind=figure", False),
    ("q=MILL+at+oster", True), ("q=mil+at+ostre", True), ("q=zeppelin", False), ("q=.*", False), ("q=%25", False),
    ("place=ost", True), ("place=Wester", False), ("origins_min=1", True), ("origins_min=2", False),
    ("measure=killed", False), ("flag=rising", False), ("happened_from=2031-05-04", True),
    ("happened_from=2031-05-05", False), ("happened_until=2031-05-04", True), ("happened_until=2031-05-03", False),
    ("created_after=2000-01-01T00:00:00Z", True), ("created_before=2000-01-01", False), ("merged=true", False),
    ("merged=false", True),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "found"), ABOUT_CLAIMS)
def test_claims_are_narrowed_by_what_they_are_and_how_they_are_sourced(uids, case, request_, found):
    assert uids(f"claims?{request_}") == ([str(case.claim.uid)] if found else [])


ABOUT_STATEMENTS = [
    ("polarity=denies", "denial"), ("polarity=affirms", "assertion"), ("stance=refutes", "denial"),
    ("measure=destroyed", "assertion"), ("happened_from=2031-05-01", "assertion"), ("happened_from=2031-05-05", None),
    ("modality=appeal", None), ("quotation=direct", None), ("state=rejected", None), ("checkable=false", None),
    ("superseded=true", None), ("latest=false", None), ("published_before=2031-05-04T12:00:00Z", None),
    ("published_after=2031-05-04T12:00:00Z&polarity=denies", "denial"), ("q=oster&polarity=denies", "denial"),
    ("place=oster&checkable=true&latest=true&state=suggested&polarity=denies", "denial"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "found"), ABOUT_STATEMENTS)
def test_statements_are_narrowed_by_how_they_are_said(uids, case, request_, found):
    assert uids(f"statements?{request_}") == ([str(getattr(case, found).uid)] if found else [])


ABOUT_OTHERS = [
    ("documents?state=live", True), ("documents?state=retracted", False), ("documents?copy=false", True),
    ("documents?copy=true", False), ("documents?language=en", True), ("documents?language=fr", False),
    ("documents?published_after=2031-05-04T12:00:00Z&published_before=2031-05-04T12:00:01Z", True),
    ("documents?first_seen_before=2020-01-01", False), ("documents?sha256=" + "0" * 64, False),
    ("contradictions?type=negation", True), ("contradictions?type=numeric", False),
    ("contradictions?state=suggested", True), ("contradictions?state=dismissed", False),
    ("contradictions?score_min=0.9", True), ("contradictions?score_min=0.91", False),
    ("contradictions?q=DENIES", True), ("contradictions?measure=killed", False),
    ("contradictions?created_after=2020-01-01", True), ("sources?kind=government", True),
    ("sources?kind=person", False), ("sources?reliability=C", True), ("sources?reliability=A", False),
    ("sources?wikidata_id=Q1", False), ("verdicts?credibility=2", True), ("verdicts?credibility=1", False),
    ("verdicts?q=PHOTOGRAPHS", True), ("verdicts?published_before=2020-01-01", False),
    ("verdicts?review_due_before=2100-01-01", False), ("dossiers?q=zeppelin", False),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "found"), ABOUT_OTHERS)
def test_the_other_lists_are_narrowed_too(uids, case, request_, found):
    assert len(uids(request_)) == int(found)


def test_copies_and_credits_lead_to_their_documents(uids, case):
    copy = factories.DocumentFactory(
        dossier=case.dossier, origin=case.document, origin_explanation="The same words.", credit=case.outlet
    )
    assert uids(f"documents?origin={case.document.uid}") == [str(copy.uid)]
    assert uids(f"documents?credit={case.outlet.uid}") == uids("documents?copy=true") == [str(copy.uid)]


def test_unnamed_sources_and_members_lead_to_their_rows(uids, case):
    unnamed = factories.SourceFactory(name="a clerk", kind="unnamed", named_in=case.document)
    member = factories.SourceFactory(parent=case.guild)
    assert uids(f"sources?named_in={case.document.uid}") == [str(unnamed.uid)]
    assert uids(f"sources?parent={case.guild.uid}") == [str(member.uid)]


def test_nested_statements_lead_to_their_parent(uids, case):
    assert uids(f"statements?parent={case.assertion.uid}") == [str(case.denial.uid)]


def test_a_source_brings_what_was_said_by_those_merged_into_it(uids, case, other, editor):
    merge_sources(other.guild, target=case.guild, reason="One guild.", by=editor)
    expected = {str(case.assertion.uid), str(other.assertion.uid)}
    assert set(uids(f"statements?source={case.guild.uid}")) == expected
    assert uids(f"statements?source={other.guild.uid}") == [str(other.assertion.uid)]
    assert set(uids(f"claims?source={case.guild.uid}")) == {str(case.claim.uid), str(other.claim.uid)}
    assert len(uids(f"contradictions?source={case.guild.uid}")) == 2


def test_what_no_longer_counts_is_shown_only_when_asked_for(uids, case, reviewer):
    from claims.services.contradictions import decide_contradiction
    from claims.services.statements import reject_statement

    decide_contradiction(case.contradiction, state="dismissed", by=reviewer, reason="Two mills.")
    reject_statement(case.denial, by=reviewer, reason="Not what it says.")
    changed(case.assertion, superseded_at=datetime(2031, 5, 5, tzinfo=UTC))
    assert uids("statements") == uids("contradictions") == []
    assert uids("statements?state=rejected") == [str(case.denial.uid)]
    assert uids("statements?superseded=true") == [str(case.assertion.uid)]
    assert uids("contradictions?state=dismissed") == [str(case.contradiction.uid)]


def test_a_verdict_is_found_by_when_it_is_due(uids, case):
    changed(case.verdict, review_due=datetime(2031, 6, 1, tzinfo=UTC))
    assert uids("verdicts?review_due_before=2031-06-02") == [str(case.verdict.uid)]


def test_unverifiable_and_unverified_are_two_answers(uids, case, reviewer, editor):
    unverifiable, unverified = factories.ClaimFactory(), factories.ClaimFactory()
    published(unverifiable, credibility=6, author=reviewer, approver=editor)
    assert uids("claims?verification=unverifiable") == [str(unverifiable.uid)]
    assert uids("claims?verification=unverified") == [str(unverified.uid)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "field", "view", "index"),
    [
        ("claims_claim", "text", views.ClaimViewSet, "claim_text_trigrams"),
        ("claims_document", "title", views.DocumentViewSet, "document_title_trigrams"),
        ("claims_source", "name", views.SourceViewSet, "source_name_trigrams"),
    ],
)
def test_searching_is_served_by_the_trigram_index(table, field, view, index):
    from claims.api.filters import containing

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    plan = view.queryset.filter(containing(field, "burnt mill")).order_by().explain()
    assert index in plan


# --- What is not understood ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", views.RESOURCES)
@pytest.mark.parametrize("parameter", ["unicorn", "Standing", "dossier__slug", "id", "standing[]", "q ", ""])
def test_an_unknown_parameter_is_refused_by_name(api, resource, parameter):
    found = api.get(V1 + resource, {parameter: "x"})
    assert (found.status_code, list(found.json()["errors"])) == (400, [parameter])
    assert found.json()["errors"][parameter][0].startswith("Unknown parameter.")


@pytest.mark.parametrize(("resource", "parameter"), PARAMETERS)
def test_an_empty_or_hostile_value_is_refused_by_name(api, resource, parameter):
    for value in ("", "a\x00b"):
        found = api.get(V1 + resource, {parameter: value})
        assert (value, found.status_code, list(found.json()["errors"])) == (value, 400, [parameter])


FREE = {"verb", "actor", "q", "place", "url", "slug", "language", "sha256", "measure", "wikidata_id"}


@pytest.mark.parametrize(("resource", "parameter"), [pair for pair in PARAMETERS if pair[1] not in FREE])
def test_a_value_that_cannot_be_is_refused_by_name(api, resource, parameter):
    found = api.get(V1 + resource, {parameter: "<b>no such thing</b>"})
    assert (found.status_code, list(found.json()["errors"])) == (400, [parameter])


@pytest.mark.parametrize(
    "address",
    [
        "claims?dossier=none",
        "claims?source=00000000-0000-0000-0000-000000000000",
        "sources?party=none",
        "claims?favours=x",
    ],
)
def test_a_row_that_does_not_exist_is_refused_by_name(api, address):
    found = api.get(V1 + address)
    ((name, (message,)),) = found.json()["errors"].items()
    assert (found.status_code, name in address) == (400, True)
    assert message.startswith("There is no ")


@pytest.mark.parametrize("address", ["claims?q=a&q=b", "statements?superseded=true&superseded=false"])
def test_a_parameter_that_takes_one_value_is_not_given_twice(api, address):
    found = api.get(V1 + address)
    assert (found.status_code, list(found.json()["errors"].values())) == (400, [["Give this parameter once."]])


@pytest.mark.parametrize("resource", [name for name in views.RESOURCES if name != "events"])
def test_a_single_row_takes_no_filters(api, case, resource):
    found = api.get(f"{V1}{resource}/{case.by_resource[resource].uid}?q=x")
    assert (found.status_code, list(found.json()["errors"])) == (400, ["q"])


VALUES = (
    st.text(max_size=30)
    | st.integers().map(str)
    | st.floats().map(str)
    | st.datetimes().map(datetime.isoformat)
    | st.dates().map(date.isoformat)
    | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1e400", "[", "\\", "***:x", "(?i)"])
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    resource=st.sampled_from(list(views.RESOURCES)),
    asked=st.dictionaries(
        st.sampled_from(sorted({name for _, name in PARAMETERS} | {"cursor", "page_size", "ordering"}))
        | st.text(max_size=5),
        VALUES | st.lists(VALUES, max_size=3),
        min_size=1,
        max_size=3,
    ),
)
def test_no_request_is_too_odd_for_an_answer(api, resource, asked):
    assert api.get(V1 + resource, asked).status_code in (200, 400)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pair=st.sampled_from(PARAMETERS), value=VALUES)
def test_no_value_of_a_known_parameter_is_too_odd_for_an_answer(api, case, pair, value):
    resource, parameter = pair
    found = api.get(V1 + resource, {parameter: value})
    assert found.status_code == 200 or list(found.json()["errors"]) == [parameter]


@pytest.mark.parametrize("moment", ["2031-05-04T12:00:00%2B22:40", "2031-05-04T12:00:00-23:59"])
def test_moments_may_have_any_offset_of_iso_8601(api, case, moment):
    for address in (f"claims?created_after={moment}", f"documents?published_before={moment}"):
        assert api.get(V1 + address).status_code == 200


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B10:00", "9999-12-31T23:59:59-10:00"])
def test_a_moment_of_no_year_is_refused_by_name(api, case, moment):
    answer = api.get(f"{V1}claims?created_after={moment}")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["created_after"]


def test_origins_are_counted_in_whole_numbers(api, case):
    assert api.get(f"{V1}claims?origins_min=1").status_code == 200
    assert list(api.get(f"{V1}claims?origins_min=0.5").json()["errors"]) == ["origins_min"]
    assert list(api.get(f"{V1}claims/{case.claim.uid}?offset=few").json()["errors"]) == ["offset"]
