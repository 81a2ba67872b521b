"""The tree of RFC 6962: its roots are those of the definition, and its proofs prove what is so and nothing else."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bff.change.merkle import EMPTY, Node, Peaks, consistency, extends, includes, inclusion, joined, peaks_at

SIZES = st.integers(1, 130)
LEAVES = [sha256(b"\x00" + str(number).encode()).digest() for number in range(200)]
# RFC 6962's own example data, as its authors' test vectors hash it: the tree of the empty leaf, and of these eight.
VECTORS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def by_definition(leaves: list[bytes]) -> bytes:
    """The root as RFC 6962, 2.1 defines it, by recursion."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return joined(by_definition(leaves[:half]), by_definition(leaves[half:]))


def grown(count: int) -> tuple[Peaks, Node]:
    """The tree of the first leaves, and its complete subtrees as appending made them."""
    peaks, known = Peaks(), {}
    for number, leaf in enumerate(LEAVES[:count]):
        peaks, made = peaks.append(leaf)
        for level, node in enumerate(made):
            known[level, number >> level] = node
    return peaks, lambda level, index: known[level, index]


@pytest.mark.parametrize("count", sorted(ROOTS))
def test_the_published_trees_have_the_published_roots(count: int) -> None:
    peaks = Peaks()
    for vector in VECTORS[:count]:
        peaks, _ = peaks.append(sha256(b"\x00" + bytes.fromhex(vector)).digest())
    assert peaks.root().hex() == ROOTS[count]


@given(SIZES)
def test_appending_gives_the_root_of_the_definition(size: int) -> None:
    assert grown(size)[0].root() == by_definition(LEAVES[:size])


@given(SIZES, st.data())
def test_the_tree_at_an_earlier_size_is_found_again(size: int, data: st.DataObject) -> None:
    earlier = data.draw(st.integers(0, size))
    assert peaks_at(grown(size)[1], earlier) == grown(earlier)[0]


@given(SIZES, st.data())
def test_every_leaf_is_proven_to_be_in_the_tree_at_its_place_and_no_other_is(size: int, data: st.DataObject) -> None:
    peaks, node = grown(size)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion(node, index, size)
    assert len(path) <= max(size - 1, 0).bit_length()
    assert includes(LEAVES[index], (index, size), path, peaks.root())
    assert not includes(LEAVES[size], (index, size), path, peaks.root())
    other = data.draw(st.integers(0, size - 1).filter(lambda place: place != index)) if size > 1 else 1
    assert not includes(LEAVES[index], (other, size), path, peaks.root())


@given(SIZES, st.integers(0, 4), st.data())
def test_a_block_of_leaves_is_proven_as_one(size: int, level: int, data: st.DataObject) -> None:
    peaks, node = grown(size)
    blocks = (size + (1 << level) - 1) >> level
    block = data.draw(st.integers(0, blocks - 1))
    root = by_definition(LEAVES[block << level : min((block + 1) << level, size)])
    assert includes(root, (block, blocks), inclusion(node, block, size, level), peaks.root())


@given(SIZES, st.data())
def test_a_tree_is_proven_to_continue_each_earlier_one(size: int, data: st.DataObject) -> None:
    peaks, node = grown(size)
    earlier = data.draw(st.integers(1, size))
    old, new = (earlier, grown(earlier)[0].root()), (size, peaks.root())
    path = consistency(node, earlier, size)
    assert extends(old, new, path)
    assert not extends((earlier, LEAVES[-1]), new, path)
    assert not extends(old, (size, LEAVES[-1]), path)


@settings(max_examples=300)
@given(st.integers(2, 130), st.data())
def test_no_proof_holds_when_a_step_of_it_is_changed_left_out_or_added(size: int, data: st.DataObject) -> None:
    peaks, node = grown(size)
    earlier = data.draw(st.integers(1, size - 1))
    old, new = (earlier, grown(earlier)[0].root()), (size, peaks.root())
    path = consistency(node, earlier, size)
    step = data.draw(st.integers(0, len(path) - 1))
    for wrong in (
        [*path[:step], LEAVES[-1], *path[step + 1 :]],
        [*path[:step], *path[step + 1 :]],
        [*path, LEAVES[-1]],
    ):
        assert not extends(old, new, wrong)


@given(st.integers(2, 130), st.data())
def test_a_tree_with_one_earlier_leaf_changed_continues_nothing(size: int, data: st.DataObject) -> None:
    earlier = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, earlier - 1))
    leaves = [*LEAVES[:changed], LEAVES[-1], *LEAVES[changed + 1 : size]]
    peaks, known = Peaks(), {}
    for number, leaf in enumerate(leaves):
        peaks, made = peaks.append(leaf)
        known.update({(level, number >> level): node for level, node in enumerate(made)})
    path = consistency(lambda level, index: known[level, index], earlier, size)
    assert not extends((earlier, grown(earlier)[0].root()), (size, peaks.root()), path)


def test_what_is_not_there_cannot_be_proven() -> None:
    node = grown(5)[1]
    for index in (-1, 5):
        with pytest.raises(IndexError):
            inclusion(node, index, 5)
    for old in (0, 6):
        with pytest.raises(IndexError):
            consistency(node, old, 5)
    assert not includes(LEAVES[0], (5, 5), [], LEAVES[0])
    assert not extends((0, EMPTY), (1, LEAVES[0]), [])
    assert not extends((2, LEAVES[0]), (1, LEAVES[0]), [])
