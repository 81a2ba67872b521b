"""The approval policy: read whole or refused with file and place, and what a request needs by it."""

import time
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from bff.change.policy import BadPolicy, Pair, Policy, Terms, load, satisfied
from bff.change.telling import span
from bff.change.tests.garden import make_app
from bff.identity.principal import Identity
from bff.identity.provider import Demand

SHUT, SHUT_BY = "garden.shut_gate", "garden:gate:shut"


def policy(folder: Path, *rules: dict[str, Any], name: str = "approvals.yaml") -> Policy:
    """The policy of a folder with one more file of these rules."""
    document = {"kind": "MojaloopApprovalPolicy", "metadata": {"name": "x"}, "spec": {"rules": list(rules)}}
    (folder / name).write_text(yaml.safe_dump(document), "utf-8")
    return load(folder)


def terms(made: Policy, command: Mapping[str, Any] | None = None, **amounts: str) -> Terms:
    """What shutting a gate needs."""
    return made.terms(SHUT, SHUT_BY, command or {}, {key: Decimal(value) for key, value in amounts.items()})


def test_without_a_rule_nothing_needs_approval(tmp_path: Path) -> None:
    assert terms(policy(tmp_path)) == terms(load(tmp_path / "nowhere")) == Terms(checker=SHUT_BY)
    assert terms(policy(tmp_path, {"action": "garden.paint_gate"})).approvals == 0


def test_a_rule_alone_wants_one_other_person_with_the_same_permission_within_a_day(tmp_path: Path) -> None:
    needs = terms(policy(tmp_path, {"action": SHUT}))
    assert needs == Terms(approvals=1, checker=SHUT_BY, life=timedelta(days=1))
    assert (needs.reason, needs.step_up, needs.pairs) == (False, Demand(), ())


def test_a_rule_says_everything(tmp_path: Path) -> None:
    rule = {
        "action": SHUT,
        "approvals": 3,
        "checker": "garden:gate:approve",
        "pairs": [{"maker": "a", "checker": "b"}],
        "expires": "90m",
        "reason": "required",
        "stepUp": {"acr": ["phrh"], "maxAge": 300},
    }
    assert terms(policy(tmp_path, rule)) == Terms(
        3, "garden:gate:approve", (Pair("a", "b"),), timedelta(minutes=90), True, Demand(("phrh",), 300)
    )


def test_the_first_rule_that_applies_decides_in_the_order_of_the_files(tmp_path: Path) -> None:
    policy(tmp_path, {"action": SHUT, "approvals": 5}, name="b.yaml")
    made = policy(tmp_path, {"action": SHUT, "approvals": 2}, {"action": SHUT, "approvals": 3}, name="a.yaml")
    assert terms(made).approvals == 2


def test_other_documents_of_the_folder_are_no_policy(tmp_path: Path) -> None:
    (tmp_path / "roles.yaml").write_text("kind: MojaloopRole\nspec: {rules: nonsense}\n---\n---\n- 1\n", "utf-8")
    assert policy(tmp_path, {"action": SHUT}).rules[0].action == SHUT
    assert len(load(tmp_path).rules) == 1


@pytest.mark.parametrize(("command", "approvals"), [
    ({"colour": "red"}, 2), ({"colour": "blue"}, 2), ({"colour": "green"}, 1), ({}, 1), ({"colour": None}, 1),
])  # fmt: skip
def test_a_rule_speaks_only_of_the_commands_that_it_names(
    tmp_path: Path, command: dict[str, Any], approvals: int
) -> None:
    only = {"action": SHUT, "approvals": 2, "when": {"colour": ["red", "blue"]}}
    assert terms(policy(tmp_path, only, {"action": SHUT}), command).approvals == approvals


def test_every_field_that_it_names_must_fit_whatever_its_type(tmp_path: Path) -> None:
    made = policy(tmp_path, {"action": SHUT, "when": {"number": [1, 2], "loud": [True]}})
    assert terms(made, {"number": 2, "loud": True}).approvals == 1
    assert terms(made, {"number": 2, "loud": False}).approvals == 0
    assert terms(made, {"number": 3, "loud": True}).approvals == 0


BANDS = [
    {"currency": "USD", "from": "1000", "approvals": 2},
    {"currency": "USD", "from": "1000000.01", "approvals": 3, "checker": "garden:gate:bless"},
    {"currency": "XOF", "from": "500000", "approvals": 2},
]


@pytest.mark.parametrize(("amounts", "approvals", "checker"), [
    ({}, 1, "a:b:c"),
    ({"USD": "999.99"}, 1, "a:b:c"),
    ({"USD": "1000"}, 2, "a:b:c"),
    ({"USD": "-1000"}, 2, "a:b:c"),
    ({"EUR": "99999999"}, 1, "a:b:c"),
    ({"USD": "1", "XOF": "500000"}, 2, "a:b:c"),
    ({"USD": "1000000"}, 2, "a:b:c"),
    ({"USD": "1000000.01", "XOF": "500000"}, 3, "garden:gate:bless"),
])  # fmt: skip
def test_of_the_bands_that_are_reached_the_strictest_counts(
    tmp_path: Path, amounts: dict[str, str], approvals: int, checker: str
) -> None:
    needs = terms(policy(tmp_path, {"action": SHUT, "checker": "a:b:c", "bands": BANDS}), None, **amounts)
    assert (needs.approvals, needs.checker) == (approvals, checker)


def test_a_band_never_asks_for_less_than_its_rule(tmp_path: Path) -> None:
    band = {"currency": "USD", "from": "1", "approvals": 1}
    assert terms(policy(tmp_path, {"action": SHUT, "approvals": 3, "bands": [band]}), USD="5").approvals == 3


def test_a_band_without_a_checker_keeps_the_one_of_the_band_below(tmp_path: Path) -> None:
    bands = [
        {"currency": "USD", "from": "1", "approvals": 1, "checker": "garden:gate:bless"},
        {"currency": "USD", "from": "10", "approvals": 2},
    ]
    needs = terms(policy(tmp_path, {"action": SHUT, "approvals": 0, "bands": bands}), USD="10")
    assert (needs.approvals, needs.checker) == (2, "garden:gate:bless")


@pytest.mark.parametrize(("text", "length", "words"), [
    ("1m", timedelta(minutes=1), "1 minute"), ("90m", timedelta(minutes=90), "90 minutes"),
    ("12h", timedelta(hours=12), "12 hours"), ("24h", timedelta(days=1), "1 day"), ("3d", timedelta(days=3), "3 days"),
])  # fmt: skip
def test_a_span_is_read_and_said(tmp_path: Path, text: str, length: timedelta, words: str) -> None:
    needs = terms(policy(tmp_path, {"action": SHUT, "expires": text}))
    assert (needs.life, span(needs.life)) == (length, words)


@pytest.mark.parametrize(("rule", "place", "says"), [
    ({}, "spec/rules/0", "'action' is a required property"),
    ({"action": "shut_gate"}, "spec/rules/0/action", "does not match"),
    ({"action": SHUT, "approval": 1}, "spec/rules/0", "'approval' was unexpected"),
    ({"action": SHUT, "approvals": -1}, "spec/rules/0/approvals", "less than the minimum"),
    ({"action": SHUT, "approvals": 10}, "spec/rules/0/approvals", "greater than the maximum"),
    ({"action": SHUT, "approvals": "1"}, "spec/rules/0/approvals", "is not of type 'integer'"),
    ({"action": SHUT, "checker": "gate"}, "spec/rules/0/checker", "does not match"),
    ({"action": SHUT, "pairs": [{"maker": "a"}]}, "spec/rules/0/pairs/0", "'checker' is a required property"),
    ({"action": SHUT, "pairs": [{"maker": "a", "checker": "b c"}]}, "spec/rules/0/pairs/0/checker", "does not match"),
    ({"action": SHUT, "when": {"x": "y"}}, "spec/rules/0/when/x", "is not of type 'array'"),
    ({"action": SHUT, "when": {"x": []}}, "spec/rules/0/when/x", "non-empty"),
    ({"action": SHUT, "bands": [{"currency": "USD", "from": "1"}]}, "spec/rules/0/bands/0", "'approvals' is a"),
    ({"action": SHUT, "bands": [BANDS[0] | {"from": 1000}]}, "spec/rules/0/bands/0/from", "is not of type 'string'"),
    ({"action": SHUT, "bands": [BANDS[0] | {"from": "-1"}]}, "spec/rules/0/bands/0/from", "does not match"),
    ({"action": SHUT, "bands": [BANDS[0] | {"currency": "usd"}]}, "spec/rules/0/bands/0/currency", "does not match"),
    ({"action": SHUT, "bands": [BANDS[0] | {"approvals": 0}]}, "spec/rules/0/bands/0/approvals", "less than"),
    ({"action": SHUT, "expires": "soon"}, "spec/rules/0/expires", "does not match"),
    ({"action": SHUT, "expires": "0d"}, "spec/rules/0/expires", "does not match"),
    ({"action": SHUT, "reason": True}, "spec/rules/0/reason", "is not one of"),
    ({"action": SHUT, "stepUp": {}}, "spec/rules/0/stepUp", "non-empty"),
    ({"action": SHUT, "stepUp": {"maxAge": 1}}, "spec/rules/0/stepUp/maxAge", "less than the minimum"),
    ({"action": SHUT, "stepUp": {"acr": []}}, "spec/rules/0/stepUp/acr", "non-empty"),
    ({"action": SHUT, "stepUp": {"acr": ['a"b']}}, "spec/rules/0/stepUp/acr/0", "does not match"),
])  # fmt: skip
def test_what_breaks_the_schema_is_refused_with_file_and_place(
    tmp_path: Path, rule: dict[str, Any], place: str, says: str
) -> None:
    with pytest.raises(BadPolicy) as problem:
        policy(tmp_path, rule)
    assert str(problem.value).startswith(f"approvals.yaml: {place}: ")
    assert says in str(problem.value)


@pytest.mark.parametrize(("text", "says"), [
    ("kind: MojaloopApprovalPolicy", "spec: None is not of type 'object'"),
    ("kind: MojaloopApprovalPolicy\nspec: {}", "spec: 'rules' is a required property"),
    ("kind: [", "not YAML"),
    ("kind: MojaloopApprovalPolicy\nspec:\n  rules:\n    - {action: a.b}\n  rules: []\n", "rules stands here twice"),
    ("kind: MojaloopApprovalPolicy\nspec: {rules: [{action: a.b, approvals: 2, approvals: 0}]}", "approvals stands"),
    ("kind: !!python/object/apply:os.getcwd []", "not YAML"),
])  # fmt: skip
def test_what_is_no_policy_at_all_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "approvals.yaml").write_text(text, "utf-8")
    with pytest.raises(BadPolicy, match=r"^approvals\.yaml: ") as problem:
        load(tmp_path)
    assert says in str(problem.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "approvals.yaml").write_bytes(b"kind: \xff")
    with pytest.raises(BadPolicy, match=r"^approvals\.yaml: not YAML"):
        load(tmp_path)


@pytest.mark.parametrize(("rule", "says"), [
    ("{action: garden.shut_gaet}", "approval of garden.shut_gaet: there is no such action"),
    ("{action: garden.shut_gate, when: {nubmer: [1]}}", "its command has no nubmer"),
])  # fmt: skip
def test_an_app_does_not_start_with_a_rule_that_could_never_apply(tmp_path: Path, rule: str, says: str) -> None:
    with pytest.raises(BadPolicy, match=says):
        make_app(tmp_path, f"kind: MojaloopApprovalPolicy\nspec: {{rules: [{rule}]}}\n")


def test_rules_of_other_apps_are_theirs_to_know(tmp_path: Path) -> None:
    policy(tmp_path, {"action": "orchard.pick"}).refuse_unknown("garden", {})


PAIRED = Terms(1, pairs=(Pair("clerk", "manager"), Pair("officer", "director")))


@pytest.mark.parametrize(("maker", "checker", "may"), [
    (("clerk",), ("manager",), True),
    (("officer",), ("director",), True),
    (("clerk",), ("director",), False),
    (("clerk",), ("clerk", "manager"), False),
    (("clerk", "officer"), ("clerk", "director"), True),
    (("clerk",), (), False),
    ((), ("manager",), False),
])  # fmt: skip
def test_a_checker_of_a_pair_never_holds_its_makers_role(
    maker: tuple[str, ...], checker: tuple[str, ...], may: bool
) -> None:
    assert PAIRED.may_check(maker, checker) is may
    assert Terms(1).may_check(maker, checker)


def test_only_a_makers_role_of_a_pair_makes() -> None:
    assert PAIRED.may_make(("clerk", "manager"))
    assert not PAIRED.may_make(("manager",))
    assert Terms().may_make(())


@pytest.mark.parametrize(("now", "more"), [
    (Terms(2, "a"), False), (Terms(3, "a"), True), (Terms(1, "b"), False), (Terms(0), False),
    (Terms(2, "b"), True), (Terms(2, "a", pairs=(Pair("x", "y"),)), True), (Terms(2, "a", reason=True), False),
])  # fmt: skip
def test_terms_that_ask_for_more_are_told_from_those_that_do_not(now: Terms, more: bool) -> None:
    assert now.asks_more_than(Terms(2, "a")) is more


def who(acr: str | None, age_s: int | None) -> Identity:
    """Somebody by their sign-in."""
    auth_time = None if age_s is None else int(time.time()) - age_s
    return Identity("u", "U", "u", frozenset(), True, frozenset(), (), "", "", acr, auth_time)


@pytest.mark.parametrize(("demand", "acr", "age_s", "enough"), [
    (Demand(), None, None, True),
    (Demand((), 60), None, 59, True), (Demand((), 60), None, 62, False), (Demand((), 60), None, None, False),
    (Demand(("a", "b")), "b", None, True), (Demand(("a", "b")), "c", 0, False), (Demand(("a",)), None, 0, False),
    (Demand(("a",), 60), "a", 62, False), (Demand(("a",), 60), "a", 1, True),
])  # fmt: skip
def test_a_sign_in_is_strong_and_fresh_enough_or_it_is_not(
    demand: Demand, acr: str | None, age_s: int | None, enough: bool
) -> None:
    assert satisfied(demand, who(acr, age_s), time.time()) is enough


def test_one_policy_is_told_from_another(tmp_path: Path) -> None:
    one, other = policy(tmp_path, {"action": SHUT}), policy(tmp_path, {"action": SHUT, "approvals": 2})
    assert one.digest != other.digest
    assert one.digest == policy(tmp_path, {"action": SHUT}).digest
