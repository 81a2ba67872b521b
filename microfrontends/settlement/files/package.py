"""Which .xlsx packages are opened: what one may contain and unpack to, decided before anything is unpacked."""

import posixpath
import struct
import zlib
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from microfrontends.settlement.domain.bank_findings import Kind, Unreadable
from microfrontends.settlement.files.xml_walk import walk

LARGEST_UNPACKED = 8_000_000
MOST_PARTS = 200
ENCRYPTED_BIT = 0x1
# All that the library raises for a package that is not one: each byte of it may be a stranger's.
BROKEN = (BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, LookupError, OverflowError)
MACROS = ("vbaproject.bin", "/macrosheets/", "/activex/", "/dialogsheets/")
EXTERNAL = ("/externallinks/", "xl/connections.xml", "/querytables/", "/embeddings/")


class Package:
    """The parts of one package. Every part is read at most once and never beyond what its directory says."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = ZipFile(BytesIO(data))
        except BROKEN as problem:
            raise Unreadable(Kind.DAMAGED) from problem
        parts = self._zip.infolist()
        self._names = {part.filename.lower(): part for part in parts}
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise Unreadable(Kind.UNPACKS_TOO_LARGE, limit=LARGEST_UNPACKED // 1_000_000)
        _checked(parts, self._names)

    def part(self, name: str) -> bytes:
        """The part. Raises Unreadable where it is missing or not what the directory says."""
        found = self._names.get(name.lower())
        if found is None:
            raise Unreadable(Kind.DAMAGED)
        try:
            # Asked for all of it, the library would first unpack whatever follows the size that the directory states.
            with self._zip.open(found) as packed:
                return packed.read(found.file_size)
        except BROKEN as problem:
            raise Unreadable(Kind.DAMAGED) from problem

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name.lower() in self._names

    def relations(self, source: str) -> dict[str, tuple[str, str]]:
        """What a part refers to inside the package: id, then kind and the part's name. `source` "" is the package."""
        folder, _, name = source.rpartition("/")
        found: dict[str, tuple[str, str]] = {}

        def begin(tag: str, attributes: dict[str, str]) -> None:
            if tag != "Relationship" or attributes.get("TargetMode") == "External":
                return
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, target.lstrip("/"))

        walk(self.part(posixpath.join(folder, "_rels", f"{name}.rels")), begin)
        return found


def _checked(parts: list[ZipInfo], names: dict[str, ZipInfo]) -> None:
    # Two parts of one name are read differently by different programs, so nobody can say what the bank saw.
    if len(names) != len(parts) or any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts):
        raise Unreadable(Kind.DAMAGED)
    if any(part.flag_bits & ENCRYPTED_BIT for part in parts):
        raise Unreadable(Kind.ENCRYPTED)
    if "[content_types].xml" not in names or "_rels/.rels" not in names:
        raise Unreadable(Kind.NOT_A_SPREADSHEET)
    if any(mark in f"/{name}" for name in names for mark in MACROS):
        raise Unreadable(Kind.MACROS)
    if any(mark in f"/{name}" for name in names for mark in EXTERNAL):
        raise Unreadable(Kind.EXTERNAL_LINKS)
