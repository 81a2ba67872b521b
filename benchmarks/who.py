"""What identity costs a request: signing, verifying, a permission check, and the look-up behind it now and then."""

import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from bff.access.assignments import SqlAssignments
from bff.access.rights import Access
from bff.identity.assertion import Minter, Verifier
from bff.identity.keyring import KeyRing, ensure_key
from bff.identity.principal import Identity
from tests.figures import figure

ROUNDS = 2000


def microseconds(work: Callable[[int], object], rounds: int = ROUNDS) -> float:
    """CPU of one call, the best of three runs."""
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        for number in range(rounds):
            work(number)
        best = min(best, (time.process_time() - begun) / rounds * 1e6)
    return best


def identity(session: str) -> Identity:
    """An operator in a session."""
    seen: frozenset[str] = frozenset()
    return Identity("u-1", "Olivia", "olivia", seen, True, frozenset({"garden:gate:view"}), ("operator",), "c", session)


def costs() -> None:
    """Print what each costs."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys.json"
        ensure_key(keys)
        ring = KeyRing(keys)
        minter = Minter("http://shell.test", ring)
        verifier = Verifier("http://shell.test", "garden", ring.jwks)
        who = identity("s")
        signed = minter.assertion(who, "garden", who.permissions)
        fresh = count()
        cost: dict[str, Callable[[int], object]] = {
            "bench_assertion_new_us": lambda _: minter.assertion(identity(str(next(fresh))), "garden", who.permissions),
            "bench_assertion_cached_us": lambda _: minter.assertion(who, "garden", who.permissions),
            "bench_assertion_verify_us": lambda _: verifier.identity(signed),
            **_rights(Path(folder)),
        }
        for name, work in cost.items():
            figure(name, f"{microseconds(work):.2f}", "us")


def _rights(folder: Path) -> dict[str, Callable[[int], object]]:
    """What the guard asks for each request: from memory, and from the store once in two seconds for each person."""
    store = SqlAssignments(f"sqlite:///{folder / 'access.sqlite'}")
    store.prepare()
    store.assign("u-1", "operator", "u-2")
    access = Access.of(None, store)

    def check(_: int) -> bool:
        rights = access.rights("u-1")
        who = Identity("u-1", "O", "o", rights.participants, rights.hub, rights.permissions, rights.roles, "c", "s")
        return who.may("settlement:window:close")

    def check_anew(_: int) -> bool:
        access.forget("u-1")
        return check(_)

    return {"bench_permission_check_us": check, "bench_permission_read_us": check_anew}
