"""Every route of every app refuses without its permission, serves with it, and shows nothing to strangers."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from bff.access.permissions import ANY_LOGIN, ANYONE, access_of
from bff.database import own_migrations, upgrade
from bff.identity.assertion import HEADER
from bff.settings import Settings
from bff.testing import CSRF, assertion, settings_for

APPS = {
    "settlement": "microfrontends.settlement",
    "reports": "microfrontends.reports",
    "users": "microfrontends.users",
    "shell": "shell",
}
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens, so whatever passes the guard fails behind it
# Pages that no menu names, and why: the home page is behind the product's mark, fragments stand in other pages,
# and an app's own root leads to its first page.
LED_TO = {
    "shell": {
        "/",
        "/approvals",
        "/approvals/decisions",
        "/audit",
        "/audit/integrity",
        "/audit/rows.csv",
        "/help",
        "/microfrontends",
        "/microfrontends/register",
        "/search",
        "/slots/badges",
        "/slots/search",
    },
    "settlement": {
        "/",
        "/help",
        "/settlements/rows",
        "/settlements/settle",
        "/slots/home",
        "/slots/help",
        "/slots/approvals",
        "/slots/badges/settlements",
        "/slots/search/participants",
        "/slots/search/settlements",
        "/slots/search/windows",
        "/slots/settlements",
        "/windows/rows",
        "/windows/settle",
    },
    "reports": {
        "/",
        "/deliveries/packs",
        "/help",
        "/runs/everyone",
        "/runs/everyone/rows.csv",
        "/runs/news",
        "/runs/rows.csv",
        "/slots/badges/deliveries",
        "/slots/badges/packs",
        "/slots/deliveries",
        "/slots/files",
        "/slots/help",
        "/slots/packs",
        "/slots/search",
    },
    "users": {"/", "/help", "/people.csv", "/people/create", "/review.csv", "/slots/help", "/slots/search"},
}
EXAMPLES = {"int": "1", "path": "a/b", "default": "a", "string": "a"}


def settings_class(package: str) -> type[Settings]:
    kinds = [kind for _, kind in getmembers(import_module(f"{package}.settings"), isclass)]
    return next(kind for kind in kinds if issubclass(kind, Settings) and kind is not Settings)


def make(name: str, folder: Path, **settings: Any) -> Flask:
    """The app as it is deployed, its hub and directory out of reach, with some settings otherwise."""
    package = APPS[name]
    kind = settings_class(package)
    more = {
        "hub_ledger_url": NOBODY,
        "hub_settlement_url": NOBODY,
        "hub_database_url": f"sqlite:///{folder / 'hub.sqlite'}",
        "database_url": f"sqlite:///{folder / 'own.sqlite'}",
        "directory_url": f"{NOBODY}/scim/v2",
        "assertion_keys": folder / "keys.json",
        "oidc_issuer": NOBODY,
    }
    own = {key: value for key, value in more.items() if key in kind.__dataclass_fields__}
    for where in own_migrations(name):
        upgrade(str(own["database_url"]), where)
    if name == "shell":
        own |= {"shell_url": "", "shell_keys": None}
    made: Flask = import_module(f"{package}.app").create_app(settings_for(kind, folder, **(own | settings)))
    return made


@contextmanager
def made(name: str, folder: Path, **settings: Any) -> Iterator[Flask]:
    """The same for a while: what the shell holds open is closed at the end."""
    app = make(name, folder, **settings)
    try:
        yield app
    finally:
        if name == "shell":
            app.extensions["shell"].close()


@pytest.fixture(scope="module", params=sorted(APPS))
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with made(request.param, tmp_path_factory.mktemp(request.param)) as app:
        yield app


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Each route as a path one may ask for, a method, and what it declares."""
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for argument, converter in rule._converters.items():
            kind = type(converter).__name__
            example = "1" if "Integer" in kind else EXAMPLES["default"]
            for form in (f"<int:{argument}>", f"<path:{argument}>", f"<{argument}>", f"<string:{argument}>"):
                path = path.replace(form, example)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield path, method, str(access_of(app, rule.endpoint, method))


def status(app: Flask, method: str, path: str, permissions: tuple[str, ...]) -> int:
    name = app.extensions["portal_manifest"].name
    headers = {HEADER: assertion(name, permissions), "X-CSRF-Token": CSRF, "Portal-Mount": f"/{name}"}
    return app.test_client().open(path, method=method, headers=headers).status_code


def test_every_route_refuses_a_stranger(app: Flask) -> None:
    client = app.test_client()
    served = [
        f"{method} {path}: {answer.status_code}"
        for path, method, access in routes(app)
        if access != ANYONE and (answer := client.open(path, method=method)).status_code not in (302, 401)
    ]
    assert served == []


def test_every_route_refuses_whoever_lacks_its_permission_and_passes_whoever_holds_it(app: Flask) -> None:
    if app.extensions["portal_settings"].shell_url == "":
        return  # the shell trusts no assertion; its own routes ask for a login and are tried above
    wrong = []
    for path, method, access in routes(app):
        if access in (ANYONE, ANY_LOGIN):
            continue
        without, with_it = status(app, method, path, ("garden:gate:view",)), status(app, method, path, (access,))
        if without != 403 or with_it in (401, 500):
            wrong.append(f"{method} {path}: {without} without {access}, {with_it} with it")
    assert wrong == []


def test_every_change_refuses_another_sites_form(app: Flask) -> None:
    name = app.extensions["portal_manifest"].name
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    if app.extensions["portal_settings"].shell_url:
        headers[HEADER] = assertion(name, tuple(access for _, _, access in routes(app)))
    passed = [
        f"{method} {path}"
        for path, method, access in routes(app)
        if method != "GET" and access != ANYONE
        if app.test_client().open(path, method=method, headers=headers).status_code not in (302, 401, 403)
    ]
    assert passed == []


@pytest.mark.parametrize("path", ["/health/live", "/metrics", "/manifest.json"])
def test_every_app_can_be_watched(app: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code == 200


def test_every_app_says_what_it_needs_to_be_ready(app: Flask) -> None:
    answer = app.test_client().get("/health/ready")
    assert set(answer.json) - {"notes"} == {"status", "missing"}
    assert (answer.status_code == 200) == (answer.json["missing"] == {})


def test_every_page_is_in_the_menu_or_is_led_to(app: Flask) -> None:
    menu = {item["href"] for item in app.test_client().get("/manifest.json").json["navigation"]}
    pages = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and access_of(app, rule.endpoint) not in (ANYONE, None)
    }
    assert {page for page in pages - menu if not page.startswith("/api/")} == LED_TO[
        app.extensions["portal_manifest"].name
    ]


def test_no_app_shows_its_manifest_with_a_clause_broken(app: Flask) -> None:
    from bff.contract.manifest import problems

    assert problems(app.test_client().get("/manifest.json").json) == []


def test_every_template_compiles(app: Flask) -> None:
    names = app.jinja_env.list_templates(extensions=["html"])
    assert len(names) > 5
    for name in names:
        app.jinja_env.get_template(name)


def test_no_answer_lets_another_origin_read_it_and_every_text_names_its_characters(app: Flask) -> None:
    name, wrong = app.extensions["portal_manifest"].name, []
    for path, method, access in routes(app):
        if method != "GET":
            continue
        asserted = {} if name == "shell" else {HEADER: assertion(name, (access,)), "Portal-Mount": f"/{name}"}
        with app.test_client().get(path, headers={"Origin": "https://evil.example", **asserted}) as answer:
            told = answer.headers.get("Content-Type", "")
            foreign = [header for header in answer.headers.keys() if header.lower().startswith("access-control-")]  # noqa: SIM118
        if foreign or (told.startswith("text/") and "charset=utf-8" not in told):
            wrong.append(f"{path}: {told} {foreign}")
    assert wrong == []


@pytest.mark.parametrize("name", sorted(APPS))
def test_in_production_there_is_nothing_for_developers(name: str, tmp_path: Path) -> None:
    with made(name, tmp_path, environment="production") as app:
        assert not app.debug
        assert not app.testing
        paths = {rule.rule for rule in app.url_map.iter_rules()}
        assert "/gallery" not in paths
        assert app.test_client().get("/?overlay=1").status_code == 302  # to the login, like any visitor
        assert name != "reports" or [path for path in paths if "preview" in path] == []
