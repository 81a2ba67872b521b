"""Who this micro-frontend is, and what it offers to the shell."""

from importlib.metadata import version

from flask_babel import lazy_gettext as _l

from bff import Manifest, NavItem, Slot

MANIFEST = Manifest(
    name="users",
    version=version("bizops-portal"),
    title=_l("Users"),
    navigation=(
        NavItem(_l("People"), "people.index", "users"),
        NavItem(_l("Roles"), "roles.index", "key-round", ahead=True),
        NavItem(_l("Access review"), "review.index", "list-checks"),
    ),
    slots=(
        Slot("search", "search.people", asks=("q",)),
        Slot("help", "help.panel"),
        Slot("participant", "members.panel", max_age=60),
    ),
    audited={
        "access.review": _l("Review access"),
        "access.review.export": _l("Export the access review"),
        "people.export": _l("Export the list of people"),
        "people.list": _l("List people"),
        "person.read": _l("Look somebody up"),
        "role.preview": _l("See the portal as a role would"),
    },
    fallback=_l("People and roles cannot be shown at the moment. What everybody may do stays as it is."),
)
