"""In which form the hub tells numbers and dates: not the same one everywhere, and clients have to know each."""

from datetime import datetime
from decimal import Decimal

from flask import Response


def number(amount: Decimal) -> int | float:
    """Money as the JSON number that GET answers with: 120.25, 5000."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def digits(amount: Decimal) -> str:
    """Money as the text that PUT answers with: "120.2500"."""
    return f"{amount:.4f}"


def iso(moment: datetime) -> str:
    """A moment from the database: its column holds no fraction."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def iso_precise(moment: datetime) -> str:
    """A moment that was not yet to the database."""
    return moment.isoformat(timespec="milliseconds") + "Z"


def quoted(moment: datetime) -> str:
    """A moment that was made JSON twice."""
    return f'"{iso(moment)}"'


def fresh(moment: datetime) -> str:
    """A moment as the settlement service writes it to the database, and tells it in the same answer."""
    return moment.isoformat(sep=" ", timespec="milliseconds")


def nothing(status: int) -> Response:
    """An answer without a body."""
    return Response(status=status)
