"""What platform administrators change: which micro-frontends there are, and who sees which version."""

from bff.change.actions import Action
from shell.registry.actions.back import RollBack
from shell.registry.actions.register import Register, Unregister
from shell.registry.actions.states import Disable, Enable
from shell.registry.actions.versions import PinVersion, SendShare

ACTIONS: tuple[type[Action], ...] = (Register, Unregister, Disable, Enable, PinVersion, SendShare, RollBack)
