"""The catalogue as it is now: what each source holds, read again when it changes; what is not fit is never served."""

import re
import threading
from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence, ValuesView
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

import structlog

from microfrontends.reports.report_file import BadReport, Entry, read_text
from microfrontends.reports.sources.source import Source, SourceAway, Texts

EVERY_S = 1.0
_RIGHTS = re.compile(r"\b(?:permission|scope)[\"']?\s*:[^\n]*")
log = structlog.get_logger()


@dataclass(frozen=True)
class Fault:
    """Why a file's text is not served as it stands."""

    line: int
    reason: str
    further: Sequence["Fault"] = ()

    @property
    def every(self) -> list["Fault"]:
        """This and all further ones, by line."""
        return sorted((self, *self.further), key=lambda each: each.line)


@dataclass(frozen=True)
class Listed:
    """One file of a source. `entry`: what is served of it, its last good copy where `fault` says that it is not fit."""

    source: str
    file: str
    text: str = ""
    entry: Entry | None = None
    fault: Fault | None = None
    loaded: datetime | None = None  # when `entry` was

    @property
    def stem(self) -> str:
        """Its name without what says that it is YAML."""
        return self.file.removesuffix(".yaml").removesuffix(".yml")


@dataclass(frozen=True)
class Shelved:
    """All that there is at one moment."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    files: Sequence[Listed] = ()
    away: Mapping[str, str] = field(default_factory=dict)  # why, by source


class Live(Mapping[str, Entry]):
    """Reports by name. Whoever goes through `values()` sees one moment, whatever changes meanwhile."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources, self._now = list(sources), Shelved()
        self._seen: dict[str, object] = {}
        self._changed: Callable[[], None] = lambda: None
        self._lock, self._wake, self._stopped = threading.Lock(), threading.Event(), False
        self.refresh()

    @property
    def now(self) -> Shelved:
        """What there is, and what is wrong with it."""
        return self._now

    @property
    def sources(self) -> list[str]:
        """Their names, the one that wins first."""
        return [source.name for source in self._sources]

    def refresh(self) -> bool:
        """Read again what may have changed, and tell of it; whether anything has."""
        with self._lock:
            seen = {source.name: source.version() for source in self._sources}
            if seen == self._seen:
                return False
            before = {(listed.source, listed.file): listed for listed in self._now.files}
            files: list[Listed] = []
            away: dict[str, str] = {}
            for source in self._sources:
                try:
                    files += _read(source.name, source.texts(), before)
                except SourceAway as problem:
                    away[source.name] = str(problem)
                    files += [listed for listed in self._now.files if listed.source == source.name]
            self._seen, self._now = seen, _shelved(files, away)
            self._changed()
        return True

    def watch(self, changed: Callable[[], None], every: float = EVERY_S) -> None:
        """Look every second for changes, in a thread of its own, and tell of each."""
        self._changed = changed
        threading.Thread(target=self._watch, args=(every,), name="report-sources", daemon=True).start()

    def look(self) -> None:
        """Look at once."""
        self._wake.set()

    def stop(self) -> None:
        """Look no more."""
        self._stopped = True
        self._wake.set()

    def _watch(self, every: float) -> None:
        while not self._stopped:
            self._wake.wait(every)
            self._wake.clear()
            try:
                self.refresh()
            except Exception:  # whatever it is: without this thread nothing would change any more
                log.exception("report_sources_not_read")

    def __getitem__(self, name: str) -> Entry:
        return self._now.entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now.entries)

    def __len__(self) -> int:
        return len(self._now.entries)

    def values(self) -> ValuesView[Entry]:
        """Of one moment."""
        return self._now.entries.values()

    def items(self) -> ItemsView[str, Entry]:
        """Of one moment."""
        return self._now.entries.items()


def _read(source: str, texts: Texts, before: Mapping[tuple[str, str], Listed]) -> Iterator[Listed]:
    for file in sorted({*texts.files, *texts.unreadable}):
        last = before.get((source, file), Listed(source, file))
        if file in texts.unreadable:
            yield replace(last, fault=Fault(1, texts.unreadable[file]))
            continue
        text = texts.files[file]
        try:
            entry = read_text(file, text, texts.names)
        except BadReport as problem:
            log.warning("report_refused", source=source, file=file, line=problem.line, reason=problem.reason)
            kept = last if _same_rights(last.text, text) else Listed(source, file)
            further = [Fault(each.line, each.reason) for each in problem.further]
            yield replace(kept, text=text, fault=Fault(problem.line, problem.reason, further))
        else:
            loaded = last.loaded if last.entry is entry else datetime.now(UTC)
            yield Listed(source, file, text, entry, None, loaded)


def _same_rights(before: str, now: str) -> bool:
    """Whether the last good copy may be served: not when the unfit text says otherwise who may read it."""
    return _RIGHTS.findall(before) == _RIGHTS.findall(now)


def _shelved(files: Sequence[Listed], away: Mapping[str, str]) -> Shelved:
    """The first that has a name, or a path, keeps it."""
    entries: dict[str, Entry] = {}
    names: dict[str, Listed] = {}
    paths: dict[str, Listed] = {}
    listed = []
    for each in files:
        report = each.entry.report if each.entry else None
        other = (names.get(report.name) or paths.get(report.path)) if report else None
        if each.entry and report and other is None:
            entries[report.name], names[report.name], paths[report.path] = each.entry, each, each
        elif report and other:
            what = f"the report {report.name}" if report.name in names else f"the endpoint.path of {report.name}"
            told = f"{what} is already that of {other.file} ({other.source}); choose another"
            each = replace(each, entry=None, loaded=None, fault=Fault(1, told))
        listed.append(each)
    return Shelved(MappingProxyType(entries), tuple(listed), dict(away))
