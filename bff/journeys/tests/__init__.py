"""Walks and routes, without a deployment."""
