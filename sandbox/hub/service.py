"""What the views have in common: the running hub, the body of a request, what is broken about it."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app, request

from sandbox.hub.database import Database
from sandbox.hub.faults import Fault, Faults
from sandbox.hub.race import Race
from sandbox.hub.refusals import Refused, malformed

FAULT = "sandbox.fault"  # where a request carries the fault that strikes at it


@dataclass(frozen=True)
class Options:
    """How the hub behaves: how long it takes over what it does later, whether it can abort a settlement, and whether
    faults may be switched on."""

    close_s: float = 0.5
    funds_s: float = 0.5
    traffic_s: float = 5.0
    abort_works: bool = False
    faults: bool = False


@dataclass(frozen=True)
class Hub:
    """The running hub."""

    database: Database
    options: Options
    started: datetime
    faults: Faults = field(default_factory=Faults)
    race: Race = field(default_factory=Race)


def hub() -> Hub:
    """The hub that this request is for."""
    running = current_app.extensions["hub"]
    assert isinstance(running, Hub)
    return running


def fault(effect: str) -> Fault | None:
    """The fault of this kind that strikes at this request."""
    found = request.environ.get(FAULT)
    return found if isinstance(found, Fault) and found.effect == effect else None


def lag_s(usual: float) -> float:
    """How long what this request orders takes until it is done."""
    slow = fault("lag")
    return slow.seconds if slow else usual


def body() -> Any:
    """The decoded body; None when there is none. Raises Refused."""
    data = request.get_data()
    if not data:
        return None
    if request.mimetype != "application/json":
        raise malformed("Unsupported Media Type")
    try:
        return json.loads(data)
    except ValueError:
        raise Refused("3000", "Invalid request payload JSON format") from None
