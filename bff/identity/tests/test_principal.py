"""What an identity may do, and whose data it sees."""

from bff.identity.tests.support import identity


def test_an_identity_may_do_what_it_holds_a_permission_for() -> None:
    assert identity().may("settlement:window:view")
    assert not identity().may("settlement:window:close")


def test_a_hub_role_without_participants_sees_every_participant() -> None:
    assert identity().sees_all
    assert identity().sees("payerfsp")


def test_a_hub_role_narrowed_to_participants_sees_only_these() -> None:
    narrowed = identity(participants=frozenset({"payerfsp"}))
    assert not narrowed.sees_all
    assert narrowed.sees("payerfsp")
    assert not narrowed.sees("payeefsp")


def test_a_member_of_a_participant_sees_only_it() -> None:
    member = identity(hub=False, participants=frozenset({"payerfsp"}))
    assert member.sees("payerfsp")
    assert not member.sees("payeefsp")


def test_somebody_without_hub_role_and_participant_sees_nothing() -> None:
    assert not identity(hub=False).sees("payerfsp")
