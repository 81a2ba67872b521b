"""What the security statement says is so: every requirement is there, every proof exists, every inventory is whole."""

import ast
import dataclasses
import re
import subprocess
from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from bff.settings import Settings
from tests import security_statement
from tests.figures import figure
from tests.rules.test_dangerous import imported, trees
from tests.security_statement import FOLDER, MET, NOT_APPLICABLE, NOT_MET, ROOT, requirements
from tests.test_every_route import APPS, settings_class

DECISIONS = (FOLDER / "decisions.md").read_text("utf-8")
CRYPTOGRAPHY = ("hashlib", "hmac", "secrets", "joserfc", "cryptography", "ssl")
CONNECTING = ("urllib3", "requests", "redis", "http.client", "socket", "authlib", "pymysql", "psycopg", "httpx")
SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\beyJ[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{10,}|"
    r"\bAKIA[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{36}\b"
)


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the tests in a file."""
    where = ROOT / path
    if not where.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(where.read_text("utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def proof_is_there(named: str) -> bool:
    path, _, test = named.partition("::")
    return test.startswith("test_") and test in names_in(path)


def named_in_decisions(path: str) -> bool:
    """Whether a module is named, or the folder it is in."""
    folders = [f"{'/'.join(path.split('/')[:depth])}/" for depth in range(1, path.count("/") + 1)]
    return any(f"`{name}`" in DECISIONS for name in (path, *folders))


def all_settings() -> list[dataclasses.Field[object]]:
    kinds = [settings_class(package) for package in APPS.values()]
    return [item for kind in kinds for item in dataclasses.fields(kind)]


def test_every_requirement_of_levels_1_and_2_stands_there_once() -> None:
    told = [(row.id, row.level) for row in requirements()]
    assert len(security_statement.expected()) == 253
    assert told == security_statement.expected()


def test_what_is_met_names_tests_that_exist() -> None:
    rows = [row for row in requirements() if row.state == MET]
    assert [row.id for row in rows if not row.tests] == []
    assert [f"{row.id}: {test}" for row in rows for test in row.tests if not proof_is_there(test)] == []
    applicable = [row for row in requirements() if row.state != NOT_APPLICABLE]
    figure("asvs_l2_met", f"{len(rows)}/{len(applicable)}")


def test_what_is_not_met_or_does_not_apply_says_why() -> None:
    rows = requirements()
    assert {row.state for row in rows} == {MET, NOT_APPLICABLE, NOT_MET}
    assert [row.id for row in rows if len(row.how.split()) <= 5] == []
    assert [row.id for row in rows if row.state != MET and row.tests] == []


def test_the_table_is_as_the_data_have_it() -> None:
    assert security_statement.PAGE.read_text("utf-8") == security_statement.page(), (
        "run `make docs` and commit the result"
    )


def test_every_threat_names_a_test_that_exists() -> None:
    text = (FOLDER / "threats.md").read_text("utf-8")
    proofs = re.findall(r"`([^`]+\.py::[^`]+)`", text)
    assert len(proofs) > 40
    assert [named for named in proofs if not proof_is_there(named)] == []
    rows = [line for line in text.splitlines() if re.match(r"\| .+ \| [STRIDE ]+ \|", line)]
    assert len(rows) == len(proofs)
    assert set("STRIDE") <= {letter for line in rows for letter in line.split("|")[2].split()}


def test_every_module_that_does_cryptography_is_in_the_inventory() -> None:
    doing = {
        path
        for path, tree in trees()
        for name in imported(tree)
        if name.split(".")[0] in CRYPTOGRAPHY and not path.startswith("bff/scaffold/")
    }
    assert [path for path in sorted(doing) if not named_in_decisions(path)] == [], "name it in decisions.md"


def test_every_secret_setting_is_in_the_inventory_of_keys() -> None:
    table = DECISIONS.partition("## Keys and cryptography")[2].partition("## Connections")[0]
    secret = {f"BIZOPS_{item.name.upper()}" for item in all_settings() if item.metadata["secret"]}
    assert len(secret) >= 6
    assert [name for name in sorted(secret) if f"`{name}`" not in table] == []


def test_no_secret_has_a_default() -> None:
    assert [
        item.name
        for item in all_settings()
        if item.metadata["secret"] and item.default not in (dataclasses.MISSING, "")
    ] == []


def test_every_module_that_connects_somewhere_is_in_the_list() -> None:
    connecting = {
        path
        for path, tree in trees()
        for name in imported(tree)
        if any(name == module or name.startswith(f"{module}.") for module in CONNECTING)
    }
    connecting |= {path for path, tree in trees() if "create_engine(" in ast.unparse(tree)}
    connecting -= {"bff/web/failures.py"}  # names urllib3 nowhere but in what it explains
    part = DECISIONS.partition("## Connections")[2].partition("## Data")[0]
    named = [
        path
        for path in sorted(connecting)
        if f"`{path}`" in part or any(f"`{folder}/`" in part for folder in _above(path))
    ]
    assert sorted(connecting - set(named)) == []


def _above(path: str) -> list[str]:
    return [parent.as_posix() for parent in Path(path).parents]


def test_every_module_that_takes_a_file_is_in_the_list() -> None:
    part = DECISIONS.partition("## Files that people send")[2].partition("##")[0]
    taking = [path for path, tree in trees() if "request.files" in ast.unparse(tree)]
    assert taking
    assert [path for path in taking if f"`{path}`" not in part] == []


def test_sessions_last_as_long_as_is_written() -> None:
    ends = {item.name: item.default for item in dataclasses.fields(Settings)}
    assert f"| idle end | {ends['idle_minutes']} minutes (`BIZOPS_IDLE_MINUTES`) |" in DECISIONS
    assert f"| absolute end | {ends['session_hours']} hours (`BIZOPS_SESSION_HOURS`) |" in DECISIONS


@pytest.mark.parametrize("decision", ["idle end", "absolute end", "parallel sessions", "a fresh sign-in"])
def test_every_decision_on_sessions_is_written(decision: str) -> None:
    row = next(line for line in DECISIONS.splitlines() if line.startswith(f"| {decision} |"))
    assert all(cell.strip() for cell in row.strip("|").split("|"))
    assert "**Who ends whom.**" in DECISIONS


def test_every_way_in_is_in_the_list() -> None:
    guard = import_module("bff.web.guard").Guard.__doc__
    assert "three ways in" in guard.lower()
    part = DECISIONS.partition("## Ways in")[2].partition("**Guessing.**")[0]
    assert re.findall(r"^\| (\w[\w ]*) \|", part, re.MULTILINE) == ["way", "session", "assertion", "access token"]


def test_every_narrowed_field_is_in_the_list() -> None:
    part = DECISIONS.partition("## Fields that depend on a right")[2].partition("##")[0]
    known = (ROOT / "docs" / "reference" / "permissions.md").read_text("utf-8")
    named = re.findall(r"`(\w+:\w+:\w+)`", part)
    assert named
    assert [name for name in named if f"`{name}`" not in known] == []


def test_what_is_expensive_is_bounded_as_is_written() -> None:
    said = dict(re.findall(r"`(BIZOPS_\w+)` \(([^)]+)\)", DECISIONS))
    defaults = {f"BIZOPS_{item.name.upper()}": item.default for item in all_settings()}
    assert {"BIZOPS_REPORT_SECONDS", "BIZOPS_LOGIN_RATE", "BIZOPS_API_RATE", "BIZOPS_JOBS_EACH"} <= set(said)
    wrong = {name: text for name, text in said.items() if text not in (str(defaults[name]), _megabytes(defaults[name]))}
    assert wrong == {}


def _megabytes(value: object) -> str:
    return f"{value // 1_000_000} MB" if isinstance(value, int) else ""


def test_what_the_provider_has_to_do_is_told_where_it_is_connected() -> None:
    pages = [ROOT / "docs" / "how-to" / f"{name}.md" for name in ("connect-keycloak", "go-to-production")]
    told = " ".join(page.read_text("utf-8") for page in pages)
    missing = [
        word for word in ("Brute force", "BIZOPS_SIGN_IN_ACR", "password", "breached", "TLS 1.2") if word not in told
    ]
    assert missing == []


def test_the_security_events_that_are_written_down_are_logged() -> None:
    part = DECISIONS.partition("Events that somebody should be woken for")[2].partition("##")[0]
    events = re.findall(r"`([a-z_]+)`", part)
    code = " ".join(ast.unparse(tree) for _, tree in trees())
    assert len(events) > 12
    assert [event for event in events if not re.search(rf"log\.\w+\('{event}'", code)] == []


def test_every_kind_of_data_has_its_protection() -> None:
    part = DECISIONS.partition("## Data")[2].partition("Encryption at rest")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")
    ]
    assert len(rows) == 7
    assert {len(row) for row in rows} == {6}
    assert all(all(row) for row in rows)


def test_times_of_repair_are_promised() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    assert re.findall(r"^\| (critical|high|medium|low)\b.*\| .+ \|$", text, re.MULTILINE) == [
        "critical",
        "high",
        "medium",
        "low",
    ]


def test_dependencies_are_audited_every_day() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "audit.yaml").read_text("utf-8"))
    assert workflow[True]["schedule"] == [{"cron": "17 4 * * *"}]  # YAML's `on` is a truth
    asked = str(workflow["jobs"])
    # Strict: what cannot be looked up is no pass.
    assert "pip-audit" in asked
    assert "--strict" in asked
    assert "--requirement requirements.lock" in asked
    packages = [path for path in (ROOT / "examples").rglob("package.json") if "node_modules" not in path.parts]
    assert packages == [], "audit it too, with `npm audit`"


def test_no_secret_lies_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:  # an archive without its history: every file then
        names = [
            path.relative_to(ROOT).as_posix()
            for path in ROOT.rglob("*")
            if path.is_file() and ".venv" not in path.parts
        ]
    else:
        names = listed.stdout.decode().split("\0")[:-1]
    found = []
    for name in names:
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 2_000_000:
            hit = SECRET.search(path.read_bytes().decode("utf-8", "replace"))
            found += [f"{name}: {hit[0][:30]}"] if hit else []
    assert found == []
    assert Counter(Path(name).suffix for name in names)[".pem"] == 0
