"""What it offers to others: slots in pages, badges in the menu, and the interfaces of the platform's own pages."""

from typing import Any, Final

from bff.conformance.clauses import Broken, NotApplicable, clause, some_of
from bff.conformance.subject import JSON, Answer, Subject, Wish
from bff.web.badges import LONGEST, told

DEADLINE_S: Final = 1.0  # what the shell waits for all slots of a page together
# What the shell reads of each, as docs/how-to/take-part-in-approvals-and-audit.md has them.
SHAPES: Final[dict[str, dict[str, type]]] = {
    "approvals": {"approvals": list, "total": int, "waiting": int},
    "audit": {"entries": list, "total_known": int},
    "people": {"users": list, "total": int},
}
ITEMS: Final[dict[str, tuple[str, ...]]] = {
    "approvals": ("id", "title", "href", "state", "maker", "made_at", "sha256", "may"),
    "audit": ("seq", "at", "app", "actor", "action", "outcome", "hash", "previous"),
    "people": ("id", "username"),
}


def _slots(app: Subject) -> list[Answer]:
    found = [app.ask(app.href(item)) for item in app.places("slots")]
    if not found:
        raise NotApplicable("it offers no slot")
    return found


@clause(
    "offers.slots",
    "Every slot answers with a fragment, or 204 where there is nothing to say.",
    "Answer 200 and `text/html`, or 204; 404 only for an object that does not exist.",
)
def _answers(app: Subject) -> str:
    wrong = []
    templates = [str(item["href"]) for item in app.places("slots")]
    for answer, template in zip(_slots(app), templates, strict=True):
        fine = (answer.status == 200 and answer.kind == "text/html") or answer.status == 204
        if not fine and not ("{" in template and answer.status == 404):
            wrong.append(f"{answer.path} answers {answer.status} {answer.kind}")
    return some_of(wrong, f"{len(templates)} slots")


@clause(
    "offers.deadline",
    f"Every slot and every badge answers within {DEADLINE_S:.0f} s, or the page goes without it.",
    "Ask others with a shorter deadline, or keep what you know; a slot is no place for a long query.",
)
def _deadline(app: Subject) -> str:
    places = app.places("slots", "badges")
    if not places:
        raise NotApplicable("it offers neither")
    # The quickest of three: what else the machine does at the time is not the app's doing.
    rounds = [[app.ask(app.href(item)) for item in places] for _ in range(3)]
    quickest = {tries[0].path: min(each.seconds for each in tries) for tries in zip(*rounds, strict=True)}
    wrong = [f"{path} took {seconds:.1f} s" for path, seconds in quickest.items() if seconds > DEADLINE_S]
    return some_of(wrong, f"{len(quickest)} of them, the slowest in {max(quickest.values()) * 1000:.0f} ms")


@clause(
    "offers.badges",
    f"A badge is nothing, or one `<data>` element: {LONGEST} characters at most to see, and a sentence to hear.",
    'Answer `<data value="3">3 new packs</data>`; where there is nothing to count, 204 or no text at all.',
)
def _badges(app: Subject) -> str:
    found = [app.ask(app.href(item)) for item in app.places("badges")]
    if not found:
        raise NotApplicable("no entry of its menu has one")
    wrong = [f"{answer.path} answers {answer.status} {_beginning(answer)}" for answer in found if not _is_badge(answer)]
    return some_of(wrong, f"{len(found)} badges")


def _is_badge(answer: Answer) -> bool:
    silent = answer.status in (200, 204) and not answer.body.strip()
    return silent or (answer.status == 200 and answer.kind == "text/html" and told(answer.body) is not None)


def _beginning(answer: Answer) -> str:
    return " ".join(answer.text[:60].split()) or answer.kind or "of no type"


def _interfaces(app: Subject) -> list[tuple[dict[str, Any], Answer]]:
    found = [(item, app.ask(app.href(item), Wish(headers=JSON))) for item in app.places("interfaces")]
    if not found:
        raise NotApplicable("it names no interface")
    return found


@clause(
    "offers.interfaces",
    "Every interface that it names answers in the shape that the platform's pages read.",
    "See docs/how-to/take-part-in-approvals-and-audit.md, or name it no more in `interfaces`.",
)
def _shapes(app: Subject) -> str:
    found = _interfaces(app)
    wrong = [problem for item, answer in found if (problem := _misshapen(str(item["name"]), answer))]
    return some_of(wrong, ", ".join(str(item["name"]) for item, _ in found))


def _misshapen(name: str, answer: Answer) -> str:
    document = answer.document()
    if answer.status != 200 or not isinstance(document, dict):
        return f"{answer.path} answers {answer.status} {answer.kind or 'of no type'}"
    wanted = SHAPES.get(name, {})
    missing = [key for key, kind in wanted.items() if not isinstance(document.get(key), kind)]
    items: list[Any] = next((document[key] for key, kind in wanted.items() if kind is list and key not in missing), [])
    of_items = {key for item in items for key in ITEMS.get(name, ()) if not isinstance(item, dict) or key not in item}
    return f"{answer.path} lacks {', '.join([*missing, *sorted(of_items)])}" if missing or of_items else ""


@clause(
    "offers.closed",
    "An interface is closed to whoever lacks its permission, in the form of a program.",
    "Answer 403 with a problem document.",
)
def _closed(app: Subject) -> str:
    guarded = [item for item in app.places("interfaces") if item.get("permission")]
    if not guarded:
        raise NotApplicable("none asks for a permission")
    answers = [app.ask(app.href(item), Wish(token=app.token_without_any(), headers=JSON)) for item in guarded]
    for answer in answers:
        if answer.status not in (403, 404) or answer.kind != "application/problem+json":
            raise Broken(f"{answer.path} answers {answer.status} {answer.kind or 'of no type'}")
    return f"{len(answers)} refused"
