"""The contract that every store of assignments keeps, run on each that this machine has."""

import threading
from collections.abc import Callable
from functools import partial

import pytest

from bff.access.exclusions import Excluded, edit_checked
from bff.access.files import RoleBook
from bff.access.holding import Assignments, Changed, Edit, Holding
from bff.access.keto import KetoAssignments
from bff.access.stores import store_for
from bff.access.tests.conftest import STORES
from bff.errors import StoreUnavailable
from tests.figures import figure

ROUNDS = 12


def names(store: Assignments, subject: str) -> tuple[list[str], list[str]]:
    held = store.holding(subject)
    return [grant.value for grant in held.roles], [grant.value for grant in held.participants]


def together(*works: Callable[[], object]) -> list[BaseException | None]:
    """Run all at the same moment; what each raised."""
    raised: list[BaseException | None] = [None] * len(works)
    gate = threading.Barrier(len(works))

    def run(number: int) -> None:
        gate.wait()
        try:
            works[number]()
        except (Excluded, Changed) as problem:
            raised[number] = problem

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_nobody_holds_anything_before_it_is_given(store: Assignments) -> None:
    assert store.holding("u-1") == Holding()
    assert store.holdings() == {}
    assert store.holders(["keeper"]) == {}
    assert store.roles_of_all(["u-1"]) == {}
    assert store.problem() == ""


def test_roles_and_participants_are_given_once_and_taken_once(store: Assignments) -> None:
    assert store.assign("u-1", "keeper", by="u-9")
    assert not store.assign("u-1", "keeper", by="u-8")
    assert store.add_participant("u-1", "payerfsp", by="u-9")
    assert not store.add_participant("u-1", "payerfsp", by="u-9")
    assert names(store, "u-1") == (["keeper"], ["payerfsp"])
    assert store.remove("u-1", "keeper")
    assert not store.remove("u-1", "keeper")
    assert store.remove_participant("u-1", "payerfsp")
    assert not store.remove_participant("u-1", "payerfsp")
    assert names(store, "u-1") == ([], [])


def test_a_grant_says_who_gave_it_or_that_this_store_does_not_know(store: Assignments) -> None:
    store.assign("u-1", "keeper", by="u-9")
    (grant,) = store.roles_of("u-1")
    if isinstance(store, KetoAssignments):
        assert (grant.granted_by, grant.granted_at) == ("", None)
    else:
        assert grant.granted_by == "u-9"
        assert grant.granted_at is not None
        assert grant.granted_at.tzname() == "UTC"


def test_names_that_would_mean_something_in_a_url_or_in_sql_come_back_as_they_were(store: Assignments) -> None:
    strange = "auth0|a b&c=d/é%20'\"#?"
    store.assign(strange, "keeper", by="u-9")
    store.add_participant(strange, "pay & co", by="u-9")
    assert names(store, strange) == (["keeper"], ["pay & co"])
    assert store.holders(["keeper"]) == {strange: ("keeper",)}


def test_one_edit_gives_and_takes_at_once(store: Assignments) -> None:
    store.assign("u-1", "keeper", by="u-9")
    gives, takes = frozenset({"guest", "watcher"}), frozenset({"keeper", "never held"})
    assert store.edit(Edit(subject="u-1", by="u-9", give_roles=gives, take_roles=takes))
    assert names(store, "u-1")[0] == ["guest", "watcher"]
    assert not store.edit(Edit(subject="u-1", by="u-9", give_roles=gives, take_roles=takes))


def test_who_holds_a_role_is_told_over_as_many_people_as_there_are(store: Assignments) -> None:
    for number in range(25):
        store.assign(f"u-{number:02}", "keeper" if number % 2 else "guest", by="u-9")
    store.assign("u-01", "guest", by="u-9")
    store.add_participant("u-30", "payerfsp", by="u-9")
    holders = store.holders(["keeper", "guest"])
    assert len(holders) == 25
    assert holders["u-01"] == ("guest", "keeper")
    assert set(store.holders(["keeper"])) == {f"u-{number:02}" for number in range(1, 25, 2)}
    assert store.roles_of_all(["u-01", "u-02", "u-99"]) == {"u-01": ("guest", "keeper"), "u-02": ("guest",)}
    assert set(store.holdings()) == {*holders, "u-30"}
    assert set(store.holdings(["u-30", "u-99"])) == {"u-30"}


def test_an_edit_that_rests_on_an_older_look_is_refused_and_changes_nothing(store: Assignments) -> None:
    store.assign("u-1", "guest", by="u-9")
    seen = store.version("u-1")
    store.add_participant("u-1", "payerfsp", by="u-8")
    assert store.version("u-1") != seen
    attempts: list[Callable[[], object]] = [
        partial(store.assign, "u-1", "keeper", "u-9", seen),
        partial(store.remove, "u-1", "guest", seen),
        partial(store.add_participant, "u-1", "payeefsp", "u-9", seen),
        partial(store.remove_participant, "u-1", "payerfsp", seen),
    ]
    for attempt in attempts:
        with pytest.raises(Changed, match="changed this person's roles"):
            attempt()
    assert names(store, "u-1") == (["guest"], ["payerfsp"])
    assert store.assign("u-1", "keeper", by="u-9", expected=store.version("u-1"))


def test_the_version_also_tells_what_was_there_before(store: Assignments) -> None:
    nothing = store.version("u-1")
    store.assign("u-1", "guest", by="u-9")
    store.remove("u-1", "guest")
    assert store.version("u-1") == nothing == store.version("u-2")


def test_a_check_that_refuses_keeps_everything_from_being_written(store: Assignments) -> None:
    seen: list[tuple[set[str], set[str]]] = []

    def check(before: frozenset[str], after: frozenset[str]) -> None:
        seen.append((set(before), set(after)))
        raise Changed

    store.assign("u-1", "guest", by="u-9")
    edit = Edit(subject="u-1", give_roles=frozenset({"keeper"}), give_participants=frozenset({"payerfsp"}))
    with pytest.raises(Changed):
        store.edit(edit, check)
    assert seen == [({"guest"}, {"guest", "keeper"})]
    assert names(store, "u-1") == (["guest"], [])


def test_of_two_sides_given_at_the_same_moment_at_most_one_is_given(url: str, book: RoleBook) -> None:
    one, other = store_for(url), store_for(url)  # as two replicas have them: nothing shared but the store
    for number in range(ROUNDS):
        subject = f"u-{number}"
        keeps, watches = (
            Edit(subject=subject, by="u-9", give_roles=frozenset({role})) for role in ("keeper", "watcher")
        )
        raised = together(partial(edit_checked, book, one, keeps), partial(edit_checked, book, other, watches))
        held = one.holding(subject).role_names
        assert len(held) <= 1, f"both won in round {number}"
        assert len(held) + sum(problem is not None for problem in raised) == 2
        if not isinstance(one, KetoAssignments):
            assert len(held) == 1


def test_of_two_edits_from_the_same_look_at_most_one_is_made(url: str) -> None:
    one, other = store_for(url), store_for(url)
    for number in range(ROUNDS):
        subject, seen = f"u-{number}", one.version(f"u-{number}")
        raised = together(
            partial(one.assign, subject, "guest", "u-9", seen), partial(other.assign, subject, "keeper", "u-8", seen)
        )
        assert len(one.holding(subject).roles) <= 1
        assert any(isinstance(problem, Changed) for problem in raised)


def test_many_different_roles_given_at_once_all_arrive(url: str) -> None:
    stores = [store_for(url) for _ in range(4)]
    give = [partial(store.assign, "u-1", f"role{number}", "u-9") for number, store in enumerate(stores)]
    assert together(*give) == [None] * 4
    assert names(stores[0], "u-1")[0] == [f"role{number}" for number in range(4)]


@pytest.mark.parametrize("away", ["sqlite:////nowhere/access.sqlite", "keto://127.0.0.1:1?write=127.0.0.1:1"])
def test_a_store_that_is_away_answers_nothing_and_takes_nothing(away: str) -> None:
    store = store_for(away)
    attempts: list[Callable[[], object]] = [
        partial(store.holding, "u-1"),
        store.holdings,
        partial(store.holders, ["keeper"]),
        partial(store.version, "u-1"),
        partial(store.assign, "u-1", "keeper", "u-9"),
        partial(store.remove, "u-1", "keeper"),
    ]
    for attempt in attempts:
        with pytest.raises(StoreUnavailable):
            attempt()


def test_the_run_says_which_stores_it_was() -> None:
    figure("access_store_contract", "+".join(sorted(STORES)))
    assert set(STORES) == {"sqlite", "postgresql", "keto", "keto-fake"}
