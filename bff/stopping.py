"""Decides what a readiness probe is told when the order to stop has come."""

import threading

ordered = threading.Event()  # in a process that serves, by whoever runs it


def problem() -> str:
    """Why no more requests should be sent here; empty until then."""
    return "the process is about to stop" if ordered.is_set() else ""
