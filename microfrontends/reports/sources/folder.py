"""A folder of report files: the packaged catalogue, a site's mounted folder, the folder of an installed package."""

from collections.abc import Hashable, Iterator
from contextlib import suppress
from pathlib import Path

from microfrontends.reports import sql_names
from microfrontends.reports.sources.source import SourceAway, Texts

LARGEST = 1_000_000  # bytes of a report file
TABLES = "tables.json"


class Folder:
    """The `*.yaml` and `*.yml` files of a folder, and its `tables.json`."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self._path = name, path
        self._tables: tuple[str, sql_names.Names] = ("", sql_names.hub())

    def version(self) -> Hashable:
        """Name, time and size of each file. A mounted ConfigMap is a link that is swapped: followed."""
        return self._path.is_dir(), *sorted(self._seen())

    def texts(self) -> Texts:
        """As `Source` has it."""
        files, unreadable = {}, {}
        if not self._path.is_dir():
            raise SourceAway("the folder is not there")
        for path in self._paths():
            try:
                if path.stat().st_size > LARGEST:
                    unreadable[path.name] = f"larger than {LARGEST} bytes"
                else:
                    files[path.name] = path.read_text("utf-8")
            except UnicodeDecodeError as problem:
                unreadable[path.name] = f"not UTF-8 at byte {problem.start}"
            except OSError as problem:
                unreadable[path.name] = str(problem.strerror)
        return Texts(files, self._names(), unreadable)

    def _seen(self) -> Iterator[tuple[str, int, int]]:
        for path in (*self._paths(), self._path / TABLES):
            with suppress(OSError):
                told = path.stat()
                yield path.name, told.st_mtime_ns, told.st_size

    def _paths(self) -> list[Path]:
        with suppress(OSError):
            return sorted(path for path in self._path.iterdir() if path.suffix in (".yaml", ".yml"))
        return []

    def _names(self) -> sql_names.Names:
        # The same object as long as the text is the same: reports that were read with it need not be read again.
        path = self._path / TABLES
        try:
            text = path.read_text("utf-8") if path.exists() else ""
            if text != self._tables[0]:
                self._tables = (text, sql_names.beside(path))
        except (OSError, ValueError, AttributeError) as problem:
            raise SourceAway(f"{TABLES}: {problem}") from problem
        return self._tables[1]
