"""What the server itself says of bytes that are no request: a status to whoever sent them, a line to the log."""

import socket
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from bff.logs import Lines, are_configured, configure_logs


class Refusing(Worker):
    """Refuses under the headers that every answer carries, and quotes nothing of what was sent."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """gunicorn finds the status and writes the log; the answer is ours."""
        from bff.web.security import file_headers  # here: the arbiter, which knows this class, has no app in memory

        config = getattr(self.wsgi, "config", {})
        bare: Any = _Bare(client, file_headers(config.get("BASE_URL", "")))
        super().handle_error(req, bare, addr, exc)


class _Bare:
    """The visitor's connection, on which of an answer its first line alone is sent."""

    def __init__(self, client: socket.socket, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, answer: bytes) -> None:
        """Send what is left of it."""
        fields = {**self._headers, "Cache-Control": "no-store", "Connection": "close", "Content-Length": "0"}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._client.sendall(answer.partition(b"\r\n")[0] + b"\r\n" + head.encode("latin-1") + b"\r\n")


class ServerLog(Logger):
    """gunicorn's log, in which it quotes requests that it could not read."""

    def setup(self, cfg: Any) -> None:
        """Take its lines over."""
        super().setup(cfg)
        if not are_configured():  # the arbiter, which makes no app
            configure_logs("WARNING")
        self.error_log.handlers = [Lines()]
