"""What it does for whoever comes by themselves, past the shell."""

from bff.conformance.clauses import Broken, NotApplicable, clause, some_of
from bff.conformance.subject import JSON, Answer, Subject, Wish

REDIRECTS = (302, 303, 307)


def _first_page(app: Subject) -> str:
    entries = app.places("navigation", "slots")
    if not entries:
        raise NotApplicable("it has no page")
    return app.href(entries[0])


@clause(
    "alone.page",
    "A page without an assertion is not shown: it leads to a login, or is refused with 401 or 403.",
    "Verify Portal-Identity on every page; without one, redirect to your own login or answer 401.",
)
def _page(app: Subject) -> str:
    answers = [app.ask(app.href(item), Wish.nobody()) for item in app.places("navigation", "badges", "slots")]
    wrong = [f"{each.path} answers {each.status}" for each in answers if each.status not in (*REDIRECTS, 401, 403)]
    return some_of(wrong, ", ".join(sorted({str(answer.status) for answer in answers})) or "it has no page")


@clause(
    "alone.api",
    "Its JSON interface answers 401 with a problem document to whoever does not say who they are.",
    "Answer `application/problem+json` (RFC 9457) with `title` and `status`; never a redirect.",
)
def _api(app: Subject) -> str:
    if not app.api:
        raise NotApplicable("it has no JSON interface")
    answer = app.ask(app.api, Wish.nobody(JSON))
    return problem(answer, 401)


@clause(
    "alone.headers",
    "What it shows a browser by itself carries `nosniff` and a policy.",
    "Send `X-Content-Type-Options: nosniff` and a `Content-Security-Policy` with `frame-ancestors`.",
)
def _headers(app: Subject) -> str:
    answer = app.ask(_first_page(app), Wish.nobody())
    if answer.kind != "text/html":
        raise NotApplicable(f"it shows nothing by itself: {answer.status} {answer.kind or 'of no type'}")
    wrong = [] if answer.headers.get("x-content-type-options", "").lower() == "nosniff" else ["no nosniff"]
    if "frame-ancestors" not in answer.headers.get("content-security-policy", ""):
        wrong.append("no Content-Security-Policy with frame-ancestors")
    return some_of(wrong, "nosniff and a policy")


@clause(
    "alone.quiet",
    "A refusal tells nothing of the app's insides.",
    "Turn debugging off where others can reach the app.",
)
def _quiet(app: Subject) -> str:
    page = _first_page(app)
    answers = [app.ask("/no/such/page", Wish.nobody()), app.ask(page, Wish(token="not-an-assertion"))]  # noqa: S106
    wrong = [f"{each.path} shows a trace" for each in answers if "Traceback (most recent" in each.text]
    return some_of(wrong, "nothing")


def problem(answer: Answer, status: int) -> str:
    """What was seen of a problem document. Raises Broken."""
    document = answer.document()
    told = document if isinstance(document, dict) else {}
    if answer.status != status or answer.kind != "application/problem+json":
        raise Broken(f"{answer.path} answers {answer.status} {answer.kind or 'of no type'}")
    if not told.get("title") or told.get("status") != status:
        raise Broken(f"{answer.path}: its problem document says neither title nor status")
    return f"{status}: {told['title']}"
