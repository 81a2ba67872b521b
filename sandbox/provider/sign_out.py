"""The end of a session: at an application's wish, confirmed by the person unless an ID token proves whose it is."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.provider.clients import Client
from sandbox.provider.sign_in import COOKIE
from sandbox.provider.state import provider
from sandbox.provider.tokens import ID_TOKEN
from sandbox.provider.web import from_own_page, may_go_to

blueprint = Blueprint("sign_out", __name__)
REQUEST = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")


@blueprint.route("/end-session", methods=["GET", "POST"])
def end_session() -> Response | str:
    """RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0)."""
    hint = provider().tokens.signer.read(request.values.get("id_token_hint", ""), ID_TOKEN)
    client = _client(hint)
    here = provider().sessions.of_browser(request.cookies.get(COOKIE, ""))
    hinted = provider().sessions.get(hint["sid"]) if hint else None
    confirmed = request.method == "POST" and request.form.get("confirmed") == "yes" and from_own_page()
    if here and not confirmed and (hinted is None or hinted.sid != here.sid):
        return _question(client)
    for session in {session.sid: session for session in (here, hinted) if session}.values():
        provider().end(session)
    return _farewell(client)


def _client(hint: dict[str, Any] | None) -> Client | None:
    """The client that asks: the one that the ID token was made for, however old it is, else the one that is named."""
    named = request.values.get("client_id", "")
    if hint and named and hint["aud"] != named:
        return None
    return provider().clients.get(str(hint["aud"]) if hint else named)


def _return_address(client: Client | None) -> str | None:
    uri = request.values.get("post_logout_redirect_uri", "")
    return uri if client and uri in client.post_logout_redirect_uris else None


def _question(client: Client | None) -> str:
    if uri := _return_address(client):
        may_go_to(uri)
    kept = {name: request.values[name] for name in REQUEST if name in request.values}
    return render_template("sign_out.html", client=client, kept=kept)


def _farewell(client: Client | None) -> Response:
    uri = _return_address(client)
    if uri:
        may_go_to(uri)
        state = {name: request.values[name] for name in ("state",) if name in request.values}
        response: Response = redirect(f"{uri}?{urlencode(state)}" if state else uri, 303)
    else:
        response = make_response(render_template("signed_out.html"))
    response.delete_cookie(COOKIE)
    return response
