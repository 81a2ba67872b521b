"""What a change of roles does, by roles and exclusions that a reader can check by eye."""

from bff.access.files import Exclusion, Role, RoleBook
from microfrontends.users.domain import Change, Clash, Kind, Right, clashes, effect, rights


def role(name: str, *permissions: str) -> Role:
    return Role(name, {"en": name.title()}, "hub", frozenset(permissions))


WHY = {"en": "Who counts does not pay."}
BOOK = RoleBook(
    {each.name: each for each in (role("count", "a:b:c", "a:b:see"), role("pay", "a:b:p"), role("look", "a:b:see"))},
    (Exclusion("counting", frozenset({"a:b:c"}), frozenset({"a:b:p"}), WHY),),
)


def give(value: str) -> Change:
    return Change("u-1", Kind.ROLE, value, given=True)


def take(value: str) -> Change:
    return Change("u-1", Kind.ROLE, value, given=False)


def test_a_role_brings_its_permissions_and_takes_them_along() -> None:
    assert effect(BOOK, ["look"], give("count")).gained == ("a:b:c",)
    assert effect(BOOK, ["look", "count"], take("count")).lost == ("a:b:c",)


def test_a_permission_that_another_role_gives_is_not_lost() -> None:
    assert effect(BOOK, ["look", "count"], take("look")).lost == ()


def test_a_change_that_joins_both_sides_of_an_exclusion_clashes() -> None:
    assert effect(BOOK, ["pay"], give("count")).clashes == (Clash("a:b:c", "a:b:p", WHY),)
    assert effect(BOOK, ["count"], give("pay")).clashes == (Clash("a:b:c", "a:b:p", WHY),)


def test_an_old_clash_does_not_hinder_taking_away_nor_an_innocent_role() -> None:
    assert effect(BOOK, ["pay", "count"], take("pay")).clashes == ()
    assert effect(BOOK, ["pay", "count"], give("look")).clashes == ()
    assert len(clashes(BOOK, ["pay", "count"])) == 1


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


def test_a_change_is_ones_own_whatever_it_does() -> None:
    assert (give("look").is_own("u-1"), take("look").is_own("u-1"), take("look").is_own("u-2")) == (True, True, False)
