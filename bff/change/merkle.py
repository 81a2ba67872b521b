"""The hash tree of RFC 6962: one root for any number of leaves, and short proofs that nothing was taken back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

EMPTY = sha256(b"").digest()
Node = Callable[[int, int], bytes]  # (level, index) -> the hash of a complete subtree of 2**level leaves


def joined(left: bytes, right: bytes) -> bytes:
    """The hash of a node with two children."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Peaks:
    """A tree of `size` leaves as its largest complete subtrees, from the left: all that appending needs to know."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> tuple["Peaks", tuple[bytes, ...]]:
        """The tree with one more leaf, and the subtrees that it completes: the leaf itself, then level by level."""
        made, standing = [leaf], list(self.peaks)
        size = self.size
        while size & 1:
            made.append(joined(standing.pop(), made[-1]))
            size >>= 1
        return Peaks(self.size + 1, (*standing, made[-1])), tuple(made)

    def root(self) -> bytes:
        """The hash of the whole tree."""
        if not self.peaks:
            return EMPTY
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = joined(peak, root)
        return root


def peaks_at(node: Node, size: int) -> Peaks:
    """The peaks of a tree of `size` leaves whose complete subtrees `node` knows."""
    return Peaks(size, tuple(node(level, index) for level, index in _complete(0, size)))


def _complete(start: int, end: int) -> Iterator[tuple[int, int]]:
    # The largest complete subtrees of [start, end), from the left; `start` is where a subtree that large may begin.
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _range(node: Node, start: int, end: int) -> bytes:
    hashes = [node(level, index) for level, index in _complete(start, end)]
    return Peaks(end - start, tuple(hashes)).root()


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)  # the largest power of two below `size`


def inclusion(node: Node, index: int, size: int, level: int = 0) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of `size` leaves (RFC 6962, 2.1.1), the nearest first.

    With a level, from the block of 2**level leaves of that index: the path is that of a leaf in a tree of blocks.
    """
    leaf = index << level
    if not 0 <= leaf < size:
        raise IndexError(f"there is no leaf {leaf} among {size}")
    start, end, path = 0, size, []
    while end - start > 1 << level:
        middle = start + _split(end - start)
        if leaf < middle:
            path.append(_range(node, middle, end))
            end = middle
        else:
            path.append(_range(node, start, middle))
            start = middle
    return path[::-1]


def consistency(node: Node, old: int, new: int) -> list[bytes]:
    """The hashes which show that the first `old` leaves of `new` are as they were (RFC 6962, 2.1.2)."""
    if not 0 < old <= new:
        raise IndexError(f"a tree of {new} leaves never had {old}")
    start, end, path, whole = 0, new, [], True
    while old - start != end - start:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range(node, middle, end))
            end = middle
        else:
            path.append(_range(node, start, middle))
            start, whole = middle, False
    # The old tree's own root needs no telling where it is a subtree of the new one from the first leaf on.
    return [*([] if whole else [_range(node, start, end)]), *path[::-1]]


def includes(leaf: bytes, place: tuple[int, int], path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from a leaf at `place` (index, size) to the root (RFC 9162, 2.1.3.2)."""
    index, size = place
    if not 0 <= index < size:
        return False
    position, last, value = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            value = joined(step, value)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            value = joined(value, step)
        position, last = position >> 1, last >> 1
    return last == 0 and value == root


def extends(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Whether the path shows that the `new` tree (size, root) begins with the `old` one (RFC 9162, 2.1.4.2)."""
    (size, root), (size_now, root_now) = old, new
    if not 0 < size <= size_now:
        return False
    if size == size_now:
        return not path and root == root_now
    steps = [root, *path] if size & (size - 1) == 0 else list(path)
    if not steps:
        return False
    position, last = size - 1, size_now - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    then = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            then, now = joined(step, then), joined(step, now)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            now = joined(now, step)
        position, last = position >> 1, last >> 1
    return last == 0 and then == root and now == root_now
