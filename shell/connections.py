"""Decides how a connection to an upstream is opened, kept idle, aged out and trusted again."""

import contextlib
import os
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from shell.deadlines import Steps

Address = tuple[socket.AddressFamily, Any]

IDLE_SECONDS: Final = 15.0
IDLE_LIMIT: Final = 32
ADDRESS_SECONDS: Final = 30.0
RECEIVE_SIZE: Final = 64 * 1024

_WOULD_BLOCK: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an upstream listens."""

    scheme: str
    host: str
    port: int

    @classmethod
    @lru_cache(1_000)  # one object for one place is found in every table without being compared
    def of(cls, url: str) -> "Origin":
        """Raises ValueError unless `url` is http(s)://host[:port] with nothing after it."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not an http or https URL")
        if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
            raise ValueError(f"{url!r} has more than a scheme, a host and a port")
        return cls(parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def _waits_for(error: OSError) -> int:
    return selectors.EVENT_WRITE if isinstance(error, ssl.SSLWantWriteError) else selectors.EVENT_READ


@dataclass(slots=True)
class Connection:
    """One non-blocking socket to an origin."""

    origin: Origin
    sock: socket.socket
    reused: bool = False
    idle_until: float = 0.0

    def send(self, data: bytes) -> Steps[None]:
        view = memoryview(data)
        while view:
            try:
                view = view[self.sock.send(view) :]
            except ssl.SSLWantReadError:
                yield self.sock, selectors.EVENT_READ
            except _WOULD_BLOCK:
                yield self.sock, selectors.EVENT_WRITE

    def receive(self) -> Steps[bytes]:
        """Whatever has arrived, at least one byte; empty when the peer closed."""
        while True:
            try:
                return self.sock.recv(RECEIVE_SIZE)
            except _WOULD_BLOCK as blocked:
                yield self.sock, _waits_for(blocked)

    def alive(self) -> bool:
        """Whether an idle socket still looks usable: one that can be read now was closed, or spoke out of turn."""
        if time.monotonic() >= self.idle_until:
            return False
        try:
            self.sock.recv(1)
        except _WOULD_BLOCK:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.close()


class Resolver:
    """Host names to addresses, looked up in other threads: a slow name server cannot outlast a deadline."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[float, list[Address]]] = {}
        self._workers = ThreadPoolExecutor(4, thread_name_prefix="resolver")

    def addresses(self, origin: Origin) -> Steps[list[Address]]:
        """Raises OSError when the name has none."""
        key = origin.host, origin.port
        expires, known = self._known.get(key, (0.0, []))
        if known and expires > time.monotonic():
            return known
        done, bell = socket.socketpair()
        try:
            done.setblocking(False)
            looked_up = self._workers.submit(self._look_up, key, bell)
            yield done, selectors.EVENT_READ  # the worker closes its end when it has finished
            return looked_up.result()
        finally:
            done.close()

    def demote(self, origin: Origin, address: Address) -> None:
        """Try the other addresses first next time: this one did not answer."""
        expires, known = self._known.get((origin.host, origin.port), (0.0, []))
        if known and known[0] == address:
            self._known[origin.host, origin.port] = (expires, [*known[1:], address])

    def _look_up(self, key: tuple[str, int], bell: socket.socket) -> list[Address]:
        with bell:
            expires, known = self._known.get(key, (0.0, []))
            if known and expires > time.monotonic():  # found for another request while this one queued
                return known
            found = socket.getaddrinfo(*key, type=socket.SOCK_STREAM)
            addresses: list[Address] = [(family, address) for family, _, _, _, address in found]
            self._known[key] = (time.monotonic() + ADDRESS_SECONDS, addresses)
            return addresses

    def close(self) -> None:
        self._workers.shutdown(wait=False, cancel_futures=True)


class Pool:
    """Idle connections per origin, newest first so that the surplus ages out."""

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        idle_seconds: float = IDLE_SECONDS,
        resolver: Resolver | None = None,
    ) -> None:
        self._idle: dict[Origin, deque[Connection]] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._tls = tls
        self._idle_seconds = idle_seconds
        self._resolver = resolver or Resolver()

    def take(self, origin: Origin) -> Connection | None:
        """An idle connection that is still open, if there is one."""
        while True:
            with self._lock:
                idle = self._idle.get(origin)
                if not idle:
                    return None
                connection = idle.pop()
            if connection.alive():
                connection.reused = True
                return connection
            connection.close()

    def give(self, connection: Connection) -> None:
        """Keep a connection whose response was read to its end."""
        now = time.monotonic()
        connection.idle_until = now + self._idle_seconds
        surplus = []
        with self._lock:
            idle = self._idle.get(connection.origin)
            if idle is None:
                idle = self._idle[connection.origin] = deque()
            idle.append(connection)
            while idle and (self._closed or len(idle) > IDLE_LIMIT or idle[0].idle_until <= now):
                surplus.append(idle.popleft())
        for aged in surplus:
            aged.close()

    def open(self, origin: Origin) -> Steps[Connection]:
        """Connect to the first address that accepts. Raises OSError."""
        refusal: OSError = ConnectionRefusedError(f"{origin.host} has no address")
        for address in (yield from self._resolver.addresses(origin)):
            try:
                sock = yield from self._connect(address)
            except OSError as error:
                refusal = error
                continue
            except BaseException:  # the deadline passed while this address kept silent
                self._resolver.demote(origin, address)
                raise
            return Connection(origin, (yield from self._secure(origin, sock)))
        raise refusal

    def _connect(self, address: Address) -> Steps[socket.socket]:
        family, where = address
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                sock.connect(where)
            except BlockingIOError:
                yield sock, selectors.EVENT_WRITE
                failed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if failed:
                    raise OSError(failed, os.strerror(failed)) from None
        except BaseException:
            sock.close()
            raise
        return sock

    def _secure(self, origin: Origin, sock: socket.socket) -> Steps[socket.socket]:
        if origin.scheme == "http":
            return sock
        try:
            # Ragged ends are errors: otherwise anyone on the wire could cut a body that ends with the connection.
            secured = self._context().wrap_socket(
                sock, server_hostname=origin.host, do_handshake_on_connect=False, suppress_ragged_eofs=False
            )
        except BaseException:
            sock.close()
            raise
        try:
            while True:
                try:
                    secured.do_handshake()
                except _WOULD_BLOCK as blocked:
                    yield secured, _waits_for(blocked)
                else:
                    return secured
        except BaseException:
            secured.close()
            raise

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context()
            return self._tls

    def close(self) -> None:
        """Close every idle connection; those in use close when they come back or end."""
        with self._lock:
            self._closed = True
            idle = [connection for origin in self._idle.values() for connection in origin]
            self._idle.clear()
        for connection in idle:
            connection.close()
        self._resolver.close()
