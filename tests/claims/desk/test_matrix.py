"""Blocs become visible whatever the order in which sources and claims come, and a cell is a source's latest word."""

from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.desk.matrix import Cell, cells, seriate
from claims.standing import Body, Taken

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)


def taken(stance="supports", *, source="army", at=0, stands=True, position="p"):
    return Taken(
        position=position, stance=stance, speaker=source, source=Body(source, source.title()), publisher=None,
        document="d", root="d", at=NOON + timedelta(hours=at), stands=stands,
    )  # fmt: skip


@st.composite
def planted(draw, *, opposed):
    """Blocs of sources, each with claims of its own; the stances in which they show, and who belongs where."""
    count = 2 if opposed else draw(st.integers(2, 4))
    sources = [[f"s{b}-{i}" for i in range(draw(st.integers(1, 5)))] for b in range(count)]
    claims = [[f"c{b}-{i}" for i in range(draw(st.integers(1, 5)))] for b in range(count)]
    stances = {}
    for b in range(count):
        for s in sources[b]:
            stances |= dict.fromkeys([(s, claims[b][0])], "supports")
            stances |= {(s, c): "supports" for c in claims[b] if draw(st.booleans())}
            stances |= {(s, c): "refutes" for c in claims[1 - b] if draw(st.booleans())} if opposed else {}
        stances |= {(sources[b][0], c): "supports" for c in claims[b]}
    if opposed:
        stances[sources[0][0], claims[1][0]] = "refutes"
    return sources, claims, stances


def runs(placed):
    """The blocs that were planted, as they come; one that is torn apart comes twice."""
    found = []
    for one in placed:
        bloc = one.key.split("-")[0][1:]
        if not found or found[-1] != bloc:
            found.append(bloc)
    return found


@given(planted(opposed=True), st.randoms())
def test_two_blocs_that_refute_each_other_come_apart(plant, chance):
    sources, claims, stances = plant
    everybody, everything = [*chain(*sources)], [*chain(*claims)]
    chance.shuffle(everybody), chance.shuffle(everything)
    found = seriate(stances, sources=everybody, claims=everything)
    assert sorted(one.key for one in found.sources) == sorted(everybody)
    assert sorted(one.key for one in found.claims) == sorted(everything)
    # Each bloc in one piece, and its claims in the place of its sources: supports lie along the diagonal.
    assert runs(found.sources) == runs(found.claims)
    assert len(runs(found.sources)) == 2
    assert [one.bloc for one in found.sources if one.first] == [1, 2]


@given(planted(opposed=False), st.randoms())
def test_blocs_that_never_speak_to_each_other_s_claims_come_apart(plant, chance):
    sources, claims, stances = plant
    everybody, everything = [*chain(*sources)], [*chain(*claims)]
    chance.shuffle(everybody), chance.shuffle(everything)
    found = seriate(stances, sources=everybody, claims=everything)
    assert runs(found.sources) == runs(found.claims)
    assert len(runs(found.sources)) == len(sources)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from("uvwxyz")),
        st.sampled_from(["supports", "refutes", "reports"]),
    ),
    st.randoms(),
)
def test_the_order_is_the_same_whatever_order_things_come_in(stances, chance):
    sources, claims, said = list("abcdef"), list("uvwxyz"), list(stances.items())
    first = seriate(stances, sources=sources, claims=claims)
    chance.shuffle(sources), chance.shuffle(claims), chance.shuffle(said)
    assert seriate(dict(said), sources=sources, claims=claims) == first
    assert sorted(one.key for one in first.sources) == list("abcdef")
    assert sorted(one.key for one in first.claims) == list("uvwxyz")


def test_one_source_that_breaks_ranks_leaves_the_blocs_in_one_piece():
    stances = {
        **{(f"s0-{i}", f"c0-{j}"): "supports" for i in range(4) for j in range(4)},
        **{(f"s1-{i}", f"c1-{j}"): "supports" for i in range(4) for j in range(4)},
        **{(f"s0-{i}", f"c1-{j}"): "refutes" for i in range(4) for j in range(4)},
        ("s0-2", "c1-1"): "supports",
    }
    found = seriate(stances, sources={s for s, _c in stances}, claims={c for _s, c in stances})
    assert len(runs(found.sources)) == len(runs(found.claims)) == 2


def test_parts_of_one_side_that_hardly_share_a_claim_are_not_mixed():
    stances = {
        **{(f"s0-{i}", f"c0-{j}"): "supports" for i in range(3) for j in range(3)},
        **{(f"s1-{i}", f"c1-{j}"): "supports" for i in range(3) for j in range(3)},
        ("s0-0", "c1-0"): "supports",
    }
    found = seriate(stances, sources={s for s, _c in stances}, claims={c for _s, c in stances})
    assert {one.bloc for one in found.sources} == {1}
    assert len(runs(found.sources)) == len(runs(found.claims)) == 2


def test_who_only_passes_on_belongs_to_no_bloc_and_comes_last():
    stances = {("army", "fort taken"): "supports", ("courier", "fort taken"): "reports"}
    found = seriate(stances, sources=["courier", "army", "baker"], claims=["fort taken", "rain"])
    assert [(one.key, one.bloc) for one in found.sources] == [("army", 1), ("baker", 0), ("courier", 0)]
    assert [(one.key, one.bloc) for one in found.claims] == [("fort taken", 1), ("rain", 0)]


def test_nothing_at_all_has_an_order_too():
    assert seriate({}, sources=[], claims=[]).sources == ()


@pytest.mark.parametrize(
    ("words", "cell"),
    [
        ([taken("supports")], Cell("supports", 1)),
        ([taken("supports"), taken("refutes", at=1)], Cell("refutes", 2, changed=True)),
        ([taken("refutes", at=2), taken("supports", at=1)], Cell("refutes", 2, changed=True)),
        ([taken("refutes"), taken("supports")], Cell("refutes", 2, changed=True)),  # of one moment, the denial
        ([taken("supports"), taken("reports", at=1)], Cell("supports", 2)),
        ([taken("reports")], Cell("reports", 1)),
    ],
)
def test_a_cell_is_the_source_s_latest_word(words, cell):
    assert cells(words) == {"army": cell}


def test_what_was_retracted_says_nothing():
    assert cells([taken("supports", stands=False)]) == {}
    assert cells([taken("refutes"), taken("supports", at=1, stands=False)]) == {"army": Cell("refutes", 1)}
