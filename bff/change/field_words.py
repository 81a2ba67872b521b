"""What is wrong with a field of a form, as a sentence that names the field, the value and the remedy."""

import re
from collections.abc import Callable, Iterable

from flask_babel import gettext as _

LONGEST_SHOWN = 60
# The validating library speaks English and names no field. Whatever an action's own schema says is taken as it is.
KNOWN: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"^Missing data for required field|^Field may not be null"), lambda _found: _("Fill it in.")),
    (re.compile(r"^Not a valid integer"), lambda _found: _("Give a whole number.")),
    (re.compile(r"^Not a valid number"), lambda _found: _("Give a number, such as 1234.56.")),
    (re.compile(r"^Special numeric values"), lambda _found: _("Give a number, such as 1234.56.")),
    (re.compile(r"^Not a valid email"), lambda _found: _("Give an address such as name@example.org.")),
    (re.compile(r"^Not a valid (date|time|datetime)"), lambda _found: _("Give a date and time that exist.")),
    (re.compile(r"^Longer than maximum length (\d+)"), lambda it: _("Shorten it to %(most)s characters.", most=it[1])),
    (
        re.compile(r"^Shorter than minimum length (\d+)"),
        lambda it: _("Give at least %(least)s characters.", least=it[1]),
    ),
    (
        re.compile(r"^Must be greater than or equal to (\S+?)\.?$"),
        lambda it: _("Give at least %(least)s.", least=it[1]),
    ),
    (re.compile(r"^Must be greater than (\S+?)\.?$"), lambda it: _("Give more than %(least)s.", least=it[1])),
    (re.compile(r"^Must be one of: (.*?)\.?$"), lambda it: _("Choose one of: %(known)s.", known=it[1])),
)


def sentence(label: str, value: str, said: Iterable[object]) -> str:
    """Field, value, remedy. A value that is long is cut."""
    remedies = " ".join(_remedy(str(each)) for each in said)
    if not value:
        return _("%(field)s is missing. %(remedy)s", field=label, remedy=remedies)
    shown = value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "…"
    return _("%(field)s: “%(value)s” cannot be used. %(remedy)s", field=label, value=shown, remedy=remedies)


def _remedy(said: str) -> str:
    for pattern, words in KNOWN:
        if found := pattern.search(said):
            return words(found)
    return said
