"""What may be done with reports: see the catalogue, and run each report that it holds."""

from collections.abc import Iterable
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from bff import PermissionBase
from bff.web.locale import spoken
from microfrontends.reports.domain.definition import Report, Text


class P(PermissionBase):
    """`reports:<noun>:<verb>`; beside these, each report of the catalogue brings its own."""

    VIEW_CATALOGUE = "reports:catalogue:view", _l("See which reports there are")
    VIEW_ALL_RUNS = "reports:run:view-all", _l("See who has run which report with which values")
    VIEW_SOURCES = "reports:sources:view", _l("See where reports come from, and what is wrong with their files")
    PREVIEW = "reports:preview:view", _l("See a report's file, its SQL and its result while it is written")
    VIEW_PACKS = "reports:packs:view", _l("Open and download the report packs of participants in view")
    ACKNOWLEDGE_PACKS = "reports:packs:acknowledge", _l("Acknowledge or dispute a report pack for its participant")
    VIEW_DELIVERIES = "reports:deliveries:view", _l("See which participants have opened and acknowledged their packs")
    ANSWER_DELIVERIES = "reports:deliveries:answer", _l("Answer disputes of report packs, have packs produced again")


def vocabulary(reports: Iterable[Report]) -> type[PermissionBase]:
    """The app's own permissions and one for each report; reports may share one, whose sentence is then the first's."""
    members = {permission.name: (str(permission), permission.sentence) for permission in P}
    known = {str(permission) for permission in P}
    for report in reports:
        if report.permission not in known:
            known.add(report.permission)
            members[report.permission] = (report.permission, _sentence(report.title))
    return cast(type[PermissionBase], PermissionBase("ReportsPermission", members))


def _sentence(title: Text) -> Any:
    template, lazy = _l("Run the report “%(title)s”"), cast(Any, LazyString)
    return lazy(lambda: str(template) % {"title": spoken(title)})
