"""What its pages are made of: pieces of HTML which the shell's frame, policy and mount can hold."""

from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from bff.conformance.clauses import Broken, NotApplicable, clause, some_of
from bff.conformance.markup import FRAME
from bff.conformance.subject import MOUNT, NONCE, Answer, Subject, Wish

# Of these the shell serves its own; everything else at the root belongs to somebody.
SHELLS: Final = ("/static/", "/auth/", "/preferences", "/slots/")
TRIED: Final = 10


@clause(
    "fragments.html",
    "A page is `text/html` without a frame: no `<html>`, `<head>`, `<body>`, no document type.",
    "Answer what belongs into `<main>`, and nothing around it.",
)
def _html(app: Subject) -> str:
    wrong = [f"{page.path} is {page.kind or 'of no type'}" for page in app.fragments if page.kind != "text/html"]
    wrong += [f"{page.path} has {frame[0]}" for page in app.fragments if (frame := page.markup.of(*FRAME))]
    return some_of(wrong, f"{len(app.fragments)} fragments")


@clause(
    "fragments.title",
    "A page says its title in `Portal-Title`, percent-encoded UTF-8.",
    "Send `Portal-Title: Garden%20gates`; it becomes the document's title.",
)
def _title(app: Subject) -> str:
    titles = {page.path: page.headers.get("portal-title", "") for page in app.pages}
    return some_of(
        [f"{path}: {said!r}" for path, said in titles.items() if not _is_title(said)], f"{len(titles)} titles"
    )


def _is_title(said: str) -> bool:
    try:
        return bool(unquote_to_bytes(said).decode("utf-8").strip()) and said.isascii() and " " not in said
    except UnicodeDecodeError:
        return False


@clause(
    "fragments.version",
    "Every answer repeats the manifest's version in `Portal-Version`.",
    "Send the manifest's `version` as Portal-Version with each page: it is how the shell learns of a new one.",
)
def _version(app: Subject) -> str:
    version = str(app.manifest["version"])
    said = {page.path: page.headers.get("portal-version") for page in app.fragments}
    return some_of([f"{path} says {told!r}" for path, told in said.items() if told != version], version)


@clause(
    "fragments.heading",
    "A page has one heading of the first level.",
    "Begin each page with an `<h1>`; the frame has none.",
)
def _heading(app: Subject) -> str:
    counts = {page.path: len(page.markup.of("h1")) for page in app.pages}
    return some_of([f"{path} has {count}" for path, count in counts.items() if count != 1], "one each")


@clause(
    "fragments.mount",
    "Every link of a fragment leads through `Portal-Mount`.",
    "Begin links with the header's value, or keep them relative. Never write the name into them.",
)
def _mount(app: Subject) -> str:
    links = {link for page in app.fragments for link in page.markup.links() if link.startswith("/")}
    outside = sorted(link for link in links if not _within(link) and not link.startswith(("//", *SHELLS)))
    typed = [link for link in outside if link.split("/")[1] == app.name]
    others = [link for link in outside if link not in typed][:TRIED]
    # Links to other apps and to the shell's own pages are fine: a path that the app itself answers is not one.
    own = [link for link in others if app.ask(urlsplit(link).path, Wish.nobody()).status != 404]
    return some_of([*typed, *own], f"{len(links)} links from the root, asked for at {MOUNT}")


def _within(link: str) -> bool:
    return link == MOUNT or link.startswith((f"{MOUNT}/", f"{MOUNT}?", f"{MOUNT}#"))


@clause(
    "fragments.cookies",
    "A page that the shell asks for sets no cookie.",
    "Keep what belongs to a person's visit by the claim `sid`, or in the page's address.",
)
def _cookies(app: Subject) -> str:
    wrong = [f"{page.path} sets {page.cookies[0].partition('=')[0]}" for page in app.fragments if page.cookies]
    return some_of(wrong, "none")


@clause(
    "fragments.policy",
    "A fragment holds nothing that the portal's policy blocks: inline script, style or handler, things from elsewhere.",
    "Use classes of the portal's stylesheet; give a script of your own the nonce of Portal-Nonce.",
)
def _policy(app: Subject) -> str:
    return some_of([problem for page in app.fragments for problem in _blocked(page)], "nothing that it blocks")


def _blocked(page: Answer) -> list[str]:
    found = []
    for element in page.markup.elements:
        attributes = element.attributes
        handlers = [name for name in attributes if name.startswith("on") or name == "style"]
        script = (
            element.tag == "script" and attributes.get("nonce") != NONCE and "json" not in attributes.get("type", "")
        )
        loads = element.tag in ("img", "script", "iframe", "link", "source", "object", "embed")
        away = loads and (attributes.get("src") or attributes.get("href") or "").startswith(("http:", "https:", "//"))
        if handlers or script or away or element.tag in ("style", "iframe", "object", "embed", "base"):
            found.append(f"{page.path}: {element}")
    return found


@clause(
    "fragments.nonce",
    "Every element with an `hx-` attribute carries `hx-nonce` with the value of `Portal-Nonce`.",
    "Stamp it on the element itself; htmx passes over what has none. Plain links and forms need nothing.",
)
def _nonce(app: Subject) -> str:
    marked = [(page, element) for page in app.fragments for element in page.markup.elements if element.htmx]
    if not marked:
        raise NotApplicable("no element has one")
    wrong = [f"{page.path}: {element}" for page, element in marked if element.attributes.get("hx-nonce") != NONCE]
    return some_of(wrong, f"{len(marked)} elements")


@clause(
    "fragments.htmx",
    "Asked by htmx, a page is a fragment all the same.",
    "Answer the same piece of HTML whether or not HX-Request is there; the shell knows what to do with it.",
)
def _htmx(app: Subject) -> str:
    page = app.pages[0]
    answer = app.ask(page.path, Wish(headers={"Accept": "text/html", "HX-Request": "true"}))
    if answer.status != 200 or answer.kind != "text/html" or answer.markup.of(*FRAME):
        raise Broken(f"{page.path} answers {answer.status} {answer.kind}")
    return f"{page.path}: {len(answer.body)} bytes"
