"""Roles: what each may do, who holds it, what may not be held beside it, and the portal as it would be seen by it."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _

from bff import Missing, asker, audited_read, render, requires
from bff.access.files import Role
from bff.web.locale import spoken
from microfrontends.users.desk import desk
from microfrontends.users.domain.rights import excluding
from microfrontends.users.permissions import P
from microfrontends.users.views.scope import whole_hub_only
from microfrontends.users.words import app_words, last_login, sees, sentence_of

blueprint = Blueprint("roles", __name__)
blueprint.before_request(whole_hub_only)


@blueprint.get("/roles")
@requires(P.VIEW_ROLES)
def index() -> Response:
    """Every role, and the matrix of roles and permissions."""
    roles = _by_title(desk().book.roles.values())
    holders = desk().store.holders(role.name for role in roles)
    return render(
        "roles/index.html",
        title=_("Roles"),
        rows=[_row(role, sum(role.name in held for held in holders.values())) for role in roles],
        columns=[{"key": role.name, "label": spoken(role.title)} for role in roles],
        chapters=_chapters(frozenset().union(*(role.permissions for role in roles)), roles),
        not_in_force=desk().access.checks()["roles"](),
    )


@blueprint.get("/roles/<name>")
@requires(P.VIEW_ROLES)
def show(name: str) -> Response:
    """One role."""
    role = _role(name)
    return render(
        "roles/show.html",
        title=spoken(role.title),
        role=role,
        scope=_scope_words(role),
        chapters=_chapters(role.permissions, [role]),
        excludes=_excludes(name),
        holders=_holders(name),
    )


@blueprint.get("/roles/<name>/preview")
@requires(P.PREVIEW_ROLES)
def preview(name: str) -> Response:
    """The portal as somebody with this role alone would see it. It shows, and does nothing in their place."""
    role = _role(name)
    audited_read("role.preview", f"role:{name}")
    return render(
        "roles/preview.html",
        title=_("The portal as %(role)s would see it", role=spoken(role.title)),
        role=role,
        role_title=spoken(role.title),
        menus=_menus(role),
        chapters=_chapters(role.permissions, [role]),
        scope=sees([name], []) if role.scope == "hub" else _scope_words(role),
    )


def _role(name: str) -> Role:
    role = desk().book.roles.get(name)
    if role is None:
        raise Missing(_("No file defines a role %(name)s.", name=name[:64]))
    return role


def _by_title(roles: Iterable[Role]) -> list[Role]:
    return sorted(roles, key=lambda role: spoken(role.title).casefold())


def _row(role: Role, held_by: int) -> dict[str, Any]:
    return {
        "title": spoken(role.title),
        "href": url_for("roles.show", name=role.name),
        "name": role.name,
        "scope": _("Hub") if role.scope == "hub" else _("Participant"),
        "permissions": len(role.permissions),
        "holders": held_by,
        "excludes": ", ".join(desk().role(other) for other in excluding(desk().book, role.name)),
    }


def _chapters(permissions: Iterable[str], roles: list[Role]) -> list[dict[str, Any]]:
    """Permissions by the app that they belong to, in the words of its manifest; which of the roles give each."""
    by_app: dict[str, list[dict[str, Any]]] = {}
    for permission in sorted(permissions):
        row: dict[str, Any] = {"permission": permission, "sentence": sentence_of(permission)}
        row |= {role.name: permission in role.permissions for role in roles}
        by_app.setdefault(permission.partition(":")[0], []).append(row)
    known = list(desk().manifests.apps())
    names = sorted(by_app, key=lambda name: (known.index(name) if name in known else len(known), name))
    return [{"name": name, "title": app_words(name), "answers": name in known, "rows": by_app[name]} for name in names]


def _scope_words(role: Role) -> str:
    if role.scope == "hub":
        return _("Sees the data of every participant, unless the holder belongs to some: then only theirs.")
    return _("Sees only the data of the participants that the holder belongs to.")


def _excludes(name: str) -> list[dict[str, Any]]:
    return [
        {
            "title": desk().role(other),
            "href": url_for("roles.show", name=other),
            "pairs": [(clash.first, clash.second) for clash in clashing],
            "reason": "; ".join(sorted({spoken(clash.reason) for clash in clashing})),
        }
        for other, clashing in excluding(desk().book, name).items()
    ]


def _holders(name: str) -> list[dict[str, Any]]:
    subjects = list(desk().store.holders([name]))
    held, known = desk().store.holdings(subjects), desk().named(subjects)
    granters = desk().named(grant.granted_by for each in held.values() for grant in each.roles if grant.granted_by)
    rows = []
    for subject in subjects:
        person = known.get(subject)
        grant = next(grant for grant in held[subject].roles if grant.value == name)
        granter = granters.get(grant.granted_by)
        rows.append(
            {
                "name": person.name if person else subject,
                "href": url_for("person.show", subject=subject),
                "state": "" if person is None else "ACTIVE" if person.active else "INACTIVE",
                "since": grant.granted_at,
                "by": granter.name if granter else grant.granted_by,
                "participants": ", ".join(sorted(held[subject].participant_names)),
                "login": last_login(person),
                "own": subject == asker().subject,
            }
        )
    return sorted(rows, key=lambda row: str(row["name"]).casefold())


def _menus(role: Role) -> list[dict[str, Any]]:
    return [
        {
            "title": spoken(app.title),
            "shown": [spoken(entry.label) for entry in app.menu if _open_to(role, entry.permission)],
            "hidden": [spoken(entry.label) for entry in app.menu if not _open_to(role, entry.permission)],
        }
        for app in desk().manifests.apps().values()
    ]


def _open_to(role: Role, permission: str) -> bool:
    return not permission or permission in role.permissions
