"""Reads a page as a person does: its words, its rows, the fields of its forms."""

import json
import re
from html import unescape
from typing import Any

from werkzeug.test import TestResponse

TAG = re.compile(r"<[^>]*>")


def words(html: str) -> str:
    """The page's text on one line."""
    return " ".join(unescape(TAG.sub(" ", html)).split())


def rows(html: str) -> list[str]:
    """The text of each row in the page's tables, without their heads."""
    bodies = "".join(re.findall(r"<tbody>(.*?)</tbody>", html, re.DOTALL))
    return [words(row) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", bodies, re.DOTALL)]


def value_of(html: str, name: str) -> str:
    """The value of an input."""
    (tag,) = re.findall(rf'<input[^>]*name="{name}"[^>]*>', html)
    (value,) = re.findall(r'value="([^"]*)"', tag)
    return unescape(value)


def links(html: str) -> list[str]:
    """Where the page's links lead."""
    return [unescape(each) for each in re.findall(r'<a[^>]*href="([^"]*)"', html)]


def said(answer: TestResponse) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.data)
