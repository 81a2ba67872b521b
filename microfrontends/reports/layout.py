"""A report's own layout: a Jinja2 template that sees the result and nothing else of this program."""

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from bff import RuleBroken
from bff.web.formats import amount, when


class BadLayout(Exception):
    """A layout that is no template; `line` counts from 1 within it."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


def _environment() -> ImmutableSandboxedEnvironment:
    # No loader: a layout includes and extends nothing. What it prints is escaped.
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    environment.globals.clear()
    environment.filters.update(amount=amount, when=when)
    return environment


_ENVIRONMENT = _environment()


def check_layout(source: str) -> None:
    """Raise BadLayout, with the line, for a text that is no template."""
    try:
        _ENVIRONMENT.from_string(source)
    except TemplateSyntaxError as problem:
        raise BadLayout(problem.message or "not a template", problem.lineno) from problem


def laid_out(source: str, known: Mapping[str, Any]) -> Markup:
    """The layout filled in. Raises RuleBroken with what the template did wrong."""
    try:
        return Markup(_ENVIRONMENT.from_string(source).render(known))  # noqa: S704 - the environment escapes
    except (TemplateError, TypeError, ValueError, OverflowError) as problem:
        raise RuleBroken(f"{type(problem).__name__}: {problem}") from problem
