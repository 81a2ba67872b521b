"""Participants: their standing in each currency, for hub staff all of them, for everybody else their own alone."""

import re
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff import HubUnavailable
from bff.testing import user_with
from microfrontends.settlement.domain.ledger import POSITION, Cap
from microfrontends.settlement.domain.participants import holdings_of
from microfrontends.settlement.permissions import P
from microfrontends.settlement.tests.fake_hub import FakeHub
from microfrontends.settlement.tests.reading import links, rows, words


@pytest.fixture(autouse=True)
def books(hub: FakeHub) -> None:
    """A payer that owes 750 of 1,000, a payee that is owed them, each with money behind it."""
    hub.books.join("payerfsp", cap="1000", liquidity="5000")
    hub.books.join("payerfsp", "XOF", cap="0", liquidity="0")
    hub.books.join("payeefsp", cap="2000", liquidity="0")
    hub.books.move(hub.books.account("payerfsp", "USD").account_id, Decimal(750))
    hub.books.move(hub.books.account("payeefsp", "USD").account_id, Decimal(-750))


@pytest.fixture
def staff(app: Flask) -> FlaskClient:
    """Hub staff."""
    return user_with(app, P.VIEW_PARTICIPANTS)


def member(app: Flask, *participants: str) -> FlaskClient:
    return user_with(app, P.VIEW_PARTICIPANTS, hub=False, participants=list(participants))


def test_the_list_says_how_each_stands_in_each_currency(staff: FlaskClient) -> None:
    page = staff.get("/participants").text
    assert rows(page) == [
        "payeefsp USD is owed 750.00 2,000.00 0% 0.00 Active",
        "payerfsp USD owes 750.00 1,000.00 75% 5,000.00 Active",
        "payerfsp XOF owes nothing 0 used up 0 Active",
    ]
    assert "2 participants" in words(page)
    assert "Hub " not in " ".join(rows(page))


def test_the_list_is_searched_by_a_piece_of_a_name(staff: FlaskClient) -> None:
    assert len(rows(staff.get("/participants?search=PAYEE").text)) == 1
    assert "No participant matches" in staff.get("/participants?search=nobody").text


def test_the_list_pages_on_the_server(staff: FlaskClient, hub: FakeHub) -> None:
    for number in range(60):
        hub.books.join(f"dfsp{number:02}")
    assert "1\u201350 of 63" in words(staff.get("/participants").text)
    assert len(rows(staff.get("/participants?page=2").text)) == 13


def test_a_page_tells_what_is_left_and_offers_its_place_to_others(staff: FlaskClient) -> None:
    page = staff.get("/participants/payerfsp").text
    text = words(page)
    assert "Position owes 750.00 USD" in text
    assert "Left to send 250.00 USD" in text
    assert "Liquidity account 5,000.00 USD" in text
    assert 'data-slot="participant" data-slot-context="name=payerfsp"' in page
    assert "/settlement/participants/payerfsp" in links(staff.get("/participants").text)


def test_a_cap_that_is_used_up_is_said_in_words(staff: FlaskClient, hub: FakeHub) -> None:
    hub.books.set_cap(Cap("payerfsp", "USD", Decimal(700)))
    assert "The cap in USD is used up" in words(staff.get("/participants/payerfsp").text)
    assert "Left to send 0.00 USD" in words(staff.get("/participants/payerfsp").text)
    assert "1 has used up its cap" in words(staff.get("/participants").text)


def test_a_disabled_account_is_said_to_be_inactive(staff: FlaskClient, hub: FakeHub) -> None:
    hub.books.set_active("payerfsp", hub.books.account("payerfsp", "USD").account_id, False)
    assert rows(staff.get("/participants?search=payerfsp").text)[0].endswith("Inactive")


def test_a_member_sees_their_own_and_nothing_of_others(app: Flask, hub: FakeHub) -> None:
    own = member(app, "payerfsp")
    page = own.get("/participants").text
    assert [row.split()[0] for row in rows(page)] == ["payerfsp", "payerfsp"]
    assert "payeefsp" not in page
    assert own.get("/participants/payerfsp").status_code == 200
    known, unknown = own.get("/participants/payeefsp"), own.get("/participants/nobody")
    assert (known.status_code, unknown.status_code) == (404, 404)
    assert "750" not in known.text
    told = [re.sub(r"[0-9a-f]{16,}", "", words(each.text)) for each in (known, unknown)]
    assert told[0].replace("payeefsp", "nobody") == told[1]


@pytest.mark.parametrize("search", ["", "payee", "p"])
def test_no_search_of_a_member_finds_another(app: Flask, search: str) -> None:
    page = member(app, "payerfsp").get(f"/participants?search={search}").text
    assert "payeefsp" not in page
    assert "2,000.00" not in page


def test_whoever_belongs_to_none_sees_none(app: Flask) -> None:
    nobody = member(app)
    assert rows(nobody.get("/participants").text) == []
    assert nobody.get("/participants/payerfsp").status_code == 404


def test_the_hub_itself_and_the_unknown_are_no_participants(staff: FlaskClient) -> None:
    assert staff.get("/participants/Hub").status_code == 404
    assert staff.get("/participants/nobody").status_code == 404


@pytest.mark.parametrize("path", ["/participants", "/participants/payerfsp"])
def test_without_the_permission_nobody_comes_in(app: Flask, path: str) -> None:
    answer = user_with(app, *set(P) - {P.VIEW_PARTICIPANTS}).get(path)
    assert (answer.status_code, P.VIEW_PARTICIPANTS in answer.text) == (403, True)


def test_a_hub_that_does_not_answer_is_said_to_be_away(staff: FlaskClient, hub: FakeHub) -> None:
    hub.fail("participants", HubUnavailable("no answer"))
    assert staff.get("/participants").status_code == 502


def test_no_share_is_told_of_a_cap_of_nothing(hub: FakeHub) -> None:
    hub.books.move(hub.books.account("payerfsp", "XOF").account_id, Decimal(5))
    accounts = [each for each in hub.ledger() if each.participant == "payerfsp" and each.currency == "XOF"]
    (held,) = holdings_of(accounts, hub.caps())
    assert (held.used, held.left, held.beyond) == (None, Decimal(-5), True)
    (bare,) = holdings_of([each for each in accounts if each.kind == POSITION], ())
    assert (bare.used, bare.left, bare.liquidity, bare.beyond) == (None, None, None, False)
