"""Who is here: the micro-frontends of the portal, at which addresses, in which versions, and who is to see which."""

from shell.registry.known import MicroFrontend
from shell.registry.registry import Registry

__all__ = ["MicroFrontend", "Registry"]
