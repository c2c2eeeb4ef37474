"""A root over many, and the way from one of them to the root."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from claims import merkle

LEAVES = [bytes.fromhex(leaf) for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "60616263")]


def test_the_root_is_that_of_the_standard():
    # The test vectors of RFC 6962's reference implementation.
    assert merkle.root([]).hex() == sha256(b"").hexdigest()
    assert merkle.root(LEAVES[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root(LEAVES[:2]).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert merkle.root(LEAVES[:3]).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert merkle.root(LEAVES[:5]).hex() == "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"


@given(leaves=st.lists(st.binary(max_size=8), min_size=1, max_size=40), data=st.data())
def test_every_leaf_climbs_to_the_root_and_no_other_does(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    steps = merkle.path(leaves, index)
    assert merkle.climbed(leaves[index], steps) == merkle.root(leaves)
    assert merkle.climbed(leaves[index] + b"x", steps) != merkle.root(leaves)
    assert len(steps) <= max(len(leaves) - 1, 1).bit_length()
