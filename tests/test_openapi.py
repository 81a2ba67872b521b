"""The OpenAPI documents of the reference are those that the apps answer."""

from pathlib import Path

import pytest

from tests import openapi
from tests.test_every_route import APPS, made


@pytest.mark.parametrize("name", sorted(APPS))
def test_an_apps_openapi_document_is_as_the_app_answers_it_now(name: str, tmp_path: Path) -> None:
    with made(name, tmp_path) as app:
        assert (openapi.FOLDER / f"{name}.json").read_text("utf-8") == openapi.text_of(app), (
            "run `make docs` and commit the result"
        )


def test_the_page_of_interfaces_lists_what_the_documents_hold() -> None:
    assert (openapi.FOLDER.parent / "interfaces.md").read_text("utf-8") == openapi.page(openapi.kept())
