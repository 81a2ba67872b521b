"""Which sheet of a workbook is the bank's report, and what its cells say."""

from microfrontends.settlement.domain.bank_file import LONGEST_CELL, SHEET_NAME, Sheet
from microfrontends.settlement.domain.bank_findings import Kind, Unreadable
from microfrontends.settlement.files.package import Package
from microfrontends.settlement.files.xlsx_sheet import sheet_of
from microfrontends.settlement.files.xlsx_values import Shared, shows_date
from microfrontends.settlement.files.xml_walk import walk


def read_xlsx(data: bytes) -> Sheet:
    """The report in the workbook. Raises Unreadable."""
    package = Package(data)
    workbook = next((name for kind, name in package.relations("").values() if kind == "officeDocument"), "")
    if workbook.endswith(".bin"):
        raise Unreadable(Kind.OLD_BINARY)
    if not package.has(workbook):
        raise Unreadable(Kind.NOT_A_SPREADSHEET)
    relations = package.relations(workbook)
    parts = {kind: name for kind, name in relations.values() if kind in ("sharedStrings", "styles")}
    relation = _report(package.part(workbook))
    kind, name = relations.get(relation, ("", ""))
    if kind != "worksheet":
        raise Unreadable(Kind.WRONG_SHEET, wanted=SHEET_NAME)
    texts = _texts(package.part(parts["sharedStrings"])) if "sharedStrings" in parts else []
    dates = _dates(package.part(parts["styles"])) if "styles" in parts else []
    return sheet_of(package.part(name), Shared(texts, dates))


def _report(workbook: bytes) -> str:
    """The relation of the first sheet, which is the report. A hidden one is not what the bank meant to send."""
    sheets: list[dict[str, str]] = []
    roots: list[str] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        roots.append(tag)
        if tag == "sheet":
            sheets.append(attributes)

    walk(workbook, begin)
    if roots[0] != "workbook" or not sheets:
        raise Unreadable(Kind.NOT_A_SPREADSHEET)
    first, names = sheets[0], [sheet.get("name", "").casefold() for sheet in sheets]
    if first.get("state", "visible") != "visible" or SHEET_NAME.casefold() in names[1:]:
        raise Unreadable(Kind.WRONG_SHEET, wanted=SHEET_NAME)
    return first.get("id", "")


def _texts(part: bytes) -> list[str]:
    """The shared texts; runs of one text are joined, its pronunciation is left out."""
    texts: list[str] = []
    pieces: list[str] = []
    inside: list[str] = []

    def begin(tag: str, _attributes: dict[str, str]) -> None:
        inside.append(tag)
        if tag == "si":
            pieces.clear()

    def end(tag: str) -> None:
        inside.pop()
        if tag == "si":
            texts.append("".join(pieces)[: LONGEST_CELL + 1])

    def text(piece: str) -> None:
        if inside[-1] == "t" and "rPh" not in inside:
            pieces.append(piece)

    walk(part, begin, end, text)
    return texts


def _dates(part: bytes) -> list[bool]:
    """For each cell style, whether it shows a date."""
    codes: dict[str, str] = {}
    dates: list[bool] = []
    inside: list[str] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "xf" and inside[-1:] == ["cellXfs"]:
            number = attributes.get("numFmtId", "0")
            dates.append(shows_date(int(number) if number.isdecimal() else 0, codes.get(number, "")))
        inside.append(tag)

    def end(_tag: str) -> None:
        inside.pop()

    walk(part, begin, end)
    return dates
