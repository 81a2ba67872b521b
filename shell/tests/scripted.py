"""An upstream on loopback whose script decides every byte that it sends and when."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from shell.connections import Origin

Script = Callable[["Peer"], None]


@dataclass
class Peer:
    """The server's side of one connection."""

    sock: socket.socket
    server: "ScriptedServer"
    number: int

    def request(self) -> bytes | None:
        """The next request, head and body, which is also kept in the server's list; None when the client left."""
        received = b""
        while b"\r\n\r\n" not in received:
            data = self.sock.recv(65536)
            if not data:
                return None
            received += data
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            data = self.sock.recv(65536)
            if not data:
                break
            body += data
        self.server.requests.append(head + b"\r\n\r\n" + body)
        return head

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def answer(self, body: bytes = b"hello", status: str = "200 OK", **headers: str) -> None:
        """A well-formed response; header names with underscores for hyphens."""
        fields = {"Content_Type": "text/html; charset=utf-8", "Content_Length": str(len(body)), **headers}
        lines = [
            f"HTTP/1.1 {status}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items() if value),
        ]
        self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def pause(self, seconds: float) -> bool:
        """Wait; True when the test is over meanwhile."""
        return self.server.over.wait(seconds)

    def hang(self) -> None:
        """Say nothing until the test is over."""
        self.server.over.wait()


ROOM: Final = 1.5  # seconds: a deadline that an app beside one that hangs keeps on a busy machine too
SOON: Final = 8.0  # seconds: less than anybody waits for one that hangs, more than a busy machine adds to a deadline


@dataclass
class ScriptedServer:
    """Runs `script` for every connection, each in a thread of its own."""

    script: Script
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    tls: ssl.SSLContext | None = None
    port: int = 0  # 0: whichever is free

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    @property
    def origin(self) -> Origin:
        return Origin("http", "127.0.0.1", self.port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(Peer(sock, self, self.connections),))
                self._threads.append(thread)
                thread.start()

    def _serve(self, peer: Peer) -> None:
        peer.sock.settimeout(20)
        with contextlib.suppress(OSError), peer.sock:
            if self.tls is None:
                self._play(peer)
            else:
                with self.tls.wrap_socket(peer.sock, server_side=True) as peer.sock:
                    self._play(peer)

    def _play(self, peer: Peer) -> None:
        watcher = threading.Thread(target=self._cut, args=(peer.sock,))
        self._threads.append(watcher)
        watcher.start()
        self.script(peer)

    def _cut(self, sock: socket.socket) -> None:
        """End a connection that still waits for its client when the test is over."""
        self.over.wait()
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def polite(peer: Peer) -> None:
    """Answer every request on the connection with its own target."""
    while head := peer.request():
        peer.answer(head.split(b" ")[1])
