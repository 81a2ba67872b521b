"""The access review: all that anybody holds, since when, by whom, last used, and what stands out; as a file too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from bff import audited_read, render, requires
from bff.access.holding import ROLE, Holding
from bff.web.formats import iso
from bff.web.sheet import csv_file
from microfrontends.users.desk import desk
from microfrontends.users.directory import DirectoryUnavailable, Person
from microfrontends.users.domain.review import Attendance, Finding, Line, Presence, review
from microfrontends.users.permissions import P
from microfrontends.users.views.paging import PAGE, page_number, page_of
from microfrontends.users.views.scope import whole_hub_only
from microfrontends.users.words import kind_of, last_login, login_moment, permission_words

blueprint = Blueprint("review", __name__)
blueprint.before_request(whole_hub_only)


@dataclass(frozen=True)
class Found:
    """The lines of the review and the people in them; `answered` is false while the directory is away."""

    lines: Sequence[Line]
    people: dict[str, Person]
    answered: bool

    def name(self, subject: str) -> str:
        """What somebody is called, as far as the directory says."""
        person = self.people.get(subject)
        return person.name if person else subject

    def of(self, finding: str) -> list[Line]:
        """The lines with a finding, all without one; by the person's name."""
        chosen = [line for line in self.lines if not finding or finding in line.findings]
        return sorted(chosen, key=lambda line: (self.name(line.subject).casefold(), line.kind, line.grant.value))


@blueprint.get("/review")
@requires(P.REVIEW_ACCESS)
def index() -> Response:
    """Fifty lines a page, all or those with one finding."""
    found, finding = _found(), _finding()
    lines, number = found.of(finding), page_number(request.args.get("page", ""))
    shown = lines[(number - 1) * PAGE : number * PAGE]
    audited_read("access.review", detail={"finding": finding, "lines": len(lines)})
    return render(
        "review/index.html",
        title=_("Access review"),
        tabs=_tabs(found, finding),
        about=_about(finding),
        finding=finding,
        answered=found.answered,
        rows=[_row(found, line) for line in shown],
        page=page_of(number, len(shown), len(lines), lambda other: _address(finding, other)),
        export=[("CSV", url_for("review.file", finding=finding or None))],
    )


@blueprint.get("/review.csv")
@requires(P.REVIEW_ACCESS)
def file() -> Response:
    """All lines, or all with one finding, as a file."""
    found, finding = _found(), _finding()
    lines = found.of(finding)
    audited_read("access.review.export", detail={"finding": finding, "lines": len(lines)})
    heads = [
        _("Person"), _("User name"), _("Organisation"), _("Kind"), _("Role or participant"), _("Since"),
        _("Granted by"), _("Last login"), _("Findings"), _("Because of"), _("Account"), _("Id"),
    ]  # fmt: skip
    return csv_file("access-review.csv", heads, (_cells(found, line) for line in lines))


def _found() -> Found:
    holdings = desk().store.holdings()
    people: dict[str, Person] = {}
    try:
        people = desk().directory.named({*holdings, *_granters(holdings.values())})
        coming = {subject: Presence(p.active, p.last_login, p.logins_since) for subject, p in people.items()}
        attendance = Attendance(coming, datetime.now(UTC), desk().dormant_after)
    except DirectoryUnavailable:
        attendance = Attendance(None, datetime.now(UTC), desk().dormant_after)
    return Found(review(desk().book, holdings, attendance), people, attendance.people is not None)


def _granters(holdings: Iterable[Holding]) -> set[str]:
    grants = (grant for held in holdings for grant in (*held.roles, *held.participants))
    return {grant.granted_by for grant in grants if grant.granted_by}


def _finding() -> str:
    said = request.args.get("finding", "")
    return said if said in list(Finding) else ""


def _words(finding: str) -> str:
    return {
        "": _("Everything"),
        Finding.CONFLICT: _("Conflicts"),
        Finding.PRIVILEGED: _("Far-reaching"),
        Finding.DORMANT: _("Dormant"),
        Finding.LEFT: _("Left"),
    }[finding]


def _about(finding: str) -> str:
    return {
        "": _("Everything that anybody holds."),
        Finding.CONFLICT: _("Both sides of an exclusion are held. Neither works until one is removed."),
        Finding.PRIVILEGED: _("Decides over other people's rights, approves their work, or stands in an exclusion."),
        Finding.DORMANT: _("Nobody has signed in with the account for %(n)s days.", n=desk().dormant_after.days),
        Finding.LEFT: _("The account is inactive or gone from the directory, and still holds something."),
    }[finding]


def _tabs(found: Found, chosen: str) -> list[dict[str, Any]]:
    return [
        {
            "label": _words(finding),
            "href": url_for("review.index", finding=finding or None),
            "count": len(found.of(finding)),
            "current": finding == chosen,
        }
        for finding in ("", *Finding)
    ]


def _row(found: Found, line: Line) -> dict[str, Any]:
    person = found.people.get(line.subject)
    tones = {Finding.CONFLICT: "danger", Finding.LEFT: "danger", Finding.DORMANT: "attention"}
    findings = [{"word": _singular(each), "tone": tones.get(each, "plain")} for each in _in_order(line)]
    return {
        "name": found.name(line.subject),
        "href": url_for("person.show", subject=line.subject),
        "organisation": person.organisation if person else "",
        "what": desk().role(line.grant.value) if line.kind == ROLE else line.grant.value,
        "kind": _("Role") if line.kind == ROLE else _("Participant"),
        "since": line.grant.granted_at,
        "by": found.name(line.grant.granted_by),
        "login": last_login(person),
        "findings": findings,
        "account": kind_of(person) if person and person.machine else "",
        "because": [permission_words(name) for name in line.because],
    }


def _cells(found: Found, line: Line) -> list[str]:
    person = found.people.get(line.subject)
    return [
        found.name(line.subject),
        person.username if person else "",
        person.organisation if person else "",
        line.kind,
        line.grant.value,
        iso(line.grant.granted_at),
        found.name(line.grant.granted_by),
        login_moment(person),
        " ".join(_in_order(line)),
        " ".join(line.because),
        ("client" if person.machine else "person") if person else "",
        line.subject,
    ]


def _in_order(line: Line) -> list[Finding]:
    return [finding for finding in Finding if finding in line.findings]


def _singular(finding: Finding) -> str:
    return {
        Finding.CONFLICT: _("conflict"),
        Finding.PRIVILEGED: _("far-reaching"),
        Finding.DORMANT: _("dormant"),
        Finding.LEFT: _("left"),
    }[finding]


def _address(finding: str, page: int) -> str:
    return url_for("review.index", finding=finding or None, page=page if page > 1 else None)
