"""One request through shell, micro-frontend and hub is one trace, as a collector gets it over the wire."""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, jsonify
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

import bff
from bff import otlp, tracing
from bff.hub import HubClient
from bff.settings import Settings
from bff.testing import captured_logs, settings_for
from shell.tests.apps import routes, told
from shell.tests.conftest import MakePortal, Portal
from shell.tests.fast_pages import known, person
from shell.tests.scripted import ScriptedServer
from shell.tests.test_home import card, offering

TRACE, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Quiet(WSGIRequestHandler):
    """Says nothing."""

    def log(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def served(app: object) -> Iterator[str]:
    """The URL of a WSGI application on loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True)
class Told:
    """A span as it was delivered."""

    service: str
    span: Span

    @property
    def ids(self) -> tuple[str, str]:
        return self.span.span_id.hex(), self.span.parent_span_id.hex()


class Collector:
    """Takes traces by OTLP over HTTP, as any collector does."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        assert (request.path, request.content_type) == ("/v1/traces", "application/x-protobuf")
        for resource in ExportTraceServiceRequest.FromString(request.get_data()).resource_spans:
            said = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
            spans = [span for scope in resource.scope_spans for span in scope.spans]
            self.told += [Told(said["service.name"], span) for span in spans]
        return Response(b"", content_type="application/x-protobuf")(environ, start_response)


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    heard = Collector()
    with served(heard) as url:
        yield heard, url
        otlp.stop(url)


def garden(folder: Path, hub: str, collector: str) -> Flask:
    """A small micro-frontend whose page asks the hub."""
    gates = Blueprint("gates", __name__)

    @gates.get("/gates")
    @bff.signed_in
    def index() -> Response:
        return jsonify(HubClient(hub).get("/gates"))

    folder.mkdir()
    given = {"shell_url": "http://localhost", "otlp_endpoint": collector, "shell_keys": folder / "keys.json"}
    manifest = bff.Manifest("garden", "7", "Garden", (bff.NavItem("Gates", "gates.index", "door-open"),))
    return bff.create_app("bff", settings_for(Settings, folder, **given), manifest, bff.Parts([gates]))


def trust(made: Portal, folder: Path) -> None:
    """Have the garden know the keys of this shell."""
    document = made.app.test_client().get("/.well-known/jwks.json").json
    (folder / "keys.json").write_text(json.dumps(document), "utf-8")


def test_a_collector_gets_shell_app_and_hub_call_as_one_trace(
    portal: MakePortal, tmp_path: Path, collector: tuple[Collector, str]
) -> None:
    heard, url = collector
    with ScriptedServer(routes({"/gates": told([])})) as hub, served(garden(tmp_path / "g", hub.url, url)) as app:
        made = portal(settings={"microfrontends": f"garden={app}", "otlp_endpoint": url})
        made.platform.registry.read_manifests(["garden"])
        trust(made, tmp_path / "g")
        with captured_logs() as logs:
            answer = made.user().get("/garden/gates", headers={"traceparent": f"00-{TRACE}-{ABOVE}-01"})
            assert (answer.status_code, answer.json) == (200, [])
            answer.close()
        otlp.start(url, "shell", "1", "test").flush()
    wanted = [each for each in heard.told if each.span.trace_id.hex() == TRACE]
    by_name = {(each.service, each.span.name): each for each in wanted}
    shell = by_name["shell", "GET gateway.forward"].ids
    call = by_name["shell", "garden pages"].ids
    page = by_name["garden", "GET gates.index"].ids
    asked = by_name["garden", "hub GET"].ids
    assert len(wanted) == 4
    assert [shell[1], call[1], page[1], asked[1]] == [ABOVE, shell[0], call[0], page[0]]
    assert by_name["garden", "GET gates.index"].span.kind == Span.SPAN_KIND_SERVER
    lines = {(each["app"], each["span_id"]) for each in logs if each["event"] in ("request", "hub_call")}
    assert {("shell", shell[0]), ("garden", page[0])} <= lines
    assert hub.requests[0].count(f"traceparent: 00-{TRACE}-{asked[0]}-01".encode()) == 1


def test_a_collector_that_is_away_is_no_matter_to_anybody(portal: MakePortal) -> None:
    nobody = "http://127.0.0.1:9"
    made = portal(settings={"otlp_endpoint": nobody}, alpha={})
    assert tracing.wanted()
    assert made.user("reader").get("/alpha/pages").status_code == 200
    otlp.stop(nobody)
    assert not tracing.wanted()


@pytest.mark.usefixtures("noon")
def test_the_main_threads_pages_are_spans_too(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("from alpha")))
    browser = person(made, "reader")
    spans: list[tracing.Span] = []
    tracing.tell_to(spans.append)
    known(made, browser)
    tracing.tell_to(None)
    fragment, page = spans[-2:]
    assert (fragment.name, page.name) == ("alpha fragments", "GET home.page")
    assert fragment.step[:2] == (page.step.trace_id, page.step.span_id)
    assert made.asked("alpha", "/card")[-1].headers["traceparent"] == fragment.step.traceparent
