"""What other apps let the reader know, asked of the shell in the reader's name: this app knows no other's database."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
import urllib3
from flask import Flask, has_request_context, request
from flask_babel import gettext as _
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from bff import RuleBroken
from bff.identity.assertion import HEADER
from bff.web.failures import Failure, answer

ON_BEHALF: Final = "Portal-On-Behalf"
SECONDS: Final = 20
log = structlog.get_logger()


class Silent(Exception):
    """Not everybody answered, so a report would not be whole; the message is a sentence."""


@dataclass(frozen=True)
class Told:
    """What one app answered. Status 0: nothing."""

    app: str
    title: str
    status: int
    document: Mapping[str, Any]


class Portal:
    """The shell, as this app asks it."""

    def __init__(self, shell_url: str) -> None:
        self._url = shell_url
        self._pool = urllib3.PoolManager(retries=False)

    def asked(self, interface: str, query: Mapping[str, str]) -> list[Told]:
        """What every app that has the interface answers the reader. Raises RuleBroken without a reader, and Silent."""
        assertion = request.headers.get(HEADER, "") if has_request_context() else ""
        if not self._url or not assertion:
            raise RuleBroken(
                _("This report is read in its reader's own name, so only from its page in the portal. Open it there.")
            )
        try:
            told = self._pool.request(
                "GET",
                f"{self._url}/api/interfaces/{interface}",
                fields=dict(query),
                headers={ON_BEHALF: assertion, "Accept": "application/json"},
                timeout=Timeout(SECONDS),
                redirect=False,
            )
            if told.status != 200:
                raise ValueError(told.status)
            return [Told(**each) for each in json.loads(told.data)["apps"]]
        except (HTTPError, ValueError, KeyError, TypeError) as problem:
            log.warning("shell_not_asked", interface=interface, problem=repr(problem)[:200])
            raise Silent(_("The portal does not say now what other apps know. Try again in a minute.")) from None


def whole(told: list[Told]) -> Iterator[Told]:
    """What was answered. Raises Silent when anybody was silent: half an answer would look like all of it."""
    for each in told:
        if each.status == 200:
            yield each
        elif each.status not in (403, 404):
            raise Silent(
                _("%(app)s does not answer, so the report would not be whole. Try again in a minute.", app=each.title)
            )


def install(app: Flask) -> None:
    """Say what a report without all of its data says."""
    title = _silent_title
    app.register_error_handler(Silent, lambda problem: answer(Failure(503, title(), str(problem))))


def _silent_title() -> str:
    return str(_("The report cannot be read now"))
