"""A hub for development, demonstrations and tests: central-ledger and central-settlement over the real hub's tables."""

from sandbox.hub.app import create_app, worker_of
from sandbox.hub.serve import running
from sandbox.hub.service import Options

__all__ = ["Options", "create_app", "running", "worker_of"]
