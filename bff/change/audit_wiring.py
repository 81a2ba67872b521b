"""Gives an app its audit: the database it lies in, the keys that sign it, its routes and its readiness checks."""

import threading
from collections.abc import Mapping

import structlog
from flask import Flask, Response, g
from sqlalchemy.exc import SQLAlchemyError

from bff.change.audit import AuditLog
from bff.change.audit_api import AuditApi
from bff.change.audit_watch import Watch
from bff.change.heads import AuditKeys
from bff.contract.manifest import Manifest
from bff.database import engine_for, is_current, own_migrations, upgrade
from bff.key_file import exclusive
from bff.settings import Settings
from bff.web.observe import Check

WATCH_S = 60.0


def make_log(settings: Settings, manifest: Manifest) -> AuditLog:
    """The app's audit. An embedded database is brought up to date first; any other waits for `bizops db upgrade`."""
    if not settings.database_url:
        with exclusive(settings.state_dir / "app.sqlite"):  # two processes of an app may start at once
            for where in own_migrations(manifest.name):
                if not is_current(settings.own_database, where):
                    upgrade(settings.own_database, where)
    keys = AuditKeys(settings.audit_keys or settings.state_dir / "audit-keys.json")
    return AuditLog(engine_for(settings.own_database), keys, manifest.name, manifest.version)


def install(app: Flask, log: AuditLog) -> None:
    """The routes under /api/audit, and a word to the log about what a request has added."""
    app.extensions["portal_audit"] = log
    settings: Settings = app.extensions["portal_settings"]
    watch = Watch(log.reading, log.keys, settings.state_dir / "audit-verified.json")
    app.extensions["portal_audit_watch"] = watch
    app.register_blueprint(AuditApi(log, watch).blueprint())

    @app.after_request
    def publish(response: Response) -> Response:
        if g.pop("audit_grown", False):
            try:
                log.publish()
            except SQLAlchemyError as problem:  # what the request did stands; the next entry tells the log
                structlog.get_logger().warning("audit_head_not_told", problem=type(problem).__name__)
        return response


def keep_watch(app: Flask, every_s: float = WATCH_S) -> threading.Event:
    """Verify the app's audit in a thread of this process, whether or not anybody asks, until the event is set.

    What is found stands in the log as the error `audit_bad`.
    """
    over = threading.Event()
    log: AuditLog | None = app.extensions.get("portal_audit")
    if log is None:
        return over
    watch: Watch = app.extensions["portal_audit_watch"]

    def rounds() -> None:
        behind = True
        while not over.wait(min(every_s, 1.0) if behind else every_s):
            try:
                head = log.head()
                seen = watch.look(head)
                behind = seen.finding is None and seen.verified < (head.size if head else 0)
            except Exception:  # the database may be away for a while; the next round tries again
                structlog.get_logger().exception("audit_not_watched")
                behind = False

    threading.Thread(target=rounds, name="audit-watch", daemon=True).start()
    return over


def checks(settings: Settings, log: AuditLog, more: Mapping[str, Check]) -> dict[str, Check]:
    """Readiness: whether the database has its tables, whether the keys fit; then the app's own checks."""

    def database() -> str:
        if all(is_current(settings.own_database, where) for where in own_migrations(log.app_name)):
            return more["database"]() if "database" in more else ""
        return f"the app's own database lacks its tables: bizops db upgrade {log.app_name}"

    return {**more, "database": database, "audit": lambda: log.trouble()}
