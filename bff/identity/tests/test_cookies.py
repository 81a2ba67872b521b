"""What the cookies are called and how far they travel."""

import pytest
from flask import Response

from bff.identity.cookies import Cookies


def headers(response: Response) -> list[str]:
    return response.headers.getlist("Set-Cookie")


def test_the_session_cookie_is_strict_and_bound_to_the_host_and_to_http() -> None:
    cookies, response = Cookies("shell", secure=True), Response()
    cookies.set_session(response, "id.key")
    assert headers(response) == ["__Host-Http-shell=id.key; Secure; HttpOnly; Path=/; SameSite=Strict"]


def test_a_login_cookie_is_lax_lives_ten_minutes_and_has_a_name_of_its_own() -> None:
    cookies, response = Cookies("shell", secure=True), Response()
    cookies.set_login(response, "abcdefghijklmnop", "id.key")
    (header,) = headers(response)
    assert header.startswith("__Host-Http-shell-tx-abcdefghijkl=id.key; ")
    assert header.endswith("Max-Age=600; Secure; HttpOnly; Path=/; SameSite=Lax")
    assert "Domain" not in header


def test_without_secure_prefix_and_attribute_go_together() -> None:
    cookies, response = Cookies("shell", secure=False), Response()
    cookies.set_session(response, "id.key")
    assert headers(response) == ["shell=id.key; HttpOnly; Path=/; SameSite=Strict"]


def test_a_cookie_is_taken_back_with_the_attributes_that_its_prefix_demands() -> None:
    cookies, response = Cookies("shell", secure=True), Response()
    cookies.clear_session(response)
    (header,) = headers(response)
    assert header.startswith("__Host-Http-shell=; Expires=Thu, 01 Jan 1970")
    assert all(part in header for part in ("Max-Age=0", "Secure", "HttpOnly", "Path=/"))


@pytest.mark.parametrize(("begun", "cleared"), [(7, 0), (8, 8)])
def test_logins_begun_and_left_are_cleared_once_they_are_many(begun: int, cleared: int) -> None:
    cookies, response = Cookies("shell", secure=True), Response()
    present = ["__Host-Http-shell", "portal-language", *(cookies.login(f"{number:012}") for number in range(begun))]
    cookies.clear_abandoned(response, present)
    assert len(headers(response)) == cleared
