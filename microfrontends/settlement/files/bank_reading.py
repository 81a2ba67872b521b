"""What the settlement bank sent: a workbook or a text, told by its bytes. Anything else is refused."""

from microfrontends.settlement.domain.bank_file import Sheet
from microfrontends.settlement.domain.bank_findings import Kind, Unreadable
from microfrontends.settlement.files.csv_reading import read_csv
from microfrontends.settlement.files.xlsx_reading import read_xlsx

LARGEST_FILE = 2_000_000  # a report of 600 accounts weighs 30 kB
ZIP, COMPOUND = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PASSWORD = "EncryptedPackage".encode("utf-16-le")  # the stream in which Office hides a workbook with a password
OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"<", b"\x1f\x8b", b"7z")


def read(data: bytes) -> Sheet:
    """The report's cells. Raises Unreadable, whatever the bytes are."""
    if len(data) > LARGEST_FILE:
        raise Unreadable(Kind.TOO_LARGE, limit=LARGEST_FILE // 1_000_000)
    if not data.strip():
        raise Unreadable(Kind.EMPTY)
    if data.startswith(COMPOUND):
        raise Unreadable(Kind.ENCRYPTED if PASSWORD in data else Kind.OLD_BINARY)
    if data.startswith(OTHERS):
        raise Unreadable(Kind.NOT_A_SPREADSHEET)
    sheet = read_xlsx(data) if data.startswith(ZIP) else read_csv(data)
    if not sheet.cells:
        raise Unreadable(Kind.EMPTY)
    return sheet
