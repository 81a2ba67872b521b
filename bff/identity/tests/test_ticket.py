"""A ticket finds and opens one session, and no other."""

import dataclasses

import pytest

from bff.identity.ticket import Ticket


def test_a_cookie_gives_back_its_ticket() -> None:
    ticket = Ticket.new()
    assert Ticket.of(ticket.cookie) == ticket


def test_what_is_sealed_opens_with_the_same_ticket_only() -> None:
    ticket, other = Ticket.new(), Ticket.new()
    sealed = ticket.seal(b"value")
    assert ticket.open(sealed) == b"value"
    assert other.open(sealed) is None
    assert dataclasses.replace(other, id=ticket.id).open(sealed) is None
    # The right key under another id: a value moved from one session to another.
    assert dataclasses.replace(ticket, id=other.id).open(sealed) is None


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 12, b"x" * 40])
def test_what_was_not_sealed_does_not_open(sealed: bytes) -> None:
    assert Ticket.new().open(sealed) is None


def test_the_same_value_is_never_sealed_alike() -> None:
    ticket = Ticket.new()
    assert ticket.seal(b"value") != ticket.seal(b"value")


def test_an_id_has_at_least_128_random_bits() -> None:
    ids = {Ticket.new().id for _ in range(100)}
    assert len(ids) == 100
    assert all(len(ticket_id) * 6 >= 128 for ticket_id in ids)


@pytest.mark.parametrize(
    "cookie", ["", ".", "x", "x.y", "a" * 32, "a" * 32 + ".", "a" * 32 + ".###", "é" * 32 + ".AAAA"]
)
def test_what_is_no_ticket_is_none(cookie: str) -> None:
    assert Ticket.of(cookie) is None


def test_a_printed_ticket_shows_neither_id_nor_key() -> None:
    ticket = Ticket.new()
    assert ticket.id not in repr(ticket)
    assert ticket.cookie.split(".")[1] not in repr(ticket)
    assert repr(ticket.key) not in repr(ticket)
