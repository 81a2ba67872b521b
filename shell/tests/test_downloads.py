"""What is not a page passes untouched, of any size, for as long as somebody reads it."""

import resource
import threading

from shell.tests.apps import Asked, says
from shell.tests.conftest import MakePortal
from shell.tests.scripted import Peer


def test_what_is_not_a_page_passes_untouched(portal: MakePortal) -> None:
    table = {
        "/data.json": says(
            b'{"a": 1}', Content_Type="application/json", ETag='"1"', Cache_Control="private, max-age=5"
        ),
        "/report.html": says(b"<html>whole</html>", Content_Disposition='attachment; filename="r.html"'),
        "/bytes": says(b"\x00\x01", Content_Type=""),
        "/part": says(b"bc", "206 Partial Content", Content_Type="text/csv", Content_Range="bytes 1-2/4"),
        "/same": says(b"", "304 Not Modified", Content_Type="", Content_Length="", ETag='"1"'),
    }
    browser = portal(alpha=table).user("reader")
    data = browser.get("/alpha/data.json")
    assert (data.data, data.headers["ETag"], data.headers["Cache-Control"]) == (
        b'{"a": 1}',
        '"1"',
        "private, max-age=5",
    )
    report = browser.get("/alpha/report.html")
    assert report.data == b"<html>whole</html>"
    unnamed = browser.get("/alpha/bytes")
    assert (unnamed.data, unnamed.content_type) == (b"\x00\x01", "application/octet-stream")
    part = browser.get("/alpha/part", headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"bc", "bytes 1-2/4")
    same = browser.get("/alpha/same", headers={"If-None-Match": '"1"'})
    assert (same.status_code, same.data) == (304, b"")
    assert "Content-Type" not in same.headers


def test_nothing_may_be_kept_by_a_cache_that_people_share(portal: MakePortal) -> None:
    shared = ["public, max-age=60", "max-age=60", "private, s-maxage=60"]
    json = "application/json"
    table = {f"/{n}": says(b"{}", Content_Type=json, Cache_Control=cache) for n, cache in enumerate(shared)}
    browser = portal(alpha=table).user("reader")
    for path in table:
        assert browser.get(f"/alpha{path}").headers["Cache-Control"] == "no-store"


def test_a_download_of_any_size_passes_in_constant_memory(portal: MakePortal) -> None:
    size, block = 200_000_000, b"x" * 1_000_000

    def download(peer: Peer, asked: Asked) -> None:
        peer.send(f"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: {size}\r\n\r\n".encode())
        for _ in range(size // len(block)):
            peer.send(block)

    made = portal(alpha={"/all.csv": download})
    browser = made.user("reader")
    browser.get("/alpha/pages")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    response = browser.get("/alpha/all.csv", buffered=False)
    assert response.headers["Content-Length"] == str(size)
    assert sum(len(piece) for piece in response.iter_encoded()) == size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_a_browser_that_leaves_ends_the_download_at_its_source(portal: MakePortal) -> None:
    ended = threading.Event()

    def endless(peer: Peer, asked: Asked) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\n")
        try:
            while True:
                peer.send(b"x" * 65536)
        except OSError:
            ended.set()

    response = portal(alpha={"/all.csv": endless}).user("reader").get("/alpha/all.csv", buffered=False)
    next(response.iter_encoded())
    response.close()
    assert ended.wait(5)


def test_a_long_answer_reaches_the_browser_while_it_is_still_made(portal: MakePortal) -> None:
    def trickle(peer: Peer, asked: Asked) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        peer.hang()

    made = portal(alpha={"/long.csv": trickle})
    response = made.user("reader").get("/alpha/long.csv", buffered=False)
    assert next(response.iter_encoded()) == b"first"
    response.close()
