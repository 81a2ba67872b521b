"""What a server has in memory: nothing that its settings do not call for, and before the app is made nothing of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from bff.access.assignments import SqlAssignments
from bff.database import own_migrations, upgrade
from bff.testing import settings_for
from shell.settings import ShellSettings

# Each of these has cost megabytes in every process before it was loaded by whoever needs it.
SPARED = {
    *("alembic", "mako", "redis", "opentelemetry", "limits", "wrapt", "authlib", "requests", "charset_normalizer"),
    *("rich", "pygments", "markdown_it", "urllib3", "pdb", "flask.testing", "huey", "sqlglot", "sqlalchemy.orm"),
    *("sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.mysql", "sqlalchemy.dialects.mssql"),
    *("bff.kubernetes", "bff.access.keto", "bff.conformance", "bff.doctor", "bff.operator", "bff.scaffold", "sandbox"),
}
MADE = """
import sys
from pathlib import Path
from bff.cli import main
from shell.app import create_app
from shell.settings import ShellSettings
app = create_app(ShellSettings.from_environment())
print(*sys.modules, sep="\\n", flush=True)
app.extensions["shell"].close()
"""


def loaded(program: str, environment: dict[str, str] | None = None) -> set[str]:
    """The modules of a process that has run a program."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A shell's, whose embedded databases have their tables already."""
    settings = settings_for(ShellSettings, tmp_path, microfrontends="", shell_url="")
    for where in own_migrations("shell"):
        upgrade(settings.own_database, where)
    SqlAssignments(settings.access_database_url).prepare()
    names = ("base_url", "state_dir", "access_database_url", "oidc_issuer", "oidc_client_id", "oidc_client_secret")
    told = {f"BIZOPS_{name.upper()}": str(getattr(settings, name)) for name in names}
    return {**told, "BIZOPS_ENVIRONMENT": "sandbox", "BIZOPS_COOKIE_SECURE": "false"}


def test_a_shell_loads_nothing_that_its_settings_do_not_call_for(environment: dict[str, str]) -> None:
    assert SPARED & loaded(MADE, environment) == set()


def test_the_command_that_serves_loads_nothing_of_the_web_before_the_app_is_made() -> None:
    found = loaded("import sys, bff.cli; print(*sys.modules, sep='\\n')")
    assert {"flask", "werkzeug", "jinja2", "sqlalchemy", "cryptography", "rich", "bff.app"} & found == set()
