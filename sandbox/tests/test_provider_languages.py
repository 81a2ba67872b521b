"""Every string of the provider is said in every language, with the same values in it."""

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir

from sandbox.provider.language import FOLDER, catalogue, languages

PACKAGE = FOLDER.parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]


def said() -> set[str]:
    found = extract_from_dir(str(PACKAGE), METHODS, keywords={"_": None, "gettext": None})
    return {str(message) for _file, _line, message, _comments, _context in found}


def test_french_is_complete_and_has_nothing_too_much() -> None:
    assert {"en", "fr"} <= set(languages())
    assert set(catalogue("fr")) == said()


def test_a_translation_keeps_the_values() -> None:
    for english, french in catalogue("fr").items():
        assert sorted(re.findall(r"%\(\w+\)s", english)) == sorted(re.findall(r"%\(\w+\)s", french))


def test_the_catalogues_travel_with_the_package() -> None:
    assert Path(FOLDER / "fr.po").is_file()
