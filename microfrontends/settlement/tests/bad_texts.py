"""Texts that nobody should finalise a settlement from, with encodings, separators and quotes as they come."""

import csv
import io

from microfrontends.settlement.domain.bank_findings import Kind
from microfrontends.settlement.tests.bad_workbooks import Bad
from microfrontends.settlement.tests.settled_books import lines


def text(separator: str = ",", rows: list[list[str]] | None = None, end: str = "\r\n") -> str:
    """The bank's right answer, or other rows, as a text."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(lines() if rows is None else rows)
    return out.getvalue()


def with_cell(name: str, value: str, separator: str = ",") -> bytes:
    """The right answer with another value in a cell."""
    rows = lines()
    rows[int(name[1:]) - 1]["ABCDE".index(name[0])] = value
    return text(separator, rows).encode()


def bad_texts() -> list[Bad]:
    """What is wrong, the file, the finding that it must lead to, and at which cell."""
    right = text()
    accented = right.replace("payerfsp,", "payerfsp,Soci\u00e9t\u00e9 G\u00e9n\u00e9rale ", 1).replace(
        "payerfsp,,", "x"
    )
    return [
        ("no bytes", b"", Kind.EMPTY, None),
        ("only blanks", b" \r\n\t\r\n ", Kind.EMPTY, None),
        ("separators only", b",\r\n,,\r\n,,,", Kind.EMPTY, None),
        ("bar for a separator", text("|").encode(), Kind.SEPARATOR, "B1"),
        ("two separators", right.replace("ID,7", "ID;,7").encode(), Kind.SEPARATOR, "B1"),
        ("no separator", b"Settlement ID 7\r\n", Kind.SEPARATOR, "B1"),
        ("a hint for one program", f"sep=,\r\n{right}".encode(), Kind.NO_SETTLEMENT_ID, "B1"),
        ("Western encoding", accented.encode("latin-1"), Kind.ENCODING, "A8"),
        ("two-byte encoding without its mark", right.encode("utf-16-le"), Kind.NOT_A_SPREADSHEET, None),
        ("two-byte encoding cut off", right.encode("utf-16")[:-1], Kind.ENCODING, "A12"),
        ("random bytes", bytes(range(1, 32)) * 9, Kind.NOT_A_SPREADSHEET, None),
        ("quotes that do not match", right.replace("2 11 payerfsp", '"2 11 payerfsp').encode(), Kind.QUOTES, "A8"),
        ("quote and more", right.replace("2 11 payerfsp", '"2 11" payerfsp').encode(), Kind.QUOTES, "A8"),
        ("newline in a cell", with_cell("A8", "2 11\npayerfsp"), Kind.NO_IDENTIFIERS, "A8"),
        ("formula", with_cell("C8", "=5000-D8"), Kind.NO_BALANCE, "C8"),
        ("command", with_cell("A8", "=cmd|'/c calc'!A1"), Kind.NO_IDENTIFIERS, "A8"),
        ("decimal comma", with_cell("C8", "4998,766", ";"), Kind.NO_BALANCE, "C8"),
        ("typographic minus", with_cell("D7", "\u22121.234"), Kind.NO_TRANSFER, "D7"),
        ("hard blank", with_cell("C8", "4\u00a0998.766"), Kind.NO_BALANCE, "C8"),
        ("unseen mark", with_cell("A8", "\ufeff2 11 payerfsp"), Kind.NO_IDENTIFIERS, "A8"),
        ("long cell", with_cell("C8", "9" * 1001), Kind.TOO_LONG, "C8"),
        ("longer cell", with_cell("C8", "9" * 200_000), Kind.QUOTES, "A8"),
        ("too many rows", (right + "9 9 dfsp9,,1,0\r\n" * 5000).encode(), Kind.TOO_MANY_ROWS, "A5001"),
        ("row twice", (right + right.splitlines()[-1]).encode(), Kind.ACCOUNT_TWICE, "A13"),
        ("huge", right.encode() + b"\r\n" * 1_000_001, Kind.TOO_LARGE, None),
    ]
