"""Which language a page of the provider speaks, and its words: a flat catalogue, read once."""

from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from flask import request

ENGLISH = "en"
FOLDER = Path(__file__).parent / "translations"


@cache
def catalogue(language: str) -> dict[str, str]:
    """The translations of one language by their English text; English needs none."""
    if language == ENGLISH:
        return {}
    with (FOLDER / f"{language}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


def languages() -> list[str]:
    """English and every language that has a catalogue."""
    return sorted({ENGLISH, *(path.stem for path in FOLDER.glob("*.po"))})


def language() -> str:
    """The language that the application asked for (`ui_locales`), else the browser's, else English."""
    offered = languages()
    asked = [tag.partition("-")[0] for tag in request.values.get("ui_locales", "").split()]
    return next((tag for tag in asked if tag in offered), None) or request.accept_languages.best_match(offered, ENGLISH)


def gettext(text: str, **values: Any) -> str:
    """The text in the request's language, with its named values filled in."""
    return catalogue(language()).get(text, text) % values
