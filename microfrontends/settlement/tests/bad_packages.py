"""Files that are no workbook, or one that means harm: built byte by byte, because no spreadsheet would write them."""

import re
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

from bff.money import scale
from microfrontends.settlement.domain.bank_file import FIRST_ROW
from microfrontends.settlement.domain.bank_findings import Kind
from microfrontends.settlement.domain.initiation import initiation
from microfrontends.settlement.files.bank_report import workbook_of
from microfrontends.settlement.tests.bad_workbooks import Bad
from microfrontends.settlement.tests.settled_books import answer, balance, settlement

SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><worksheet>&d;</worksheet>'
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><worksheet>&f;</worksheet>'
FIRST_BALANCE = b'<c r="C7">'
BLANK_BALANCE = re.compile(rb'<c r="C([0-9]+)" s="[0-9]+"/>')


def repacked(change: Callable[[dict[str, bytes]], object], method: int = ZIP_DEFLATED) -> bytes:
    """The report as it was sent, with numbers for balances, its parts changed."""
    report = workbook_of(initiation(settlement(), {}, scale), "UTC")
    with ZipFile(BytesIO(report)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts[SHEET] = BLANK_BALANCE.sub(_filled, parts[SHEET])
    change(parts)
    out = BytesIO()
    with ZipFile(out, "w", method) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return out.getvalue()


def _filled(cell: re.Match[bytes]) -> bytes:
    key = (13, 11, 9, 7, 5, 3)[int(cell[1]) - FIRST_ROW]
    return b'<c r="C%s"><v>%s</v></c>' % (cell[1], str(balance(key)).encode())


def with_part(name: str, data: bytes) -> bytes:
    """The right answer with one part more, or another one in its place."""
    return repacked(lambda parts: parts.__setitem__(name, data))


def with_balance(cell: bytes) -> bytes:
    """The right answer with this for the cell C7, as the file stores it."""

    def change(parts: dict[str, bytes]) -> None:
        before, _, after = parts[SHEET].partition(FIRST_BALANCE)
        parts[SHEET] = before + cell + after.partition(b"</c>")[2]

    return repacked(change)


def bomb(unpacked_mb: int, stated: int | None = None) -> bytes:
    """A package whose sheet unpacks to so much; its directory may state otherwise. About 1 kB for each MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    data, name = block * unpacked_mb + b"\x03\x00", SHEET.encode()
    size = unpacked_mb * 1_000_000 if stated is None else stated
    sizes = struct.pack("<III", 0, len(data), size)
    local = struct.pack("<IHHHHH", 0x04034B50, 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", len(name), 0) + name
    entry = struct.pack("<IHHHHHH", 0x02014B50, 20, 20, 0, 8, 0, 0) + sizes
    entry += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(entry), len(local) + len(data), 0)
    return local + data + entry + end


def lying_bomb() -> bytes:
    """A right answer whose sheet goes on for a hundred megabytes after what the directory states."""
    whole = answer()
    with ZipFile(BytesIO(whole)) as package:
        parts = {name: package.read(name) for name in package.namelist() if name != SHEET}
    out = BytesIO(bomb(100, 1000))
    with ZipFile(out, "a") as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return out.getvalue()


def doubled() -> bytes:
    """Two parts of one name but for its case: one reader takes the first, another the last."""
    return with_part(SHEET.upper(), b"<worksheet/>")


def with_password_on_parts() -> bytes:
    """The mark that parts are encrypted, in the directory of a right answer."""
    data = bytearray(answer())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def cells(count: int) -> bytes:
    """A sheet of so many cells."""
    return b"<worksheet><sheetData><row>" + b"<c/>" * count + b"</row></sheetData></worksheet>"


def shared(text: bytes) -> bytes:
    """A right answer whose balance in C7 is a shared text."""

    def change(parts: dict[str, bytes]) -> None:
        count = parts[STRINGS].count(b"<si>")
        parts[STRINGS] = parts[STRINGS].replace(b"</sst>", b"<si><t>" + text + b"</t></si></sst>")
        before, _, after = parts[SHEET].partition(FIRST_BALANCE)
        parts[SHEET] = before + b'<c r="C7" t="s"><v>%d</v></c>' % count + after.partition(b"</c>")[2]

    return repacked(change)


def binary_workbook(parts: dict[str, bytes]) -> None:
    """What .xlsb has in place of XML."""
    parts["xl/workbook.bin"] = parts.pop(BOOK)
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"workbook.xml", b"workbook.bin")


def word_document(parts: dict[str, bytes]) -> None:
    """Another kind of Office file."""
    parts[BOOK] = b"<document/>"


def twice_told(parts: dict[str, bytes]) -> None:
    """C7 once more, with other money in it."""
    parts[SHEET] = parts[SHEET].replace(b"</row>", b'<c r="C7"><v>1</v></c></row>', 7)


def bad_packages() -> list[Bad]:
    """What is wrong, the file, the finding that it must lead to, and at which cell."""
    return [*_cells(), *_harmful(), *_locked(), *_broken()]


def _cells() -> list[Bad]:
    return [
        ("number NaN", with_balance(b'<c r="C7"><v>NaN</v></c>'), Kind.NO_BALANCE, "C7"),
        ("number INF", with_balance(b'<c r="C7"><v>INF</v></c>'), Kind.NO_BALANCE, "C7"),
        ("number -0", with_balance(b'<c r="C7"><v>-0</v></c>'), Kind.NO_BALANCE, "C7"),
        ("ISO date", with_balance(b'<c r="C7" t="d"><v>2026-11-07</v></c>'), Kind.DATE, "C7"),
        ("formula with the right result", with_balance(b'<c r="C7"><f>1</f><v>5001.234</v></c>'), Kind.FORMULA, "C7"),
        ("text that is not there", with_balance(b'<c r="C7" t="s"><v>999</v></c>'), Kind.DAMAGED, None),
        ("style that is not there", with_balance(b'<c r="C7" s="999"><v>1</v></c>'), Kind.DAMAGED, None),
        ("cell in another row", with_balance(b'<c r="C9"><v>1</v></c>'), Kind.DAMAGED, None),
        ("cell told twice", repacked(twice_told), Kind.DAMAGED, None),
    ]


def _harmful() -> list[Bad]:
    return [
        ("long cell", shared(b"x" * 40_000), Kind.TOO_LONG, "C7"),
        (
            "long cell of its own",
            with_balance(b'<c r="C7" t="str"><v>' + b"x" * 2000 + b"</v></c>"),
            Kind.TOO_LONG,
            "C7",
        ),
        ("cell of 10 MB", shared(b"x" * 10_000_000), Kind.UNPACKS_TOO_LARGE, None),
        ("a million cells", with_part(SHEET, cells(1_000_000)), Kind.TOO_COMPLEX, None),
        ("nested without end", with_part(SHEET, b"<a>" * 5000 + b"</a>" * 5000), Kind.TOO_COMPLEX, None),
        ("zip bomb of 1 MB", bomb(1000), Kind.UNPACKS_TOO_LARGE, None),
        ("zip bomb that lies", lying_bomb(), Kind.DAMAGED, None),
        (
            "thousand parts",
            repacked(lambda parts: parts.update({f"x/{n}": b"" for n in range(999)})),
            Kind.UNPACKS_TOO_LARGE,
            None,
        ),
        ("entity bomb", with_part(SHEET, LAUGHS), Kind.ENTITIES, None),
        ("external entity", with_part(SHEET, OUTSIDE), Kind.ENTITIES, None),
    ]


def _locked() -> list[Bad]:
    return [
        ("password", COMPOUND + "EncryptedPackage".encode("utf-16-le"), Kind.ENCRYPTED, None),
        ("password on parts", with_password_on_parts(), Kind.ENCRYPTED, None),
        ("old binary .xls", COMPOUND + "Workbook".encode("utf-16-le"), Kind.OLD_BINARY, None),
        ("binary .xlsb", repacked(binary_workbook), Kind.OLD_BINARY, None),
        ("macros", with_part("xl/vbaProject.bin", b"x"), Kind.MACROS, None),
        ("old macro sheet", with_part("xl/macrosheets/sheet1.xml", b"<x/>"), Kind.MACROS, None),
        ("link to another file", with_part("xl/externalLinks/externalLink1.xml", b"<x/>"), Kind.EXTERNAL_LINKS, None),
        ("connection to a database", with_part("xl/connections.xml", b"<x/>"), Kind.EXTERNAL_LINKS, None),
    ]


def _broken() -> list[Bad]:
    return [
        ("truncated", answer()[:-900], Kind.DAMAGED, None),
        ("overwritten", answer().replace(b"\x4b\x05\x06", b"\x00\x00\x00"), Kind.DAMAGED, None),
        ("unusual compression", repacked(lambda _parts: None, ZIP_BZIP2), Kind.DAMAGED, None),
        ("parts of one name", doubled(), Kind.DAMAGED, None),
        ("not XML", with_part(SHEET, b"A7;2 3 payerfsp"), Kind.DAMAGED, None),
        ("no sheet", repacked(lambda parts: parts.pop(SHEET)), Kind.DAMAGED, None),
        ("another Office file", repacked(word_document), Kind.NOT_A_SPREADSHEET, None),
        ("an archive", repacked(lambda parts: parts.pop("[Content_Types].xml")), Kind.NOT_A_SPREADSHEET, None),
        ("a PDF", b"%PDF-1.7\n1 0 obj", Kind.NOT_A_SPREADSHEET, None),
        ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(64), Kind.NOT_A_SPREADSHEET, None),
        ("a web page", b"<html><table><tr><td>Settlement ID</td><td>7</td></tr></table>", Kind.NOT_A_SPREADSHEET, None),
        ("huge", answer() + bytes(2_000_000), Kind.TOO_LARGE, None),
    ]
