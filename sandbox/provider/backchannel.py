"""How the end of a session reaches the applications that used it (Back-Channel Logout 1.0), on loopback only."""

import http.client
import logging
import threading
from urllib.parse import urlencode, urlsplit

from sandbox.provider.clients import Clients
from sandbox.provider.sessions import Session
from sandbox.provider.tokens import Tokens

LOOPBACK = ("localhost", "127.0.0.1", "::1")
DEADLINE = 3
log = logging.getLogger(__name__)


def announce_end(session: Session, clients: Clients, tokens: Tokens) -> None:
    """Tell every application of the session, each in a thread of its own, so that a slow one delays nobody."""
    for client_id in session.clients:
        client = clients.get(client_id)
        if client and client.backchannel_logout_uri:
            token = tokens.logout_token(session, client_id)
            threading.Thread(target=_tell, args=(client.backchannel_logout_uri, token), daemon=True).start()


def _tell(uri: str, token: str) -> None:
    address = urlsplit(uri)
    if address.scheme != "http" or address.hostname not in LOOPBACK:
        log.warning("no back-channel logout to %s: it is not on loopback", uri)
        return
    connection = http.client.HTTPConnection(address.hostname, address.port or 80, timeout=DEADLINE)
    try:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", address.path, urlencode({"logout_token": token}), form)
        status = connection.getresponse().status
        if status >= http.HTTPStatus.BAD_REQUEST:
            log.warning("back-channel logout refused by %s with %s", uri, status)
    except (OSError, http.client.HTTPException) as error:
        log.info("back-channel logout did not reach %s: %s", uri, error)
    finally:
        connection.close()
