"""Exchanges with a real server: kept while a test talks to it through us, and told again to the same test later."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import urllib3

KEPT = ("Content-Type", "Location")
HERE = "{here}"  # stands for our own address, which is another one each time
TOKEN = "a-recorded-token"  # stands for access tokens, so that none is kept


@dataclass(frozen=True)
class Told:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass
class Script:
    """What was asked in each test, and answered; the same answer is kept once."""

    path: Path
    answers: dict[str, Told] = field(default_factory=dict)
    asked: dict[str, list[list[str]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, path: Path) -> "Script":
        """The script in a file."""
        script = cls(path)
        for line in path.read_text("utf-8").splitlines():
            said = json.loads(line)
            if "test" in said:
                script.asked[said["test"]] = said["asked"]
            else:
                script.answers[said["answer"]] = Told(said["status"], said["headers"], said["body"])
        return script

    def write(self) -> None:
        """Keep it: answers first, then who asked for which, an object a line."""
        lines = [{"answer": name, **vars(told)} for name, told in self.answers.items()]
        lines += [{"test": name, "asked": asked} for name, asked in self.asked.items()]
        self.path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")

    def add(self, test: str, question: tuple[str, str, str], told: Told) -> None:
        """One more exchange of a test."""
        name = next((name for name, known in self.answers.items() if known == told), f"a{len(self.answers) + 1}")
        self.answers[name] = told
        self.asked[test].append([*question, name])


class Server(ThreadingHTTPServer):
    """A server on loopback in front of a real one (`real`), or instead of it. `test` is who asks at the moment."""

    daemon_threads = True

    def __init__(self, script: Script, real: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://localhost:{self.server_address[1]}"
        self.script, self.real, self.test = script, real, ""
        self.token = ""
        self._lock, self._pool = threading.Lock(), urllib3.PoolManager(retries=False)
        self._left: dict[tuple[str, str, str], list[str]] = {}

    def begin(self, test: str) -> None:
        """From now on a test asks."""
        self.test, self._left = test, defaultdict(list)
        if not self.real:
            for method, target, body, name in self.script.asked.get(test, ()):
                self._left[method, target, body].append(name)

    def told(self, method: str, target: str, body: str, headers: Mapping[str, str]) -> Told:
        """The answer to a question of the present test."""
        return self._ask(method, target, body, headers) if self.real else self._remember(method, target, body)

    def _remember(self, method: str, target: str, body: str) -> Told:
        with self._lock:
            names = self._left.get((method, target, body), [])
            if not names:
                return Told(599, {}, f"not recorded for {self.test}: {method} {target} {body}")
            return self.script.answers[names.pop(0)]

    def _ask(self, method: str, target: str, body: str, headers: Mapping[str, str]) -> Told:
        passed = {name: headers[name] for name in ("Accept", "Content-Type", "Authorization") if name in headers}
        if passed.get("Authorization") == f"Bearer {TOKEN}":
            passed["Authorization"] = f"Bearer {self.token}"
        passed["Host"] = self.url.removeprefix("http://")
        answer = self._pool.request(
            method, self.real + target, body=body.encode() or None, headers=passed, redirect=False
        )
        kept = {name: answer.headers[name].replace(self.url, HERE) for name in KEPT if name in answer.headers}
        told = Told(answer.status, kept, self._without_secrets(answer.data.decode()).replace(self.url, HERE))
        with self._lock:
            self.script.add(self.test, (method, target, body), told)
        return told

    def _without_secrets(self, body: str) -> str:
        if '"access_token"' not in body:
            return body
        said: dict[str, Any] = json.loads(body)
        self.token = said["access_token"]
        return json.dumps({"access_token": TOKEN, "expires_in": said["expires_in"], "token_type": "Bearer"})


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes out whole: in pieces each would wait for the last one's receipt

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        told = self.server.told(self.command, self.path, body, dict(self.headers))
        data = told.body.replace(HERE, self.server.url).encode()
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value.replace(HERE, self.server.url))
        if told.status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server asks for these names

    def log_message(self, *_: object) -> None:
        """Nothing: a test that fails says enough."""


@contextmanager
def serving(script: Script, real: str = "") -> Iterator[Server]:
    """The server, running; what it has learnt from a real one is written at the end."""
    server = Server(script, real)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        if real:
            script.write()
