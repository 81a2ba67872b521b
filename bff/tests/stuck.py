"""A server of one process whose main thread stops moving when asked to: `python -m bff.tests.stuck PORT`."""

import sys
import time
from typing import Any

from flask import Flask

from bff.serve import Server, options
from bff.worker import EXTENSION


class Stuck:
    """Answers nothing, and hangs at `/hang`."""

    def talk(self, head: bytes) -> None:
        """Everything is for a thread."""
        if head.startswith(b"GET /hang"):
            time.sleep(600)


class Bare(Server):
    """Without what our own apps bring along."""

    def load(self) -> Any:
        return self._create()


def app() -> Flask:
    """Says that it is there."""
    made = Flask("stuck")
    made.add_url_rule("/", "here", lambda: "here")
    made.extensions[EXTENSION] = Stuck()
    return made


if __name__ == "__main__":
    wanted = options(f"127.0.0.1:{sys.argv[1]}", workers=1, threads=2)
    Bare(app, {**wanted, "timeout": 3}).run()
