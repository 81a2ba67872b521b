"""Decides what a cluster holds of one kind of object: listed once, then followed change by change from there."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
PAGE: Final = 500
LONGEST_LINE: Final = 10_000_000
GONE: Final = 410
FIRST_PAUSE_S: Final = 0.5  # doubled at each failure
LONGEST_PAUSE_S: Final = 30.0
WATCH_S: Final = 240  # the API server ends a watch after so long, so that a lost connection is noticed

Object = Mapping[str, Any]
Objects = Mapping[str, Object]  # by "namespace/name"; objects of no namespace by "/name"
log = structlog.get_logger()


class ClusterError(Exception):
    """The API server cannot be asked, or refused; `status` is 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Cluster:
    """Where the API server is, and who we are to it. The token is read at each request, since it is renewed."""

    url: str
    token: Path | None = None
    authority: Path | None = None  # the CA's certificate; without one, the system's
    namespace: str = "default"

    @classmethod
    def of_pod(cls, environ: Mapping[str, str], account: Path = ACCOUNT) -> "Cluster":
        """The cluster in which this process runs. Raises ClusterError outside of one."""
        host, port = environ.get("KUBERNETES_SERVICE_HOST", ""), environ.get("KUBERNETES_SERVICE_PORT", "443")
        try:
            namespace = (account / "namespace").read_text("utf-8").strip()
        except OSError:
            namespace = ""
        if not host or not namespace:
            raise ClusterError("this process runs in no cluster: it has no API server or no service account")
        bracketed = f"[{host}]" if ":" in host else host
        return cls(f"https://{bracketed}:{port}", account / "token", account / "ca.crt", namespace)

    def headers(self) -> dict[str, str]:
        """Those of every request. Raises ClusterError when the token cannot be read."""
        try:
            bearer = {"Authorization": f"Bearer {self.token.read_text('utf-8').strip()}"} if self.token else {}
        except OSError as problem:
            raise ClusterError(f"the service account's token cannot be read: {problem.strerror}") from problem
        return {"Accept": "application/json", "User-Agent": "bizops-portal", **bearer}


class Followed:
    """All objects under one path, such as `/api/v1/namespaces/hub/services`, kept up to date by a thread of its own.

    `changed` is called with all of them after each list and each change; what it raises is logged, and it is called
    again with the next. Where the API server is away, what was known last stands.
    """

    def __init__(
        self,
        cluster: Cluster,
        path: str,
        changed: Callable[[Objects], None],
        *,
        selector: str = "",
        timeout_s: float = 10,
    ) -> None:
        self._cluster, self._path, self._changed = cluster, path, changed
        self._selector = {"labelSelector": selector} if selector else {}
        certificates = {"ca_certs": str(cluster.authority)} if cluster.authority else {}
        self._timeout_s = timeout_s
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=2, retries=False, **certificates)  # type: ignore[arg-type]
        self._objects: dict[str, Object] = {}
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._open: urllib3.BaseHTTPResponse | None = None
        self._version, self._changes = "", 0
        self.problem = ""  # why it cannot be followed now; empty while it can

    def start(self) -> None:
        """Begin, in a thread that lives as long as the process or until `stop`."""
        self._thread = threading.Thread(target=self._follow, name=f"follows {self._path}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it, also while it waits for the next change."""
        self._over.set()
        answer = self._open
        if answer is not None:
            _interrupt(answer)
        if self._thread is not None:
            self._thread.join(self._timeout_s + 1)
        self._pool.clear()

    def _follow(self) -> None:
        failures = 0
        while not self._over.is_set():
            began, told = time.monotonic(), self._changes
            try:
                self._version = self._version or self._list()
                self.problem = ""
                self._watch(self._version)
            except (ClusterError, HTTPError, ValueError, OSError, LookupError, AttributeError, TypeError) as problem:
                if self._over.is_set():
                    return
                if isinstance(problem, ClusterError):
                    self._version = ""
                if not _is_gone(problem):
                    self.problem = str(problem) or type(problem).__name__
                    log.warning("cluster_not_followed", path=self._path, problem=self.problem)
            failures = 0 if self._changes > told else failures + 1
            if time.monotonic() - began < 1:
                self._over.wait(_pause(failures))

    def _list(self) -> str:
        """Take all objects over, and say at which version of the cluster that was."""
        found: dict[str, Object] = {}
        more = ""
        while True:
            query = {**self._selector, "limit": str(PAGE), **({"continue": more} if more else {})}
            document = json.loads(self._ask(query, Timeout(self._timeout_s)).data)
            found |= {_key(item): item for item in document.get("items") or ()}
            more = document["metadata"].get("continue") or ""
            if not more:
                break
        self._objects = found
        self._changes += 1
        self._tell()
        return str(document["metadata"]["resourceVersion"])

    def _watch(self, version: str) -> None:
        """Apply each change after `version`, until the API server ends the watch."""
        query = {**self._selector, "watch": "1", "allowWatchBookmarks": "true"}
        query |= {"resourceVersion": version, "timeoutSeconds": str(WATCH_S)}
        answer = self._ask(query, Timeout(connect=self._timeout_s, read=WATCH_S + self._timeout_s), stream=True)
        self._open = answer
        try:
            for line in () if self._over.is_set() else _lines(answer):
                self._version = self._apply(json.loads(line))
                self._changes += 1
        finally:
            self._open = None
            answer.close()

    def _apply(self, event: Mapping[str, Any]) -> str:
        kind, item = event["type"], event["object"]
        if kind == "ERROR":
            raise ClusterError(str(item.get("message", "the watch failed")), int(item.get("code", 500)))
        if kind in ("ADDED", "MODIFIED", "DELETED"):
            known = dict(self._objects)
            known.pop(_key(item), None)
            self._objects = known if kind == "DELETED" else known | {_key(item): item}
            self._tell()
        return str(item["metadata"]["resourceVersion"])

    def _tell(self) -> None:
        try:
            self._changed(dict(self._objects))
        except Exception:  # whatever it is: with this thread every later change would be missed
            log.exception("cluster_change_not_taken", path=self._path)

    def _ask(self, query: dict[str, str], timeout: Timeout, *, stream: bool = False) -> urllib3.BaseHTTPResponse:
        """Raises ClusterError, or HTTPError without an answer."""
        answer = self._pool.request(
            "GET",
            self._cluster.url + self._path,
            fields=query,
            headers=self._cluster.headers(),
            timeout=timeout,
            preload_content=not stream,
            redirect=False,
        )
        if answer.status != 200:
            answer.close()
            raise ClusterError(f"the API server answered {answer.status} for {self._path}", answer.status)
        return answer


def _lines(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The lines of a stream as they arrive. Raises ClusterError for one without end."""
    rest = b""
    while piece := answer.read1(65536):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line for line in whole if line.strip())
        if len(rest) > LONGEST_LINE:
            raise ClusterError(f"a line of more than {LONGEST_LINE} bytes")


def _interrupt(answer: urllib3.BaseHTTPResponse) -> None:
    """Wake the thread that waits for more of an answer."""
    try:
        answer.shutdown()
    except (ValueError, OSError, RuntimeError):
        return  # it has ended by itself


def _key(item: Object) -> str:
    told = item["metadata"]
    return f"{told.get('namespace', '')}/{told['name']}"


def _is_gone(problem: Exception) -> bool:
    """Whether what we knew is too old to go on from; a new list mends it, and nobody has to hear of it."""
    return isinstance(problem, ClusterError) and problem.status == GONE


def _pause(failures: int) -> float:
    """With jitter, so that many processes do not knock in step at an API server that is coming back."""
    return min(FIRST_PAUSE_S * 2.0**failures, LONGEST_PAUSE_S) * random.uniform(0.8, 1.2)  # noqa: S311
