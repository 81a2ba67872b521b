"""The cases of the matrix, and the answer that the role files give to each."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

from bff.access.files import Role
from bff.access.permissions import ANY_LOGIN, ANYONE, access_of

OWN, OTHER = "payerfsp", "payeefsp"
STANDINGS = {"whole hub": (), "own participant": (OWN,), "another participant": (OTHER,)}
EXAMPLES = {"IntegerConverter": "1", "PathConverter": "a/b"}
# Where anybody who is signed in may ask, and the answer depends on who they are; each has tests of its own.
ASKED_OF_EACH_REQUEST = ("approvals.", "changes.", "gateway.", "start")
# Apps, or parts of them, that show the whole hub or nothing: whoever is bound to participants meets a 404 there.
WHOLE_HUB = ("settlement", "users")
PLATFORM = ("/microfrontends", "/api/microfrontends")
# What answers with nothing rather than with 404: it stands in pages that others may see.
EMPTY = (
    *("/slots/home", "/slots/settlements", "/slots/approvals", "/slots/badges/settlements", "/slots/participant/a"),
    *("/slots/search", "/slots/search/windows", "/slots/search/settlements", "/slots/search/participants"),
)
# Where whoever is bound to some participants sees those.
OWN_TOO = ("participants.index",)


@dataclass(frozen=True)
class Case:
    """One request of one person: a role of the files, and the participants to which they are bound."""

    path: str
    method: str
    endpoint: str
    access: str
    role: Role
    bound_to: tuple[str, ...]

    @property
    def bound(self) -> bool:
        """Whether the person sees less than the whole hub."""
        return self.role.scope == "participant" or bool(self.bound_to)


def cases(app: Flask, roles: Iterator[Role] | list[Role]) -> Iterator[Case]:
    """Every route that asks for a permission or a login, with every role and standing."""
    for role in roles:
        for bound_to in STANDINGS.values():
            for rule in app.url_map.iter_rules():
                path = rule.rule
                for argument, converter in rule._converters.items():
                    example = EXAMPLES.get(type(converter).__name__, "a")
                    for form in ("<int:%s>", "<path:%s>", "<string:%s>", "<%s>"):
                        path = path.replace(form % argument, example)
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                    access = str(access_of(app, rule.endpoint, method))
                    if access != ANYONE:
                        yield Case(path, method, rule.endpoint, access, role, bound_to)


def wrong(case: Case, app: str, status: int) -> str:
    """What is wrong with an answer; empty when it is as the role files say."""
    said = f"{case.method} /{app}{case.path} as {case.role.name} bound to {case.bound_to or 'nobody'}: {status}"
    if app == "shell" and case.path.startswith("/audit"):
        # No other app is registered at this shell, so its own chain is all there is to read.
        reads = not case.bound and "shell:audit:view" in case.role.permissions
        return "" if (status != 403) == reads and status not in (401, 500) else said
    if case.access == ANY_LOGIN:
        asked = case.endpoint.startswith(ASKED_OF_EACH_REQUEST)
        return said if status == 401 or (status == 403 and not asked) or status == 500 else ""
    if case.access not in case.role.permissions:
        return "" if status == 403 else f"{said}, though the role lacks {case.access}"
    if case.bound and case.endpoint.startswith("audit."):
        return "" if status == 403 else f"{said}, though an audit is for those who see the whole hub"
    whole_hub = app in WHOLE_HUB or (app == "shell" and case.path.startswith(PLATFORM))
    if case.bound and whole_hub and case.path not in EMPTY and case.endpoint not in OWN_TOO:
        return "" if status == 404 else f"{said}, though it shows the whole hub"
    return f"{said}, though the role holds {case.access}" if status in (401, 403, 500) else ""
