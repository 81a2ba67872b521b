"""Role files that change while the portal runs: whole and checked, or not at all."""

import os
import time
from pathlib import Path

import pytest

import bff
from bff.access import files
from bff.access.assignments import SqlAssignments
from bff.access.book import LiveBook
from bff.access.holding import Assignments
from bff.access.rights import Access
from bff.access.tests.conftest import EXCLUSION, KEEPER, ROLE, WATCHER, behind, write
from bff.errors import Note
from bff.settings import Settings
from bff.testing import captured_logs, settings_for

SHUT, WATCH, OPEN = "garden:gate:shut", "garden:gate:watch", "garden:gate:open"


@pytest.fixture
def live(folder: Path, store: Assignments) -> LiveBook:
    """Looks at its files whenever it is asked."""
    return LiveBook(folder, store, look_s=0)


def test_a_changed_file_takes_effect_without_a_restart(folder: Path, live: LiveBook, store: Assignments) -> None:
    access = Access(live, store)
    store.assign("u-1", "guest", "u-9")
    assert access.rights("u-1").permissions == {OPEN}
    write(folder, KEEPER, WATCHER, ROLE.format("guest", f"{OPEN}, garden:bench:sit"), EXCLUSION)
    access.forget("u-1")
    assert access.rights("u-1").permissions == {OPEN, "garden:bench:sit"}
    assert live.problem == ""


def test_a_new_and_a_removed_file_count_too(folder: Path, live: LiveBook) -> None:
    write(folder, ROLE.format("gardener", "garden:bed:dig"), name="gardener.yaml")
    assert "gardener" in live.now().roles
    (folder / "gardener.yaml").unlink()
    assert "gardener" not in live.now().roles


def test_files_that_come_by_a_changed_link_are_noticed_as_a_config_map_brings_them(
    tmp_path: Path, store: Assignments
) -> None:
    for name, role in (("one", KEEPER), ("two", WATCHER)):
        write(tmp_path / name, role)
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "one")
    (mounted / "roles.yaml").symlink_to(tmp_path / "data" / "roles.yaml")
    live = LiveBook(mounted, store, look_s=0)
    assert set(live.now().roles) == {"keeper"}
    (tmp_path / "next").symlink_to(tmp_path / "two")
    (tmp_path / "next").rename(tmp_path / "data")
    assert set(live.now().roles) == {"watcher"}


def test_a_set_that_would_give_somebody_both_sides_does_not_take_effect(
    folder: Path, live: LiveBook, store: Assignments
) -> None:
    store.assign("u-1", "keeper", "u-9")
    store.assign("u-1", "guest", "u-9")
    with captured_logs() as logs:
        write(folder, KEEPER, WATCHER, ROLE.format("guest", WATCH), EXCLUSION)
        assert live.now().roles["guest"].permissions == {OPEN}
        assert live.now().roles["guest"].permissions == {OPEN}
    assert live.problem == (f"watch-or-act: {WATCH} and {SHUT} would be held together by u-1; take a role away first")
    said = [entry for entry in logs if entry["event"] == "roles_not_changed"]
    assert [entry["log_level"] for entry in said] == ["error"]


def test_a_new_exclusion_that_somebody_breaks_does_not_take_effect(tmp_path: Path, store: Assignments) -> None:
    folder = write(tmp_path / "roles", KEEPER, WATCHER)
    live = LiveBook(folder, store, look_s=0)
    store.assign("u-1", "keeper", "u-9")
    store.assign("u-1", "watcher", "u-9")
    write(folder, EXCLUSION, name="exclusions.yaml")
    assert live.now().exclusions == ()
    assert "held together by u-1" in live.problem


def test_once_the_role_is_taken_away_the_waiting_set_takes_effect(
    folder: Path, live: LiveBook, store: Assignments
) -> None:
    store.assign("u-1", "keeper", "u-9")
    store.assign("u-1", "guest", "u-9")
    write(folder, KEEPER, WATCHER, ROLE.format("guest", WATCH), EXCLUSION)
    assert live.problem
    store.remove("u-1", "keeper")
    assert live.now().roles["guest"].permissions == {WATCH}
    assert live.problem == ""


def test_a_conflict_that_came_in_behind_our_back_does_not_keep_a_role_from_being_tightened(
    folder: Path, live: LiveBook, store: Assignments
) -> None:
    behind(store, "u-1", "keeper", "watcher")
    write(folder, KEEPER, WATCHER, ROLE.format("guest", ""), EXCLUSION)
    assert live.now().roles["guest"].permissions == frozenset()
    assert live.problem == ""


def test_a_broken_file_leaves_the_old_set_in_force_until_it_is_mended(folder: Path, live: LiveBook) -> None:
    (folder / "more.yaml").write_text("kind: [")
    assert set(live.now().roles) == {"keeper", "watcher", "guest"}
    assert "more.yaml: not YAML" in live.problem
    (folder / "more.yaml").unlink()
    assert live.problem == ""


def test_an_empty_folder_leaves_the_old_set_in_force(folder: Path, live: LiveBook) -> None:
    (folder / "roles.yaml").unlink()
    assert set(live.now().roles) == {"keeper", "watcher", "guest"}
    assert "there is no role in it" in live.problem


def test_a_portal_does_not_start_on_an_empty_folder(tmp_path: Path, store: Assignments) -> None:
    with pytest.raises(files.BadRoleFile, match="there is no role in it"):
        LiveBook(tmp_path, store)


def test_files_that_do_not_change_are_not_read_again(folder: Path, store: SqlAssignments) -> None:
    live = LiveBook(folder, store, look_s=0)
    before = live.now()
    assert live.now() is before
    later = time.time() + 5
    os.utime(folder / "roles.yaml", (later, later))
    assert live.now() is not before


def test_the_files_are_looked_at_once_in_a_while(folder: Path, store: Assignments) -> None:
    live = LiveBook(folder, store, look_s=60)
    write(folder, ROLE.format("gardener", "garden:bed:dig"), name="gardener.yaml")
    assert "gardener" not in live.now().roles


def test_files_that_are_not_in_force_are_noted_and_keep_nobody_from_being_served(
    tmp_path: Path, folder: Path, live: LiveBook, store: Assignments
) -> None:
    access = Access(live, store)
    assert access.checks()["roles"]() == ""
    (folder / "more.yaml").write_text("kind: [")
    note = access.checks()["roles"]()
    assert isinstance(note, Note)
    settings = settings_for(Settings, tmp_path, roles_dir=None)
    parts = bff.Parts([], checks={"files": lambda: note})
    app = bff.create_app("bff", settings, bff.Manifest("garden", "7", "Garden"), parts)
    answer = app.test_client().get("/health/ready")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")  # type: ignore[index]
    assert answer.json["notes"] == {  # type: ignore[index]
        "files": "the role files have changed and are not in force; the log says why"
    }
