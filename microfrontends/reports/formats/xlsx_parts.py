"""The parts of a workbook beside its rows: what it consists of, its styles, how a sheet begins and ends."""

import re
from collections.abc import Iterator, Sequence

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
CLOSING = "</sheetData></worksheet>"
LONGEST = 31  # letters of a sheet's name
# Numbers of styles, in the order in which `_styles` has them. FIGURES are by digits after the point.
BOLD, MOMENT = 1, 2
DEEPEST = 12  # digits after the point that have a format of their own
FIGURES = tuple(range(3, 4 + DEEPEST)) + (3 + DEEPEST,) * 30
BOLD_FIGURES = tuple(range(4 + DEEPEST, 5 + 2 * DEEPEST)) + (4 + 2 * DEEPEST,) * 30
WHOLE = (5 + 2 * DEEPEST,)
ABOUT = "About"


def fixed(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Path and content of each part but the sheets, the content types first."""
    numbers = range(1, len(names) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{SHEET}.worksheet+xml"/>' for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{XML}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{SHEET}.styles+xml"/>{overrides}</Types>',
    )
    yield "_rels/.rels", _relationships([("officeDocument", "xl/workbook.xml")])
    sheets = "".join(f'<sheet name="{_attribute(names[n - 1])}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    yield (
        "xl/workbook.xml",
        f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>',
    )
    related = [("worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
    yield "xl/_rels/workbook.xml.rels", _relationships([*related, ("styles", "styles.xml")])
    yield "xl/styles.xml", _styles()


def sheet_names(titles: Sequence[str]) -> list[str]:
    """Names that a workbook takes, none twice, and one more for the sheet that says what the file holds."""
    names: list[str] = []
    for title in [*titles, ABOUT]:
        plain = re.sub(r"[\[\]:*?/\\]", " ", title).strip("' ") or "Sheet"
        name, number = plain[:LONGEST], 2
        while name.lower() in [each.lower() for each in names]:
            name, number = f"{plain[: LONGEST - 4]} {number}", number + 1
        names.append(name)
    return names


def opening(widths: Sequence[int], frozen: bool = True) -> str:
    """How a sheet begins, its first row held in place."""
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if frozen else ""
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, 1)
    )
    return (
        f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>"
    )


def _styles() -> str:
    patterns = ["#,##0" + ("." + "0" * digits if digits else "") for digits in range(DEEPEST + 1)]
    formats = ["yyyy-mm-dd hh:mm:ss", *patterns, "0"]
    numbers = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{code}"/>' for n, code in enumerate(formats))
    figures = [(165 + digits, 0) for digits in range(DEEPEST + 1)]
    used = [(0, 0), (0, 1), (164, 0), *figures, *((number, 1) for number, _ in figures), (164 + len(formats) - 1, 0)]
    styles = "".join(
        f'<xf numFmtId="{number}" fontId="{font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"'
        f' applyFont="1"/>'
        for number, font in used
    )
    font = '<sz val="11"/><name val="Calibri"/>'
    return (
        f'{XML}<styleSheet xmlns="{MAIN}"><numFmts count="{len(formats)}">{numbers}</numFmts>'
        f'<fonts count="2"><font>{font}</font><font><b/>{font}</font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(used)}">{styles}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    found = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{found}</Relationships>'


def _attribute(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
