"""Promises 3 to 5: stance before counting, independence before counting, and a standing that explains itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims import standing
from claims.standing import REFUTES, REPORTS, SUPPORTS, Body, Taken, assess

NOON = datetime(2024, 3, 12, 12, tzinfo=UTC)
NUMBERS = count()


def body(name: str | None, party: str | None = None) -> Body | None:
    return None if name is None else Body(name, name, party)


def takes(
    source: str,
    stance: str = SUPPORTS,
    *,
    party: str | None = None,
    publisher: str | None = "outlet",
    document: str | None = None,
    copies: str | None = None,
    hour: int = 0,
    stands: bool = True,
) -> Taken:
    """One position: ``source`` says so in ``document`` (its own, unless named) of ``publisher``."""
    number = next(NUMBERS)
    document = document or f"document {number}"
    return Taken(
        position=f"position {number:06}",
        stance=stance,
        speaker=source,
        source=Body(source, source, party),
        publisher=body(publisher),
        document=document,
        root=copies or document,
        at=NOON + timedelta(hours=hour),
        stands=stands,
    )


WHOLE_TABLE = [
    ("one source in one document", [takes("mayor")], "single-origin", 1),
    ("one source in two outlets", [takes("mayor", publisher="a"), takes("mayor", publisher="b")], "echoed", 1),
    ("a copy adds no origin", [takes("mayor", document="wire"), takes("mayor", copies="wire")], "echoed", 1),
    ("two sources without a party", [takes("mayor"), takes("monitor")], "corroborated", 2),
    (
        "two sources of one party",
        [takes("ministry", party="gov"), takes("governor", party="gov")],
        "one-sided",
        2,
    ),
    (
        "two sources of two parties",
        [takes("ministry", party="gov"), takes("militia", party="rebels")],
        "corroborated",
        2,
    ),
    ("one of a party, one of none", [takes("ministry", party="gov"), takes("monitor")], "corroborated", 2),
    ("asserted and denied", [takes("mayor"), takes("militia", REFUTES)], "contested", 1),
    ("only denied", [takes("militia", REFUTES)], "denied", 0),
    ("only relayed", [takes("radio", REPORTS)], "reported", 0),
    ("a report does not corroborate", [takes("mayor"), takes("radio", REPORTS)], "single-origin", 1),
    ("retracted", [takes("mayor", stands=False)], "withdrawn", 0),
    ("one retracted, one stands", [takes("mayor", stands=False), takes("monitor")], "single-origin", 1),
    (
        "television that quotes the army, quoted by a paper, is the army",
        [takes("army", publisher="television"), takes("television", publisher="paper")],
        "echoed",
        1,
    ),
    (
        "two outlets that cite only each other",
        [takes("herald", publisher="ledger"), takes("ledger", publisher="herald")],
        "echoed",
        1,
    ),
    (
        "a circle does not corroborate a witness",
        [takes("herald", publisher="ledger"), takes("ledger", publisher="herald"), takes("witness")],
        "echoed",
        1,
    ),
    (
        "its latest word counts",
        [takes("spokesman", hour=0), takes("spokesman", REFUTES, hour=3)],
        "denied",
        0,
    ),
    ("nobody said anything", [], "unattested", 0),
    ("only denied, by what no longer stands", [takes("militia", REFUTES, stands=False)], "unattested", 0),
]


@pytest.mark.parametrize(
    ("positions", "value", "origins"), [row[1:] for row in WHOLE_TABLE], ids=[r[0] for r in WHOLE_TABLE]
)
def test_the_standing_follows_from_the_positions(positions, value, origins):
    found = assess(positions)
    assert (found.value, found.origins) == (value, origins)


def test_a_denial_a_question_or_a_mere_report_never_corroborates():
    alone = assess([takes("mayor")])
    for stance in (REFUTES, REPORTS):
        found = assess([takes("mayor"), *(takes(f"other {i}", stance) for i in range(5))])
        assert found.origins == alone.origins == 1
        assert found.value != "corroborated"


def test_every_position_is_counted_once_or_discounted_with_a_reason():
    positions = [
        takes("army", publisher="television", document="bulletin"),
        takes("army", publisher="television", copies="bulletin"),
        takes("television", publisher="paper"),
        takes("herald", publisher="ledger"),
        takes("ledger", publisher="herald"),
        takes("radio", REPORTS),
        takes("mayor", stands=False),
        takes("monitor", document="own", hour=0),
        takes("monitor", hour=2),
    ]
    found = assess(positions)
    reasons = {discount.reason for discount in found.discounted}
    assert reasons == {"syndicated copy", "chain", "circular", "mere report", "withdrawn", "same source"}
    accounted = {d.position for d in found.discounted} | {p for o in found.supporting for p in o.positions}
    assert accounted == {t.position for t in positions}
    assert found.as_json()["version"] == standing.VERSION
    assert found.sentences


def test_what_a_newer_version_repeats_is_superseded_and_what_it_drops_is_withdrawn():
    repeated = assess([takes("mayor", document="page", stands=False), takes("mayor", document="page")])
    assert [d.reason for d in repeated.discounted] == ["superseded"]
    dropped = assess([takes("mayor", document="page", stands=False)])
    assert [d.reason for d in dropped.discounted] == ["withdrawn"]


def test_a_party_that_a_claim_harms_asserts_it_against_its_interest():
    positions = [takes("ministry", party="gov")]
    assert assess(positions, harmed=frozenset({"gov"})).flags == ("against-interest",)
    assert assess(positions, harmed=frozenset({"rebels"})).flags == ()


def test_flags_say_that_a_toll_rose_and_that_a_review_is_due():
    assert assess([takes("mayor")], rising=True, review_due=True).flags == ("rising", "review-due")


THREE = "league, ministry (Crown) and monitor"
SAID = [
    (
        "contested",
        [takes("Ada Lind", party="Guild"), takes("unnamed trader"), takes("Ada Lind", party="Guild", hour=1),
         takes("Olaf Brandt", REFUTES, party="Crown")],
        ["Asserted by Ada Lind (Guild) and an unnamed trader; denied by Olaf Brandt (Crown).",
         "Counted once, although quoted more than once: Ada Lind."],
    ),
    (
        "contested by the parties alone",
        [takes("Ada Lind", party="Guild"), takes("Olaf Brandt", REFUTES, party="Crown")],
        ["Asserted by Ada Lind (Guild); denied by Olaf Brandt (Crown).",
         "Everybody who has spoken to it has a side in it."],
    ),
    (
        "echoed",
        [takes("unnamed soldiers", publisher="television", document="bulletin"),
         takes("unnamed soldiers", publisher="television", copies="bulletin"),
         takes("television", publisher="paper"), takes("radio", REPORTS)],
        ["Three documents say so, but all of it goes back to one origin: unnamed soldiers.",
         "Counted once, although copies of the same document repeat it: unnamed soldiers.",
         "Not an origin of its own: television; its own report rests on unnamed soldiers.",
         "Only passed on or hedged, and so not counted: radio."],
    ),
    (
        "echoed in a circle",
        [takes("herald", publisher="ledger"), takes("ledger", publisher="herald")],
        ["Two documents say so, but all of it goes back to a circle without a known origin.",
         "herald and ledger cite only each other, which corroborates nothing."],
    ),
    (
        "one-sided",
        [takes("ministry", party="Crown"), takes("governor", party="Crown")],
        ["Two origins say so, but all of them belong to one party (Crown): governor and ministry."],
    ),
    (
        "corroborated",
        [takes("ministry", party="Crown"), takes("monitor"), takes("league"), takes("mayor", stands=False)],
        [f"Three independent origins say so, not all of one party, and nobody denies it: {THREE}.",
         "No longer counted, since the document was retracted or dropped it: mayor."],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("positions", "sentences"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_a_standing_explains_itself_as_an_editor_would(positions, sentences):
    assert list(assess(positions).sentences) == sentences


def test_whoever_speaks_against_the_interest_of_a_side_is_named():
    found = assess([takes("ministry", party="Crown"), takes("monitor")], harmed=frozenset({"Crown"}))
    assert found.sentences[-1] == "Said against the interest of their own side by ministry (Crown)."


def test_names_that_hold_a_comma_are_kept_apart_by_semicolons():
    positions = [replace(takes(body), speaker=name) for name, body in (("Ada", "Guild"), ("Bo", "Crown"), ("Cy", "Cy"))]
    assert assess(positions).sentences[0].endswith(": Ada, Guild; Bo, Crown; and Cy.")


def test_of_one_moment_the_denial_is_the_latest_word_whatever_the_ids():
    both = [takes("spokesman", REFUTES), takes("spokesman")]
    swapped = [replace(both[0], position="z"), replace(both[1], position="a")]
    assert [assess(both).value, assess(swapped).value] == ["denied", "denied"]


def test_of_one_moment_the_denial_counts_although_the_assertion_stands_in_a_copy():
    said = [takes("spokesman", REFUTES), takes("spokesman", copies="wire")]
    denial_copied = replace(said[0], position="copy", document="copy of the denial")
    assert [assess(said).value, assess([*said, denial_copied]).value] == ["denied", "denied"]


NAMES = st.sampled_from(["army", "television", "paper", "mayor", "monitor", "herald"])
POSITIONS = st.lists(
    st.builds(
        takes,
        NAMES,
        st.sampled_from([SUPPORTS, REFUTES, REPORTS]),
        party=st.sampled_from([None, "gov", "rebels"]),
        publisher=st.none() | NAMES,
        copies=st.none() | st.sampled_from(["wire", "bulletin"]),
        hour=st.integers(0, 5),
        stands=st.booleans(),
    ),
    max_size=12,
)


@given(POSITIONS, st.randoms())
def test_the_order_in_which_positions_arrive_changes_nothing(positions, random):
    shuffled = list(positions)
    random.shuffle(shuffled)
    assert assess(positions) == assess(shuffled)


@given(POSITIONS, st.randoms())
def test_ids_do_not_change_what_is_said(positions, random):
    """The same documents read in another order get other ids, and no other explanation."""
    ids = [t.position for t in positions]
    random.shuffle(ids)
    renamed = [replace(t, position=new) for t, new in zip(positions, ids, strict=True)]
    one, other = assess(positions), assess(renamed)
    assert (one.value, one.flags, one.sentences) == (other.value, other.flags, other.sentences)


@given(POSITIONS)
def test_no_more_origins_than_bodies_and_every_value_is_known(positions):
    found = assess(positions)
    assert found.value in standing.VALUES
    assert found.origins <= len({t.source.key for t in positions if t.stance == SUPPORTS and t.stands})
    assert (found.value == "corroborated") <= (found.origins >= 2 and not found.refuting)


@given(POSITIONS)
def test_copying_every_document_corroborates_nothing(positions):
    before = assess(positions)
    # A copy speaks at its original's time, whenever it came out.
    copies = [replace(t, position=f"copy of {t.position}", document=f"copy of {t.document}") for t in positions]
    after = assess([*positions, *copies])
    assert (after.origins, after.refuting_origins) == (before.origins, before.refuting_origins)
