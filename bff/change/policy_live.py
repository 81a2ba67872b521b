"""A policy file that changes while the portal runs: a new one takes effect as a whole, or the old one stays."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path

import structlog

from bff.access import files
from bff.access.files import signature
from bff.change.policy import BadPolicy, Policy, load

log = structlog.get_logger()
LOOK_S = 2.0


class LivePolicy:
    """The policy of a folder as it is in force for one app; `fields` are those of its actions' commands.

    Raises BadPolicy when the first one is bad.
    """

    def __init__(
        self, folder: Path | None, app: str, fields: Mapping[str, frozenset[str]], look_s: float = LOOK_S
    ) -> None:
        self._folder, self._app, self._fields, self._look_s = folder or files.STANDARD, app, fields, look_s
        self._seen = signature(self._folder)
        self._policy = self._read()
        self._problem = ""
        self._next_look = time.monotonic() + look_s
        self._looking = threading.Lock()

    def now(self) -> Policy:
        """The policy in force. Looks at the files once in two seconds, in the request of whoever comes by then."""
        if time.monotonic() >= self._next_look and self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._next_look = time.monotonic() + self._look_s
                self._looking.release()
        return self._policy

    def problem(self) -> str:
        """Why the file as it is now is not in force; empty when it is."""
        self.now()
        return self._problem

    def _look(self) -> None:
        try:
            seen = signature(self._folder)
            if seen == self._seen:
                return
            policy = self._read()
            if self._policy.rules and not policy.rules:
                # A file that went away must not let everything through: to ask for nothing takes a restart.
                raise BadPolicy("no rule is left; put the policy back, or restart without one")
        except (BadPolicy, OSError) as bad:
            if str(bad) != self._problem:
                log.error("policy_not_changed", problem=str(bad))
            self._problem = str(bad)
            return
        self._seen, self._policy, self._problem = seen, policy, ""
        log.info("policy_changed", sha256=policy.digest, rules=len(policy.rules))

    def _read(self) -> Policy:
        policy = load(self._folder)
        policy.refuse_unknown(self._app, self._fields)
        return policy
