"""A text that is given once, or per language: how it is written in a file, and which of its words a reader gets."""

from collections.abc import Mapping
from typing import Any

Text = str | Mapping[str, str]  # a mapping always has "en"
SCHEMA: dict[str, Any] = {
    "oneOf": [
        {"type": "string", "minLength": 1},
        {"type": "object", "required": ["en"], "additionalProperties": {"type": "string", "minLength": 1}},
    ]
}


def by_language(text: Text) -> dict[str, str]:
    """The text as a mapping that always has English."""
    return {"en": text} if isinstance(text, str) else dict(text)


def in_language(text: Text, language: str) -> str:
    """The text in a language, else in English."""
    return text if isinstance(text, str) else text.get(language) or text["en"]
