"""What the views have in common: the running hub, the body of a request, numbers in a path."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, request

from sandbox.hub.database import Database
from sandbox.hub.refusals import Refused, malformed


@dataclass(frozen=True)
class Options:
    """How the hub behaves: how long it takes over what it does later, and whether it can abort a settlement."""

    close_s: float = 0.5
    funds_s: float = 0.5
    traffic_s: float = 5.0
    abort_works: bool = False


@dataclass(frozen=True)
class Hub:
    """The running hub."""

    database: Database
    options: Options
    started: datetime


def hub() -> Hub:
    """The hub that this request is for."""
    running = current_app.extensions["hub"]
    assert isinstance(running, Hub)
    return running


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
