"""The reference pages that are written from the code itself, so that they cannot say otherwise."""

import dataclasses
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import entry_points
from inspect import getmembers, isclass
from typing import Any

from bff.access import files
from bff.access.permissions import PermissionBase
from bff.change import policy
from bff.change.vocabulary import audit_permission
from bff.conformance import clauses
from bff.contract.audit_wire import AUDIT_ENTRY, AUDIT_INTEGRITY, AUDIT_QUERY, AUDIT_ROUTES
from bff.contract.commands import commands
from bff.contract.manifest import CONTRACT, schema
from bff.contract.wire import ANSWER_HEADERS, IDENTITY_CLAIMS, PORTAL_HEADERS, REQUEST_HEADERS
from bff.serve import GROUP
from bff.settings import PREFIX, Settings

NOTICE = "<!-- Written by `make docs` from the code. Change the code, then run it again. -->\n\n"


def pages() -> dict[str, str]:
    """Each page by its file name."""
    return {
        "approvals.md": approvals(),
        "commands.md": commands(NOTICE),
        "conformance.md": conformance(),
        "contract.md": contract(),
        "permissions.md": permissions(),
        "roles.md": roles(),
        "settings.md": settings(),
    }


def contract() -> str:
    """The manifest's fields, and the headers and claims that go between shell and micro-frontend."""
    out = [NOTICE, f"# The contract between shell and micro-frontend, version {CONTRACT}\n"]
    out.append(
        "\nHTTP only. A micro-frontend offers a manifest and answers its pages as HTML fragments; the shell forwards\n"
        "`/<name>/<path>` to the micro-frontend's `/<path>`. `examples/hello` keeps the whole of it in eighty lines.\n"
        "`bizops check URL` checks an app against its [clauses](conformance.md).\n"
    )
    out.append("\n## `GET /manifest.json`\n\n" + _fields(schema()))
    lists = ("navigation", "slots", "permissions", "interfaces", "actions")
    out += [f"\n### Each of `{name}`\n\n" + _fields(schema()["properties"][name]["items"]) for name in lists]
    out.append(
        "\n### Slots that there are\n\n"
        "`home` (the home page is nothing else), `approvals` (above the requests, for whoever decides on them),\n"
        '`help` and `search`. Pages of apps have more, named in their READMEs: `ui.slot("gate", id=12)` makes one.\n'
        "A badge is asked for after the page, again every minute and after each change.\n"
        "One that is late, that fails or that says more than its form allows is not shown.\n"
    )
    out.append("\n## What the shell sends\n\n| header | meaning |\n|---|---|\n")
    out += [f"| `{name}` | {meaning} |\n" for name, meaning in PORTAL_HEADERS.items()]
    out.append(f"\nOf the browser's own headers only these arrive: {_names(REQUEST_HEADERS)}.\n")
    out.append("\n### Claims of `Portal-Identity`\n\n| claim | meaning |\n|---|---|\n")
    out += [f"| `{name}` | {meaning} |\n" for name, meaning in IDENTITY_CLAIMS.items()]
    out.append(
        "\n## What a micro-frontend answers\n\n"
        "`text/html` is a fragment: the shell wraps it for a navigation and passes it on for htmx. Other types are\n"
        "streamed through untouched. Status and body are the micro-frontend's own, errors too. Of its headers only\n"
        f"these reach the browser: {_names(ANSWER_HEADERS)}.\n"
        "\nTwo are for the shell itself: `Portal-Title`, the page's title, percent-encoded; and `Portal-Version`, the\n"
        "manifest's version, at whose change the shell reads the manifest anew.\n"
        "\n`Location`, `HX-Redirect`, `HX-Location`, `HX-Push-Url` and `HX-Replace-Url` may lead to any page of the\n"
        "portal and nowhere else. Not only to the app's own: who has asked for a change is led to `/approvals`, and\n"
        "what one app begins may end on another's page. No right comes with it, for each page asks again. An address\n"
        "of another origin, which could pass for the portal's, costs the app the whole answer.\n"
    )
    out.append(_audit())
    return "".join(out)


def conformance() -> str:
    """Every clause that `bizops check` checks, and what makes an app keep it."""
    out = [NOTICE, "# The clauses of the contract\n\n`bizops check URL` checks each against an app that runs: "]
    out.append(
        "[how](../how-to/add-a-micro-frontend.md).\nA row of its table is ok, fails, not applicable or not run.\n"
    )
    known = clauses.clauses()
    for group in clauses.GROUPS:
        out.append(f"\n## {clauses.heading(group).rstrip('.')}\n\n")
        out.append("| clause | what it asks | what makes it so |\n|---|---|---|\n")
        out += [f"| `{each.id}` | {each.sentence} | {each.remedy} |\n" for each in known if each.group == group]
    return "".join(out)


def _audit() -> str:
    out = ["\n## The interface `audit`\n\nSupplied by the library. Only for identities that see every participant.\n"]
    parts = {"request": AUDIT_ROUTES, "of the query": AUDIT_QUERY, "of an entry": AUDIT_ENTRY}
    for head, told in {**parts, "of the integrity": AUDIT_INTEGRITY}.items():
        out.append(f"\n| {head} | meaning |\n|---|---|\n")
        out += [f"| `{name}` | {meaning} |\n" for name, meaning in told.items()]
    return "".join(out)


def _names(headers: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in headers)


def _fields(described: dict[str, Any]) -> str:
    required = described.get("required", [])
    rows = [
        f"| `{name}` | {'yes' if name in required else ''} | {_meaning(field)} |\n"
        for name, field in described["properties"].items()
    ]
    return "| field | required | meaning |\n|---|---|---|\n" + "".join(rows)


def _meaning(field: dict[str, Any]) -> str:
    said = field.get("description")
    if not said and "$ref" in field:
        said = schema()["$defs"][field["$ref"].rpartition("/")[2]].get("description", "A permission id.")
    return said or ", ".join(f"{key}: `{value}`" for key, value in field.items())


def _apps() -> Iterator[tuple[str, str]]:
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        yield point.name, point.module.rpartition(".")[0]


def settings() -> str:
    """Every setting of every installed app."""
    out = [
        NOTICE,
        "# Settings\n\nRead from the environment at start; all that is wrong is reported at once.\n",
    ]
    out.append("\n## Every app\n\n" + _settings_table(Settings, ()))
    known = tuple(item.name for item in dataclasses.fields(Settings))
    for name, package in _apps():
        kinds = [kind for _, kind in getmembers(import_module(f"{package}.settings"), isclass)]
        own = next(kind for kind in kinds if issubclass(kind, Settings) and kind is not Settings)
        out.append(f"\n## {name.capitalize()}\n\n" + _settings_table(own, known))
    return "".join(out)


def _settings_table(kind: type[Settings], known: tuple[str, ...]) -> str:
    rows = ["| name | default | meaning |\n|---|---|---|\n"]
    for item in dataclasses.fields(kind):
        if item.name not in known:
            default = "required" if item.default is dataclasses.MISSING else f"`{item.default}`" if item.default else ""
            rows.append(f"| `{PREFIX}{item.name.upper()}` | {default} | {item.metadata['sentence']} |\n")
    return "".join(rows)


def _own_permissions(package: str) -> Iterable[PermissionBase]:
    try:
        members = getmembers(import_module(f"{package}.permissions"), isclass)
    except ModuleNotFoundError:
        return ()
    return next(kind for _, kind in members if issubclass(kind, PermissionBase) and kind is not PermissionBase)


def permissions() -> str:
    """Every permission of the installed apps, and the standard roles that hold it."""
    book = files.load()
    out = [NOTICE, "# Permissions\n\n`<micro-frontend>:<noun>:<verb>`, and the standard roles that hold each.\n"]
    for name, package in _apps():
        out.append(f"\n## {name.capitalize()}\n\n| permission | what it allows | roles |\n|---|---|---|\n")
        for permission in (*_own_permissions(package), audit_permission(name)):
            roles = ", ".join(role.name for role in book.holders(str(permission)))
            out.append(f"| `{permission}` | {permission.sentence} | {roles} |\n")
    return "".join(out)


def roles() -> str:
    """The fields of a role file and of an exclusion, and the sets that are shipped."""
    out = [NOTICE, "# Role files\n\nThe folder's `*.yaml` files hold documents of three kinds. "]
    out.append("`bizops roles schema` prints the JSON Schema\n(`bff/access/schema.json`), for editors and pipelines; ")
    out.append("`bizops roles check` applies it and more.\n\n" + _fields(files.schema()))
    for kind in (files.ROLE, files.EXCLUSIONS):
        told = files.schema()["$defs"][kind]
        out.append(f"\n## `spec` of a `{kind}`\n\n{told['description']}\n\n" + _fields(told))
    out.append(f"\n## `spec` of a `{files.POLICY}`\n\n[Approval policy](approvals.md).\n")
    for title, folder in (("standard", files.STANDARD), ("business", files.STANDARD / "business")):
        out.append(f"\n## The {title} set\n\n| role | title | scope | excludes |\n|---|---|---|---|\n")
        out += _roles_of(files.load(folder))
    return "".join(out)


def _roles_of(book: files.RoleBook) -> Iterator[str]:
    for name, role in sorted(book.roles.items()):
        pairs = {other: book.conflicts(book.permissions_of({name, other})) for other in sorted(book.roles)}
        excluded = ", ".join(f"`{other}`" for other, broken in pairs.items() if broken)
        yield f"| `{name}` | {role.title['en']} | {role.scope} | {excluded} |\n"


def approvals() -> str:
    """The fields of an approval policy, and the actions that its rules may name."""
    rule = policy.schema()["properties"]["rules"]["items"]
    out = [NOTICE, "# Approval policy\n\n", str(policy.schema()["description"]), "\n\n## Each rule\n\n", _fields(rule)]
    parts = {name: rule["properties"][name]["items"] for name in ("pairs", "bands")}
    out += [f"\n### Each of `{name}`\n\n" + _fields(described) for name, described in parts.items()]
    out.append("\n### `stepUp`\n\n" + _fields(rule["properties"]["stepUp"]))
    return "".join(out)
