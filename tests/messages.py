"""Keeps the message catalogues: gathers every string of a package and merges it into its `translations/*.po`."""

import re
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
PACKAGES = ("bff", "shell", "microfrontends/settlement", "microfrontends/reports", "microfrontends/users")
LANGUAGES = ("en", "fr")
METHODS = [("**/tests/**", "ignore"), ("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
FILLERS = re.compile(r'^"[A-Z][A-Za-z-]+: .*(EMAIL@ADDRESS|VERSION|LL@li.org|YEAR|Babel)|-Date: ')
OPTIONS = {"**/templates/**.html": {"silent": "false", "trimmed": "true"}}


def used(package: str) -> Catalog:
    """Every string that the package's code and templates say."""
    catalog = Catalog(project="bizops-portal", charset="utf-8")
    found = extract_from_dir(ROOT / package, METHODS, OPTIONS, keywords=KEYWORDS, strip_comment_tags=True)
    for _file, _line, message, _comments, context in found:
        catalog.add(message, context=context)
    return catalog


def path_of(package: str, language: str) -> Path:
    """Where a package keeps a language."""
    return ROOT / package / "translations" / f"{language}.po"


def kept(package: str, language: str) -> Catalog:
    """The catalogue as it stands in the file; empty when there is none."""
    path = path_of(package, language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    return read_po(BytesIO(path.read_bytes()), locale=language)


def merge(package: str, language: str) -> None:
    """Add new strings, drop those that nobody says any more; English says what the code says."""
    strings, before = used(package), kept(package, language)
    merged = Catalog(locale=language, project="bizops-portal", charset="utf-8", header_comment="", fuzzy=False)
    for message in strings:
        if not message.id:
            continue
        known = before.get(message.id)
        translation = message.id if language == "en" else known.string if known else None
        merged.add(message.id, translation)
    out = BytesIO()
    write_po(out, merged, sort_output=True, no_location=True, width=120, omit_header=False)
    lines = [line for line in out.getvalue().decode().splitlines() if not FILLERS.search(line)]
    path = path_of(package, language)
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    for package in PACKAGES:
        for language in LANGUAGES:
            merge(package, language)
