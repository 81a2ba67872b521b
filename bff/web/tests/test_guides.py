"""A guide's Markdown becomes HTML that the policy admits, and a guide that cannot be shown is named at the start."""

from pathlib import Path

import pytest
from flask import Flask

from bff.web import guides
from bff.web.guides import GuideError, as_html

HEAD = "---\ntitle: Water\nsummary: How.\npermissions: []\npages: []\n---\n"


def guide(folder: Path, text: str, name: str = "water") -> guides.Guide:
    path = folder / "help" / "en" / f"{name}.md"
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return guides._guide("garden", path)


def test_html_in_a_guide_stays_text_and_no_script_becomes_a_link() -> None:
    made = as_html("<script>alert(1)</script>\n\n[here](javascript:alert(1)) <b onclick=x>bold</b>")
    assert "<script" not in made
    assert "<b" not in made
    assert 'href="javascript' not in made


def test_a_table_brings_no_style_of_its_own() -> None:
    made = as_html("| a | b |\n|--:|:-:|\n| 1 | 2 |")
    assert "<td>1</td>" in made
    assert "style" not in made


def test_pages_and_guides_are_linked_by_name() -> None:
    app = Flask(__name__)
    app.add_url_rule("/beds", "beds.index", lambda: "")
    app.add_url_rule("/help/<guide>", "help.show", lambda guide: guide)
    with app.test_request_context("/garden", environ_overrides={"SCRIPT_NAME": "/garden"}):
        made = as_html("[beds](page:beds.index), [water](guide:water), [away](https://example.org/)")
    assert 'href="/garden/beds"' in made
    assert 'href="/garden/help/water"' in made
    assert 'href="https://example.org/"' in made


def test_a_translation_beside_it_is_found(tmp_path: Path) -> None:
    (tmp_path / "help" / "fr").mkdir(parents=True)
    (tmp_path / "help" / "fr" / "water.md").write_text("Arroser.", "utf-8")
    assert guide(tmp_path, HEAD + "Water it.").bodies == {"en": "Water it.", "fr": "Arroser."}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# Water", "begins with its head"),
        ("---\ntitle: Water\n---\n", "required property"),
        (HEAD.replace("summary", "sumary"), "sumary"),
        ("---\ntitle: [\n---\n", "water.md"),
    ],
)
def test_a_guide_that_cannot_be_shown_is_named_with_the_reason(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(GuideError, match=told):
        guide(tmp_path, text)
