"""Which language it speaks: the one that the shell asks for, if it knows it, and it says which it is."""

from bff.conformance.clauses import Broken, NotApplicable, clause, some_of
from bff.conformance.subject import Subject, Wish

LANGUAGES = ("en", "fr")


@clause(
    "language.said",
    "A page says its language in `Content-Language`.",
    "Send `Content-Language` with the language of the words, which may be another than the one asked for.",
)
def _said(app: Subject) -> str:
    said = {page.path: page.headers.get("content-language", "") for page in app.pages}
    return some_of(
        [f"{path} says {told!r}" for path, told in said.items() if not told], ", ".join(sorted({*said.values()}))
    )


@clause(
    "language.french",
    "Asked for French by `Portal-Locale`, it speaks French or says that it does not.",
    "Read Portal-Locale (`en` or `fr`) on each request, not the browser's Accept-Language.",
)
def _french(app: Subject) -> str:
    page = app.pages[0]
    answer = app.ask(page.path, Wish(locale="fr"))
    said = answer.headers.get("content-language", "")
    if said.startswith("en"):
        raise NotApplicable("it speaks English only, and says so")
    if not said.startswith("fr"):
        raise Broken(f"{page.path} says {said!r}")
    titles = {each.headers.get("portal-title", "") for each in (page, answer)}
    if answer.markup.text == page.markup.text and len(titles) == 1:
        raise Broken(f"{page.path} says the same words as in English")
    return f"{page.path} speaks French"


@clause(
    "language.manifest",
    "What the menu shows is said in each of the portal's languages, or in one for all.",
    'Give `{"en": "Gates", "fr": "Portes"}` or a plain string.',
)
def _manifest(app: Subject) -> str:
    texts = [("title", app.manifest["title"])]
    texts += [(f"the label of {item['href']}", item["label"]) for item in app.places("navigation")]
    texts += [(str(item["id"]), item["sentence"]) for item in app.manifest.get("permissions", ())]
    wrong = [
        f"{where} is not said in {language}"
        for where, text in texts
        if isinstance(text, dict)
        for language in LANGUAGES
        if language not in text
    ]
    return some_of(wrong, f"{len(texts)} texts")
