"""Puts the hub together: both of its APIs and the scheme's traffic on one port, over one database."""

import logging
from collections.abc import Callable

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox.hub import faults_api, ledger_api, scheme_api, settlement_api, traffic_api
from sandbox.hub.breaking import Breaking
from sandbox.hub.database import Books, Clock, Database, Past, utc_now
from sandbox.hub.refusals import Refused, internal
from sandbox.hub.service import Hub, Options
from sandbox.hub.worker import Worker

log = logging.getLogger(__name__)


def create_app(
    database_url: str,
    options: Options | None = None,
    *,
    clock: Clock = utc_now,
    past: Past | None = None,
    traffic: Callable[[Books], None] | None = None,
) -> Flask:
    """A hub over a database. Where that is empty it begins, with a past if one is given. Its worker has to be started.

    `traffic` sends a transfer each time it is called, which the worker does every `options.traffic_s` seconds.
    """
    options = options or Options()
    database = Database(database_url, clock)
    database.prepare(past)
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's provider has it, the base class has not
    app.extensions["hub"] = running = Hub(database, options, clock())
    app.extensions["hub_worker"] = Worker(database, traffic, options.traffic_s)
    for blueprint in (ledger_api.blueprint, scheme_api.blueprint, settlement_api.blueprint, traffic_api.blueprint):
        app.register_blueprint(blueprint)
    if options.faults:
        app.register_blueprint(faults_api.blueprint)
        app.wsgi_app = Breaking(app.wsgi_app, running.faults)  # type: ignore[method-assign]  # as Flask documents it
    app.register_error_handler(Refused, _refuse)
    app.register_error_handler(HTTPException, _refuse_request)
    app.register_error_handler(Exception, _fail)
    return app


def worker_of(app: Flask) -> Worker:
    """The hub's worker."""
    worker = app.extensions["hub_worker"]
    assert isinstance(worker, Worker)
    return worker


def _refuse(refusal: Refused) -> ResponseReturnValue:
    return jsonify(errorInformation=refusal.information()), refusal.status


def _refuse_request(problem: HTTPException) -> ResponseReturnValue:
    """An address that does not exist, or a method that it does not have."""
    if problem.code == 405:
        return _refuse(Refused("3000", "Method Not Allowed", status=405))
    return _refuse(Refused("3002", "Not Found"))


def _fail(problem: Exception) -> ResponseReturnValue:
    """What nobody foresaw."""
    log.error("the hub failed", exc_info=problem)
    return _refuse(internal(str(problem)))
