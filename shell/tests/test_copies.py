"""Which copies of fragments are kept, for whom, and when they are no longer shown."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
import redis

from bff.identity.principal import Identity
from bff.identity.tests.conftest import redis_url  # noqa: F401 - a fixture
from shell.copies import LARGEST, OVERHEAD, Copies, Copy, MemoryCopies, owner_of, place_of
from shell.copies_redis import RedisCopies
from shell.freshness import Terms, terms

OLIVIA = Identity(
    "u-olivia",
    "Olivia",
    "olivia",
    frozenset(),
    hub=True,
    permissions=frozenset({"alpha:page:read"}),
    roles=("reader",),
    csrf="token",
    session="sid",
)
OTHERWISE: dict[type, Any] = {
    str: "otherwise",
    frozenset: frozenset({"other"}),
    tuple: ("other",),
    type(None): "given",
}
TERMS = Terms(10, 5, 60)


def a_copy(text: bytes = b"<p>hello</p>", nonce: str = "nonce-1") -> Copy:
    made = Copy.of(text, nonce, 1000.0, TERMS, {"etag": '"1"', "portal-version": "2"})
    assert made is not None
    return made


@pytest.fixture(params=["memory", "redis"])
def copies(request: pytest.FixtureRequest) -> Iterator[Copies]:
    """Each way to keep them in turn: one contract for both."""
    kept: Copies = MemoryCopies(1_000_000)
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        with redis.Redis.from_url(url) as client:
            client.flushall()
        kept = RedisCopies(url)
    yield kept
    kept.close()


def found(copies: Copies, identity: Identity, app: str = "alpha", target: str = "/card") -> Copy | None:
    shelf = copies.find([(owner_of(identity, app), (place_of(identity, target),))])[0]
    return shelf.copies[0]


def keep(copies: Copies, identity: Identity, copy: Copy, app: str = "alpha", turn: int = 0) -> None:
    copies.keep(owner_of(identity, app), place_of(identity, "/card"), copy, turn)


def test_what_was_kept_is_found_as_it_was(copies: Copies) -> None:
    keep(copies, OLIVIA, a_copy())
    assert found(copies, OLIVIA) == a_copy()
    assert found(copies, OLIVIA, target="/other") is None
    assert found(copies, OLIVIA, app="beta") is None


@pytest.mark.parametrize("name", [each.name for each in fields(Identity)])
def test_whoever_differs_in_anything_finds_nothing(copies: Copies, name: str) -> None:
    keep(copies, OLIVIA, a_copy())
    value = getattr(OLIVIA, name)
    changed: Any = not value if isinstance(value, bool) else OTHERWISE[type(value)]
    other = replace(OLIVIA, **{name: changed})
    assert other != OLIVIA
    assert found(copies, other) is None


def test_a_change_forgets_all_that_a_person_saw_of_that_app_and_nothing_else(copies: Copies) -> None:
    elsewhere = replace(OLIVIA, session="another browser")
    for identity, app in ((OLIVIA, "alpha"), (elsewhere, "alpha"), (OLIVIA, "beta")):
        keep(copies, identity, a_copy(), app)
    copies.forget(OLIVIA, "alpha")
    assert (found(copies, OLIVIA), found(copies, elsewhere)) == (None, None)
    assert found(copies, OLIVIA, "beta") is not None


def test_what_was_asked_for_before_a_change_and_answered_after_it_is_not_kept(copies: Copies) -> None:
    owner, place = owner_of(OLIVIA, "alpha"), place_of(OLIVIA, "/card")
    before = copies.find([(owner, (place,))])[0].turn
    copies.forget(OLIVIA, "alpha")
    copies.keep(owner, place, a_copy(), before)
    assert found(copies, OLIVIA) is None
    copies.keep(owner, place, a_copy(), copies.find([(owner, (place,))])[0].turn)
    assert found(copies, OLIVIA) is not None


def test_memory_is_bound_and_what_was_looked_at_last_stays() -> None:
    copies = MemoryCopies(3 * (100 + OVERHEAD))
    for target in ("/1", "/2", "/3"):
        copies.keep(owner_of(OLIVIA, "alpha"), place_of(OLIVIA, target), a_copy(b"x" * 100), 0)
    assert found(copies, OLIVIA, target="/1") is not None
    copies.keep(owner_of(OLIVIA, "alpha"), place_of(OLIVIA, "/4"), a_copy(b"x" * 100), 0)
    assert [found(copies, OLIVIA, target=target) is not None for target in ("/1", "/2", "/3", "/4")] == [
        True,
        False,
        True,
        True,
    ]
    assert copies.bytes == 3 * (100 + OVERHEAD)
    assert Copy.of(b"x" * (LARGEST + 1), "n", 0, TERMS, {}) is None


def test_redis_holds_no_word_of_it_that_could_be_read(redis_url: str) -> None:  # noqa: F811
    kept = RedisCopies(redis_url)
    keep(kept, OLIVIA, a_copy(b"secret figures of Olivia"))
    with redis.Redis.from_url(redis_url) as client:
        held = [client.hgetall(key) for key in client.scan_iter("bizops:shell:copies:*")]
    assert held
    assert not [word for word in (b"secret", b"olivia", b"Olivia", b"token") if word in repr(held).encode()]
    kept.close()


def test_without_redis_pages_are_made_as_if_never_before() -> None:
    kept = RedisCopies("redis://127.0.0.1:9/0")
    keep(kept, OLIVIA, a_copy())
    assert found(kept, OLIVIA) is None
    kept.forget(OLIVIA, "alpha")
    kept.close()


def test_a_copy_is_shown_under_the_nonce_of_each_page() -> None:
    copy = a_copy(b'<a hx-nonce="nonce-1">x</a><b hx-nonce="nonce-1">', "nonce-1")
    assert copy.content("nonce-2") == b'<a hx-nonce="nonce-2">x</a><b hx-nonce="nonce-2">'
    assert b"nonce-1" not in b"".join(copy.pieces)


SAID: list[tuple[str, Terms | None]] = [
    ("", Terms(30, 0, 60)),
    ("private, max-age=5", Terms(5, 0, 60)),
    ("max-age=5, stale-while-revalidate=7, stale-if-error=9", Terms(5, 7, 9)),
    ('PRIVATE , Max-Age="5"', Terms(5, 0, 60)),
    ("no-cache", Terms(0, 0, 60)),
    ("max-age=5, must-revalidate, stale-while-revalidate=7", Terms(5, 0, 0)),
    ("max-age=-5", Terms(0, 0, 60)),
    ("max-age=99999999999", Terms(86400, 0, 60)),
    ("private, no-store", None),
]


@pytest.mark.parametrize(("said", "expected"), SAID)
def test_an_answer_says_itself_how_long_it_may_be_shown(said: str, expected: Terms | None) -> None:
    assert terms({"cache-control": said}, 30, 60) == expected


def test_an_answer_that_varies_with_everything_is_not_kept() -> None:
    assert terms({"vary": "*"}, 30, 60) is None
