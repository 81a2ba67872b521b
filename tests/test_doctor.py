"""`bizops doctor` finds what is wrong from outside, says what to do, and tells nobody a secret."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pymysql
import pytest
import structlog
import time_machine
from click.testing import CliRunner
from pytest_httpserver import HTTPServer

from bff.change.tests import real_mariadb
from bff.change.tests.auditing import audit_at, fill
from bff.cli import main
from bff.database import own_migrations, upgrade
from bff.doctor import hub
from bff.doctor.environment import all_kinds
from bff.doctor.findings import Patient, secrets
from bff.identity.keyring import add_key
from bff.identity.tests.conftest import free_port
from bff.identity.tests.site import SECRET, client_entry, provider_at
from bff.settings import Settings
from bff.testing import settings_for

BASE = "http://localhost:9"  # where nobody listens
MANIFEST = {"contract": "1", "name": "alpha", "version": "7", "title": "Alpha", "navigation": []}


@dataclass
class Place:
    """The settings of a shell to which nothing is wrong, its folder, and the micro-frontend that it composes."""

    environ: dict[str, str]
    folder: Path
    alpha: HTTPServer

    def serve(self, **more: Any) -> None:
        """Have alpha show a manifest."""
        self.alpha.clear()
        self.alpha.expect_request("/manifest.json").respond_with_json(MANIFEST | more)


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """The command sets the library's log to silence; other tests want it as it was."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sandbox's, with a client for a shell that does not run."""
    with provider_at(free_port(), tmp_path_factory.mktemp("provider"), [client_entry("shell", BASE)]) as url:
        yield url


@pytest.fixture
def place(tmp_path: Path, provider: str, httpserver: HTTPServer) -> Place:
    """Everything that a shell needs, as it should be."""
    upgrade(f"sqlite:///{tmp_path / 'access.db'}", "bff.access:migrations")
    for where in own_migrations("shell"):
        upgrade(f"sqlite:///{tmp_path / 'shell.db'}", where)
    add_key(tmp_path / "assertion-keys.json")
    environ = {
        "BIZOPS_BASE_URL": BASE,
        "BIZOPS_ENVIRONMENT": "test",
        "BIZOPS_STATE_DIR": str(tmp_path),
        "BIZOPS_OIDC_ISSUER": provider,
        "BIZOPS_OIDC_CLIENT_ID": "shell",
        "BIZOPS_OIDC_CLIENT_SECRET": SECRET,
        "BIZOPS_ACCESS_DATABASE_URL": f"sqlite:///{tmp_path / 'access.db'}",
        "BIZOPS_DATABASE_URL": f"sqlite:///{tmp_path / 'shell.db'}",
        "BIZOPS_MICROFRONTENDS": f"alpha={httpserver.url_for('').rstrip('/')}",
    }
    made = Place(environ, tmp_path, httpserver)
    made.serve()
    return made


def asked(environ: dict[str, str], app: str = "shell") -> tuple[int, dict[str, Any]]:
    """The exit code, and what the command says."""
    answer = CliRunner().invoke(main, ["doctor", app, "--json"], env=environ)
    return answer.exit_code, json.loads(answer.stdout)


def ills(told: dict[str, Any]) -> list[tuple[str, str]]:
    """What is wrong: check and sentence."""
    return [(each["check"], each["sentence"]) for each in told["findings"] if each["grade"] == "wrong"]


def test_nothing_is_wrong_with_what_is_as_it_should_be(place: Place) -> None:
    code, told = asked(place.environ)
    assert (code, told["healthy"], ills(told)) == (0, True, [])
    seen = {each["check"] for each in told["findings"] if each["grade"] == "ok"}
    assert {"settings", "database", "access store", "roles", "provider", "assertion keys", "micro-frontends"} <= seen
    assert all(each["remedy"] for each in told["findings"] if each["grade"] == "wrong")


@pytest.mark.parametrize(
    ("changes", "check", "words"),
    [
        ({"BIZOPS_OIDC_CLIENT_SECRET": "the wrong one, and long"}, "provider", "does not accept the client shell"),
        ({"BIZOPS_OIDC_ISSUER": "http://localhost:9"}, "provider", "does not answer"),
        ({"BIZOPS_MICROFRONTENDS": "alpha=http://localhost:9"}, "micro-frontends", "does not answer"),
        ({"BIZOPS_REDIS_URL": "redis://localhost:9"}, "redis", "cannot be used"),
        ({"BIZOPS_DATABASE_URL": "sqlite:////nowhere/app.db"}, "database", "is not there"),
        ({"BIZOPS_DATABASE_URL": "postgresql+psycopg://x:y@localhost:9/z"}, "database", "cannot be reached"),
        ({"BIZOPS_ROLES_DIR": "/nowhere"}, "roles", "is no folder"),
        ({"BIZOPS_BASE_URL": "http://portal.example"}, "address", "not https"),
        ({"BIZOPS_MICROFRONTEND": "x"}, "settings", "no app reads it"),
    ],
)
def test_what_is_wrong_is_named_and_ends_the_command_with_1(
    place: Place, changes: dict[str, str], check: str, words: str
) -> None:
    code, told = asked(place.environ | changes)
    assert code == 1
    assert [(name, words in said) for name, said in ills(told)] == [(check, True)]


def test_all_wrong_settings_are_told_at_once(place: Place) -> None:
    code, told = asked(place.environ | {"BIZOPS_TIME_ZONE": "Mars/Olympus", "BIZOPS_IDLE_MINUTES": "soon"})
    assert code == 1
    asked_again = asked(place.environ | {"BIZOPS_TIME_ZONE": "Mars/Olympus", "BIZOPS_ENVIRONMENT": "moon"})[1]
    assert [check for check, _ in ills(asked_again)] == ["settings", "settings"]
    assert "BIZOPS_IDLE_MINUTES is 'soon'" in str(ills(told))


def test_a_micro_frontend_of_another_contract_is_named(place: Place) -> None:
    place.serve(contract="2")
    assert "version 2 of the contract, and this shell version 1" in str(ills(asked(place.environ)[1]))
    place.serve(title=None)
    assert "Micro-frontend alpha: title" in str(ills(asked(place.environ)[1]))


def test_that_copies_are_each_processs_own_without_a_redis_is_told(place: Place) -> None:
    told = {where: asked(place.environ | {"BIZOPS_ENVIRONMENT": where})[1] for where in ("production", "sandbox")}
    (noted,) = [each for each in told["production"]["findings"] if each["check"] == "copies"]
    assert (noted["grade"], "BIZOPS_REDIS_URL" in noted["remedy"]) == ("note", True)
    assert [each["grade"] for each in told["sandbox"]["findings"] if each["check"] == "copies"] == ["ok"]


def test_a_clock_that_is_wrong_is_told(place: Place) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=60)):
        found = ills(asked(place.environ)[1])
    assert [check for check, _ in found] == ["provider"]
    assert "behind ours" in found[0][1]


def test_tables_that_are_missing_are_told_with_the_command_that_makes_them(place: Place) -> None:
    upgrade(f"sqlite:///{place.folder / 'old.db'}", "bff.change:migrations")
    _, told = asked(place.environ | {"BIZOPS_DATABASE_URL": f"sqlite:///{place.folder / 'old.db'}"})
    (found,) = [each for each in told["findings"] if each["grade"] == "wrong"]
    assert "bizops db upgrade shell" in found["remedy"]


def test_an_audit_that_is_shorter_than_it_was_or_has_lost_its_keys_is_told(place: Place) -> None:
    log = audit_at(place.folder, "shell", place.environ["BIZOPS_DATABASE_URL"])
    fill(log, 3)
    (place.folder / "audit-verified.json").write_text(json.dumps({"size": 5}))
    assert "ends with entry 3, and 5 entries had been verified" in str(ills(asked(place.environ)[1]))
    (place.folder / "audit-verified.json").write_text(json.dumps({"size": 3}))
    assert ills(asked(place.environ)[1]) == []
    (place.folder / "audit-keys.json").unlink()
    audit_at(place.folder / "others")
    (place.folder / "others" / "audit-keys.json").rename(place.folder / "audit-keys.json")
    assert "signed with a key that is not in the file" in str(ills(asked(place.environ)[1]))


def test_a_report_that_cannot_be_used_is_told_with_file_and_line(place: Place) -> None:
    (place.folder / "reports").mkdir()
    (place.folder / "reports" / "broken.yaml").write_text("kind: MojaloopReport\nspec: [")
    more = {
        "BIZOPS_REPORTS_DIR": str(place.folder / "reports"),
        "BIZOPS_HUB_DATABASE_URL": "sqlite:////nowhere/hub.db",
        "BIZOPS_DATABASE_URL": "",
    }
    found = dict(ills(asked(place.environ | more, "reports")[1]))
    assert found["reports"].startswith("broken.yaml:")
    assert found["hub database"] == "The file of BIZOPS_HUB_DATABASE_URL is not there."


def test_the_hubs_account_may_only_read(tmp_path: Path) -> None:
    def look(url: str) -> list[str]:
        settings = settings_for(Reading, tmp_path, hub_database_url=url)
        return [each.grade for each in hub.database(Patient("reports", "microfrontends.reports", settings))]

    from microfrontends.reports.settings import ReportsSettings as Reading

    with real_mariadb.running() as root:
        parts = urlsplit(root)
        assert look(root) == ["ok", "wrong"]
        with contextlib.closing(pymysql.connect(host="127.0.0.1", port=int(parts.port or 0), user="root")) as line:
            line.cursor().execute("CREATE USER reader@'%' IDENTIFIED BY 'r3ader'")
            line.cursor().execute("GRANT SELECT ON portal.* TO reader@'%'")
        assert look(root.replace("root@", "reader:r3ader@")) == ["ok", "ok"]


@pytest.mark.parametrize("app", ["shell", "settlement", "reports", "users"])
def test_no_secret_is_ever_printed(place: Place, app: str) -> None:
    hushed = {
        "BIZOPS_OIDC_CLIENT_SECRET": "hush-client/secret+1",
        "BIZOPS_REDIS_URL": "redis://:hush-redis@localhost:9/0",
        "BIZOPS_DATABASE_URL": "postgresql+psycopg://portal:hush%40database@localhost:9/portal",
        "BIZOPS_ACCESS_DATABASE_URL": "nonsense://portal:hush-access@localhost:9/access",
        "BIZOPS_HUB_DATABASE_URL": "mysql+pymysql://reader:hush-hub@localhost:9/central_ledger",
        "BIZOPS_METRICS_TOKEN": "hush-metrics",
    }
    others = {
        "BIZOPS_HUB_LEDGER_URL": BASE,
        "BIZOPS_HUB_SETTLEMENT_URL": f"{BASE}/v2",
        "BIZOPS_DIRECTORY_URL": BASE,
        "BIZOPS_SHELL_URL": "" if app == "shell" else BASE,
    }
    environ = place.environ | hushed | others
    names = {
        field for kind in all_kinds() for field, told in kind.__dataclass_fields__.items() if told.metadata["secret"]
    }
    assert {f"BIZOPS_{name.upper()}" for name in names} == hushed.keys()
    for more in ([], ["--json"]):
        for wrong in ({}, {"BIZOPS_TIME_ZONE": "Mars"}):
            answer = CliRunner().invoke(main, ["doctor", app, *more], env=environ | wrong)
            assert answer.exit_code == 1
            assert "hush" not in answer.output
            assert [secret for secret in secrets([Settings, *all_kinds()], environ) if secret in answer.output] == []


def test_an_app_that_is_not_installed_is_told_with_those_that_are() -> None:
    answer = CliRunner().invoke(main, ["doctor", "garden"])
    assert answer.exit_code == 1
    assert "Installed: reports, settlement, shell, users" in answer.output
