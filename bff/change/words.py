"""Words that are kept: what was typed, made fit to be written; what we said, said again in each reader's language."""

import json
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as translated


def writable(value: Any) -> Any:
    """The value without what no database keeps and nobody types: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {writable(key): writable(item) for key, item in value.items()}
    return [writable(item) for item in value] if isinstance(value, list) else value


def one_line(text: str) -> str:
    """What was typed, on one line."""
    return " ".join(writable(text).split())


def kept(sentence: Any) -> str:
    """A sentence as it is stored: a lazy one by its English and what fills it, to be said in any language."""
    if isinstance(sentence, str):
        return sentence
    return json.dumps({"say": sentence._args[0], "of": sentence._kwargs}, ensure_ascii=False)


def said(stored: str) -> str:
    """A stored sentence in the present reader's language, where it has any but its own."""
    parts = _parts(stored)
    return translated(parts["say"], **parts["of"]) if parts else stored


def in_english(stored: str) -> str:
    """A stored sentence as the audit keeps it."""
    parts = _parts(stored)
    return str(parts["say"] % parts["of"] if parts["of"] else parts["say"]) if parts else stored


def _parts(stored: str) -> dict[str, Any] | None:
    if not stored.startswith('{"say": '):
        return None
    try:
        parts: dict[str, Any] = json.loads(stored)
    except ValueError:
        return None
    return parts if isinstance(parts.get("say"), str) and isinstance(parts.get("of"), dict) else None
