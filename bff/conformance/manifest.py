"""What it says of itself: the manifest, and that it is true."""

import re
from typing import Final

from bff.conformance.clauses import Broken, NotApplicable, clause, some_of
from bff.conformance.subject import JSON, Subject, Wish
from bff.contract.manifest import CONTRACT, problems

# As the shell reads them: a character beyond these would spoil the request that is made of it.
_PATH: Final = re.compile(r"/[!-~]*")
_UPWARDS: Final = re.compile(r"(^|/)\.\.?(/|$)")


@clause(
    "manifest.answers",
    "`GET /manifest.json` answers 200 and JSON, to whoever asks.",
    "Serve the manifest without asking who it is, as `application/json`.",
)
def _answers(app: Subject) -> str:
    answer = app.manifest_answer
    if answer.status != 200 or answer.kind != "application/json" or answer.document() is None:
        raise Broken(f"{answer.status} {answer.kind or 'of no type'}, {len(answer.body)} bytes")
    return f"{len(answer.body)} bytes"


@clause(
    "manifest.contract",
    "It names the version of the contract that it keeps.",
    f'Say `"contract": "{CONTRACT}"`.',
)
def _contract(app: Subject) -> str:
    document = app.manifest_answer.document()
    said = document.get("contract") if isinstance(document, dict) else None
    if said != CONTRACT:
        raise Broken(f"it says {said!r}")
    return f"version {said}"


@clause(
    "manifest.schema",
    "Every field is as the schema has it.",
    "Compare it with docs/reference/contract.md; `bff/contract/schema.json` is the JSON Schema.",
)
def _schema(app: Subject) -> str:
    return some_of(problems(app.manifest_answer.document()), "every field as the schema has it")


@clause(
    "manifest.name",
    "It calls itself what it is registered as.",
    "Use one name: in the manifest, in the shell's registration, as the audience of assertions.",
)
def _name(app: Subject) -> str:
    if not app.wanted_name:
        raise NotApplicable("no --name was given")
    if app.name != app.wanted_name:
        raise Broken(f"it calls itself {app.name!r}")
    return app.name


@clause(
    "manifest.hrefs",
    "Every href is a plain path inside the app; only a slot's has blanks.",
    "Write paths from your own root, percent-encoded, without `..`, without the mount.",
)
def _hrefs(app: Subject) -> str:
    wrong = []
    for item in app.places():
        href = str(item["href"])
        blanks = "{" in href and item not in app.places("slots")
        if not _PATH.fullmatch(href) or _UPWARDS.search(href.partition("?")[0]) or blanks:
            wrong.append(f"{href!r}")
    return some_of(wrong, f"{len(app.places())} of them")


@clause(
    "manifest.permissions",
    "Every permission that it names is its own, listed once, with a sentence.",
    "List each under `permissions` with a sentence; begin it with your name and a colon: the shell passes on no other.",
)
def _permissions(app: Subject) -> str:
    listed = [str(item["id"]) for item in app.manifest.get("permissions", ())]
    named = {str(item["permission"]) for item in app.places() if item.get("permission")}
    foreign = sorted(each for each in named | set(listed) if not each.startswith(f"{app.name}:"))
    wrong = [f"{each} does not begin with {app.name}:" for each in foreign]
    wrong += [f"{each} is not listed" for each in sorted(named - set(listed))]
    wrong += [f"{each} is listed twice" for each in sorted({each for each in listed if listed.count(each) > 1})]
    return some_of(wrong, f"{len(listed)} listed")


@clause(
    "manifest.navigation",
    "Every entry of the menu leads to a page.",
    "Answer 200 at each href of `navigation` to whoever holds its permission.",
)
def _navigation(app: Subject) -> str:
    entries = app.places("navigation")
    if not entries:
        raise NotApplicable("it has no entry in the menu")
    answers = [app.ask(app.href(item)) for item in entries]
    wrong = [f"{answer.path} answers {answer.status}" for answer in answers if answer.status != 200]
    return some_of(wrong, f"{len(answers)} pages")


@clause(
    "manifest.conditional",
    "A manifest with an ETag is not sent again to whoever has it.",
    "Answer 304 without a body when If-None-Match holds the ETag, or send no ETag.",
)
def _conditional(app: Subject) -> str:
    tag = app.manifest_answer.headers.get("etag") if app.manifest else None
    if not tag:
        raise NotApplicable("it sends no ETag")
    again = app.ask("/manifest.json", Wish.nobody({**JSON, "If-None-Match": tag}))
    if again.status != 304 or again.body:
        raise Broken(f"{again.status} and {len(again.body)} bytes")
    return "304"
