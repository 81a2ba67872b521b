"""A list as a CSV file (RFC 4180) that no spreadsheet takes for formulas: UTF-8, CRLF."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

TYPE = "text/csv; charset=utf-8; header=present"
# A spreadsheet takes a text that begins so for a formula, and a formula may send a sheet's content elsewhere (OWASP).
# The last four are the wide forms of the first four.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def guarded(said: str) -> str:
    """A text that a spreadsheet shows as it is."""
    return f"'{said}" if said.startswith(FORMULA_STARTS) else said


def csv_file(name: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """The list as a download of that name. For lists that fit into memory."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([guarded(head) for head in heads])
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    disposition = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(written.getvalue(), mimetype=TYPE, headers=disposition)
