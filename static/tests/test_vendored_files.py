"""What others wrote is what they published, at the version we name."""

import json
from pathlib import Path

import pytest

import static

VENDORED = json.loads((Path(static.__file__).parent / "vendor.json").read_text("utf-8"))
LICENCES = (Path(static.__file__).parent / "LICENSES").read_text("utf-8")


@pytest.mark.parametrize("name", VENDORED)
def test_a_vendored_file_is_the_one_whose_hash_is_written_down(name: str) -> None:
    assert static.integrity(name) == VENDORED[name]["integrity"]


def test_htmx_is_the_version_written_down() -> None:
    code = static.ASSETS["htmx.min.js"].path.read_text("utf-8")
    assert f'this.version="{VENDORED["htmx.min.js"]["version"]}"' in code


def test_htmx_and_its_extension_are_of_one_release() -> None:
    assert VENDORED["htmx.min.js"]["version"] == VENDORED["hx-csp.min.js"]["version"]


def test_the_sprite_says_which_release_it_was_drawn_from() -> None:
    sprite = static.ASSETS["icons.svg"].path.read_text("utf-8")
    assert f"Lucide {VENDORED['icons.svg']['version']}" in sprite


def test_the_licences_of_what_others_wrote_travel_along() -> None:
    assert "Zero-Clause BSD" in LICENCES
    assert "ISC License" in LICENCES
    assert "Copyright (c) 2013-present Cole Bemis" in LICENCES
