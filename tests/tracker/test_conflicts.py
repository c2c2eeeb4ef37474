"""What the worker proposes as a contradiction, of each kind, and what it leaves alone."""

from dataclasses import replace
from math import inf

import pytest

from claims.models import Claim, Contradiction, FirstWord, Party, Source
from claims.services import candidates, standings
from claims.services.assertions import first_assertions
from claims.services.contradictions import decide_contradiction
from claims.services.parties import open_party
from claims.services.rivals import rivals
from claims.services.sources import create_source
from tests.factories import MACHINE
from tracker import conflicts, nearby, pipeline
from tracker.submissions import submit

pytestmark = pytest.mark.django_db


def read(name: str, text: str, *, publisher: str, title: str = "Report", at: str = "2024-03-13T09:00:00Z") -> None:
    front = f"---\nurl: https://{name}.example/\ntitle: {title}\npublisher: {publisher}\npublished_at: {at}\n---\n"
    submit(address=f"file:///{name}.md", payload=(front + text).encode(), content_type="text/markdown", announce=False)
    pipeline.work_off()


def read_both(one: str, other: str) -> None:
    read("one", one, publisher="Gazette")
    read("two", other, publisher="Courier")


def proposed() -> list[str]:
    return sorted(Contradiction.objects.standing().values_list("type", flat=True))


KINDS = [
    (
        "numeric",
        "The army said seven people were killed by mortar shells in Dravik on Tuesday.",
        "The Harbour Monitor said 23 people were killed by mortar shells in Dravik on Tuesday.",
    ),
    (
        "negation",
        "Ada Lind, a doctor, said the hospital in Dravik had enough blood on Tuesday.",
        "Olaf Brandt, a nurse, said the hospital in Dravik did not have enough blood on Tuesday.",
    ),
    (
        "antonym",
        "Ada Lind, a doctor, said the stone bridge at Kelm was open on Tuesday.",
        "Olaf Brandt, an engineer, said the stone bridge at Kelm was closed on Tuesday.",
    ),
    (
        "temporal",
        "The army said rebels captured the town of Dravik on Monday.",
        "The Harbour Monitor said rebels captured the town of Dravik on Tuesday.",
    ),
    (
        "location",
        "The army said Commander Edvin Raal was shot dead in Kelm on Tuesday.",
        "The Harbour Monitor said Commander Edvin Raal was shot dead in Dravik on Tuesday.",
    ),
    (
        "actor",
        "The Harbour Monitor said the school in Dravik was shelled by the army on Tuesday.",
        "The ministry said the school in Dravik was shelled by rebels on Tuesday.",
    ),
]

READS = [
    "how the index of vectors is looked through",
    "what the claims could conflict with",
    "how they are asserted first",
    "the texts of that",
    "the names of parties and their members",
    "the claims of what conflicts",
    "their positions",
    "the contradictions there are, locked",
]


@pytest.mark.parametrize(("kind", "one", "other"), KINDS, ids=[row[0] for row in KINDS])
def test_two_outlets_sources_that_exclude_each_other_are_proposed_with_kind_reason_and_version(kind, one, other):
    read_both(one, other)
    assert proposed() == [kind]
    found = Contradiction.objects.get()
    assert found.explanation
    assert 0 < found.score <= 1
    assert (found.algorithm, found.algorithm_version) == (conflicts.conflicts.NAME, conflicts.conflicts.VERSION)


LEFT_ALONE = [
    (
        "two villages",
        "The army said seven people were killed by mortar shells in Dravik on Tuesday.",
        "The Harbour Monitor said 23 people were killed by mortar shells in Kelm on Tuesday.",
    ),
    (
        "two deeds of a day",
        "The army said seven people were killed by a car bomb in Dravik on Tuesday.",
        "The Harbour Monitor said 23 people were executed in Dravik on Tuesday.",
    ),
    (
        "some besides others",
        "The army said 23 people were killed by mortar shells in Dravik on Tuesday.",
        "The Harbour Monitor said another six people were killed by mortar shells in Dravik on Tuesday.",
    ),
    (
        "a share and a count",
        "The army said 23 people were killed by mortar shells in Dravik on Tuesday.",
        "The Harbour Monitor said 60 percent of people killed by mortar shells in Dravik on Tuesday were children.",
    ),
    (
        "a vague word",
        "The army said nine people were killed by mortar shells in Dravik on Tuesday.",
        "The Harbour Monitor said dozens of people were killed by mortar shells in Dravik on Tuesday.",
    ),
]


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in LEFT_ALONE], ids=[row[0] for row in LEFT_ALONE])
def test_what_can_both_be_true_is_left_alone(one, other):
    read_both(one, other)
    assert proposed() == []


def test_a_figure_besides_the_first_of_a_statement_conflicts_too():
    read_both(
        "The army said nine people were killed and 20 people were wounded by mortar shells in Dravik on Tuesday.",
        "Ada Lind, a doctor, said nine people were killed and 55 people were wounded by shells in Dravik on Tuesday.",
    )
    assert proposed() == ["numeric"]
    assert "wounded" in Contradiction.objects.get().explanation


def test_the_title_tells_which_incident_a_short_sentence_is_about():
    said = "It was a busy hour.\n\n{} said {} people were killed on Tuesday.\n"
    read("one", said.format("The army", 7), publisher="Gazette", title="Mortar shells hit the fish market in Dravik")
    read("two", said.format("Ada Lind", 23), publisher="Courier", title="Shells fall on a fish market in Dravik")
    read("three", said.format("A medic", 40), publisher="Herald", title="Car bomb in Kelm")
    assert proposed() == ["numeric"]


def test_parties_that_people_have_set_up_are_camps():
    party = open_party(name="Northern Guard and allies", actor=MACHINE)
    create_source(name="Northern Guard", kind="armed force", party=party, actor=MACHINE)
    assert Party.objects.exists()
    assert Source.objects.filter(party=party).exists()
    read_both(
        "The Harbour Monitor said army shelling burnt down the girls' school in Dravik on Tuesday.",
        "The ministry said the Northern Guard shelled the girls' school in Dravik with heavy guns on Tuesday.",
    )
    assert proposed() == ["actor"]


def test_a_dismissed_pair_stays_dismissed_whatever_is_computed_again(reviewer):
    read_both(*KINDS[0][1:])
    decide_contradiction(Contradiction.objects.get(), state="dismissed", by=reviewer, reason="Two attacks.")
    conflicts.find_conflicts(Claim.objects.live())
    standings.refresh(Claim.objects.values_list("pk", flat=True), actor=MACHINE)
    assert list(Contradiction.objects.values_list("state", flat=True)) == ["dismissed"]


def test_tolls_of_reports_that_share_something_else_are_compared(monkeypatch):
    monkeypatch.setattr(conflicts, "NEAREST", 0)
    monkeypatch.setattr(conflicts, "IN_TIME", 0)
    mayor = "The mayor, Ada Lind, said the fish market in Dravik was closed on Tuesday.\n\n"
    read("one", f"{mayor}The army said seven people were killed by mortar shells in Dravik.", publisher="Gazette")
    other = "Smoke rose over the old harbour for hours.\n\nThe Harbour Monitor said 23 people died under mortar fire."
    read("two", f"{mayor}{other}", publisher="Courier", title="Mortar shells hit a fish market in Dravik")
    assert proposed() == ["numeric"]


def test_a_conflict_stays_when_many_others_are_nearer(monkeypatch):
    read_both(*KINDS[0][1:])
    monkeypatch.setattr(conflicts, "NEAREST", 0)
    monkeypatch.setattr(conflicts, "IN_TIME", 0)
    monkeypatch.setattr(conflicts, "REPORTS", 0)
    conflicts.find_conflicts(Claim.objects.live())
    assert proposed() == ["numeric"]


def test_the_order_of_arrival_changes_nothing_of_what_is_proposed():
    for number, (_, one, other) in enumerate(KINDS):
        read(f"b{number}", other, publisher="Courier")
        read(f"a{number}", one, publisher="Gazette")
    assert set(proposed()) == {kind for kind, _, _ in KINDS}


@pytest.mark.parametrize("incidents", [1, 4])
def test_looking_again_proposes_nothing_new_in_as_many_queries_for_one_claim_as_for_many(
    incidents, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(candidates, "COUNTED_FOR", inf)  # however long it takes to read them
    for number, (_, one, other) in enumerate(KINDS[:incidents]):
        read(f"a{number}", one, publisher="Gazette")
        read(f"b{number}", other, publisher="Courier")
    claims = list(Claim.objects.live())
    before = Contradiction.objects.count()
    assert before == incidents
    contested = Claim.objects.contested().exists()  # the positions on either side are read then
    with django_assert_num_queries(len(READS) + contested):
        conflicts.find_conflicts(claims)
    assert Contradiction.objects.count() == before


def test_who_speaks_first_is_kept_as_documents_arrive_as_it_is_when_all_are_there():
    for number, (_, one, other) in enumerate(KINDS):
        read(f"b{number}", other, publisher="Courier", at="2024-03-14T09:00:00Z")
        read(f"a{number}", one, publisher="Gazette")
    kept = list(FirstWord.objects.order_by("pk").values())
    assert len(kept) == Claim.objects.count()
    FirstWord.objects.all().delete()
    standings.refresh(Claim.objects.values_list("pk", flat=True), actor=MACHINE)
    assert list(FirstWord.objects.order_by("pk").values()) == kept


def test_what_placing_found_near_a_new_claim_is_what_a_search_would_find(monkeypatch):
    monkeypatch.setattr(nearby, "NEAREST", 3)
    monkeypatch.setattr(conflicts, "NEAREST", 3)
    asked = []

    def watched(claims, *, known, **limits):
        found = rivals(claims, known=known, **limits)
        asked.append((known, found, rivals(claims, known={}, **limits)))
        return found

    monkeypatch.setattr(conflicts, "rivals", watched)
    for number in range(2):
        read(f"a{number}", "\n\n".join(row[1 + number] for row in KINDS), publisher="Gazette")
    assert [len(known) for known, _, _ in asked] == [6, 5]  # one of the second denies a claim that is there
    assert all(found == searched for _, found, searched in asked)
    assert nearby.known() == {}


def test_an_assertion_is_taken_apart_anew_when_anything_of_it_changes_and_its_text_is_not_held():
    read_both(*KINDS[0][1:])
    (said, *_) = first_assertions(list(Claim.objects.values_list("pk", flat=True)), actor=MACHINE).values()
    again = conflicts._asserted(replace(said))
    assert again is conflicts._asserted(said)
    for changed in (replace(said, title="Other"), replace(said, text=f"{said.text} "), replace(said, place="Kelm")):
        assert conflicts._asserted(changed) is not again
    assert said.text not in said.key
