"""Every string that a person sees goes through the catalogues, and each catalogue is complete."""

import re
from pathlib import Path

import pytest

from tests.messages import LANGUAGES, PACKAGES, ROOT, kept, used

TEMPLATES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("templates/**/*.html"))
PROPER = {
    "BizOps Portal",
    "Mojaloop",
    "Ctrl K",
    "· BizOps Portal",
    "UTC",
    "CSV",
    "JSON",
    "HTML",
    "English",
    "Français",
    "ID",
}
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
SPOKEN = re.compile(r"\b(?:aria-label|title|placeholder|alt)=\"([^\"]*)\"")
ATTRIBUTES = re.compile(r"""[\w:.-]+=(?:"[^"]*"|'[^']*')|\brequired\b""")  # built outside of any tag by a macro
WORD = re.compile(r"[A-Za-zÀ-ÿ]{2,}")


def spoken_text(source: str) -> list[str]:
    """What a template says itself, outside any expression: text between tags, and attributes that are read out."""
    plain = JINJA.sub("", source)
    attributes = SPOKEN.findall(plain)
    text = re.sub(r"<[^>]*>", "\n", re.sub(r"<(style|script)\b.*?</\1>", "", plain, flags=re.DOTALL))
    text = ATTRIBUTES.sub("", text)
    return [piece for piece in (line.strip() for line in [*text.splitlines(), *attributes]) if WORD.search(piece)]


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(package: str, language: str) -> None:
    catalogue = kept(package, language)
    untranslated = []
    for message in used(package):
        known = catalogue.get(message.id) if message.id else None
        parts = known.string if known and isinstance(known.string, tuple | list) else (known.string,) if known else ()
        if message.id and (not known or known.fuzzy or not parts or not all(parts)):
            untranslated.append(message.id)
    assert untranslated == [], f"translate these in {package}/translations/{language}.po (`make docs` adds the entries)"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_catalogue_keeps_strings_that_nobody_says(package: str) -> None:
    said = {message.id for message in used(package)}
    assert [message.id for language in LANGUAGES for message in kept(package, language) if message.id not in said] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_translation_keeps_its_placeholders(package: str) -> None:
    place = re.compile(r"%\(\w+\)[sd]")
    for message in kept(package, "fr"):
        if isinstance(message.id, str) and message.id:
            assert sorted(set(place.findall(str(message.string)))) == sorted(set(place.findall(message.id))), message.id


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(Path(path).relative_to(ROOT)))
def test_no_template_says_a_word_outside_the_catalogues(path: Path) -> None:
    if path.name == "gallery.html" or "gallery" in path.parts:
        return
    assert [piece for piece in spoken_text(path.read_text("utf-8")) if piece not in PROPER] == []


def test_the_check_itself_finds_an_untranslated_word() -> None:
    assert spoken_text('<p>{{ _("Close") }} now</p><a title="Help">x</a>') == ["now", "Help"]
