"""What a real hub answered, from the stories that the sandbox hub is measured by."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import sandbox

STORIES = Path(sandbox.__file__).parent / "tests" / "story"


@cache
def story(name: str) -> list[dict[str, Any]]:
    """The lines of a story."""
    lines = (STORIES / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def exchange(name: str, do: str, nth: int = 1) -> dict[str, Any]:
    """The nth exchange of a story with this method and path."""
    return [line for line in story(name) if line.get("do") == do][nth - 1]


def answer(name: str, do: str, nth: int = 1) -> str:
    """The text of an answer."""
    return json.dumps(exchange(name, do, nth)["answer"])
