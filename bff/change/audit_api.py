"""The audit over HTTP, for auditors alone: who reads it here is written into it."""

from flask import Blueprint


def blueprint(_app_name: str) -> Blueprint:
    """The routes under /api/audit of an app."""
    return Blueprint("audit", __name__, url_prefix="/api/audit")
