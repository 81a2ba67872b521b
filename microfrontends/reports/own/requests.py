"""Requests for change of every app, as the reader may know of them, as the rows of the source `approvals`."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from microfrontends.reports.domain.definition import Source
from microfrontends.reports.own.line import Gathered, Record
from microfrontends.reports.own.portal import Portal, Told, whole
from microfrontends.reports.own.tables import TABLES

PAGE = "200"
MOST = 200  # pages of one app, so that a wrong answer is not followed for ever


def gathered(portal: Portal) -> Gathered:
    """All requests. Those that changed while others were read are read again, so that none is lost or told twice."""
    found: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = {}
    newest = {}
    for told in whole(portal.asked("approvals", {"show": "all", "limit": PAGE})):
        newest[told.app] = max((each["changed_at"] for each in told.document["approvals"]), default="")
        for page in _pages(portal, told):
            found |= {(told.app, each["id"]): (told.title, each) for each in page}
    for told in whole(portal.asked("approvals", {"show": "all", "limit": PAGE})):
        for page in _pages(portal, told):
            found |= {(told.app, each["id"]): (told.title, each) for each in page}
            if not page or min(each["changed_at"] for each in page) <= newest.get(told.app, ""):
                break
    return _rows(found)


def _pages(portal: Portal, told: Told) -> Iterator[list[Mapping[str, Any]]]:
    for _page in range(MOST):
        yield told.document["approvals"]
        after = str(told.document.get("next") or "")
        if not after:
            return
        query = {"show": "all", "limit": PAGE, "after": after, "app": told.app}
        answers = list(whole(portal.asked("approvals", query)))
        if len(answers) != 1:
            return
        told = answers[0]


def _rows(found: Mapping[tuple[str, str], tuple[str, Mapping[str, Any]]]) -> Gathered:
    tables: dict[str, list[Record]] = {name: [] for name in TABLES[Source.APPROVALS]}
    for (app, key), (title, told) in found.items():
        tables["request"].append((app, key, title, *_request(told)))
        tables["requestAmount"] += [(app, key, each["currency"], each["amount"]) for each in told.get("amounts", ())]
        tables["requestDecision"] += [(app, key, *_decision(each)) for each in told.get("decisions", ())]
        tables["requestParticipant"] += [(app, key, name) for name in told.get("participants", ())]
    return tables


def _request(told: Mapping[str, Any]) -> Record:
    words = [told.get(name, "") for name in ("action", "title", "sentence", "target", "state")]
    maker = told["maker"]
    moments = [_moment(told.get(name)) for name in ("made_at", "expires_at", "changed_at")]
    counts = [int(told.get(name, 0)) for name in ("required", "given")]
    said = [told.get("reason", ""), told.get("problem", "")]
    return (*words, maker["subject"], maker.get("name", ""), *said, *moments, *counts)


def _decision(told: Mapping[str, Any]) -> Record:
    return told["subject"], told["name"], told["verdict"], told.get("reason", ""), _moment(told["at"])


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None
