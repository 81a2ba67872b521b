"""An app whose audit can be asked for, and somebody to ask: gates that are shut, and owners who are private."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Flask
from flask.testing import FlaskClient

import bff
from bff.app import create_app
from bff.change.audit import AuditLog, AuditQuery, Entry, Happening, Outcome
from bff.settings import Settings
from bff.testing import settings_for, user_with

VIEW = "garden:audit:view"
PATHS = ("/api/audit", "/api/audit/1", "/api/audit/integrity", "/api/audit/export")


class P(bff.PermissionBase):
    """What may be done with gates."""

    SHUT = "garden:gate:shut", "Shut a garden gate"


def gates() -> Blueprint:
    made = Blueprint("gates", __name__)

    @made.post("/gates/<int:number>/shut")
    @bff.requires(P.SHUT)
    def shut(number: int) -> Any:
        with bff.audit_log().engine.begin() as connection:
            bff.audit_log().append(connection, Happening(action="garden.shut_gate", outcome=Outcome.DONE))
        return {"shut": number}

    @made.get("/gates/<int:number>/owner")
    @bff.signed_in
    def owner(number: int) -> Any:
        bff.audited_read("person.read", f"person:{number}", detail={"fields": ["name"]})
        return {"owner": "the secret owner"}

    return made


def made_in(folder: Path, **more: Any) -> Flask:
    manifest = bff.Manifest("garden", "7", "Garden")
    return create_app("bff", settings_for(Settings, folder, **more), manifest, bff.Parts([gates()], P))


def auditor_of(app: Flask) -> FlaskClient:
    return user_with(app, VIEW, sub="u-ada", name="Ada", username="ada", roles=["audit"])


def log_of(app: Flask) -> AuditLog:
    found: AuditLog = app.extensions["portal_audit"]
    return found


def kept(app: Flask, **query: Any) -> list[Entry]:
    """What is in the audit, the oldest first."""
    return list(reversed(log_of(app).entries(AuditQuery(**query)).entries))
