"""What only Keto can do to us: pages, doubled tuples, turns lost to others, grants for others to ask after."""

import json
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from bff.access import tuples
from bff.access.exclusions import Excluded, edit_checked
from bff.access.files import RoleBook
from bff.access.holding import Changed, Edit
from bff.access.keto import KetoAssignments, addresses
from bff.access.stores import store_for
from bff.access.tests import exchanges, real_keto
from bff.access.tests.fake_keto import FakeKeto
from bff.access.tuples import Keto, RelationTuple
from bff.errors import StoreUnavailable


class Overtaken(Keto):
    """A Keto to which somebody else writes just before we do."""

    def __init__(self, url: str, others: Callable[[], object]) -> None:
        super().__init__(*addresses(url))
        self._others: Callable[[], object] | None = others

    def patch(self, insert: Iterable[RelationTuple], delete: Iterable[RelationTuple]) -> None:
        others, self._others = self._others, None
        if others:
            others()
        super().patch(insert, delete)


def overtaken(keto: FakeKeto, others: Callable[[KetoAssignments], object]) -> KetoAssignments:
    store, elsewhere = KetoAssignments(keto.url), KetoAssignments(keto.url)
    store.keto = Overtaken(keto.url, lambda: others(elsewhere))
    return store


def test_the_fake_answers_what_the_real_one_was_heard_to_answer(keto: FakeKeto) -> None:
    assert exchanges.hold(keto.url) == json.loads(exchanges.KEPT.read_text("utf-8"))


def test_the_real_one_still_answers_what_it_was_heard_to_answer(tmp_path: Path) -> None:
    with real_keto.running(tmp_path) as url:
        assert exchanges.hold(url) == json.loads(exchanges.KEPT.read_text("utf-8"))


@pytest.mark.parametrize(
    ("url", "read", "write"),
    [
        ("keto://keto.test:4466?write=admin.test:4467", "http://keto.test:4466", "http://admin.test:4467"),
        ("keto+https://keto.test?write=admin.test", "https://keto.test", "https://admin.test"),
        ("keto://keto.test:4466", "http://keto.test:4466", "http://keto.test:4467"),
    ],
)
def test_a_url_names_both_of_its_apis(url: str, read: str, write: str) -> None:
    assert addresses(url) == (read, write)
    assert isinstance(store_for(url), KetoAssignments)


def test_a_url_that_names_no_keto_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="use keto://host:4466"):
        store_for("keto:///access")


def test_every_page_is_read(keto: FakeKeto) -> None:
    store, count = KetoAssignments(keto.url), 2 * tuples.PAGE + 1
    for number in range(count):
        keto.insert(exchanges.member("keeper", f"u-{number}"))
    keto.insert(exchanges.member("guest", "u-7"))
    assert len(store.holders(["keeper"])) == count
    assert store.roles_of_all(["u-7"]) == {"u-7": ("guest", "keeper")}


def test_a_tuple_that_was_written_twice_is_one_role_and_is_taken_whole(keto: FakeKeto) -> None:
    store = KetoAssignments(keto.url)
    for _ in range(2):
        keto.insert(exchanges.member("keeper", "u-1"))
    assert [grant.value for grant in store.roles_of("u-1")] == ["keeper"]
    assert store.remove("u-1", "keeper")
    assert store.roles_of("u-1") == ()


def test_the_members_of_another_object_are_nobody_here(keto: FakeKeto) -> None:
    others = {"namespace": "role", "object": "keeper", "relation": "member"}
    keto.insert({**others, "subject_set": {"namespace": "role", "object": "chiefs", "relation": "member"}})
    store = KetoAssignments(keto.url)
    assert store.holders(["keeper"]) == {}
    assert store.holdings() == {}


def test_what_was_given_is_taken_back_when_somebody_elsewhere_gave_the_other_side_meanwhile(
    keto: FakeKeto, book: RoleBook
) -> None:
    store = overtaken(keto, lambda elsewhere: elsewhere.assign("u-1", "watcher", "u-8"))
    with pytest.raises(Excluded, match="garden:gate:watch and garden:gate:shut"):
        edit_checked(book, store, Edit(subject="u-1", by="u-9", give_roles=frozenset({"keeper"})))
    assert store.holding("u-1").role_names == {"watcher"}


def test_an_edit_with_a_version_is_taken_back_when_somebody_elsewhere_was_faster(keto: FakeKeto) -> None:
    store = overtaken(keto, lambda elsewhere: elsewhere.assign("u-1", "guest", "u-8"))
    with pytest.raises(Changed):
        store.assign("u-1", "keeper", "u-9", expected=store.version("u-1"))
    assert store.holding("u-1").role_names == {"guest"}


def test_what_was_taken_stays_taken_whatever_somebody_elsewhere_does(keto: FakeKeto) -> None:
    KetoAssignments(keto.url).assign("u-1", "keeper", "u-9")
    store = overtaken(keto, lambda elsewhere: elsewhere.assign("u-1", "guest", "u-8"))
    assert store.remove("u-1", "keeper", expected=store.version("u-1"))
    assert store.holding("u-1").role_names == {"guest"}


def test_others_who_write_something_harmless_meanwhile_do_not_matter(keto: FakeKeto, book: RoleBook) -> None:
    store = overtaken(keto, lambda elsewhere: elsewhere.assign("u-1", "guest", "u-8"))
    assert edit_checked(book, store, Edit(subject="u-1", by="u-9", give_roles=frozenset({"keeper"})))
    assert store.holding("u-1").role_names == {"guest", "keeper"}


def test_published_files_let_others_ask_keto_itself(url: str, book: RoleBook) -> None:
    store = store_for(url)
    if not isinstance(store, KetoAssignments):
        return  # other stores have nobody else to tell
    store.assign("u-1", "keeper", "u-9")
    assert store.publish(book) == (3, 0)
    assert store.publish(book) == (0, 0)
    read, _write = addresses(url)
    keto = Keto(read, read)
    granted = {(each.object, each.subject_set) for each in keto.tuples(namespace="permission", relation="granted")}
    assert ("garden:gate:shut", ("role", "keeper", "member")) in granted
    assert allowed(read, "u-1", "garden:gate:shut")
    assert not allowed(read, "u-1", "garden:gate:watch")


def allowed(read: str, subject: str, permission: str) -> bool:
    import urllib3

    query = {"namespace": "permission", "object": permission, "relation": "granted", "subject_id": subject}
    with urllib3.PoolManager() as pool:
        answer = pool.request("GET", f"{read}/relation-tuples/check", fields=query)
        return bool(json.loads(answer.data)["allowed"])


def test_publishing_takes_what_the_files_no_longer_say_and_leaves_what_is_not_ours(
    keto: FakeKeto, book: RoleBook
) -> None:
    old, foreign = exchanges.granted("garden:gate:paint", "keeper"), exchanges.granted("participantView", "keeper")
    keto.insert(old)
    keto.insert(foreign)
    assert KetoAssignments(keto.url).publish(book) == (3, 1)
    assert foreign in keto.rows.values()
    assert old not in keto.rows.values()


def test_a_keto_without_our_namespaces_says_so_when_asked_for_its_health(keto: FakeKeto) -> None:
    assert KetoAssignments(keto.url).problem() == ""
    with answering(404, {"error": {"code": 404, "reason": 'Unknown namespace with name "role".'}}) as url:
        assert "Unknown namespace" in KetoAssignments(url).problem()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, {"tuples": []}),
        (200, ["no page"]),
        (200, None),
        (200, {"relation_tuples": [{"object": "keeper"}], "next_page_token": ""}),
        (200, {"relation_tuples": [], "next_page_token": "the same for ever"}),
        (302, None),
        (500, {"error": "broken"}),
    ],
)
def test_an_answer_that_is_no_page_of_tuples_is_no_answer(status: int, said: object) -> None:
    with answering(status, said) as url, pytest.raises(StoreUnavailable):
        KetoAssignments(url).holding("u-1")


def test_a_transaction_that_had_to_give_way_is_asked_for_again(keto: FakeKeto) -> None:
    message = "Unable to serialize access due to a concurrent update in another session"
    reason = {"error": {"code": 400, "message": message}}
    page = {"relation_tuples": [exchanges.member("keeper", "u-1")], "next_page_token": ""}
    none = {"relation_tuples": [], "next_page_token": ""}
    with answering((400, reason), (400, reason), (200, page), (200, none)) as url:
        assert [grant.value for grant in KetoAssignments(url).roles_of("u-1")] == ["keeper"]


class answering:  # noqa: N801 - used as a function is
    """A server that gives these answers in turn, the last for ever; answers its URL."""

    def __init__(self, *answers: Any) -> None:
        pairs: list[tuple[int, Any]] = [answers] if isinstance(answers[0], int) else list(answers)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, said = pairs.pop(0) if len(pairs) > 1 else pairs[0]
                data = b"" if said is None else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args: object) -> None:
                """Nothing to the terminal."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> str:
        self._thread.start()
        address = f"127.0.0.1:{self._server.server_address[1]}"
        return f"keto://{address}?write={address}"

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
