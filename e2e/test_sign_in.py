"""J1: sign in, come back to the page first asked for, and see only what one may do."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.people import DFSP, MANAGER, OPERATOR

SignIn = Callable[..., Page]
pytestmark = pytest.mark.journey("J1")


def test_an_operator_comes_back_to_the_page_first_asked_for(sign_in: SignIn, base_url: str) -> None:
    page = sign_in(OPERATOR, "/settlement/windows?state=CLOSED")
    expect(page).to_have_url(f"{base_url}/settlement/windows?state=CLOSED")
    expect(page.get_by_role("heading", name="Settlement windows", level=1)).to_be_visible()


def test_the_menu_holds_only_what_an_operator_may_do(sign_in: SignIn, accessible: Callable[[Page], None]) -> None:
    page = sign_in(OPERATOR, "/")
    menu = page.get_by_role("navigation", name=re.compile("menu|navigation|main", re.IGNORECASE)).first
    expect(menu.get_by_role("link", name="Settlement windows")).to_be_visible()
    expect(menu.get_by_role("link", name="Reports")).to_be_visible()
    expect(menu.get_by_role("link", name="People")).to_have_count(0)
    accessible(page)


def test_a_user_administrator_sees_people(sign_in: SignIn, accessible: Callable[[Page], None]) -> None:
    page = sign_in(MANAGER, "/users/people")
    expect(page.get_by_role("heading", name="People", level=1)).to_be_visible()
    accessible(page)


def test_a_refused_page_names_the_missing_permission_and_who_holds_it(
    sign_in: SignIn, accessible: Callable[[Page], None]
) -> None:
    page = sign_in(OPERATOR, "/users/people")
    main = page.get_by_role("main")
    expect(main).to_contain_text("users:person:view")
    expect(main).to_contain_text("Operations manager")
    accessible(page)


def test_a_participants_own_people_see_no_settlement_menu(sign_in: SignIn) -> None:
    page = sign_in(DFSP, "/")
    expect(page.get_by_role("link", name="Reports").first).to_be_visible()
    expect(page.get_by_role("link", name="Settlement windows")).to_have_count(0)
