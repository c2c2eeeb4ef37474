"""The page of a source: grades, names and merges with their reasons, and how what it said ended, counted by claim."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from claims.models import Event, SourceMerge
from claims.services.claims import merge_claims
from claims.services.parties import describe_party
from claims.services.sources import add_alias, grade_source, merge_sources
from claims.services.standings import refresh
from claims.services.verdicts import approve_verdict, draft_verdict, propose_verdict
from claims.services.versions import version_of
from tests import factories
from tests.factories import MACHINE

WORDS = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>\u202etxt"


def address(source, name="source", *more):
    return reverse(f"desk:{name}", args=[source.uid, *more])


@pytest.fixture
def source(db):
    return factories.SourceFactory(name="Harbour Office", kind="government")


@pytest.fixture
def as_reader(client, reader):
    client.force_login(reader)
    return client


@pytest.fixture
def as_editor(client, editor):
    client.force_login(editor)
    return client


def post(client, where, said):
    return client.post(where, json.dumps(said), content_type="application/json")


def seen(source, **said):
    """What a page that was opened just now would send."""
    return {"version": version_of(source.uid), **said}


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
    refresh([claim.pk], actor=MACHINE)
    return statement


def judge(claim, credibility, *, by, approver):
    verdict = propose_verdict(draft_verdict(claim, credibility=credibility, rationale="seen", by=by), by=by)
    return approve_verdict(verdict, by=approver)


def counts(response):
    """The table's counts that are not nought, by word and end."""
    return {
        (str(row["word"]), str(cell["end"])): cell["count"]
        for row in response.context["record"]
        for cell in row["cells"]
        if cell["count"]
    }


def listed(response):
    return {claim.text for claim, _tone in response.context["listed"].rows}


# --- Grades -------------------------------------------------------------------------------------------------------


def test_a_grade_is_set_with_its_reason_and_stays_in_the_history(as_editor, editor, source):
    answer = post(as_editor, address(source, "source-grade"), seen(source, grade="B", reason="its logs were right"))
    assert answer.status_code == 200
    again = seen(source, grade="D", reason="its logs were forged")
    assert post(as_editor, address(source, "source-grade"), again).status_code == 200
    source.refresh_from_db()
    assert source.reliability == "D"
    content = as_editor.get(address(source)).content.decode()
    assert content.index("its logs were forged") < content.index("its logs were right")
    assert content.count(editor.username) >= 2


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"grade": "B", "reason": "  "}, "reason_missing"),
        ({"grade": "B"}, "reason_missing"),
        ({"grade": "G", "reason": "why"}, "wrong_state"),
        ({"grade": ["B"], "reason": "why"}, "invalid"),
    ],
)
def test_a_grade_that_cannot_be_is_refused(as_editor, source, said, code):
    answer = post(as_editor, address(source, "source-grade"), seen(source, **said))
    assert answer.status_code in (400, 409)
    assert answer.json()["code"] == code
    source.refresh_from_db()
    assert source.reliability == "F"


# --- Names --------------------------------------------------------------------------------------------------------


def test_a_name_is_added_and_leads_here(as_editor, source):
    assert post(as_editor, address(source, "source-name"), seen(source, name="The Quay Office")).status_code == 200
    assert "The Quay Office" in as_editor.get(address(source)).content.decode()
    assert source.names.filter(key="quay office").exists()


def test_a_name_of_somebody_else_is_refused(as_editor, source):
    factories.SourceFactory(name="Osk Radio")
    answer = post(as_editor, address(source, "source-name"), seen(source, name="Osk Radio"))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_mergeable")
    assert post(as_editor, address(source, "source-name"), seen(source, name="!?")).json()["code"] == "not_a_name"


# --- Merges -------------------------------------------------------------------------------------------------------


def test_two_sources_are_merged_and_parted_again(as_editor, source):
    other = factories.SourceFactory(name="Office of the Harbour")
    claim = factories.ClaimFactory()
    says(source, claim), says(other, claim)
    claim.refresh_from_db()
    assert claim.origins == 2
    said = seen(other, target=str(source.uid), reason="one house, one door")
    assert post(as_editor, address(other, "source-merge"), said).status_code == 200
    claim.refresh_from_db()
    assert claim.origins == 1
    page = as_editor.get(address(source)).content.decode()
    assert "Office of the Harbour" in page
    assert "one house, one door" in page
    assert "Counts as" in as_editor.get(address(other)).content.decode()

    merge = SourceMerge.objects.get()
    undo = address(other, "source-merge-undo", merge.pk)
    assert post(as_editor, undo, seen(other, reason=" ")).json()["code"] == "reason_missing"
    assert post(as_editor, undo, seen(other, reason="two doors after all")).status_code == 200
    claim.refresh_from_db()
    assert claim.origins == 2
    assert Event.objects.filter(object_uid=other.uid).latest("pk").reason == "two doors after all"
    assert post(as_editor, undo, seen(other, reason="again")).json()["code"] == "wrong_state"
    assert "Undone by" in as_editor.get(address(source)).content.decode()


def test_the_page_carries_the_version_that_an_undo_needs(as_editor, editor, source):
    other = factories.SourceFactory()
    merge_sources(other, target=source, reason="the same", by=editor)
    [merge] = as_editor.get(address(source)).context["merges"]
    assert merge.version == version_of(other.uid)


@pytest.mark.parametrize(
    ("target", "status"),
    [("itself", 409), ("", 409), ("nonsense", 409), ("00000000-0000-4000-8000-000000000000", 409), (7, 400)],
)
def test_a_merge_into_nothing_or_itself_is_refused(as_editor, source, target, status):
    target = str(source.uid) if target == "itself" else target
    answer = post(as_editor, address(source, "source-merge"), seen(source, target=target, reason="why"))
    assert answer.status_code == status
    assert not SourceMerge.objects.exists()


def test_a_merge_is_undone_only_from_the_source_that_was_merged(as_editor, editor, source):
    other = factories.SourceFactory()
    merge = merge_sources(other, target=source, reason="the same", by=editor)
    answer = post(as_editor, address(source, "source-merge-undo", merge.pk), seen(source, reason="why"))
    assert answer.status_code == 404


def test_the_search_offers_sources_by_name_alias_and_misspelling(as_reader, editor, source):
    ministry = factories.SourceFactory(name="Ministry of Ferries")
    add_alias(ministry, name="Ferry Board", actor=MACHINE)
    merged = factories.SourceFactory(name="Ministery Ferrys")
    merge_sources(merged, target=ministry, reason="the same", by=editor)

    def offered(asked):
        return [one["name"] for one in as_reader.get(address(source, "source-like"), {"q": asked}).json()["found"]]

    assert offered("ministry of f") == offered("ferry bo") == offered("ministery fe") == ["Ministry of Ferries"]
    assert offered("Minstry of Feries") == ["Ministry of Ferries"]
    assert offered("Harbour Office") == []  # it cannot be merged into itself
    assert offered("m") == offered("") == offered("!!") == []


def test_the_search_offers_no_more_than_ten(as_reader, source):
    for i in range(14):
        factories.SourceFactory(name=f"Lighthouse {i}")
    found = as_reader.get(address(source, "source-like"), {"q": "lighthouse"}).json()["found"]
    assert len(found) == 10


# --- Who may, and what changed meanwhile --------------------------------------------------------------------------


def writes(source, merge):
    return {
        address(source, "source-grade"): {"grade": "B", "reason": "why"},
        address(source, "source-name"): {"name": "Quay"},
        address(source, "source-merge"): {"target": str(merge.target.uid), "reason": "why"},
        address(merge.source, "source-merge-undo", merge.pk): {"reason": "why"},
    }


@pytest.fixture
def merge(editor):
    return merge_sources(factories.SourceFactory(), target=factories.SourceFactory(), reason="the same", by=editor)


@pytest.mark.parametrize("role", ["reader", "reviewer"])
def test_who_may_not_is_refused_at_every_address_that_changes(client, request, source, merge, role):
    client.force_login(request.getfixturevalue(role))
    events = Event.objects.count()
    for where, said in writes(source, merge).items():
        assert post(client, where, {**said, "version": version_of(source.uid)}).status_code == 403
    assert Event.objects.count() == events
    content = client.get(address(source)).content.decode()
    assert "data-action" not in content


def test_nobody_signed_out_changes_or_sees_anything(client, source, merge):
    for where, said in writes(source, merge).items():
        assert post(client, where, said).status_code == 302
    for where in (address(source), address(source, "source-like")):
        assert client.get(where).status_code == 302


def test_what_changed_since_the_page_was_opened_is_not_overwritten(as_editor, source, merge):
    for where, said in writes(source, merge).items():
        row = merge.source if "undo" in where else source
        version = version_of(row.uid)
        grade_source(row, grade="C", reason="meanwhile", actor=MACHINE)
        answer = post(as_editor, where, {**said, "version": version})
        assert (answer.status_code, answer.json()["code"]) == (412, "changed_meanwhile")
        assert "machine:test" in answer.json()["detail"]


@pytest.mark.parametrize("version", [None, "12", -1, 1.5])
def test_without_saying_what_was_seen_nothing_is_changed(as_editor, source, version):
    answer = post(as_editor, address(source, "source-name"), {"name": "Quay", "version": version})
    assert answer.status_code == 412


# --- What it said, and how that ended -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stance", "credibility", "cell"),
    [
        ("supports", 1, ("asserted", "confirmed")),
        ("supports", 2, ("asserted", "confirmed")),
        ("supports", 3, ("asserted", "judged, not settled")),
        ("supports", 4, ("asserted", "judged, not settled")),
        ("supports", 5, ("asserted", "refuted")),
        ("supports", 6, ("asserted", "judged, not settled")),
        ("supports", None, ("asserted", "open")),
        ("refutes", 1, ("denied", "refuted")),
        ("refutes", 5, ("denied", "confirmed")),
        ("refutes", None, ("denied", "open")),
    ],
)
def test_a_word_is_counted_by_how_it_ended_and_the_count_leads_to_it(
    as_reader, reviewer, editor, source, stance, credibility, cell
):
    claim = factories.ClaimFactory(text="the ferry sank")
    says(source, claim, stance)
    if credibility:
        judge(claim, credibility, by=reviewer, approver=editor)
    response = as_reader.get(address(source))
    assert counts(response) == {cell: 1}
    [query] = [c["query"] for row in response.context["record"] for c in row["cells"] if c["count"]]
    assert listed(as_reader.get(address(source) + query.split("#")[0])) == {"the ferry sank"}


def test_a_claim_said_often_counts_once(as_reader, source):
    claim = factories.ClaimFactory()
    spokesman = factories.SourceFactory(parent=source)
    says(source, claim, hours=0), says(source, claim, hours=1), says(spokesman, claim, hours=2)
    assert counts(as_reader.get(address(source))) == {("asserted", "open"): 1}


def test_what_it_only_passed_on_is_not_its_own_word(as_reader, source):
    claim, other = factories.ClaimFactory(), factories.ClaimFactory()
    army = factories.SourceFactory(name="Army")
    says(army, claim, publisher=source)  # it prints the army's word
    says(source, claim)  # and is quoted for it elsewhere: an echo
    says(source, other, "reports")
    assert counts(as_reader.get(address(source))) == {}
    assert counts(as_reader.get(address(army))) == {("asserted", "open"): 1}


def test_those_who_cite_only_each_other_are_no_origin(as_reader, source):
    claim = factories.ClaimFactory()
    other = factories.SourceFactory()
    says(source, claim, publisher=other), says(other, claim, publisher=source)
    assert counts(as_reader.get(address(source))) == {}


def test_its_latest_word_is_the_one_that_counts(as_reader, source):
    claim = factories.ClaimFactory()
    says(source, claim, "supports", hours=0), says(source, claim, "refutes", hours=2)
    assert counts(as_reader.get(address(source))) == {("denied", "open"): 1}


def test_somebody_unnamed_within_its_statement_speaks_for_it(as_reader, source):
    claim, about = factories.ClaimFactory(), factories.ClaimFactory()
    outer = says(source, about)
    clerk = factories.SourceFactory(name="a clerk", kind="unnamed", named_in=outer.snapshot.document)
    says(clerk, claim, parent=outer)
    assert counts(as_reader.get(address(source))) == {("asserted", "open"): 2}


def test_a_verdict_that_was_withdrawn_or_a_draft_ends_nothing(as_reader, reviewer, editor, source):
    from claims.services.verdicts import withdraw_verdict

    claim = factories.ClaimFactory()
    says(source, claim)
    withdraw_verdict(judge(claim, 1, by=reviewer, approver=editor), by=editor, reason="a mistake")
    draft_verdict(claim, credibility=5, rationale="perhaps", by=reviewer)
    assert counts(as_reader.get(address(source))) == {("asserted", "open"): 1}


def test_a_merged_claim_counts_as_the_one_that_it_is(as_reader, editor, source):
    claim, same = (factories.ClaimFactory(dossier=dossier) for dossier in [factories.DossierFactory()] * 2)
    says(source, claim), says(source, same)
    merge_claims(same, target=claim, reason="the same", by=editor)
    assert counts(as_reader.get(address(source))) == {("asserted", "open"): 1}


def test_what_it_asserted_against_its_interest_is_counted_and_listed(as_reader):
    ours, theirs = (factories.PartyFactory(name=name) for name in ("Harbour League", "Hill Council"))
    describe_party(ours, opposes=[theirs], actor=MACHINE)
    source = factories.SourceFactory(party=ours)
    against = factories.ClaimFactory(favours=theirs, text="our ferry was late")
    says(source, against)
    says(factories.SourceFactory(party=theirs), against)
    says(source, factories.ClaimFactory(favours=ours, text="their ferry was late"))
    # Against its interest by another of its party, but it itself denies it.
    denied = factories.ClaimFactory(favours=theirs, text="our pier fell")
    says(factories.SourceFactory(party=ours), denied)
    says(source, denied, "refutes")
    response = as_reader.get(address(source))
    assert response.context["against"] == 1
    assert "1 claim asserted against its own interest" in response.content.decode()
    query = response.context["against_query"].split("#")[0]
    assert listed(as_reader.get(address(source) + query)) == {"our ferry was late"}


def test_a_list_of_claims_comes_in_parts(as_reader, source, monkeypatch):
    monkeypatch.setattr("claims.desk.source.CLAIMS", 2)
    texts = {f"claim {i}" for i in range(3)}
    for text in texts:
        says(source, factories.ClaimFactory(text=text))
    first = as_reader.get(address(source), {"word": "asserted", "end": "open"})
    second = as_reader.get(address(source) + first.context["listed"].later)
    assert (len(listed(first)), len(listed(second))) == (2, 1)
    assert listed(first) | listed(second) == texts


@pytest.mark.parametrize(
    "asked", [{"word": "asserted"}, {"word": "x", "end": "open"}, {"end": "open"}, {"word": ["a", "b"]}]
)
def test_a_list_of_nothing_that_is_counted_is_not_shown(as_reader, source, asked):
    assert as_reader.get(address(source), asked).context["listed"] is None


# --- The rest of the page -------------------------------------------------------------------------------------------


def test_statements_of_those_who_speak_for_it_are_its_own_too_and_come_in_parts(as_reader, source, monkeypatch):
    monkeypatch.setattr("claims.desk.source.STATEMENTS", 2)
    spokesman = factories.SourceFactory(name="Ola Venn", parent=source)
    told = [factories.StatementFactory(source=who).pk for who in (source, spokesman, source)]
    factories.StatementFactory()
    first = as_reader.get(address(source))
    second = as_reader.get(address(source) + first.context["statements"].later)
    pages = [[statement.pk for statement in page.context["statements"].rows] for page in (first, second)]
    assert pages == [[told[2], told[1]], [told[0]]]
    assert "Ola Venn" in first.content.decode()


def test_what_was_merged_elsewhere_speaks_for_nobody_here(as_reader, editor, source):
    member = factories.SourceFactory(parent=source)
    factories.StatementFactory(source=member)
    merge_sources(member, target=factories.SourceFactory(), reason="another man", by=editor)
    assert as_reader.get(address(source)).context["statements"].rows == []


def test_it_tells_who_prints_its_words_and_what_it_prints_itself(as_reader, editor, source):
    post_, same = (
        factories.SourceFactory(name=name, kind="news media") for name in ("Osk Post", "The Osk Post Online")
    )
    merge_sources(same, target=post_, reason="one paper", by=editor)
    claim = factories.ClaimFactory()
    says(source, claim, publisher=post_), says(source, claim, publisher=same), says(source, claim, publisher=source)
    response = as_reader.get(address(source))
    assert [(one.publisher.name, one.statements) for one in response.context["citing"]] == [("Osk Post", 2)]
    assert len(response.context["documents"].rows) == 1
    assert len(as_reader.get(address(post_)).context["documents"].rows) == 2


def test_it_says_whose_party_it_is_of_and_for_whom_it_speaks(as_reader):
    party = factories.PartyFactory(name="Harbour League")
    ministry = factories.SourceFactory(name="Ministry of Ferries", party=party)
    office = factories.SourceFactory(name="Press Office", parent=ministry)
    content = as_reader.get(address(factories.SourceFactory(name="Ola Venn", parent=office))).content.decode()
    for words in ("Harbour League", "of the body it speaks for", "Press Office", "and so for", "Ministry of Ferries"):
        assert words in content
    assert "Ola Venn" in as_reader.get(address(office)).content.decode()


def test_many_rows_take_as_many_queries_as_few(as_reader, editor, source):
    party = factories.PartyFactory()
    counted = []
    for rows in (2, 5):
        for i in range(rows):
            member = factories.SourceFactory(parent=source, party=party)
            claim = factories.ClaimFactory(favours=party)
            says(member, claim, publisher=factories.SourceFactory(kind="news media", parent=factories.SourceFactory()))
            says(source, claim, "refutes" if i % 2 else "supports", publisher=source)
            grade_source(source, grade="C", reason="seen", actor=MACHINE)
            merge_sources(factories.SourceFactory(), target=source, reason="the same", by=editor)
        with CaptureQueriesContext(connection) as queries:
            assert as_reader.get(address(source), {"word": "asserted", "end": "open"}).status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 32


def test_words_from_outside_are_text(as_editor, editor):
    party = factories.PartyFactory(name=WORDS)
    source = factories.SourceFactory(
        name=WORDS, description=WORDS, party=party, parent=factories.SourceFactory(name=f"{WORDS} 2")
    )
    claim = factories.ClaimFactory(text=WORDS, favours=party)
    document = factories.DocumentFactory(title=WORDS, url="javascript:alert(1)", publisher=source)
    factories.StatementFactory(source=source, content_text=WORDS, snapshot__document=document)
    says(source, claim, publisher=factories.SourceFactory(name=f"{WORDS} Post"))
    add_alias(source, name=f"{WORDS} too", actor=MACHINE)
    grade_source(source, grade="E", reason=WORDS, actor=MACHINE)
    merge_sources(factories.SourceFactory(name=f"{WORDS} again"), target=source, reason=WORDS, by=editor)
    content = as_editor.get(address(source), {"word": "asserted", "end": "open"}).content.decode()
    assert content.count("&lt;script&gt;alert(1)") > 8
    assert "<script>alert" not in content
    assert "<img src=x" not in content
    assert 'href="javascript:' not in content


def test_a_source_that_is_not_there_is_not_found(as_editor, db):
    nobody = "00000000-0000-4000-8000-000000000000"
    assert as_editor.get(reverse("desk:source", args=[nobody])).status_code == 404
    assert as_editor.get(reverse("desk:source-like", args=[nobody])).status_code == 404
    answer = post(as_editor, reverse("desk:source-name", args=[nobody]), {"name": "x", "version": 1})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# --- Protection ---------------------------------------------------------------------------------------------------


def test_an_editor_protects_a_source_on_its_page_and_lifts_that_again(as_editor, source):
    assert "Lift the protection" not in as_editor.get(address(source)).content.decode()
    told = post(as_editor, address(source, "source-protect"), seen(source, reason="Threatened."))
    assert (told.status_code, told.json()["told"]) == (200, "It is protected now.")
    source.refresh_from_db()
    assert source.protected
    assert "Lift the protection" in as_editor.get(address(source)).content.decode()
    lifted = post(as_editor, address(source, "source-unprotect"), seen(source, reason="Safe."))
    source.refresh_from_db()
    assert (lifted.status_code, source.protected) == (200, False)
    reasons = Event.objects.filter(object_uid=source.uid, verb__startswith="protect").order_by("pk")
    assert list(reasons.values_list("verb", "reason")) == [("protected", "Threatened."), ("protection lifted", "Safe.")]


def test_protection_takes_a_reason_the_right_and_the_version_that_was_seen(client, as_editor, source, reviewer):
    before = seen(source, reason="Threatened.")
    unsaid = post(as_editor, address(source, "source-protect"), seen(source, reason=" "))
    assert (unsaid.status_code, unsaid.json()["code"]) == (400, "reason_missing")
    grade_source(source, grade="C", reason="Right twice.", actor=MACHINE)
    late = post(as_editor, address(source, "source-protect"), before)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    client.force_login(reviewer)
    assert "protect-form" not in client.get(address(source)).content.decode()
    for verb in ("source-protect", "source-unprotect"):
        assert post(client, address(source, verb), seen(source, reason="x")).status_code == 403
    source.refresh_from_db()
    assert not source.protected
