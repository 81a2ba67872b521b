"""The page on Keycloak says what the realm's file has, and leaves nothing of it open."""

import json
import re
from typing import Any, cast

from tests.parts.openid import how_to
from tests.parts.openid.providers import SHELL, USERS


def realm() -> dict[str, Any]:
    """The realm of the file, with the page's examples in their places."""
    examples = how_to.examples()
    filled = how_to.PLACEHOLDER.sub(lambda found: examples[found[1]], how_to.REALM_FILE.read_text("utf-8"))
    return cast(dict[str, Any], json.loads(filled))


def client(client_id: str) -> dict[str, Any]:
    """A client of the file; a public one says so, and none does."""
    found = next(each for each in realm()["clients"] if each["clientId"] == client_id)
    return cast(dict[str, Any], {"publicClient": False, **found, **found.get("attributes", {})})


def said(value: object) -> str:
    """A value of the file as the page writes it."""
    return str(value[0]) if isinstance(value, list) else value if isinstance(value, str) else json.dumps(value)


def test_what_the_file_leaves_open_is_what_the_page_has_exported() -> None:
    assert set(how_to.PLACEHOLDER.findall(how_to.REALM_FILE.read_text("utf-8"))) == how_to.examples().keys()


def test_every_setting_of_a_client_on_the_page_is_that_of_the_file() -> None:
    rows, shell = how_to.rows("for the shell"), client(SHELL)
    assert len(rows) == 11
    assert [(row.name, said(shell[row.name])) for row in rows] == [(row.name, row.value) for row in rows]


def test_every_setting_of_the_realm_on_the_page_is_that_of_the_file() -> None:
    rows, whole = how_to.rows("value | why"), realm()
    assert len(rows) == 7
    assert [(row.name, said(whole[row.name])) for row in rows] == [(row.name, row.value) for row in rows]


def test_the_other_app_is_as_the_shell_is_but_for_its_service_account() -> None:
    shell, users, addresses = client(SHELL), client(USERS), how_to.examples()
    own = {"clientId", "secret", "attributes", "protocolMappers", "serviceAccountsEnabled"}
    alike = {name: json.dumps(value) for name, value in shell.items() if name not in own}
    other = {name: json.dumps(value) for name, value in users.items() if name not in own}
    assert {name: text.replace(addresses["SHELL_URL"], addresses["USERS_URL"]) for name, text in alike.items()} == other


def test_the_settings_of_the_shell_are_those_of_the_realm() -> None:
    settings = how_to.settings()
    assert settings["BIZOPS_OIDC_ISSUER"] == f"{how_to.KEYCLOAK_URL}/realms/{realm()['realm']}"
    assert settings["BIZOPS_OIDC_CLIENT_ID"] == SHELL
    assert settings["BIZOPS_OIDC_CLIENT_SECRET"] == client(SHELL)["secret"]


def test_the_levels_of_the_page_are_those_of_the_realm() -> None:
    levels = json.loads(realm()["attributes"]["acr.loa.map"])
    asked = re.findall(r"acr: \[(\w+)\]|BIZOPS_SIGN_IN_ACR=(\w+)", how_to.text())
    assert {name for pair in asked for name in pair if name} <= levels.keys()
    configured = {each["config"].get("loa-condition-level") for each in realm()["authenticatorConfig"]}
    assert {str(level) for level in levels.values()} == configured - {None}


def test_the_version_that_the_page_names_is_the_one_that_is_tried() -> None:
    from tests.parts.openid.keycloak import VERSION

    assert f"Keycloak {VERSION.rpartition('.')[0]} on Java 17" in how_to.text()
