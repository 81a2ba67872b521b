"""Puts an app's actions on its feet: their forms, endpoints, pages, and the tables behind them."""

from collections.abc import Sequence

from flask import Blueprint, Flask, current_app
from sqlalchemy import Engine

from bff.access.rights import Access
from bff.change import api
from bff.change.actions import Action
from bff.change.approvals import Changes
from bff.change.audit import AuditLog
from bff.change.drafts import Drafts
from bff.change.forms import Form
from bff.change.pages import Pages
from bff.change.policy_live import LivePolicy
from bff.change.store import Tasks
from bff.change.tasks import Task
from bff.database import engine_for
from bff.errors import Note
from bff.settings import Settings
from bff.web.api import also_described


def install(app: Flask, name: str, settings: Settings, actions: Sequence[Action]) -> list[Blueprint]:
    """The blueprints of an app's actions, none without any; their endpoints join the app's OpenAPI document.

    Needs the app's `portal_audit` and `portal_access`. Raises BadPolicy.
    """
    app.jinja_env.globals["pending"] = pending
    if not actions:
        return []
    engine: Engine = engine_for(settings.own_database)
    audit: AuditLog = app.extensions["portal_audit"]
    access: Access = app.extensions["portal_access"]
    fields = {f"{name}.{action.name}": frozenset(action.schema().fields) for action in actions}
    policy = LivePolicy(settings.roles_dir, name, fields)
    changes = Changes(name, Tasks(engine), audit, access, policy.now)
    drafts = Drafts(engine)
    names = {changes.add(action): action for action in actions}
    app.extensions.update(portal_changes=changes, portal_policy=policy)
    also_described(app, api.described(changes))
    forms = [Form(changes, drafts, full, action).blueprint() for full, action in names.items()]
    return [Pages(changes, drafts).blueprint(), *forms]


def policy_in_force(app: Flask) -> str:
    """A note for whoever asks whether the app is ready: its approval policy as the files are now does not hold."""
    policy: LivePolicy | None = app.extensions.get("portal_policy")
    kept = policy is not None and policy.problem()
    return Note("the approval policy has changed and is not in force; the log says why") if kept else ""


def changes_of_app() -> Changes:
    """The present app's changes."""
    found: Changes = current_app.extensions["portal_changes"]
    return found


def pending(target: str) -> Task | None:
    """The open request for an object, to be shown on the object's own page."""
    return changes_of_app().tasks.open_on([target]).get(target)
