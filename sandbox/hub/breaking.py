"""Where faults strike: between the port and the hub, so that the hub itself need not know of most of them."""

import errno
import json
import socket
import time
from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Response

from sandbox.hub.faults import DEADLOCK, FROM_INSIDE, Fault, Faults
from sandbox.hub.refusals import LONGEST
from sandbox.hub.service import FAULT

OWN = "/sandbox/"


class Breaking:
    """A WSGI app around the hub's. What is asked of the faults themselves is never broken, nor remembered."""

    def __init__(self, hub: Any, faults: Faults) -> None:
        self._hub, self._faults = hub, faults

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer, or do what the fault that strikes says."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path.startswith(OWN):
            told: Iterable[bytes] = self._hub(environ, start_response)
            return told
        fault = self._faults.striking(method, path)
        call = self._faults.note(method, path, fault)
        try:
            answer = self._answer(environ, fault)
        except ConnectionResetError:
            call["answered"] = "dropped"
            _hang_up(environ)
            raise
        call["answered"] = str(answer.status_code)
        return answer(environ, start_response)

    def _answer(self, environ: dict[str, Any], fault: Fault | None) -> Response:
        if fault is None or fault.effect in FROM_INSIDE:
            return self._done({**environ, FAULT: fault})
        if fault.after:
            answer = self._done(environ)
            return _instead(fault) or answer
        return _instead(fault) or self._done(environ)

    def _done(self, environ: dict[str, Any]) -> Response:
        # Read to its end here: the effect of a call is over before anything is done to its answer.
        return Response.from_app(self._hub, environ, buffered=True)


def _hang_up(environ: dict[str, Any]) -> None:
    """Break the connection now; a server might keep it for the client's next request."""
    for server in ("werkzeug", "gunicorn"):
        if isinstance(wire := environ.get(f"{server}.socket"), socket.socket):
            wire.shutdown(socket.SHUT_RDWR)


def _instead(fault: Fault) -> Response | None:
    """What is answered instead of the truth; None for the truth itself, in the case of a delay later than usual."""
    if fault.effect == "delay":
        time.sleep(fault.seconds)
        return None
    if fault.effect == "drop":
        # Both servers take this for a client that has gone, and say nothing to it.
        raise ConnectionResetError(errno.ECONNRESET, "dropped on purpose")
    if fault.effect == "lose":
        return Response(status=202)
    text = f"Internal server error - {DEADLOCK}" if fault.effect == "deadlock" else fault.text
    code, status = ("2001", 500) if fault.effect == "deadlock" else (fault.code, fault.status)
    said = {"errorInformation": {"errorCode": code, "errorDescription": text[:LONGEST]}}
    return Response(json.dumps(said), status, content_type="application/json")
