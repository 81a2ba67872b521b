"""What the audit keeps of signing in and out. A login that cannot be kept does not happen; a sign-out always does."""

from flask import current_app

from bff.change.audit import SYSTEM, Actor, Happening, Outcome, audit_log
from bff.identity.relying_party import LoginFailed, Obstacle
from bff.identity.sessions import Session

# Nothing is known of whoever comes back without having begun: anybody could fill the audit with that.
UNKNOWN_VISITOR = (Obstacle.NOT_STARTED,)


def signed_in(session: Session) -> None:
    """Keep a login, with the roles that the person holds now."""
    rights = current_app.extensions["portal_access"].rights(session.subject)
    whose = tuple(sorted(rights.participants))
    who = Actor(session.subject, session.name, session.username, rights.roles, session.sid, whose)
    how = {"acr": session.acr, "amr": session.amr, "auth_time": session.auth_time}
    audit_log().record(Happening(action="login", outcome=Outcome.SIGNED_IN, target=_target(session), detail=how), who)


def not_signed_in(failed: LoginFailed) -> None:
    """Keep a login that failed; whose it was is known at a step-up only."""
    if failed.obstacle not in UNKNOWN_VISITOR:
        target = f"person:{failed.subject}" if failed.subject else ""
        audit_log().attempt(
            Happening(action="login", outcome=Outcome.FAILED, target=target, detail={"obstacle": failed.obstacle})
        )


def signed_out(session: Session) -> None:
    """Keep a sign-out by the person."""
    who = Actor(session.subject, session.name, session.username, session=session.sid)
    audit_log().attempt(Happening(action="logout", outcome=Outcome.SIGNED_OUT, target=_target(session)), who)


def signed_out_by_provider(subject: str | None, sessions: int) -> None:
    """Keep that the provider ended sessions, unless there were none."""
    if sessions:
        told = Happening(
            action="logout",
            outcome=Outcome.SIGNED_OUT,
            target=f"person:{subject}" if subject else "",
            detail={"by": "provider", "sessions": sessions},
        )
        audit_log().attempt(told, SYSTEM)


def _target(session: Session) -> str:
    return f"person:{session.subject}"
