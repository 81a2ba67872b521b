"""What somebody typed is theirs: leaving asks first, and neither a lost connection nor a session's end takes it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from e2e import people
from e2e.people import MANAGER

TYPED = "Wanjiru Wambui"
LOST_WORDS = "The page did not arrive"


@pytest.fixture
def typing(sign_in: Callable[..., Page]) -> Page:
    """A form with something in it."""
    page = sign_in(MANAGER, "/users/people/create")
    page.get_by_label("Name", exact=True).fill(TYPED)
    return page


def fill_in(page: Page) -> None:
    page.get_by_label("User name").fill("wanjiru")
    page.get_by_label("E-mail").fill("wanjiru@example.com")


def kept(page: Page) -> None:
    expect(page.get_by_label("Name", exact=True)).to_have_value(TYPED)
    expect(page).to_have_url(re.compile("/users/people/create"))


def test_leaving_by_a_link_and_by_closing_asks_first(typing: Page, accessible: Callable[[Page], None]) -> None:
    roles = typing.locator("#nav").get_by_role("link", name="Roles")
    question = typing.get_by_role("alertdialog", name="What you typed is not sent")
    roles.click()
    expect(question).to_be_visible()
    accessible(typing)
    question.get_by_role("button", name="Stay here").click()
    kept(typing)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    typing.on("dialog", stay)
    typing.evaluate("location.assign('/')")
    kept(typing)
    assert asked == ["beforeunload"]
    roles.click()
    question.get_by_role("button", name="Leave the page").click()
    expect(typing.get_by_role("heading", name="Roles", exact=True)).to_be_visible()


def test_a_page_on_which_nothing_was_typed_is_left_without_a_word(sign_in: Callable[..., Page]) -> None:
    page = sign_in(MANAGER, "/users/people/create")
    said: list[str] = []

    def leave(dialog: Dialog) -> None:
        said.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.locator("#nav").get_by_role("link", name="Roles").click()
    expect(page.get_by_role("heading", name="Roles", exact=True)).to_be_visible()
    page.reload()
    assert said == []


@pytest.mark.journey("J1")
def test_before_the_session_ends_one_is_told_and_stays(typing: Page) -> None:
    seconds = {"left": 90}

    def told(route: Route) -> None:
        if route.request.headers.get("portal-poll") != "1":
            seconds["left"] = 900
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "seconds": seconds["left"]})

    typing.route("**/auth/session", told)
    typing.clock.install()
    typing.reload()
    typing.get_by_label("Name", exact=True).fill(TYPED)
    typing.clock.fast_forward(301_000)
    warned = typing.get_by_role("alertdialog", name=re.compile("You will be signed out at [0-9]"))
    expect(warned).to_be_visible()
    warned.get_by_role("button", name="Stay signed in").click()
    expect(warned).to_be_hidden()
    kept(typing)


@pytest.mark.journey("J1")
def test_after_the_session_ended_a_login_in_another_tab_sends_what_was_typed(typing: Page) -> None:
    fill_in(typing)
    typing.context.clear_cookies()
    typing.get_by_role("button", name="Continue").click()
    expect(typing.get_by_role("heading", name="You are signed out")).to_be_visible()
    with typing.context.expect_page() as opened:
        typing.get_by_role("alertdialog").get_by_role("link", name="Sign in").click()
    other = opened.value
    other.wait_for_load_state()
    if other.get_by_label(re.compile("user ?name", re.IGNORECASE)).count():
        people.sign_in(other, MANAGER)
    expect(other.get_by_role("heading", name="Home")).to_be_visible()
    other.close()
    typing.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(typing.get_by_role("heading", name="You are signed out")).to_be_hidden()
    kept(typing)
    typing.get_by_role("button", name="Continue").click()
    expect(typing.get_by_text(re.compile("wanjiru", re.IGNORECASE)).first).to_be_visible()
    expect(typing.get_by_text(re.compile("did not come from this portal"))).to_have_count(0)


def test_without_a_connection_nothing_is_lost_and_it_is_sent_afterwards(typing: Page) -> None:
    fill_in(typing)
    typing.context.set_offline(True)
    expect(typing.get_by_text("No connection.")).to_be_visible()
    typing.get_by_role("button", name="Continue").click()
    expect(typing.get_by_text(LOST_WORDS)).to_be_visible()
    kept(typing)
    typing.context.set_offline(False)
    expect(typing.get_by_text("No connection.")).to_be_hidden()
    typing.get_by_role("button", name="Continue").click()
    expect(typing.get_by_text(LOST_WORDS)).to_be_hidden()


def test_a_page_that_does_not_arrive_is_asked_for_again(sign_in: Callable[..., Page]) -> None:
    page = sign_in(MANAGER)
    page.route("**/users/roles", lambda route: route.fulfill(status=503, headers={"Retry-After": "50"}, body="full"))
    page.locator("#nav").get_by_role("link", name="Roles").click()
    expect(page.get_by_text(LOST_WORDS)).to_be_visible()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.unroute("**/users/roles")
    page.get_by_role("button", name="Try again").first.click()
    expect(page.get_by_role("heading", name="Roles", exact=True)).to_be_visible()
