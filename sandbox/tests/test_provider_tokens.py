"""What the provider's tokens are good for, how often, and for whom."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.tests.relying_party import (
    APPLICATION,
    DIRECTORY,
    MACHINES,
    PORTAL,
    Browser,
    Running,
    arguments,
    call,
    credentials,
    running_provider,
)

OTHER = {**PORTAL, "client_id": "settlement", "client_secret": "settlement-secret", "base_url": "http://localhost:10"}


def refresh(provider: Running, token: str, **form: Any) -> requests.Response:
    return provider.token(grant_type="refresh_token", refresh_token=token, **form)


def userinfo(provider: Running, token: str) -> requests.Response:
    return call("GET", provider.url + "/userinfo", headers={"Authorization": f"Bearer {token}"})


def fresh_code(visitor: Browser) -> str:
    return arguments(visitor.submit({"chosen": "u-101"}))["code"]


@pytest.mark.parametrize("change", [{"code_verifier": "w" * 43}, {"code_verifier": ""}, {"redirect_uri": "http://x"}])
def test_a_code_is_refused_without_its_verifier_or_address(visitor: Browser, change: dict[str, str]) -> None:
    refused = visitor.redeem(fresh_code(visitor), **change)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_a_wrong_verifier_spends_the_code(visitor: Browser) -> None:
    code = fresh_code(visitor)
    visitor.redeem(code, code_verifier="w" * 43)
    assert visitor.redeem(code).json()["error"] == "invalid_grant"


def test_a_code_used_twice_takes_back_what_it_gave(visitor: Browser) -> None:
    code = fresh_code(visitor)
    tokens = visitor.redeem(code).json()
    assert userinfo(visitor.provider, tokens["access_token"]).status_code == 200
    assert visitor.redeem(code).json()["error"] == "invalid_grant"
    assert userinfo(visitor.provider, tokens["access_token"]).status_code == 401
    assert refresh(visitor.provider, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_code_expires_after_a_minute(visitor: Browser) -> None:
    code = fresh_code(visitor)
    visitor.provider.clock.now += 61
    assert visitor.redeem(code).json()["error"] == "invalid_grant"


def test_a_code_and_a_refresh_token_are_worth_nothing_to_another_client(tmp_path: Path) -> None:
    with running_provider(tmp_path, PORTAL, OTHER) as provider, closing(Browser(provider)) as visitor:
        code = fresh_code(visitor)
        form = {"grant_type": "authorization_code", "redirect_uri": APPLICATION, "code_verifier": visitor.verifier}
        assert provider.token(OTHER, code=code, **form).json()["error"] == "invalid_grant"
        tokens = visitor.redeem(code).json()
        stolen = provider.token(OTHER, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert stolen.json()["error"] == "invalid_grant"
        assert refresh(provider, tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_a_client_must_prove_its_secret(provider: Running, secret: str) -> None:
    refused = provider.token({**PORTAL, "client_secret": secret}, grant_type="client_credentials")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert refused.headers["WWW-Authenticate"].startswith("Basic")
    assert refused.headers["Cache-Control"] == "no-store"


def test_a_client_may_send_its_secret_in_the_form(provider: Running) -> None:
    form = {"grant_type": "client_credentials", "client_id": "users", "client_secret": "users-secret"}
    assert call("POST", provider.url + "/token", data=form).status_code == 200


def test_a_refresh_brings_new_tokens_of_the_same_sign_in(visitor: Browser) -> None:
    first = visitor.sign_in()
    visitor.provider.clock.now += 100
    second = refresh(visitor.provider, first["refresh_token"]).json()
    before, after = (visitor.provider.read(tokens["id_token"]).claims for tokens in (first, second))
    assert second["refresh_token"] != first["refresh_token"]
    assert {name: before[name] for name in ("sub", "sid", "auth_time", "acr")}.items() <= after.items()
    assert after["iat"] == before["iat"] + 100
    assert "nonce" not in after


def test_a_refresh_token_used_twice_ends_its_whole_family(visitor: Browser) -> None:
    first = visitor.sign_in()
    second = refresh(visitor.provider, first["refresh_token"]).json()
    assert refresh(visitor.provider, first["refresh_token"]).json()["error"] == "invalid_grant"
    assert refresh(visitor.provider, second["refresh_token"]).json()["error"] == "invalid_grant"
    assert userinfo(visitor.provider, second["access_token"]).status_code == 401


def test_of_eight_refreshes_at_once_one_succeeds(visitor: Browser) -> None:
    token = visitor.sign_in()["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        statuses = [answer.status_code for answer in pool.map(lambda _: refresh(visitor.provider, token), range(8))]
    assert sorted(statuses) == [200] + [400] * 7


def test_a_refresh_cannot_widen_the_scope(visitor: Browser) -> None:
    token = visitor.sign_in(scope="openid")["refresh_token"]
    assert refresh(visitor.provider, token, scope="openid email").json()["error"] == "invalid_scope"


def test_revoking_a_refresh_token_ends_its_access_tokens_too(visitor: Browser) -> None:
    tokens = visitor.sign_in()
    revoke = visitor.provider.url + "/revoke"
    stranger = call("POST", revoke, data={"token": tokens["refresh_token"]}, auth=credentials(DIRECTORY))
    assert stranger.status_code == 200
    assert userinfo(visitor.provider, tokens["access_token"]).status_code == 200
    assert call("POST", revoke, data={"token": tokens["refresh_token"]}, auth=credentials(PORTAL)).status_code == 200
    assert userinfo(visitor.provider, tokens["access_token"]).status_code == 401
    assert refresh(visitor.provider, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_userinfo_tells_what_the_scope_allows_while_the_token_lives(visitor: Browser) -> None:
    tokens = visitor.sign_in(scope="openid email")
    person = userinfo(visitor.provider, tokens["access_token"]).json()
    assert person == {"sub": "u-101", "email": "olivia@example.com", "email_verified": True}
    assert userinfo(visitor.provider, tokens["id_token"]).status_code == 401
    visitor.provider.clock.now += 300
    assert userinfo(visitor.provider, tokens["access_token"]).status_code == 401


def test_an_access_token_names_its_audience(visitor: Browser) -> None:
    token = visitor.provider.read(visitor.sign_in(resource="http://localhost:9")["access_token"])
    assert token.header["typ"] == "at+jwt"
    assert token.claims["aud"] == [visitor.provider.url, "http://localhost:9"]
    assert (token.claims["client_id"], token.claims["sub"], token.claims["acr"]) == ("shell", "u-101", "pwd")


@pytest.mark.parametrize("parameter", ["resource", "audience"])
def test_a_client_gets_a_token_in_its_own_name_for_another(provider: Running, parameter: str) -> None:
    answer = provider.token(DIRECTORY, grant_type="client_credentials", **{parameter: "shell"}).json()
    claims = provider.read(answer["access_token"]).claims
    assert (claims["aud"], claims["sub"], claims["scope"]) == ("shell", "users", "scim")
    assert "refresh_token" not in answer


def test_a_client_gets_no_token_for_strangers_nor_a_scope_that_is_not_its_own(provider: Running) -> None:
    stranger = provider.token(DIRECTORY, grant_type="client_credentials", resource="https://elsewhere.example")
    assert stranger.json()["error"] == "invalid_target"
    scope = provider.token(PORTAL, grant_type="client_credentials", scope="scim")
    assert scope.json()["error"] == "invalid_scope"


def test_tokens_outlive_a_restart(tmp_path: Path) -> None:
    with running_provider(tmp_path) as provider, closing(Browser(provider)) as visitor:
        tokens = visitor.sign_in()
    with running_provider(tmp_path) as provider:
        assert provider.read(tokens["id_token"]).claims["sub"] == "u-101"
        assert refresh(provider, tokens["refresh_token"]).status_code == 200
    assert (tmp_path / "signing-keys.json").stat().st_mode & 0o077 == 0


def test_a_machine_gets_tokens_in_its_own_name_while_it_is_active_and_never_signs_in(tmp_path: Path) -> None:
    machine = {"client_id": "payment-manager-payerfsp", "client_secret": "bizops"}
    with running_provider(tmp_path, PORTAL, DIRECTORY, machines=MACHINES) as provider:
        answer = provider.token(machine, grant_type="client_credentials", resource="http://localhost:9").json()
        token = provider.read(answer["access_token"])
        assert (token.header["typ"], token.claims["aud"]) == ("at+jwt", "http://localhost:9")
        assert token.claims["sub"] == token.claims["client_id"] == "payment-manager-payerfsp"
        assert "auth_time" not in token.claims
        with closing(Browser(provider)) as visitor:
            typed = visitor.submit({"username": "payment-manager-payerfsp", "password": "bizops"})
            assert typed.status_code != 303
            clicked = visitor.submit({"chosen": "payment-manager-payerfsp"})
            assert clicked.status_code != 303
        scim = provider.token(DIRECTORY, grant_type="client_credentials", scope="scim").json()["access_token"]
        address = f"{provider.url}/scim/v2/Users/payment-manager-payerfsp"
        bearer = {"Authorization": f"Bearer {scim}"}
        known = call("GET", address, headers=bearer).json()
        assert (known["userType"], known["emails"]) == ("Client", [])
        inactive = {"Operations": [{"op": "replace", "path": "active", "value": False}]}
        assert call("PATCH", address, headers=bearer, json=inactive).status_code == 200
        refused = provider.token(machine, grant_type="client_credentials")
        assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
