"""A report as a PDF to file: facts, tables and totals on A4, each page numbered, its end saying what it holds."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

from flask import render_template
from flask_babel import gettext as _

from microfrontends.reports.document import Document, NotWritable, Part
from microfrontends.reports.domain.definition import Column
from microfrontends.reports.formats.csv import FIGURES
from microfrontends.reports.formats.facts import fact_lines, total_text

TYPE = "application/pdf"
ROWS = 5000  # some hundred pages; whoever needs more needs a table, not a paper


def stream(document: Document, head: Callable[[Column], str]) -> Iterator[bytes]:
    """The file, whole: a page knows its number of pages only when all are set. Raises RuleBroken without WeasyPrint."""
    try:
        from weasyprint import HTML, URLFetcher
    except (ImportError, OSError) as problem:
        sentence = _("This portal writes no PDF: it was installed without WeasyPrint. Take another format.")
        raise NotWritable(sentence) from problem

    digest = sha256()
    tables = [_table(part, head, digest) for part in document.parts]
    document.seals.append(digest.hexdigest())
    page = render_template(
        "run/paper.html",
        title=document.label(document.report.title),
        document=document,
        facts=list(fact_lines(document, head)),
        tables=tables,
        hash=digest.hexdigest(),
    )
    # Nothing is fetched: a paper holds what the report holds.
    yield HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=())).write_pdf()


def _table(part: Part, head: Callable[[Column], str], digest: Any) -> dict[str, Any]:
    rows = []
    for columns in part.text_batches():
        for row in zip(*columns, strict=True):
            rows.append([said or "" for said in row])
            digest.update(("\t".join(rows[-1]) + "\n").encode())
    totals = [
        (currency, [total_text(part, currency, column) for column in part.query.columns]) for currency in part.totals
    ]
    heads = [(head(column), column.type in FIGURES) for column in part.query.columns]
    return {"title": part.query.title, "heads": heads, "rows": rows, "totals": totals}
