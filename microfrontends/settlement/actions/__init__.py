"""What changes the hub, and nothing else in this app does."""

from bff import Action
from microfrontends.settlement.actions.abort import Abort
from microfrontends.settlement.actions.close_window import CloseWindow
from microfrontends.settlement.actions.correct import Correct
from microfrontends.settlement.actions.finalise import Finalise
from microfrontends.settlement.actions.give_up import GiveUp
from microfrontends.settlement.actions.note_step import NoteStep
from microfrontends.settlement.actions.restore_cap import RestoreCap
from microfrontends.settlement.actions.resume import Resume
from microfrontends.settlement.actions.settle import Settle
from microfrontends.settlement.desk import Desk
from microfrontends.settlement.hub import Hub

__all__ = [
    "Abort",
    "CloseWindow",
    "Correct",
    "Finalise",
    "GiveUp",
    "NoteStep",
    "RestoreCap",
    "Resume",
    "Settle",
    "actions_of",
]


def actions_of(hub: Hub, desk: Desk) -> tuple[Action, ...]:
    """Every action of the app."""
    others = (Settle, Finalise, Correct, Resume, GiveUp, RestoreCap, Abort, NoteStep)
    return CloseWindow(hub), *(each(hub, desk) for each in others)
