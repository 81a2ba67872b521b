"""`bizops roles check`: a sentence for each problem, an exit code, and today's assignments asked."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bff.access import files
from bff.access.check import Vocabulary, lint
from bff.access.holding import Assignments
from bff.access.tests.conftest import EXCLUSION, KEEPER, ROLE, WATCHER, write
from bff.access.tests.fake_keto import FakeKeto
from bff.cli import main
from bff.contract.vocabularies import vocabularies

GARDEN = Vocabulary(
    frozenset({"garden:gate:shut", "garden:gate:watch", "garden:gate:open"}), frozenset({"garden.shut_gate"})
)
POLICY = """
kind: MojaloopApprovalPolicy
spec:
  rules:
    - {{action: {0}, checker: "{1}", pairs: [{{maker: keeper, checker: {2}}}]}}
"""


def said(folder: Path, **known: Vocabulary) -> list[str]:
    """What is found, warnings marked."""
    _, found = lint(folder, known or {"garden": GARDEN})
    return [f"{'(warning) ' if finding.is_warning else ''}{finding.sentence}" for finding in found]


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, ["roles", *(str(argument) for argument in arguments)])


def test_a_good_set_has_nothing_to_be_said_of(folder: Path) -> None:
    assert said(folder) == []


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("kind: MojaloopRole\nspec: {role: x}", "more.yaml: spec: 'permissions' is a required property"),
        (KEEPER, "roles.yaml: role keeper is defined twice; keep one definition"),
        (EXCLUSION, "exclusion watch-or-act is defined twice"),
        (ROLE.format("both", "garden:gate:shut, garden:gate:watch"),
         "role both alone holds garden:gate:watch and garden:gate:shut, which watch-or-act excludes"),
        (ROLE.format("odd", "garden:gate:shutt"),
         "role odd: there is no garden:gate:shutt; did you mean garden:gate:shut?"),
        (ROLE.format("odd", "garden:moon:dig"), "role odd: there is no garden:moon:dig"),
        (ROLE.format("idle", ""), "(warning) role idle holds no permission"),
        (ROLE.format("far", "orchard:tree:climb"),
         "(warning) orchard is not installed here, so its one id could not be looked up"),
        (EXCLUSION.replace("watch-or-act", "void").replace('["garden:gate:watch"]', "[]"),
         "exclusion void has an empty side, so it excludes nothing"),
        (EXCLUSION.replace("watch-or-act", "self").replace("gate:watch", "gate:shut"),
         "exclusion self has garden:gate:shut on both sides, so nobody could hold it"),
        (POLICY.format("garden.shut_gate", "garden:gate:watch", "watcher"), ""),
        (POLICY.format("garden.shut_gates", "garden:gate:watch", "watcher"),
         "approval of garden.shut_gates: there is no garden.shut_gates; did you mean garden.shut_gate?"),
        (POLICY.format("garden.shut_gate", "garden:gate:mend", "watcher"),
         "approval of garden.shut_gate: nobody could approve, since no role holds garden:gate:mend"),
        (POLICY.format("garden.shut_gate", "garden:gate:watch", "chief"),
         "approval of garden.shut_gate: role chief is defined nowhere"),
        (POLICY.format("orchard.prune", "garden:gate:watch", "watcher"),
         "(warning) approval of orchard.prune: the app is not installed here, so it could not be looked up"),
        ("kind: MojaloopApprovalPolicy\nspec: {rules: 7}", "more.yaml: spec/rules: 7 is not of type 'array'"),
    ],
)  # fmt: skip
def test_each_problem_has_its_sentence(folder: Path, document: str, sentence: str) -> None:
    write(folder, document, name="more.yaml")
    assert said(folder) == ([sentence] if sentence else [])


def test_all_problems_are_told_at_once(folder: Path) -> None:
    write(folder, "kind: Role", ROLE.format("odd", "garden:moon:dig"), ROLE.format("a b", ""), name="more.yaml")
    assert len(said(folder)) == 3


def test_ids_of_an_app_that_makes_its_permissions_from_content_are_left_to_it(folder: Path) -> None:
    write(folder, ROLE.format("reader", "garden:diary:read"), name="more.yaml")
    assert said(folder, garden=Vocabulary(GARDEN.permissions, frozenset(), is_open=True)) == []


def test_the_vocabularies_of_the_installed_apps_are_found() -> None:
    known = vocabularies()
    assert "settlement:window:close" in known["settlement"].permissions
    assert "settlement.close_window" in known["settlement"].actions
    assert "shell:audit:view" in known["shell"].permissions
    assert known["reports"].is_open
    assert not known["users"].is_open


@pytest.mark.parametrize("name", [".", "business"])
def test_the_sets_that_we_ship_are_fit_for_use(name: str) -> None:
    result = run("check", files.STANDARD / name)
    assert result.output.splitlines()[-1].endswith("fit for use"), result.output
    assert result.exit_code == 0


def test_the_command_says_what_it_found_and_fails(folder: Path) -> None:
    write(folder, ROLE.format("both", "garden:gate:shut, garden:gate:watch"), name="more.yaml")
    result = run("check", folder)
    assert result.exit_code == 1
    assert "problem: role both alone holds garden:gate:watch and garden:gate:shut" in result.output
    assert "warning: garden is not installed here, so its 3 ids could not be looked up" in result.output
    assert result.output.splitlines()[-1] == "4 roles, 1 exclusions: 1 problems"


def test_with_a_store_everybodys_roles_are_asked_first(folder: Path, url: str, store: Assignments) -> None:
    store.assign("u-1", "keeper", "u-9")
    store.assign("u-1", "guest", "u-9")
    store.assign("u-2", "gardener", "u-9")
    good = run("check", folder, "--database", url)
    assert good.exit_code == 0
    assert "warning: role gardener is held by one person and defined nowhere: it gives them nothing" in good.output
    assert "and what 2 people hold: fit for use" in good.output
    write(folder, KEEPER, WATCHER, ROLE.format("guest", "garden:gate:watch"), EXCLUSION)
    bad = run("check", folder, BIZOPS_ACCESS_DATABASE_URL=url)
    assert bad.exit_code == 1
    assert (
        "problem: u-1 would hold garden:gate:watch and garden:gate:shut, which watch-or-act excludes;"
        " take one of the roles away first" in bad.output
    )


def test_a_store_that_cannot_be_asked_fails_the_check(folder: Path) -> None:
    result = run("check", folder, "--database", "keto://127.0.0.1:1?write=127.0.0.1:1")
    assert result.exit_code == 1
    assert "so nobody's roles could be checked" in result.output


def test_publishing_writes_into_keto_what_was_checked(folder: Path, keto: FakeKeto) -> None:
    assert run("publish", folder, "--database", keto.url).output.splitlines()[-1] == "published: 3 grants came, 0 went"
    assert len(keto.rows) == 3
    write(folder, ROLE.format("both", "garden:gate:shut, garden:gate:watch"), name="more.yaml")
    refused = run("publish", folder, "--database", keto.url)
    assert refused.exit_code == 1
    assert len(keto.rows) == 3


def test_publishing_is_for_keto_alone(folder: Path, tmp_path: Path) -> None:
    refused = run("publish", folder, "--database", f"sqlite:///{tmp_path / 'access.sqlite'}")
    assert refused.exit_code == 1
    assert "Name a Keto" in refused.output


def test_the_published_schema_is_printed_for_editors() -> None:
    import json

    assert json.loads(run("schema").output) == files.schema()


def test_there_are_no_tables_of_ours_to_upgrade_in_keto() -> None:
    result = CliRunner(env={"BIZOPS_ACCESS_DATABASE_URL": "keto://127.0.0.1:1"}).invoke(
        main, ["db", "upgrade", "access"]
    )
    assert result.exit_code == 1
    assert "keto migrate up" in result.output
