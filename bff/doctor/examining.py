"""All checks of one app in their order: each in its turn, whatever becomes of the others."""

import time
from collections.abc import Iterator, Mapping
from importlib import import_module

from bff.contract.vocabularies import apps
from bff.doctor import environment, hub, keys, provider, rules, stores
from bff.doctor.findings import Examination, Finding, Grade, Patient, Seen, note, ok, secrets, without, wrong
from bff.settings import SettingsError

CHECKS: Mapping[str, Examination] = {
    "address": environment.addresses,
    "strength": environment.strength,
    "state folder": keys.state_folder,
    "database": stores.own_database,
    "access store": stores.access_store,
    "redis": stores.redis_store,
    "audit": keys.audit_keys,
    "roles": rules.role_files,
    "provider": provider.provider,
    "shell": keys.shell_keys,
    "hub": hub.services,
    "hub database": hub.database,
}
LAST: Mapping[str, Examination] = {"running": rules.running}


def examine(app: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    """What is found of one app under these settings; nothing of it holds a secret. Raises KeyError for no such app."""
    hidden = secrets(environment.all_kinds(), environ)
    for finding in _findings(app, environ):
        said, remedy = without(hidden, finding.sentence), without(hidden, finding.remedy)
        yield Finding(finding.check, finding.grade, _as_sentence(said), remedy, finding.ms)


def _as_sentence(said: str) -> str:
    """With a capital where it begins with a word, not where with a path or a name; and with one full stop."""
    begun = said[:1].upper() + said[1:] if said.partition(" ")[0].isalpha() else said
    return begun.rstrip(".") + "."


def _findings(app: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    package = dict(apps())[app]
    kind = environment.kind_of(package)
    for seen in environment.unheard(kind, environ):
        yield _as_finding("settings", seen)
    try:
        settings = kind.from_environment(environ)
    except SettingsError as refused:
        for problem in refused.problems:
            yield _as_finding("settings", wrong(problem, "docs/reference/settings.md has every setting."))
        yield _as_finding("settings", note("Nothing else was looked at.", "Correct the settings, then ask again."))
        return
    told = sum(name in environ for name in environment.names_of(kind))
    yield _as_finding("settings", ok(f"{told} settings are given, the others have their defaults."))
    patient = Patient(app, package, settings)
    for name, examination in {**CHECKS, **_own(package), **LAST}.items():
        yield from _timed(name, examination, patient)


def _own(package: str) -> dict[str, Examination]:
    """What an app's module `doctor` examines besides: its EXAMINATIONS by name."""
    wanted = f"{package}.doctor"
    try:
        found: dict[str, Examination] = dict(import_module(wanted).EXAMINATIONS)
    except ModuleNotFoundError as missing:
        if missing.name != wanted:
            raise
        return {}
    return found


def _timed(name: str, examination: Examination, patient: Patient) -> Iterator[Finding]:
    began = time.monotonic()
    try:
        for seen in examination(patient):
            yield _as_finding(name, seen, began)
            began = time.monotonic()
    except Exception as problem:  # whatever it is, the other checks still say what they see
        told = wrong(
            f"It could not be looked at: {type(problem).__name__}: {problem}", "Report this: it is our mistake."
        )
        yield _as_finding(name, told, began)


def _as_finding(name: str, seen: Seen, began: float | None = None) -> Finding:
    spent = 0 if began is None else round(1000 * (time.monotonic() - began))
    return Finding(name, seen.grade, seen.sentence, seen.remedy, spent)


def unhealthy(findings: list[Finding]) -> bool:
    """Whether anything is wrong."""
    return any(finding.grade is Grade.WRONG for finding in findings)
