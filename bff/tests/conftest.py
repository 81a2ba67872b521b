"""A small app on the library, and clients that come to it through the shell or by themselves."""

from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, jsonify

import bff
from bff.app import create_app
from bff.errors import HubRefused, HubUnavailable, RuleBroken
from bff.settings import Settings
from bff.testing import settings_for
from bff.web.failures import Failure


class Permission(bff.PermissionBase):
    """What may be done with gates."""

    VIEW = "garden:gate:view", "See the garden gates"
    SHUT = "garden:gate:shut", "Shut a garden gate"


MANIFEST = bff.Manifest(
    "garden", "7", "Garden", (bff.NavItem("Gates", "gates.index", "door-open"),), (bff.Slot("home", "gates.index", 30),)
)


def blueprint() -> Blueprint:
    gates = Blueprint("gates", __name__)

    @gates.get("/gates")
    @bff.requires(Permission.VIEW)
    def index() -> Any:
        return bff.render("error.html", title="All gates", failure=Failure(200, "All gates", "All gates"), reference="")

    @gates.post("/gates/<int:number>/shut")
    @bff.requires(Permission.SHUT)
    def shut(number: int) -> Any:
        return jsonify(shut=number)

    @gates.get("/api/gates")
    @bff.requires(Permission.VIEW)
    def listed() -> Any:
        return jsonify([])

    @gates.get("/fails/<how>")
    @bff.signed_in
    def fails(how: str) -> Any:
        raise {
            "rule": RuleBroken("The gate is shut already."),
            "refused": HubRefused("3100", "Gate 1 does not exist", 400),
            "away": HubUnavailable("no answer"),
            "unknown": HubUnavailable("no answer", sent=True),
            "missing": bff.Missing("There is no gate 9."),
            "bug": ZeroDivisionError("secret detail"),
        }[how]

    return gates


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app("bff", settings_for(Settings, tmp_path), MANIFEST, bff.Parts([blueprint()], Permission))
