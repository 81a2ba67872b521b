"""What is wrong with a set of role files: by itself, against what the apps know, and against who holds what today."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from bff.access import files
from bff.access.exclusions import conflicts
from bff.access.files import RoleBook
from bff.access.holding import Holding
from bff.change import policy
from bff.change.policy import BadPolicy, Policy


@dataclass(frozen=True)
class Vocabulary:
    """An app's permissions and actions (`app.action`). An open one grows with content, as reports with each report."""

    permissions: frozenset[str]
    actions: frozenset[str]
    is_open: bool = False


@dataclass(frozen=True)
class Finding:
    """A problem in one sentence. A warning keeps nothing from being used."""

    sentence: str
    is_warning: bool = False


def lint(folder: Path, known: Mapping[str, Vocabulary]) -> tuple[RoleBook, list[Finding]]:
    """What the folder says, and every problem of it. `known`: what the installed apps know, by their names."""
    book, problems = files.read(folder)
    found = [Finding(sentence) for sentence in problems]
    found += [*_roles(book), *_exclusions(book), *_unknown(book, known), *_policy(folder, book, known)]
    return book, found


def preflight(book: RoleBook, holdings: Mapping[str, Holding]) -> list[Finding]:
    """What the set would do to those who hold roles today."""
    found = [
        Finding(
            f"{each.subject} would hold {each.first} and {each.second}, which {each.exclusion.name} excludes;"
            " take one of the roles away first"
        )
        for each in conflicts(book, holdings)
    ]
    gone = Counter(role for held in holdings.values() for role in held.role_names if role not in book.roles)
    found += [
        Finding(f"role {role} is held by {_people(count)} and defined nowhere: it gives them nothing", is_warning=True)
        for role, count in sorted(gone.items())
    ]
    return found


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"


def _roles(book: RoleBook) -> Iterator[Finding]:
    for name, role in sorted(book.roles.items()):
        if not role.permissions:
            yield Finding(f"role {name} holds no permission", is_warning=True)
        for exclusion, first, second in book.conflicts(role.permissions):
            if first == second:
                continue  # on both sides: the exclusion's own mistake, told there
            yield Finding(f"role {name} alone holds {first} and {second}, which {exclusion.name} excludes")


def _exclusions(book: RoleBook) -> Iterator[Finding]:
    names = Counter(exclusion.name for exclusion in book.exclusions)
    yield from (Finding(f"exclusion {name} is defined twice") for name, count in names.items() if count > 1)
    for exclusion in book.exclusions:
        if not (exclusion.side_a and exclusion.side_b):
            yield Finding(f"exclusion {exclusion.name} has an empty side, so it excludes nothing")
        for permission in sorted(exclusion.side_a & exclusion.side_b):
            yield Finding(f"exclusion {exclusion.name} has {permission} on both sides, so nobody could hold it")


def _unknown(book: RoleBook, known: Mapping[str, Vocabulary]) -> Iterator[Finding]:
    named = [(f"role {name}", role.permissions) for name, role in book.roles.items()]
    named += [(f"exclusion {each.name}", each.side_a | each.side_b) for each in book.exclusions]
    away: set[str] = set()
    for where, permissions in sorted(named):
        for permission in sorted(permissions):
            vocabulary = known.get(permission.partition(":")[0])
            if vocabulary is None:
                away.add(permission)
            elif not vocabulary.is_open and permission not in vocabulary.permissions:
                yield Finding(f"{where}: {_no_such(permission, vocabulary.permissions)}")
    for app, count in sorted(Counter(permission.partition(":")[0] for permission in away).items()):
        ids = "its one id" if count == 1 else f"its {count} ids"
        yield Finding(f"{app} is not installed here, so {ids} could not be looked up", is_warning=True)


def _policy(folder: Path, book: RoleBook, known: Mapping[str, Vocabulary]) -> Iterator[Finding]:
    try:
        told = policy.load(folder)
    except BadPolicy as bad:
        yield Finding(str(bad))
        return
    for rule in told.rules:
        where = f"approval of {rule.action}"
        vocabulary = known.get(rule.action.partition(".")[0])
        if vocabulary is None:
            yield Finding(f"{where}: the app is not installed here, so it could not be looked up", is_warning=True)
        elif rule.action not in vocabulary.actions:
            yield Finding(f"{where}: {_no_such(rule.action, vocabulary.actions)}")
        for role in sorted(_paired(told, rule.action) - set(book.roles)):
            yield Finding(f"{where}: role {role} is defined nowhere")
        for checker in sorted({rule.terms.checker, *(band.checker for band in rule.bands)} - {""}):
            if not book.holders(checker):
                yield Finding(f"{where}: nobody could approve, since no role holds {checker}")


def _paired(told: Policy, action: str) -> set[str]:
    pairs = (pair for rule in told.rules if rule.action == action for pair in rule.terms.pairs)
    return {role for pair in pairs for role in (pair.maker, pair.checker)}


def _no_such(wanted: str, known: Iterable[str]) -> str:
    near = get_close_matches(wanted, sorted(known), n=1, cutoff=0.8)
    return f"there is no {wanted}" + (f"; did you mean {near[0]}?" if near else "")
