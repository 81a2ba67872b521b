"""Assignments as relation tuples in Ory Keto, written as Mojaloop sites have them.

`role:clerk#member@u-1` and `participant:payerfsp#member@u-1` are read and written; `permission:<id>#granted` for the
members of each role that holds it is written for others that ask Keto, and never read: the role files decide.
"""

import threading
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

import structlog

from bff.access.files import RoleBook
from bff.access.holding import PARTICIPANT, ROLE, Assignments, Changed, Check, Edit, Grant, Holding, Item
from bff.access.tuples import Keto, RelationTuple
from bff.errors import RuleBroken, StoreUnavailable

log = structlog.get_logger()
SCHEMES = {"keto": "http", "keto+https": "https"}
MEMBER, PERMISSION, GRANTED = "member", "permission", "granted"
WRITE_PORT = 4467


class KetoAssignments(Assignments):
    """Assignments in the Keto of `keto://host:4466?write=host:4467`, or `keto+https://`.

    Keto compares nothing when it writes. So an edit takes its turn within this process, and looks again once it has
    written: should somebody elsewhere have written meanwhile what its check forbids together with this, what was
    given is taken back. Both may then lose; never do both win. What was taken stays taken.
    """

    def __init__(self, url: str) -> None:
        read, write = addresses(url)
        self.keto = Keto(read, write)
        self._turns = tuple(threading.Lock() for _ in range(64))

    def problem(self) -> str:
        """Whether both APIs answer and know our namespaces."""
        problem = self.keto.problem()
        try:
            for kind in (ROLE, PARTICIPANT):
                next(self.keto.tuples(namespace=kind, relation=MEMBER, subject_id="nobody"), None)
        except StoreUnavailable as away:
            problem = problem or str(away)
        return problem

    def holding(self, subject: str) -> Holding:
        """Two reads, by subject."""
        kinds = (ROLE, PARTICIPANT)
        found = [set(self.keto.tuples(namespace=kind, relation=MEMBER, subject_id=subject)) for kind in kinds]
        return _holding(each for tuples in found for each in tuples)

    def holdings(self, subjects: Iterable[str] | None = None) -> dict[str, Holding]:
        """Everybody's, and of these the wanted: Keto is not asked for many subjects at once."""
        wanted = None if subjects is None else frozenset(subjects)
        found: dict[str, set[RelationTuple]] = {}
        for kind in (ROLE, PARTICIPANT):
            for each in self.keto.tuples(namespace=kind, relation=MEMBER):
                # Members of other objects are nobody whom we could name, check or show: they hold nothing here.
                if each.subject and (wanted is None or each.subject in wanted):
                    found.setdefault(each.subject, set()).add(each)
        return {subject: _holding(tuples) for subject, tuples in found.items()}

    def holders(self, roles: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Role by role."""
        found: dict[str, tuple[str, ...]] = {}
        for role in sorted(set(roles)):
            members = {each.subject for each in self.keto.tuples(namespace=ROLE, object=role, relation=MEMBER)}
            for subject in sorted(members - {""}):
                found[subject] = (*found.get(subject, ()), role)
        return found

    def edit(self, edit: Edit, check: Check | None = None) -> bool:
        """In turn, and looked at again afterwards."""
        with self._turns[crc32(edit.subject.encode()) % len(self._turns)]:
            before = self.holding(edit.subject)
            give, take = edit.on(before, check)
            if not (give or take):
                return False
            self.keto.patch(_tuples(edit.subject, give), _tuples(edit.subject, take))
            if give:
                self._look_again(edit, check, give, (before.items | give) - take)
            return True

    def _look_again(self, edit: Edit, check: Check | None, give: frozenset[Item], wanted: frozenset[Item]) -> None:
        try:
            after = self.holding(edit.subject)
            if after.items == wanted:
                return
            if edit.expected is not None:
                raise Changed
            if check:
                given = frozenset(name for kind, name in give if kind == ROLE)
                check(after.role_names - given, after.role_names)
        except (RuleBroken, StoreUnavailable):
            log.warning("edit_taken_back", subject=edit.subject, by=edit.by)
            self.keto.patch((), _tuples(edit.subject, give))
            raise

    def publish(self, book: RoleBook) -> tuple[int, int]:
        """Let `permission:<id>#granted` say what the role files say; answers how many tuples came, and how many went.

        Only ids of our form, `app:noun:verb`, are touched: others belong to another operator of the same Keto.
        """
        there = self.keto.tuples(namespace=PERMISSION, relation=GRANTED)
        ours = {each for each in there if each.object.count(":") == 2 and each.subject_set}
        wanted = {
            RelationTuple(PERMISSION, permission, GRANTED, subject_set=(ROLE, role.name, MEMBER))
            for role in book.roles.values()
            for permission in role.permissions
        }
        self.keto.patch(sorted(wanted - ours), sorted(ours - wanted))
        return len(wanted - ours), len(ours - wanted)


def _tuples(subject: str, items: frozenset[Item]) -> list[RelationTuple]:
    return [RelationTuple(kind, name, MEMBER, subject) for kind, name in sorted(items)]


def _holding(tuples: Iterable[RelationTuple]) -> Holding:
    # As sets: Keto keeps a tuple twice when it is written twice, and deletes both at once.
    names: dict[str, set[str]] = {ROLE: set(), PARTICIPANT: set()}
    for each in tuples:
        names[each.namespace].add(each.object)
    roles, participants = (tuple(Grant(name) for name in sorted(names[kind])) for kind in (ROLE, PARTICIPANT))
    return Holding(roles, participants)


def addresses(url: str) -> tuple[str, str]:
    """Where Keto's read and its write API are."""
    parts = urlsplit(url)
    scheme = SCHEMES[parts.scheme]
    if not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"{url!r} is no address of Keto; use keto://host:4466?write=host:4467")
    write = parse_qs(parts.query).get("write", [f"{parts.hostname}:{WRITE_PORT}"])[0]
    return f"{scheme}://{parts.netloc}", f"{scheme}://{write}"
