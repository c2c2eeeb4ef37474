"""Whether somebody unnamed may be the one whom another outlet names."""

import pytest

from tracker.analysis.conflict_sources import may_be_one_source


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        ("monitor", "Harbour Monitor", True),
        ("unnamed monitoring group", "Kelm Observatory for Human Rights", True),
        ("head of the monitor", "Kelm Observatory for Human Rights", True),
        ("the defence ministry", "Ministry of Defence", True),
        ("Harbour Monitor", "Harbour Monitor", True),
        ("it", "Harbour Monitor", True),
        ("Harbour Monitor", "Kelm Observatory", False),
        ("monitor", "Ministry of Defence", False),
        ("unnamed activists", "Kelm Activists", False),
        ("", "Harbour Monitor", False),
    ],
)
def test_somebody_unnamed_may_be_the_one_body_of_the_sort(one, other, may_be):
    assert may_be_one_source(one, other) is may_be
    assert may_be_one_source(other, one) is may_be
