"""Everything on one machine: provider, hub, micro-frontends and shell as processes that live and die together."""

from sandbox.up.console import up
from sandbox.up.ports import free_base_port
from sandbox.up.problem import Problem
from sandbox.up.stack import Stack

__all__ = ["Problem", "Stack", "free_base_port", "up"]
