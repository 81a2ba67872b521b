"""Keeps each app's OpenAPI document beside the other reference pages: `docs/reference/openapi/<app>.json`."""

import json
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask

from bff.contract.reference import NOTICE
from tests.messages import ROOT
from tests.test_every_route import APPS, made

FOLDER = ROOT / "docs" / "reference" / "openapi"


def document(app: Flask) -> dict[str, Any]:
    """What the app answers at /api/openapi.json."""
    with app.test_request_context("/api/openapi.json"):
        told: dict[str, Any] = app.view_functions["openapi"]().get_json()  # type: ignore[union-attr]
    return told


def text_of(app: Flask) -> str:
    """The same as a file has it."""
    return json.dumps(document(app), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def kept() -> dict[str, dict[str, Any]]:
    """The documents as they lie in the folder, by app."""
    return {name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in sorted(APPS)}


def page(documents: dict[str, dict[str, Any]]) -> str:
    """Every operation of every app in one table each."""
    out = [NOTICE, "# The JSON interfaces\n"]
    for name, told in documents.items():
        out.append(f"\n## {name}\n\nIts OpenAPI document: [{name}.json](openapi/{name}.json), which it answers itself")
        out.append(" at `/api/openapi.json`.\n\n| operation | what it does |\n|---|---|\n")
        for path, methods in sorted(told["paths"].items()):
            for method, operation in sorted(methods.items()):
                if method != "parameters":
                    words = operation.get("summary") or operation.get("description") or ""
                    out.append(f"| `{method.upper()} {path}` | {' '.join(words.split())} |\n")
    return "".join(out)


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name in sorted(APPS):
        with tempfile.TemporaryDirectory() as folder, made(name, Path(folder)) as app:
            (FOLDER / f"{name}.json").write_text(text_of(app), "utf-8")
    (FOLDER.parent / "interfaces.md").write_text(page(kept()), "utf-8")


if __name__ == "__main__":
    main()
