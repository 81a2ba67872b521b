"""Whether an attempt that comes again is the same one: a request is kept once, however often it is sent."""

import json
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from bff.change.actions import Action, Command
from bff.change.tasks import Task
from bff.errors import RuleBroken


def kept(action: Action, command: Command) -> dict[str, Any]:
    """The fields of a command as they are when they come back from where they are kept."""
    told: dict[str, Any] = json.loads(json.dumps(action.schema().dump(command), default=str))
    return told


def same(task: Task, command: Mapping[str, Any]) -> Task:
    """The task that an attempt made before, if it is repeated as it was. Raises RuleBroken."""
    if task.wish.command != command:
        raise RuleBroken(_("This was sent before with other values, and those were taken. Begin again to ask anew."))
    return task
