"""The audit over HTTP, for auditors of the whole hub alone: who reads it here is written into it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext as _

from bff.access.permissions import requires
from bff.change.audit import AuditLog, AuditQuery, audited_read
from bff.change.audit_reading import COUNTED
from bff.change.audit_watch import Watch
from bff.change.vocabulary import audit_permission
from bff.errors import Missing, NotPermitted
from bff.web.failures import Failure, answer
from bff.web.layout import asker

LONGEST = 500  # entries in one answer
_FAR = 2**62  # beyond any entry, and within what every database counts to
WORDS = ("actor", "action", "target", "outcome", "participant", "task")


class _BadQuery(Exception):
    """The query cannot be understood; the message says which part."""


class AuditApi:
    """The routes of one app's audit."""

    def __init__(self, log: AuditLog, watch: Watch) -> None:
        self._log, self._watch = log, watch
        self._permission = audit_permission(log.app_name)

    def blueprint(self) -> Blueprint:
        """The routes under /api/audit."""
        made = Blueprint("audit", __name__, url_prefix="/api/audit")
        views = {"": self.entries, "/<int:seq>": self.entry, "/integrity": self.integrity, "/export": self.export}
        for rule, view in views.items():
            made.add_url_rule(rule, view.__name__, self._guarded(view))
        made.register_error_handler(_BadQuery, _unprocessable)
        return made

    def _guarded(self, view: Any) -> Any:
        def guarded(**arguments: Any) -> Any:
            # Entries tell of every participant, so whoever is confined to some may not read any.
            if not asker().sees_all:
                raise NotPermitted(str(self._permission))
            return view(**arguments)

        return requires(self._permission)(guarded)

    def entries(self) -> Response:
        """A page of entries, the newest first."""
        query = _query()
        page = self._log.entries(query)
        asked = {name: value[:200] for name, value in request.args.items() if value}
        audited_read("audit.read", "audit", detail={"query": asked, "entries": len(page.entries)})
        return jsonify(
            entries=[entry.as_json() for entry in page.entries],
            next=page.next,
            total_known=min(page.total, COUNTED),
            total_exact=page.total <= COUNTED,
        )

    def entry(self, seq: int) -> Response:
        """One entry, with the proof that the newest signed head includes it."""
        found = self._log.entry(seq) if 0 < seq < _FAR else None
        if found is None:
            raise Missing(_("The audit has no entry %(number)s.", number=seq))
        audited_read("audit.read", f"entry:{seq}")
        return jsonify(self._log.evidence(found))

    def integrity(self) -> Response:
        """Whether the audit is what it was, as far as the app can tell by itself; the signed head, for witnesses."""
        since = _number("since", 0)
        audited_read("audit.read", "integrity")
        return jsonify(integrity(self._log, self._watch, since))

    def export(self) -> Response:
        """The audit as JSON Lines, for `bizops audit verify`."""
        first = _number("from", 1)
        audited_read("audit.read", "export", detail={"from": first})
        lines = self._log.export(first)
        name = f"{self._log.app_name}-audit-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.jsonl"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(_begun(lines), content_type="application/x-ndjson", headers=headers)


def integrity(log: AuditLog, watch: Watch, since: int = 0) -> dict[str, Any]:
    """The integrity of an app's audit as programs read it. `since`: the size of a head that the asker has seen before;
    `consistency` is then the proof that the present head continues it (RFC 6962, 2.1.2), null where it cannot."""
    head = log.head()
    standing = watch.look(head)
    finding, size = standing.finding, head.size if head else 0
    return {
        "app": log.app_name,
        "size": size,
        "root": head.root if head else "",
        "verified": finding is None and standing.verified == size,
        "verified_size": standing.verified,
        "verified_at": standing.at,
        "read_again_since": standing.read_again,
        "problem": finding.sentence if finding else log.trouble(),
        "fault": str(finding.fault) if finding else "",
        "first_bad": finding.seq if finding else None,
        "head": head.as_json() if head else None,
        "consistency": log.consistency(since, size),
        "keys": log.keys.now().document,
        "open_intents": [entry.as_json() for entry in log.open_intents()],
    }


def _begun(lines: Iterator[str]) -> Iterator[str]:
    # What fails at the first line fails as an answer, not as half a file.
    return chain([next(lines)], lines)


def _query() -> AuditQuery:
    given = request.args
    told = {name: given.get(name, "") for name in WORDS}
    for name, value in told.items():
        if "\x00" in value or len(value) > 255:
            raise _BadQuery(name)
    return AuditQuery(
        since=_instant("from", timedelta()),
        until=_instant("to", timedelta(days=1)),
        before=_number("before", 0) or None,
        limit=min(_number("limit", 50), LONGEST),
        **told,
    )


def _number(name: str, default: int) -> int:
    given = request.args.get(name, "")
    if not given:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 19 and 0 < int(given) < _FAR):
        raise _BadQuery(name)
    return int(given)


def _instant(name: str, day: timedelta) -> str:
    """A time as entries have it. A bare date is a day of UTC: from its beginning, and to its end."""
    given = request.args.get(name, "")
    if not given:
        return ""
    try:
        if len(given) == 10:
            moment = datetime.combine(date.fromisoformat(given), time(), UTC) + day
        else:
            moment = datetime.fromisoformat(given.replace(" ", "+"))  # an unescaped + of a zone arrives as a space
        utc = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise _BadQuery(name) from problem
    return f"{utc:%Y-%m-%dT%H:%M:%S.%fZ}"


def _unprocessable(problem: _BadQuery) -> Response:
    sentence = _("“%(name)s” cannot be understood.", name=str(problem))
    return answer(Failure(422, _("The request cannot be understood"), sentence))
