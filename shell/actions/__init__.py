"""What platform administrators change: which micro-frontends there are, and who sees which version."""

from bff.change.actions import Action
from shell.actions.back import RollBack
from shell.actions.register import Register, Unregister
from shell.actions.states import Disable, Enable
from shell.actions.versions import PinVersion, SendShare

ACTIONS: tuple[type[Action], ...] = (Register, Unregister, Disable, Enable, PinVersion, SendShare, RollBack)
