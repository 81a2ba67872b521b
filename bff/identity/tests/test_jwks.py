"""Another party's keys: fetched when needed, by one at a time, and not at everybody's whim."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pytest_httpserver import HTTPServer

from bff.identity.jwks import DocumentUnavailable, KeysUnavailable, RemoteKeys, fetch_json
from bff.identity.tests.support import Clock, Signer, id_claims


@pytest.fixture
def signer() -> Signer:
    return Signer()


def test_keys_are_fetched_once_in_an_hour(signer: Signer) -> None:
    clock = Clock()
    keys = RemoteKeys(signer.jwks, clock)
    token = signer.token(id_claims())
    for _ in range(5):
        keys.decode(token, ["ES256"])
    assert signer.asked == 1
    clock.ahead = 3601
    keys.decode(token, ["ES256"])
    assert signer.asked == 2


def test_an_unknown_key_is_looked_for_but_only_every_thirty_seconds(signer: Signer) -> None:
    clock = Clock()
    keys = RemoteKeys(signer.jwks, clock)
    keys.decode(signer.token(id_claims()), ["ES256"])
    signer.key = ECKey.generate_key("P-256", auto_kid=True)
    for seconds, asked in ((10, 1), (31, 2)):
        clock.ahead = seconds
        try:
            keys.decode(signer.token(id_claims()), ["ES256"])
        except JoseError:
            assert seconds == 10
        assert signer.asked == asked


def test_invented_key_ids_cause_no_storm_of_requests(signer: Signer) -> None:
    clock = Clock()
    keys = RemoteKeys(signer.jwks, clock)
    keys.decode(signer.token(id_claims()), ["ES256"])
    clock.ahead = 60
    for number in range(50):
        with pytest.raises(JoseError):
            keys.decode(signer.token(id_claims(), kid=f"invented-{number}"), ["ES256"])
    assert signer.asked == 2


def test_old_keys_serve_while_the_signer_does_not_answer(signer: Signer) -> None:
    clock = Clock()
    answers = iter([signer.jwks()])

    def fetch() -> Mapping[str, Any]:
        try:
            return next(answers)
        except StopIteration:
            raise DocumentUnavailable("nobody answers") from None

    keys = RemoteKeys(fetch, clock)
    token = signer.token(id_claims())
    keys.decode(token, ["ES256"])
    clock.ahead = 4000
    assert keys.decode(token, ["ES256"]).claims["sub"] == "u-1"


def test_without_any_key_it_says_so_and_tries_again_soon(signer: Signer) -> None:
    clock = Clock()
    documents: list[Any] = [None, {"keys": []}, "no object", signer.jwks()]
    keys = RemoteKeys(lambda: documents.pop(0), clock)
    token = signer.token(id_claims())
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            keys.decode(token, ["ES256"])
        clock.ahead += 3
    assert keys.decode(token, ["ES256"]).claims["sub"] == "u-1"


def test_threads_that_start_together_fetch_once(signer: Signer) -> None:
    keys = RemoteKeys(signer.jwks)
    token = signer.token(id_claims())
    threads = [threading.Thread(target=keys.decode, args=(token, ["ES256"])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert signer.asked == 1


def test_a_json_object_is_fetched(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/jwks").respond_with_json({"keys": []})
    assert fetch_json(httpserver.url_for("/jwks")) == {"keys": []}


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, "[]"), (200, "<html>"), (404, "{}"), (302, "{}"), (200, '{"a": "' + "x" * 300_000 + '"}')],
)
def test_anything_but_a_small_json_object_is_refused(httpserver: HTTPServer, status: int, body: str) -> None:
    httpserver.expect_request("/jwks").respond_with_data(body, status, {"Location": httpserver.url_for("/else")})
    with pytest.raises(DocumentUnavailable):
        fetch_json(httpserver.url_for("/jwks"))


def test_nobody_at_the_address_is_said_as_such() -> None:
    with pytest.raises(DocumentUnavailable):
        fetch_json("http://127.0.0.1:9/jwks")
