"""Which changes need a second pair of eyes: read from the policy file, checked whole, answered per request."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from bff import strict_yaml
from bff.access.files import STANDARD
from bff.identity.principal import Identity
from bff.identity.provider import Demand

KIND = "MojaloopApprovalPolicy"
A_DAY = timedelta(days=1)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": A_DAY}


class BadPolicy(Exception):
    """A policy file that cannot be used; the message names the file, the place and the remedy."""


@dataclass(frozen=True)
class Pair:
    """Who makes and who checks, as roles: strict, so a checker of a pair never holds its maker's role."""

    maker: str
    checker: str


@dataclass(frozen=True)
class Band:
    """From this amount of a currency on, more approvals, or another checker."""

    currency: str
    least: Decimal
    approvals: int
    checker: str


@dataclass(frozen=True)
class Terms:
    """What one request needs. Without approvals it is carried out at once; `checker` is a permission."""

    approvals: int = 0
    checker: str = ""
    pairs: tuple[Pair, ...] = ()
    life: timedelta = A_DAY
    reason: bool = False
    step_up: Demand = Demand()

    def asks_more_than(self, earlier: "Terms") -> bool:
        """Whether approval on the earlier terms does not do on these: an amount has grown, or the policy."""
        if self.approvals != earlier.approvals:
            return self.approvals > earlier.approvals
        return self.approvals > 0 and (self.checker, self.pairs) != (earlier.checker, earlier.pairs)

    def may_make(self, roles: tuple[str, ...]) -> bool:
        """Whether a holder of these roles may ask, as far as pairs say."""
        return not self.pairs or any(pair.maker in roles for pair in self.pairs)

    def may_check(self, maker_roles: tuple[str, ...], roles: tuple[str, ...]) -> bool:
        """Whether a holder of `roles` may decide on what a holder of `maker_roles` asked for, as far as pairs say."""
        return not self.pairs or any(
            pair.maker in maker_roles and pair.checker in roles and pair.maker not in roles for pair in self.pairs
        )


@dataclass(frozen=True)
class Rule:
    """One rule: for an action, where the command's fields have one of the values, these terms and bands."""

    action: str
    terms: Terms
    when: Mapping[str, tuple[str, ...]]
    bands: tuple[Band, ...]

    def applies(self, action: str, command: Mapping[str, Any]) -> bool:
        """Whether the rule speaks of this command."""
        return self.action == action and all(str(command.get(key)) in values for key, values in self.when.items())

    def terms_for(self, amounts: Mapping[str, Decimal]) -> Terms:
        """The terms in the band of the amounts: of several bands that apply, the one that asks for the most."""
        reached = [band for band in self.bands if abs(amounts.get(band.currency, Decimal(0))) >= band.least]
        reached.sort(key=lambda band: band.approvals)
        approvals = max([self.terms.approvals, *(band.approvals for band in reached)])
        # A band that names no checker of its own leaves the one that a lower band has named.
        checker = next((band.checker for band in reversed(reached) if band.checker), self.terms.checker)
        return replace(self.terms, approvals=approvals, checker=checker)


@dataclass(frozen=True)
class Policy:
    """All rules, in the order of the files. The first that applies decides; without one no approval is needed."""

    rules: tuple[Rule, ...] = ()

    @property
    def digest(self) -> str:
        """Tells one policy from another: of equal rules in equal order, the same."""
        return hashlib.sha256(repr(self.rules).encode()).hexdigest()

    def refuse_unknown(self, app: str, fields: Mapping[str, frozenset[str]]) -> None:
        """Raise BadPolicy for a rule that could never apply. `fields`: those of the commands of the app's actions."""
        for rule in self.rules:
            if rule.action.partition(".")[0] != app:
                continue
            if rule.action not in fields:
                raise BadPolicy(f"approval of {rule.action}: there is no such action; correct the name")
            unknown = ", ".join(sorted(rule.when.keys() - fields[rule.action]))
            if unknown:
                raise BadPolicy(f"approval of {rule.action}: its command has no {unknown}; correct `when`")

    def terms(self, action: str, permission: str, command: Mapping[str, Any], amounts: Mapping[str, Decimal]) -> Terms:
        """What a request needs. `permission` is the action's own: who may make may check, unless a rule says more."""
        rule = next((rule for rule in self.rules if rule.applies(action, command)), None)
        terms = rule.terms_for(amounts) if rule else Terms()
        return terms if terms.checker else replace(terms, checker=permission)


def satisfied(demand: Demand, who: Identity, now: float) -> bool:
    """Whether the sign-in behind this session is as strong and as fresh as demanded. `now` in seconds since 1970."""
    fresh = demand.max_age is None or (who.auth_time is not None and now - who.auth_time <= demand.max_age)
    return fresh and (not demand.acr or who.acr in demand.acr)


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a policy's `spec`."""
    parsed: dict[str, Any] = json.loads(files("bff.change").joinpath("policy.schema.json").read_text("utf-8"))
    return parsed


def load(folder: Path | None = None) -> Policy:
    """The policy of a folder of role files (the standard ones when None). Raises BadPolicy."""
    rules: list[Rule] = []
    for path in sorted((folder or STANDARD).glob("*.yaml")):
        try:
            documents = strict_yaml.documents(path.read_text("utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as problem:
            raise BadPolicy(f"{path.name}: not YAML: {problem}") from problem
        for document in documents:
            if isinstance(document, dict) and document.get("kind") == KIND:
                rules += _rules(path, document.get("spec"))
    return Policy(tuple(rules))


def _rules(path: Path, spec: Any) -> list[Rule]:
    problem = next(iter(Draft202012Validator(schema()).iter_errors(spec)), None)
    if problem:
        where = "/".join(["spec", *(str(step) for step in problem.absolute_path)])
        raise BadPolicy(f"{path.name}: {where}: {problem.message}")
    return [_rule(each) for each in spec["rules"]]


def _rule(told: Mapping[str, Any]) -> Rule:
    demand = told.get("stepUp", {})
    terms = Terms(
        approvals=told.get("approvals", 1),
        checker=told.get("checker", ""),
        pairs=tuple(Pair(pair["maker"], pair["checker"]) for pair in told.get("pairs", ())),
        life=_span(told.get("expires", "1d")),
        reason=told.get("reason") == "required",
        step_up=Demand(tuple(demand.get("acr", ())), demand.get("maxAge")),
    )
    bands = (
        Band(band["currency"], Decimal(band["from"]), band["approvals"], band.get("checker", ""))
        for band in told.get("bands", ())
    )
    when = {key: tuple(str(value) for value in values) for key, values in told.get("when", {}).items()}
    return Rule(told["action"], terms, when, tuple(bands))


def _span(text: str) -> timedelta:
    return int(text[:-1]) * _UNITS[text[-1]]
