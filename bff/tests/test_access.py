"""Roles and exclusions from files, assignments from a store, and what a subject may do in the end."""

from pathlib import Path

import pytest

from bff.access import files
from bff.access.assignments import SqlAssignments
from bff.access.files import BadRoleFile
from bff.access.rights import Access

ROLE = """
kind: MojaloopRole
metadata: {{name: {0}}}
spec:
  role: {0}
  scope: {2}
  permissions: [{1}]
"""
EXCLUSION = """
kind: MojaloopPermissionExclusions
metadata: {name: watch-or-act}
spec: {permissionsA: ["garden:gate:watch"], permissionsB: ["garden:gate:shut"]}
"""


@pytest.fixture
def store(tmp_path: Path) -> SqlAssignments:
    made = SqlAssignments(f"sqlite:///{tmp_path / 'access.sqlite'}")
    made.prepare()
    return made


@pytest.fixture
def book(tmp_path: Path) -> files.RoleBook:
    folder = tmp_path / "roles"
    folder.mkdir()
    (folder / "roles.yaml").write_text(
        "---".join(
            [
                ROLE.format("keeper", "garden:gate:shut", "hub"),
                ROLE.format("watcher", "garden:gate:watch", "hub"),
                ROLE.format("guest", "garden:gate:open", "participant"),
                EXCLUSION,
            ]
        )
    )
    return files.load(folder)


def test_the_standard_roles_load_and_hold_what_the_field_gives_them() -> None:
    standard = files.load()
    assert set(standard.roles) == {
        "operator", "manager", "clerk", "financeManager", "dfspReconciliationReports", "audit", "mcmadmin",
        "dfspOperator", "dfspAdministrator", "platformAdministrator",
    }  # fmt: skip
    assert {role.name for role in standard.holders("settlement:window:close")} == {
        "operator", "manager", "clerk", "financeManager",
    }  # fmt: skip
    assert standard.roles["dfspReconciliationReports"].scope == "participant"
    assert [exclusion.name for exclusion in standard.exclusions] == ["audit-exclusion"]


def test_a_subject_may_do_what_its_roles_hold_and_nothing_else(book: files.RoleBook, store: SqlAssignments) -> None:
    store.assign("u-1", "keeper", by="u-0")
    rights = Access(book, store).rights("u-1")
    assert rights.permissions == {"garden:gate:shut"}
    assert rights.hub
    assert Access(book, store).rights("u-2").permissions == frozenset()


def test_a_role_of_participant_scope_sees_no_other_participant(book: files.RoleBook, store: SqlAssignments) -> None:
    store.assign("u-1", "guest", by="u-0")
    assert not Access(book, store).rights("u-1").hub


def test_a_role_that_no_file_defines_gives_nothing(book: files.RoleBook, store: SqlAssignments) -> None:
    store.assign("u-1", "superuser", by="u-0")
    assert Access(book, store).rights("u-1").roles == ()


def test_both_sides_of_an_exclusion_written_behind_our_back_are_both_withheld(
    book: files.RoleBook, store: SqlAssignments
) -> None:
    store.assign("u-1", "keeper", by="u-0")
    store.assign("u-1", "watcher", by="u-0")
    assert Access(book, store).rights("u-1").permissions == frozenset()


def test_a_grant_remembers_who_gave_it_and_is_given_once(store: SqlAssignments) -> None:
    assert store.assign("u-1", "keeper", by="u-9")
    assert not store.assign("u-1", "keeper", by="u-8")
    (grant,) = store.roles_of("u-1")
    assert grant.granted_at is not None
    assert (grant.value, grant.granted_by, grant.granted_at.tzname()) == ("keeper", "u-9", "UTC")
    assert store.remove("u-1", "keeper")
    assert not store.remove("u-1", "keeper")


def test_memberships_are_kept_beside_roles(store: SqlAssignments) -> None:
    assert store.add_participant("u-1", "payerfsp", by="u-9")
    assert [grant.value for grant in store.participants_of("u-1")] == ["payerfsp"]
    assert store.roles_of_all(["u-1"]) == {}
    assert store.remove_participant("u-1", "payerfsp")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kind: Role", "kind is 'Role'; use one of"),
        ("kind: MojaloopRole\nspec: {role: x}", "spec: 'permissions' is a required property"),
        (
            "kind: MojaloopRole\nspec: {role: x, permissions: [closeWindow]}",
            "spec/permissions/0: 'closeWindow' does not match",
        ),
        ("kind: MojaloopRole\nspec: {role: x, title: {fr: Gardien}, permissions: []}", "spec/title: "),
        ("kind: [", "not YAML"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_the_place(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(BadRoleFile, match=r"bad\.yaml") as refusal:
        files.load(tmp_path)
    assert reason in str(refusal.value)


def test_a_role_split_over_two_files_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(ROLE.format("keeper", "garden:gate:shut", "hub"))
    with pytest.raises(BadRoleFile, match="role keeper is defined twice"):
        files.load(tmp_path)
