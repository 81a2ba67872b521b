"""What a file of roles may say, by the schema that editors and pipelines use too."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from bff import texts
from bff.access import files
from bff.access.files import BadRoleFile
from bff.access.tests.conftest import KEEPER, ROLE, write
from bff.change import policy
from bff.contract import manifest


def test_the_published_schema_is_a_schema_and_says_texts_as_all_files_do() -> None:
    Draft202012Validator.check_schema(files.schema())
    assert files.schema()["$defs"]["text"] == texts.SCHEMA


@pytest.mark.parametrize("path", sorted(files.STANDARD.rglob("*.yaml")), ids=lambda path: path.name)
def test_every_document_that_we_ship_keeps_the_published_schema(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text("utf-8")):
        assert list(Draft202012Validator(files.schema()).iter_errors(document)) == []
        assert document["apiVersion"] == "mojaloop.io/v1"


@pytest.mark.parametrize("permission", ["iso20022:message:view", "garden2:gate4:shut", "a:b:c"])
def test_a_permission_may_have_digits_after_the_first_letter_of_each_part(tmp_path: Path, permission: str) -> None:
    book = files.load(write(tmp_path / "roles", ROLE.format("keeper", permission)))
    assert book.roles["keeper"].permissions == {permission}


def test_roles_manifests_and_policies_call_the_same_thing_a_permission() -> None:
    schemas = (files.schema(), policy.schema(), manifest.schema())
    assert len({schema["$defs"]["permission"]["pattern"] for schema in schemas}) == 1


@pytest.mark.parametrize("permission", ["2garden:gate:shut", "garden:gate", "garden:gate:shut:now", "Garden:gate:shut"])
def test_what_is_no_permission_is_refused(tmp_path: Path, permission: str) -> None:
    with pytest.raises(BadRoleFile, match="does not match"):
        files.load(write(tmp_path / "roles", ROLE.format("keeper", f'"{permission}"')))


def test_an_approval_policy_may_stand_beside_the_roles_and_is_left_to_those_who_read_it(tmp_path: Path) -> None:
    told = "kind: MojaloopApprovalPolicy\nspec: {rules: [{action: garden.shut_gate}]}\n"
    folder = write(tmp_path / "roles", KEEPER, told)
    assert set(files.load(folder).roles) == {"keeper"}
    assert [rule.action for rule in policy.load(folder).rules] == ["garden.shut_gate"]


def test_every_problem_of_a_folder_is_told_at_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "roles", KEEPER, "kind: Role", ROLE.format("a b", ""))
    write(folder, "- just a list", name="list.yaml")
    with pytest.raises(BadRoleFile) as refusal:
        files.load(folder)
    assert len(str(refusal.value).splitlines()) == 3


def test_the_business_set_lets_nobody_hold_two_of_its_four_roles() -> None:
    book = files.load(files.STANDARD / "business")
    names = sorted(book.roles)
    assert names == ["ADMINISTRATOR", "FINANCE_MANAGER", "MANAGER", "OPERATOR"]
    for one in names:
        assert book.conflicts(book.roles[one].permissions) == ()
        for other in names:
            assert (book.conflicts(book.permissions_of({one, other})) == ()) == (one == other)


@pytest.mark.parametrize("folder", [files.STANDARD, files.STANDARD / "business"], ids=["standard", "business"])
def test_whatever_has_a_checkers_permission_can_be_checked_by_somebody_who_did_not_make_it(folder: Path) -> None:
    book = files.load(folder)
    for permission in ("settlement:window:approve", "users:role:approve", "users:person:approve"):
        assert book.holders(permission)


def test_dfsp_roles_see_their_own_participant_alone() -> None:
    book = files.load()
    for name in ("dfspOperator", "dfspAdministrator", "dfspReconciliationReports"):
        assert book.roles[name].scope == "participant"
        others = {each for each in book.roles[name].permissions if each.startswith(("users:", "settlement:"))}
        assert others <= {"settlement:participant:view"}  # of which they see their own
