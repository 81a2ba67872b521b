"""What its refusals look like: a piece of a page for people, a problem document for programs."""

from bff.conformance.alone import problem
from bff.conformance.clauses import Broken, NotApplicable, clause
from bff.conformance.markup import FRAME
from bff.conformance.subject import JSON, Answer, Subject, Wish

NOWHERE = "/there-is-no-such-page"


@clause(
    "failures.page",
    "A page that does not exist answers 404 with a fragment that says so.",
    "Answer errors as you answer pages: `text/html`, without a frame, a sentence for the reader.",
)
def _page(app: Subject) -> str:
    return _fragment(app.ask(NOWHERE), (404,))


@clause(
    "failures.method",
    "A method that a page does not know is refused, with a fragment.",
    "Answer 405 and a sentence.",
)
def _method(app: Subject) -> str:
    page = app.pages[0]
    headers = {"Accept": "text/html", "X-CSRF-Token": app.csrf}
    return _fragment(app.ask(page.path, Wish(method="DELETE", headers=headers)), (403, 404, 405))


@clause(
    "failures.api",
    "What does not exist below `/api/` answers 404 with a problem document.",
    "Answer `application/problem+json` (RFC 9457) with `title` and `status`.",
)
def _api(app: Subject) -> str:
    if not app.api:
        raise NotApplicable("it has no JSON interface")
    return problem(app.ask("/api/there-is-no-such-thing", Wish(headers=JSON)), 404)


def _fragment(answer: Answer, wanted: tuple[int, ...]) -> str:
    if answer.status not in wanted:
        raise Broken(f"{answer.path} answers {answer.status}")
    if answer.kind != "text/html" or not answer.markup.text:
        raise Broken(f"{answer.status} {answer.kind or 'of no type'} without a word for the reader")
    if frame := answer.markup.of(*FRAME):
        raise Broken(f"{answer.status} with {frame[0]}")
    return f"{answer.status}: {answer.markup.text[:60]}"
