"""A browser keeps each file for ever, gets it compressed, and can be sure of its contents."""

import gzip
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha384
from pathlib import Path
from typing import Any

import brotli
import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Response

import static
from static import serving


def elsewhere(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The application behind the files."""
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"elsewhere"]


@pytest.fixture
def client() -> Client:
    """A browser in front of the files."""
    return Client(static.serve(elsewhere))


def fetch(client: Client, path: str, **headers: str) -> Response:
    """The whole answer, its file closed."""
    with client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()}) as answer:
        answer.get_data()
    return answer


def test_the_name_changes_with_the_contents() -> None:
    digest = sha384(static.ASSETS["app.css"].path.read_bytes()).digest()
    assert static.asset_url("app.css") == f"/static/app.{digest.hex()[:8]}.css"
    assert static.integrity("app.css") == "sha384-" + b64encode(digest).decode()


def test_an_unknown_name_is_an_error_where_it_is_written() -> None:
    with pytest.raises(KeyError):
        static.asset_url("absent.css")


@pytest.mark.parametrize("name", static.ASSETS)
def test_each_file_is_served_compressed_and_kept_for_ever(client: Client, name: str) -> None:
    plain = static.ASSETS[name].path.read_bytes()
    for encoding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        answer = fetch(client, static.asset_url(name), Accept_Encoding=encoding)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Vary"] == "Accept-Encoding"
        packed = answer.headers.get("Content-Encoding") == encoding
        assert (unpack(answer.data) if packed else answer.data) == plain
        assert packed or len(plain) < 400
    assert fetch(client, static.asset_url(name)).data == plain


def test_types_are_exact(client: Client) -> None:
    kinds = {name: fetch(client, static.asset_url(name)).headers["Content-Type"] for name in static.ASSETS}
    assert kinds["app.css"] == "text/css; charset=utf-8"
    assert kinds["portal.js"] == "text/javascript; charset=utf-8"
    assert kinds["icons.svg"] == "image/svg+xml; charset=utf-8"


@pytest.mark.parametrize("path", ["/static/app.css", "/static/", "/static/../vendor.json", "/static/app.00000000.css"])
def test_nothing_else_of_the_package_is_served(client: Client, path: str) -> None:
    assert fetch(client, path).data == b"elsewhere"


def test_a_repeated_request_is_answered_without_the_file(client: Client) -> None:
    etag = fetch(client, static.asset_url("app.css")).headers["ETag"]
    assert fetch(client, static.asset_url("app.css"), If_None_Match=etag).status_code == 304


def test_a_folder_that_cannot_be_written_only_costs_compression(tmp_path: Path) -> None:
    blocked = tmp_path / "a file, not a folder"
    blocked.touch()
    client = Client(static.serve(elsewhere, blocked / "twins"))
    answer = fetch(client, static.asset_url("app.css"), Accept_Encoding="br")
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_a_warm_start_compresses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    static.serve(elsewhere)
    monkeypatch.setattr(serving, "_write", lambda path, _data: pytest.fail(f"{path} was there"))
    static.serve(elsewhere)
