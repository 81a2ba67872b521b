"""Decides how long an answer may be shown again, by its own Cache-Control (RFC 9111, RFC 5861)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

LONGEST: Final = 86_400


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds: shown as it is; shown while it is asked for anew; shown where asking fails."""

    fresh: int
    revalidating: int
    standing_in: int


def terms(headers: dict[str, str], fresh: int, standing_in: int) -> Terms | None:
    """What an answer allows, `fresh` and `standing_in` where it does not say; None where it may not be kept at all.

    Whatever is kept is kept for one person: `public` says nothing here."""
    return _terms(headers.get("cache-control", ""), headers.get("vary", "").strip() == "*", fresh, standing_in)


@lru_cache(512)
def _terms(cache_control: str, varies: bool, fresh: int, standing_in: int) -> Terms | None:
    said = _directives(cache_control)
    if "no-store" in said or varies:
        return None
    fresh = 0 if "no-cache" in said else _seconds(said, "max-age", fresh)
    revalidating = 0 if said.keys() & {"no-cache", "must-revalidate"} else _seconds(said, "stale-while-revalidate", 0)
    return Terms(fresh, revalidating, 0 if "must-revalidate" in said else _seconds(said, "stale-if-error", standing_in))


def _directives(value: str) -> dict[str, str]:
    pairs = (directive.partition("=") for directive in value.split(","))
    return {name.strip().lower(): given.strip().strip('"') for name, _, given in pairs if name.strip()}


def _seconds(said: dict[str, str], name: str, otherwise: int) -> int:
    given = said.get(name)
    if given is None:
        return otherwise
    return min(int(given), LONGEST) if given.isascii() and given.isdigit() else 0
