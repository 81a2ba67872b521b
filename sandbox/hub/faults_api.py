"""How faults are switched on and off, in a hub that was started for it: not a part of any real hub's API."""

from dataclasses import asdict

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from sandbox.hub.faults import Fault
from sandbox.hub.service import body, hub
from sandbox.hub.told import nothing

blueprint = Blueprint("faults", __name__, url_prefix="/sandbox")


@blueprint.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Switch a fault on."""
    return jsonify(asdict(hub().faults.add(Fault.asked(body())))), 201


@blueprint.get("/faults")
def list_faults() -> ResponseReturnValue:
    """The faults that are on, with how many calls they saw and how many they struck."""
    return jsonify([asdict(fault) for fault in hub().faults.kept.values()])


@blueprint.delete("/faults")
def remove_faults() -> ResponseReturnValue:
    """Switch all off."""
    hub().faults.remove()
    return nothing(204)


@blueprint.delete("/faults/<int:number>")
def remove_fault(number: int) -> ResponseReturnValue:
    """Switch one off."""
    hub().faults.remove(number)
    return nothing(204)


@blueprint.get("/calls")
def list_calls() -> ResponseReturnValue:
    """Every call since the hub began, in order, and how it was answered."""
    return jsonify(list(hub().faults.calls))


@blueprint.delete("/calls")
def forget_calls() -> ResponseReturnValue:
    """Begin a new list of calls."""
    hub().faults.calls.clear()
    return nothing(204)
