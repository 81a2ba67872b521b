"""What pages, API and workers share of packs: the store, who may find which, and reading that leaves its proof."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import structlog
from flask import Flask, current_app, request
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError

from bff import Identity, Missing, asker
from bff.change.audit import Actor
from bff.database import engine_for
from microfrontends.reports.domain.delivery import Did
from microfrontends.reports.kept import KeptFiles
from microfrontends.reports.packs.deliveries import Deliveries, may_read
from microfrontends.reports.packs.records import Pack, PackFile
from microfrontends.reports.packs.store import Packs, Step
from microfrontends.reports.packs.watch import Watch
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.shelf import NAME as SHELF
from microfrontends.reports.shelf import Shelf

NAME = "reports_packs"
log = structlog.get_logger()


@dataclass(frozen=True)
class Desk:
    """One app's."""

    packs: Packs
    deliveries: Deliveries
    files: KeptFiles
    shelf: Shelf
    watch: Watch

    def readable(self, pack_id: str, who: Identity) -> Pack:
        """A pack that somebody may read now. Raises Missing, for any other as for one that does not exist."""
        found = self.packs.find(pack_id)
        if found is None or not may_read(who, found, self.shelf.catalogue):
            raise Missing(_("There is no report pack %(id)s among those that you may see.", id=pack_id[:40]))
        return found

    def in_view(self, pack_id: str, who: Identity) -> Pack:
        """A pack of which somebody may know that it is there. Raises Missing."""
        found = self.packs.find(pack_id)
        if found is None or not who.sees(found.participant):
            raise Missing(_("There is no report pack %(id)s among those that you may see.", id=pack_id[:40]))
        return found

    def open(self, pack_id: str, way: str) -> Pack:
        """A pack that the asker reads: kept in the audit, and as proof where they are of its participant."""
        who = asker()
        found = self.readable(pack_id, who)
        counts = is_delivered_to(found, who) and request.method == "GET"
        self.packs.seen(found, Step(Did.OPENED, detail={"way": way}), Actor.of(who), counts)
        return self.packs.find(pack_id) or found

    def delivered(self, found: Pack, file: PackFile) -> Iterator[bytes]:
        """The bytes of one of its files. That all of them have left is the proof; what breaks off is none."""
        who, counts = asker(), is_delivered_to(found, asker())
        begun = Step(Did.OPENED, file.form, detail={"way": "file", "sha256": file.sha256})
        self.packs.seen(found, begun, Actor.of(who), counts and request.method == "GET")
        sent = Step(Did.DOWNLOADED, file.form, detail={"sha256": file.sha256, "bytes": file.size})
        return self._counted(found, file.file or "", sent, (Actor.of(who), counts))

    def _counted(self, found: Pack, file_id: str, sent: Step, whose: tuple[Actor, bool]) -> Iterator[bytes]:
        yield from self.files.read(file_id)
        try:
            self.packs.seen(found, sent, *whose)
        except SQLAlchemyError as problem:  # the file has left; that it was asked for is kept already
            log.error("download_not_kept", pack=found.id, problem=type(problem).__name__)


def is_delivered_to(found: Pack, who: Identity) -> bool:
    """Whether somebody is of the participant for which the pack was made; hub staff who look into it are not."""
    return found.participant in who.participants


def install(app: Flask) -> None:
    """Give the app its desk. Needs the app's audit and its shelf."""
    settings: ReportsSettings = app.extensions["portal_settings"]
    shelf: Shelf = app.extensions[SHELF]
    engine = engine_for(settings.own_database)
    packs = Packs(engine, app.extensions["portal_audit"])
    deliveries = Deliveries(packs, timedelta(hours=settings.pack_overdue_hours))
    watch = Watch(packs, shelf.database, timedelta(hours=settings.pack_look_back_hours))
    app.extensions[NAME] = Desk(packs, deliveries, KeptFiles(engine), shelf, watch)


def present_desk() -> Desk:
    """The present app's."""
    found: Desk = current_app.extensions[NAME]
    return found
