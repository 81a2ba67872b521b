"""Whether roles, exclusions and policies may take effect together, and what is said to each object of them."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bff.access import check, files
from bff.access.check import Vocabulary
from bff.access.holding import Holding
from bff.kubernetes import Object, Objects
from bff.resource_text import written


class Phase(StrEnum):
    """What became of an object."""

    VALIDATED = "VALIDATED"
    INVALID = "INVALID"
    WAITING = "WAITING"  # nothing is wrong with it, but it takes effect together with others, or not at all


@dataclass(frozen=True)
class Verdict:
    """What is said to one object."""

    phase: Phase
    message: str = ""


@dataclass(frozen=True)
class Judged:
    """A set of objects. `texts` are the files to be published, by name; empty when the set is unfit."""

    verdicts: Mapping[str, Verdict]
    texts: Mapping[str, str]


def judge(objects: Objects, known: Mapping[str, Vocabulary], holdings: Mapping[str, Holding] | None = None) -> Judged:
    """The same checks as `bizops roles check` makes of a folder. `holdings`: who holds what today, if that is known."""
    named = {_file(told): key for key, told in objects.items()}
    texts = {name: written(objects[key]) for name, key in named.items()}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).write_text(text, "utf-8")
        book, found = check.lint(Path(folder), known)
    if holdings is not None:
        found += check.preflight(book, holdings)
    problems = [finding.sentence for finding in found if not finding.is_warning]
    if not problems:
        return Judged(dict.fromkeys(objects, Verdict(Phase.VALIDATED)), texts)
    said = {key: _about(objects[key], name, problems) for name, key in named.items()}
    homeless = [each for each in problems if not any(each in own for own in said.values())]
    waits = "; ".join(homeless or ["another object of the set is unfit, so what was in force before stays"])
    verdicts = {key: _verdict(own, waits) for key, own in said.items()}
    return Judged(verdicts, {})


def _verdict(own: list[str], waits: str) -> Verdict:
    return Verdict(Phase.INVALID, "; ".join(own)) if own else Verdict(Phase.WAITING, waits)


def _file(told: Object) -> str:
    return f"{str(told['kind']).lower()}-{told['metadata']['name']}.yaml"


def _about(told: Object, name: str, problems: Iterable[str]) -> list[str]:
    """The problems that this object is the cause of."""
    begins = (f"{name}: ", *_begins(told))
    excludes = f"which {told['metadata']['name']} excludes"
    is_exclusion = told["kind"] == files.EXCLUSIONS
    return [each for each in problems if each.startswith(begins) or (is_exclusion and excludes in each)]


def _begins(told: Object) -> tuple[str, ...]:
    spec: Mapping[str, Any] = told.get("spec") or {}
    if told["kind"] == files.ROLE:
        return f"role {spec.get('role')} ", f"role {spec.get('role')}: "
    if told["kind"] == files.EXCLUSIONS:
        return f"exclusion {told['metadata']['name']} ", f"exclusion {told['metadata']['name']}: "
    rules = spec.get("rules") or ()
    return tuple(f"approval of {rule.get('action')}: " for rule in rules if isinstance(rule, Mapping))
