"""A report as a workbook: a sheet for each table, typed cells, frozen heads; sent while it is written.

No library fits: XlsxWriter takes many times the CPU and none of them sends before it has ended (decision 16). So the
few parts of Office Open XML that a sheet needs are written here, into a zip that never looks back.
"""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from microfrontends.reports.document import Document, Part
from microfrontends.reports.domain.definition import Column, ColumnType
from microfrontends.reports.formats import xlsx_parts as parts
from microfrontends.reports.formats.facts import fact_lines, total_lines, total_text
from microfrontends.reports.formats.xlsx_cells import cells, sum_cell, text_cell

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS = 1_048_576 - 2  # what a sheet holds beside its head and one line of totals
CHUNK = 64 * 1024
QUICK = 1  # of zlib's levels: a fifth larger than the usual one, in a third of its time


class _Sink:
    """Where the zip goes; it cannot be wound back, so zipfile writes sizes after the content."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def taken(self) -> bytes:
        said, self._pieces, self.size = b"".join(self._pieces), [], 0
        return said


def stream(document: Document, head: Callable[[Column], str]) -> Iterator[bytes]:
    """The file in pieces."""
    sink = _Sink()
    names = parts.sheet_names([document.label(part.query.title) for part in document.parts])
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=QUICK) as book:  # type: ignore[call-overload]
        for path, text in parts.fixed(names):
            book.writestr(zipfile.ZipInfo(path), text)
        for number, part in enumerate(document.parts, 1):
            digest = sha256()
            with book.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as sheet:
                for piece in _sheet(part, head):
                    digest.update(piece)
                    sheet.write(piece)
                    if sink.size >= CHUNK:
                        yield sink.taken()
            document.seals.append(digest.hexdigest())
        with book.open(f"xl/worksheets/sheet{len(names)}.xml", "w") as sheet:
            sheet.write(_about(document, head, list(zip(names, document.seals, strict=False))))
    yield sink.taken()


def _sheet(part: Part, head: Callable[[Column], str]) -> Iterator[bytes]:
    columns = part.query.columns
    yield parts.opening([_width(column) for column in columns]).encode()
    yield _row([text_cell(_over(column, head), bold=True) for column in columns])
    for values in part.batches():
        written = [cells(column, values[at], part.units(column, values)) for at, column in enumerate(columns)]
        yield "".join([f"<row>{''.join(row)}</row>" for row in zip(*written, strict=True)]).encode()
    for currency in part.totals:
        yield _row([_total(part, currency, column) for column in columns])
    yield parts.CLOSING.encode()


def _over(column: Column, head: Callable[[Column], str]) -> str:
    return f"{head(column)} (UTC)" if column.type is ColumnType.DATE_TIME else head(column)


def _total(part: Part, currency: str, column: Column) -> str:
    said = total_text(part, currency, column)
    if said:
        return sum_cell(said)
    keys = {each.currency for each in part.query.columns if each.total}
    return text_cell(currency, bold=True) if column.key in keys else "<c/>"


def _width(column: Column) -> int:
    return {ColumnType.MONEY: 18, ColumnType.DECIMAL: 18, ColumnType.INTEGER: 12, ColumnType.DATE_TIME: 22}.get(
        column.type, 28
    )


def _about(document: Document, head: Callable[[Column], str], hashes: Sequence[tuple[str, str]]) -> bytes:
    lines: list[Sequence[str]] = [(document.report.name, document.label(document.report.title))]
    lines += [("as of", document.moment), *((f"parameter {k}", v) for k, v in document.parameters.items())]
    lines += list(fact_lines(document, head))
    lines += [("total", *line) for line in total_lines(document, head)]
    lines += [("rows", str(document.count))]
    lines += [(f"sha-256 of sheet{at}.xml", said, name) for at, (name, said) in enumerate(hashes, 1)]
    rows = b"".join(_row([text_cell(said, bold=not at) for at, said in enumerate(line)]) for line in lines)
    return parts.opening([28, 70, 28], frozen=False).encode() + rows + parts.CLOSING.encode()


def _row(written: Sequence[str]) -> bytes:
    return f"<row>{''.join(written)}</row>".encode()
