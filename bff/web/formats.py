"""How figures, moments and identifiers are written for a reader: one way each, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_timedelta, get_month_names
from babel.numbers import get_decimal_symbol, get_group_symbol
from flask import Flask, request
from flask_babel import get_locale
from flask_babel import gettext as _
from jinja2 import Environment, pass_environment

import static
from bff.money import Money, scale
from bff.web.gallery import pieces
from bff.web.states import look_of

Moment = datetime | date | str
LONGEST_WHOLE_ID = 13
ENGLISH = Locale("en")
MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"  # there is no value, which is not the same as zero


@dataclass(frozen=True)
class Marks:
    """How a locale writes figures and days. Read once: tables write thousands of them."""

    decimal: str
    group: str
    months: Mapping[int, str]


@cache
def marks_of(locale: Locale) -> Marks:
    """The marks of a locale, from CLDR."""
    return Marks(get_decimal_symbol(locale), get_group_symbol(locale), get_month_names("abbreviated", locale=locale))


def marks() -> Marks:
    """The marks of the reader's locale; English outside a request."""
    return marks_of(get_locale() or ENGLISH)


def figure(value: Decimal | int, digits: int = 0) -> str:
    """A figure grouped for the reader's locale, with so many decimals and the typographic minus."""
    mine = marks()
    return f"{value:,.{digits}f}".translate({ord(","): mine.group, ord("."): mine.decimal, ord("-"): MINUS})


def amount(value: Decimal | int | str | Money | None, currency: str = "") -> str:
    """A figure at its currency's ISO 4217 scale, grouped for the locale: `1,234.50`. Further digits are never hidden.

    The minus is the typographic one, as wide as a digit in tabular figures.
    """
    if isinstance(value, Money):
        return amount(value.amount, value.currency)
    if value is None:
        return NOTHING
    exact = Decimal(value)
    held = max(0, -int(exact.normalize().as_tuple().exponent)) if exact.is_finite() else 0
    digits = max(scale(currency) if currency else 0, held)
    return figure(exact, digits)


def owes(value: Decimal | int | str | Money | None, currency: str = "") -> str:
    """The sign of a position or a net amount in words: what is positive is owed to the hub, what is negative is due."""
    if isinstance(value, Money):
        return owes(value.amount, value.currency)
    if value is None:
        return NOTHING
    exact = Decimal(value)
    if not exact:
        return _("owes nothing")
    figure = amount(abs(exact), currency)
    return _("owes %(amount)s", amount=figure) if exact > 0 else _("is owed %(amount)s", amount=figure)


def count(value: int | None) -> str:
    """A number of things: `1,204`."""
    return NOTHING if value is None else figure(value)


def percent(value: Decimal | float | None) -> str:
    """A share of one as whole per cents, or with one digit below ten: `83%`."""
    if value is None:
        return NOTHING
    shown = Decimal(value) * 100
    return _("%(figure)s%%", figure=figure(shown, 1 if 0 < abs(shown) < 10 else 0))


def moment(value: Moment) -> datetime:
    """An aware datetime from whatever the hub or a database gave; without an offset it is UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip().strip('"'))
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001  # made aware below
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def zone_name(at: datetime) -> str:
    """`EAT`, or `UTC+4` for the zones whose only name is their offset."""
    name = at.tzname() or "UTC"
    if name[0] not in "+-":
        return name
    hours, minutes = name[1:3].lstrip("0") or "0", name[3:].lstrip(":")
    return f"UTC{name[0].replace('-', MINUS)}{hours}" + (f":{minutes}" if minutes.strip("0") else "")


def when(value: Moment | None, zone: str | tzinfo = "UTC", seconds: bool = False) -> str:
    """A moment with its zone: `22 Nov 2026 10:32 EAT`."""
    if value is None or value == "":
        return NOTHING
    at = moment(value).astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
    return f"{_day(at)} {at:%H:%M:%S} {zone_name(at)}" if seconds else f"{_day(at)} {at:%H:%M} {zone_name(at)}"


def clock(value: Moment | None, zone: str | tzinfo = "UTC") -> str:
    """The time of day with its zone: `10:32 EAT`."""
    if value is None or value == "":
        return NOTHING
    at = moment(value).astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
    return f"{at:%H:%M} {zone_name(at)}"


def day(value: Moment | None) -> str:
    """A calendar day, which has no zone: `22 Nov 2026`."""
    if value is None or value == "":
        return NOTHING
    return _day(date.fromisoformat(value[:10]) if isinstance(value, str) else value)


def _day(value: date) -> str:
    return f"{value.day} {marks().months[value.month]} {value.year}"


def relative(value: Moment | None, now: datetime | None = None) -> str:
    """How long ago or ahead: `2 minutes ago`."""
    if value is None or value == "":
        return NOTHING
    away = moment(value) - (now or datetime.now(UTC))
    return str(format_timedelta(away, add_direction=True, locale=get_locale() or ENGLISH))


def iso(value: Moment | None) -> str:
    """The moment for a machine, in UTC."""
    return "" if value is None or value == "" else moment(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def short_id(value: object) -> str:
    """An identifier shortened in its middle: `1f3a9c0d…77e2`."""
    text = str(value)
    return text if len(text) <= LONGEST_WHOLE_ID else f"{text[:8]}…{text[-4:]}"


def here(**changes: object) -> str:
    """This page's own address with some of its query changed; None takes a key away, a list repeats it."""
    query: dict[str, object] = {key: request.args.getlist(key) for key in request.args}
    query.update({key: value if isinstance(value, list) else [value] for key, value in changes.items()})
    pairs = [(key, item) for key, items in query.items() for item in _listed(items) if item not in (None, "")]
    path = request.script_root + request.path
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _listed(items: object) -> list[object]:
    return items if isinstance(items, list) else [items]


class Given(dict[str, Any]):
    """What a template was given, where a key that was left out reads as None."""

    def __missing__(self, key: str) -> None:
        return None


class GivenObject:
    """The same for an object's attributes."""

    def __init__(self, wrapped: object) -> None:
        self._wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name, None)


def given(thing: object) -> Given | GivenObject:
    """A dict or an object whose absent parts read as None, so that a piece's optional parts may be left out."""
    return Given(thing) if isinstance(thing, Mapping) else GivenObject(thing)


@pass_environment
def _when(env: Environment, value: Moment | None, zone: str | tzinfo | None = None, seconds: bool = False) -> str:
    return when(value, zone or env.globals["hub_zone"](), seconds)  # type: ignore[operator]


@pass_environment
def _clock(env: Environment, value: Moment | None, zone: str | tzinfo | None = None) -> str:
    return clock(value, zone or env.globals["hub_zone"]())  # type: ignore[operator]


FILTERS: Mapping[str, Any] = {
    "amount": amount,
    "owes": owes,
    "count_of": count,
    "percent": percent,
    "when": _when,
    "clock": _clock,
    "day": day,
    "relative": relative,
    "iso": iso,
    "short_id": short_id,
    "look_of": look_of,
    "given": given,
}


def now() -> datetime:
    """The present moment; a global of its own so that a template may say as of when it was made."""
    return datetime.now(UTC)


def install(app: Flask) -> None:
    """Teach an app's templates these ways of writing."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(here=here, now=now, icons=static.ICONS, pieces=pieces)
