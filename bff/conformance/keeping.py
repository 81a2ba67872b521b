"""Who may keep its answers: whoever asked, and nobody else."""

from bff.conformance.clauses import Broken, NotApplicable, NotRun, clause, some_of
from bff.conformance.subject import HTML, Answer, Subject, Wish

HTMX = {**HTML, "HX-Request": "true"}


@clause(
    "keeping.private",
    "What is made for one person is kept by no shared cache.",
    "Say `Cache-Control: no-store`, or `private, max-age=...`; never `public` or `s-maxage`.",
)
def _private(app: Subject) -> str:
    said = {page.path: _directives(page) for page in app.fragments}
    wrong = [f"{path}: {', '.join(sorted(told))}" for path, told in said.items() if _shared(told)]
    return some_of(wrong, f"{len(said)} fragments")


def _directives(answer: Answer) -> set[str]:
    told = answer.headers.get("cache-control", "").lower()
    return {directive.partition("=")[0].strip() for directive in told.split(",")} - {""}


def _shared(told: set[str]) -> bool:
    kept = "max-age" in told and not told & {"private", "no-store"}
    return kept or bool(told & {"public", "s-maxage"})


@clause(
    "keeping.vary",
    "An answer that is another for htmx says so.",
    "Send `Vary: HX-Request` where it decides what you answer, or a browser shows a fragment as a page.",
)
def _vary(app: Subject) -> str:
    wrong = []
    for page in app.pages:
        by_htmx, again = app.ask(page.path, Wish(headers=HTMX)), app.ask(page.path)
        # A page that never looks the same twice says nothing of what decides it.
        differs = again.body == page.body and by_htmx.body != page.body
        if differs and "hx-request" not in by_htmx.headers.get("vary", "").lower():
            wrong.append(page.path)
    return some_of(wrong, "nothing that Vary does not say")


def _tagged(app: Subject) -> Answer:
    page = next((page for page in app.fragments if page.headers.get("etag")), None)
    if page is None:
        raise NotApplicable("no page sends an ETag")
    return page


@clause(
    "keeping.conditional",
    "A page with an ETag is not sent again to whoever has it.",
    "Answer 304 when If-None-Match holds the ETag, or send none. The ETag must not depend on the nonce.",
)
def _conditional(app: Subject) -> str:
    page = _tagged(app)
    again = app.ask(page.path, Wish(headers={**HTML, "If-None-Match": page.headers["etag"]}))
    if again.status != 304 or again.body:
        raise Broken(f"{page.path} answers {again.status} and {len(again.body)} bytes")
    return f"{page.path}: 304"


@clause(
    "keeping.person",
    "An ETag opens nothing: whoever may not see a page gets no 304 either.",
    "Check the permission before the ETag.",
)
def _person(app: Subject) -> str:
    page = _tagged(app)
    guarded = {app.href(item) for item in app.places("navigation", "badges", "slots") if item.get("permission")}
    if page.path not in guarded:
        raise NotApplicable(f"{page.path} asks for no permission")
    wish = Wish(token=app.token_without_any(), headers={**HTML, "If-None-Match": page.headers["etag"]})
    answer = app.ask(page.path, wish)
    if answer.status not in (403, 404):
        raise Broken(f"{page.path} answers {answer.status}")
    return f"{page.path}: {answer.status}"


@clause(
    "keeping.people",
    "Two people asking in turn are told apart.",
    "Keep nothing of one request for the next that the identity has not been asked for again.",
)
def _people(app: Subject) -> str:
    if not app.pages:
        raise NotRun("it has no page")
    page = app.pages[0]
    other = app.ask(page.path, Wish(token=app.speaker.altered(app.token(), {"csrf": "another-session"})))
    if app.csrf in other.text:
        raise Broken(f"{page.path} shows the first person's token to the second")
    return f"{page.path}: nothing of the first in the second's"
