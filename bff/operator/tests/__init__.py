"""The operator before a small API server."""
