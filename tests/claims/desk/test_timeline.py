"""The timeline of a claim: origins in their order, with the echoes folded under them."""

from datetime import UTC, datetime, timedelta

from claims.desk.timeline import Mark, fold
from claims.standing import Body, Taken, assess

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def said(name, hour, *, stance="supports", by=None, document=None, copies=None, stands=True, speaker=None):
    """What somebody said in a document of its own, or in one that ``by`` published or that ``copies`` another."""
    paper = document or f"paper of {name} at {hour}"
    return Taken(
        position=f"{name}@{hour}", stance=stance, speaker=speaker or name, source=Body(name, name),
        publisher=Body(by, by) if by else None, document=paper, root=copies or paper,
        at=NOON + timedelta(hours=hour), stands=stands,
    )  # fmt: skip


def folded(*taken):
    marks = [Mark(t.position, t.stance, t.at) for t in taken]
    return fold(marks, assess(taken).as_json())


def told(entries):
    return [(e.position, e.counted, [(echo.position, echo.reason) for echo in e.echoes]) for e in entries]


def test_origins_stand_in_the_order_in_which_they_spoke():
    entries = folded(said("Harbour Office", 3), said("Ilme Watch", 1), said("Ministry", 2, stance="refutes"))
    assert [e.position for e in entries] == ["Ilme Watch@1", "Ministry@2", "Harbour Office@3"]
    assert all(e.counted and not e.echoes for e in entries)
    assert [e.names for e in entries] == [("Ilme Watch",), ("Ministry",), ("Harbour Office",)]


def test_a_source_quoted_again_and_a_copy_are_folded_into_their_origin():
    first = said("Ilme Watch", 1, document="wire")
    again = said("Ilme Watch", 4)
    copy = said("Ilme Watch", 2, document="reprint", copies="wire")
    assert told(folded(again, copy, first)) == [
        ("Ilme Watch@1", True, [("Ilme Watch@2", "syndicated copy"), ("Ilme Watch@4", "same source")])
    ]


def test_a_chain_is_folded_into_the_origin_that_it_rests_on():
    soldiers = said("Third Brigade", 1, by="Channel Two")
    channel = said("Channel Two", 2)
    other = said("Ilme Watch", 0)
    assert told(folded(channel, soldiers, other)) == [
        ("Ilme Watch@0", True, []),
        ("Third Brigade@1", True, [("Channel Two@2", "chain")]),
    ]


def test_a_chain_finds_a_body_whose_name_has_commas_and_that_somebody_speaks_for():
    officer = said("Harbour, Port and Customs Office", 1, by="Channel Two", speaker="the harbour master")
    channel = said("Channel Two", 2)
    other = said("Port and Customs", 3)
    entries = folded(channel, officer, other)
    assert entries[0].names == ("the harbour master, Harbour, Port and Customs Office",)
    assert [echo.position for echo in entries[0].echoes] == ["Channel Two@2"]
    assert entries[1].echoes == ()


def test_a_chain_stays_on_its_own_side():
    denied = said("Third Brigade", 1, by="Channel Two", stance="refutes")
    channel = said("Channel Two", 2, stance="refutes")
    asserted = said("Third Brigade Veterans", 0)
    entries = folded(denied, channel, asserted)
    assert told(entries)[1] == ("Third Brigade@1", True, [("Channel Two@2", "chain")])
    assert entries[0].echoes == ()


def test_bodies_that_cite_only_each_other_are_one_line():
    one = said("Velmora Today", 1, by="Evening Post")
    other = said("Evening Post", 2, by="Velmora Today")
    (entry,) = folded(one, other)
    assert entry.circular
    assert [echo.position for echo in entry.echoes] == ["Evening Post@2"]


def test_what_is_part_of_no_origin_is_a_line_of_its_own_that_says_why():
    report = said("Evening Post", 1, stance="reports")
    dropped = said("Ilme Watch", 2, stands=False)
    entries = folded(report, dropped, said("Ministry", 3))
    assert [(e.counted, e.reason) for e in entries] == [(False, "mere report"), (False, "withdrawn"), (True, "")]
    assert entries[0].detail == "relays it without asserting it"


def test_what_nobody_weighed_is_a_line_without_a_reason():
    (entry,) = fold([Mark("unknown", "supports", NOON)], {})
    assert (entry.counted, entry.reason, entry.echoes) == (False, "", ())


def test_the_ledgers_reasons_fold_too_without_what_was_discounted():
    taken = [said("Ilme Watch", 1), said("Ilme Watch", 2)]
    why = {key: assess(taken).as_json()[key] for key in ("supporting", "refuting")}
    (entry,) = fold([Mark(t.position, t.stance, t.at) for t in taken], why)
    assert [echo.position for echo in entry.echoes] == ["Ilme Watch@2"]


def test_an_origin_of_which_only_later_words_are_known_stands_by_the_first_of_them():
    explanation = assess([said("Ilme Watch", 1), said("Ilme Watch", 2), said("Ilme Watch", 3)]).as_json()
    known = [Mark(f"Ilme Watch@{n}", "supports", NOON + timedelta(hours=n)) for n in (2, 3)]
    (entry,) = fold(known, explanation)
    assert entry.position == "Ilme Watch@2"
    assert [echo.position for echo in entry.echoes] == ["Ilme Watch@3"]


def test_every_position_is_shown_exactly_once():
    taken = [
        said("Third Brigade", 1, by="Channel Two"), said("Channel Two", 2), said("Ilme Watch", 3),
        said("Ilme Watch", 4), said("Evening Post", 5, stance="reports"), said("Ministry", 6, stance="refutes"),
    ]  # fmt: skip
    entries = folded(*taken)
    shown = [e.position for e in entries] + [echo.position for e in entries for echo in e.echoes]
    assert sorted(shown) == sorted(t.position for t in taken)
