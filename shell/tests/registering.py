"""People, records and patience for tests of the registry."""

import time
from collections.abc import Callable
from typing import Any

from bff.identity.principal import Identity


def eventually(true: Callable[[], Any], seconds: float = 30) -> bool:
    """Whether it becomes true in time; what another thread does is waited for, never slept for."""
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.005)
    return bool(true())


def somebody(subject: str, *roles: str) -> Identity:
    """A person of the hub who holds these roles."""
    return Identity(
        subject=subject,
        name=subject,
        username=subject,
        participants=frozenset(),
        hub=True,
        permissions=frozenset(),
        roles=roles,
        csrf="",
        session="",
        acr=None,
        auth_time=None,
    )
