"""What roles let people do and what a change of them does, by roles and exclusions that a reader can check by eye."""

from datetime import UTC, datetime, timedelta

import pytest

from bff.access.files import Exclusion, Role, RoleBook
from bff.access.holding import PARTICIPANT, ROLE, Grant, Holding
from microfrontends.users.domain.review import Attendance, Finding, Presence, far_reaching, review
from microfrontends.users.domain.rights import (
    Clash,
    Right,
    Scope,
    administrators,
    change,
    clashes,
    excluding,
    rights,
    scope,
    usable,
)


def role(name: str, *permissions: str, of: str = "hub") -> Role:
    return Role(name, {"en": name.title()}, of, frozenset(permissions))


def holds(*roles: str, participants: tuple[str, ...] = ()) -> Holding:
    return Holding(tuple(map(Grant, roles)), tuple(map(Grant, participants)))


WHY = {"en": "Who counts does not pay."}
BOOK = RoleBook(
    {
        each.name: each
        for each in (
            role("count", "a:b:c", "a:b:see"),
            role("pay", "a:b:p"),
            role("look", "a:b:see"),
            role("give", "users:role:assign"),
            role("member", "a:b:see", of="participant"),
        )
    },
    (Exclusion("counting", frozenset({"a:b:c"}), frozenset({"a:b:p"}), WHY),),
)
CLASH = Clash("a:b:c", "a:b:p", WHY)


def test_a_role_brings_its_permissions_and_takes_them_along() -> None:
    assert change(BOOK, ["look"], ["look", "count"]).gained == ("a:b:c",)
    assert change(BOOK, ["look", "count"], ["look"]).lost == ("a:b:c",)


def test_a_permission_that_another_role_gives_is_not_lost() -> None:
    assert change(BOOK, ["look", "count"], ["count"]).lost == ()


def test_a_change_that_joins_both_sides_of_an_exclusion_clashes() -> None:
    assert change(BOOK, ["pay"], ["pay", "count"]).clashes == (CLASH,)
    assert change(BOOK, ["count"], ["pay", "count"]).clashes == (CLASH,)


def test_an_old_clash_does_not_hinder_taking_away_nor_an_innocent_role() -> None:
    assert change(BOOK, ["pay", "count"], ["count"]).clashes == ()
    assert change(BOOK, ["pay", "count"], ["pay", "count", "look"]).clashes == ()
    assert clashes(BOOK, ["pay", "count"]) == (CLASH,)


def test_effective_rights_name_every_role_they_come_from() -> None:
    assert rights(BOOK, ["look", "count", "gone"]) == (
        Right("a:b:c", ("count",)),
        Right("a:b:see", ("count", "look")),
    )


def test_rights_on_either_side_of_a_broken_exclusion_are_suspended_as_the_guard_suspends_them() -> None:
    assert [(right.permission, right.suspended) for right in rights(BOOK, ["count", "pay"])] == [
        ("a:b:c", True),
        ("a:b:p", True),
        ("a:b:see", False),
    ]
    assert usable(BOOK, holds("count", "pay")) == {"a:b:see"}


@pytest.mark.parametrize(
    ("roles", "participants", "seen"),
    [
        (["look"], [], Scope.EVERYBODY),
        (["look"], ["payerfsp"], Scope.OWN),
        (["member"], ["payerfsp"], Scope.OWN),
        (["member"], [], Scope.NOBODY),
        ([], [], Scope.NOBODY),
        (["gone"], [], Scope.NOBODY),
    ],
)
def test_a_participant_narrows_what_is_seen_and_a_role_of_the_hub_opens_it(
    roles: list[str], participants: list[str], seen: Scope
) -> None:
    assert scope(BOOK, roles, participants) is seen


def test_an_administrator_can_give_roles_everywhere() -> None:
    holdings = {"all": holds("give"), "some": holds("give", participants=("payerfsp",)), "none": holds("look")}
    assert administrators(BOOK, holdings, "users:role:assign") == {"all"}


def test_roles_that_exclude_each_other_are_known_from_either() -> None:
    assert excluding(BOOK, "count") == {"pay": (CLASH,)}
    assert excluding(BOOK, "pay") == {"count": (CLASH,)}
    assert excluding(BOOK, "look") == {}


NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LONG = timedelta(days=90)


def seen(days_ago: int | None, *, known_for: int | None = 400, active: bool = True) -> Presence:
    at = None if days_ago is None else NOW - timedelta(days=days_ago)
    return Presence(active, at, None if known_for is None else NOW - timedelta(days=known_for))


@pytest.mark.parametrize(
    ("presence", "dormant"),
    [
        (seen(91), True),
        (seen(90), False),
        (seen(None), True),
        (seen(None, known_for=30), False),
        (seen(None, known_for=None), False),
        (seen(100, known_for=None), True),
    ],
)
def test_dormant_is_who_did_not_come_for_so_long_as_far_as_the_directory_remembers(
    presence: Presence, dormant: bool
) -> None:
    assert presence.dormant(NOW, LONG) is dormant


def test_a_review_has_a_line_for_each_thing_that_anybody_holds_and_says_what_stands_out() -> None:
    holdings = {
        "ann": holds("count", "pay"),
        "ben": holds("look", participants=("payerfsp",)),
        "cid": holds("look"),
        "dot": holds("look"),
    }
    people = {"ann": seen(1), "ben": seen(100), "dot": seen(1, active=False)}
    lines = review(BOOK, holdings, Attendance(people, NOW, LONG))
    assert [(line.subject, line.kind, line.grant.value, set(line.findings)) for line in lines] == [
        ("ann", ROLE, "count", {Finding.CONFLICT, Finding.PRIVILEGED}),
        ("ann", ROLE, "pay", {Finding.CONFLICT, Finding.PRIVILEGED}),
        ("ben", ROLE, "look", {Finding.DORMANT}),
        ("ben", PARTICIPANT, "payerfsp", {Finding.DORMANT}),
        ("cid", ROLE, "look", {Finding.LEFT}),
        ("dot", ROLE, "look", {Finding.LEFT}),
    ]
    assert [line.because for line in lines[:3]] == [("a:b:c",), ("a:b:p",), ()]


def test_while_the_directory_is_away_nobody_is_called_dormant_or_left() -> None:
    lines = review(BOOK, {"ann": holds("look")}, Attendance(None, NOW, LONG))
    assert [line.findings for line in lines] == [frozenset()]


def test_far_reaching_is_what_decides_over_rights_or_stands_in_an_exclusion() -> None:
    assert far_reaching(BOOK, "give") == ("users:role:assign",)
    assert far_reaching(BOOK, "count") == ("a:b:c",)
    assert far_reaching(BOOK, "look") == far_reaching(BOOK, "gone") == ()
