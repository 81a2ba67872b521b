"""Decides what the cluster's services register: each one with the label, at its own name and port, until it is gone."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from bff.change.audit import SYSTEM, AuditLog, Happening, Outcome
from bff.kubernetes import Cluster, Followed, Objects
from shell.registry.records import Record, Source
from shell.registry.registry import Registry
from shell.registry.store import Edit, Told
from shell.registry.upstream import now
from shell.settings import NAME, TAKEN

LABEL: Final = "bizops.io/microfrontend"
PORT: Final = "bizops.io/port"  # annotations: the port by its name or number, where it is not the one named http
SCHEME: Final = "bizops.io/scheme"
FOUND: Final = "shell.microfrontend_found"
GONE: Final = "shell.microfrontend_gone"
AGAIN_SECONDS: Final = 15.0  # how soon what could not be written is tried again

log = structlog.get_logger()


@dataclass(frozen=True)
class Service:
    """A service that says it is a micro-frontend."""

    name: str
    url: str
    created: str


class Discovery:
    """Follows the services of one namespace. Any number of processes may: what one has written, the others find so."""

    def __init__(self, registry: Registry, audit: AuditLog, cluster: Cluster) -> None:
        self._registry, self._audit = registry, audit
        path = f"/api/v1/namespaces/{cluster.namespace}/services"
        self._followed = Followed(cluster, path, self._take, selector=LABEL)
        self._wanted: Mapping[str, Service] | None = None
        self._wake, self._over = threading.Event(), False
        self._thread = threading.Thread(target=self._work, name="discovery", daemon=True)

    @property
    def problem(self) -> str:
        """Why the cluster cannot be followed now; empty while it can."""
        return self._followed.problem

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._followed.start()

    def stop(self) -> None:
        """End it."""
        self._over = True
        self._wake.set()
        self._followed.stop()
        self._thread.join()

    def _take(self, objects: Objects) -> None:
        self._wanted = services(objects)
        self._wake.set()

    def _work(self) -> None:
        while not self._over:
            self._wake.wait(AGAIN_SECONDS)
            self._wake.clear()
            try:
                if self._wanted is not None and not self._over:
                    self._reconcile(self._wanted)
            except Exception:  # the database may be away for a while; the next round tries again
                log.exception("discovery_not_written")

    def _reconcile(self, wanted: Mapping[str, Service]) -> None:
        _revision, kept = self._registry.store.load()
        for name, service in wanted.items():
            if name in self._registry.configured or (name in kept and kept[name].source is not Source.KUBERNETES):
                log.info("discovered_elsewhere", microfrontend=name, url=service.url)
            elif name not in kept or (kept[name].url, kept[name].gone_at) != (service.url, ""):
                self._write(name, _here(service), FOUND)
        for name, record in kept.items():
            if record.source is Source.KUBERNETES and name not in wanted and not record.gone_at:
                self._write(name, _gone, GONE)

    def _write(self, name: str, edit: Edit, action: str) -> None:
        before = self._registry.record(name)
        if not self._registry.change(name, edit, Told(action, SYSTEM.subject, SYSTEM.name)):
            return  # another process was first
        after = self._registry.record(name)
        facts = [{"url": record.url, "gone_at": record.gone_at} if record else {} for record in (before, after)]
        told = Happening(
            action=action, outcome=Outcome.DONE, target=f"microfrontend:{name}", before=facts[0], after=facts[1]
        )
        self._audit.attempt(told, SYSTEM)


def services(objects: Objects) -> dict[str, Service]:
    """The services that register something, by name. Of two with one name, the older: the other is named in the log."""
    found: dict[str, Service] = {}
    told = (service for item in objects.values() if (service := _service(item)))
    for service in sorted(told, key=lambda service: (service.created, service.url)):
        if service.name in found:
            log.warning("discovered_twice", microfrontend=service.name, url=service.url)
        found.setdefault(service.name, service)
    return found


def _service(item: Mapping[str, Any]) -> Service | None:
    metadata, spec = item["metadata"], item.get("spec") or {}
    name = str((metadata.get("labels") or {}).get(LABEL, ""))
    notes = metadata.get("annotations") or {}
    port = _port(spec.get("ports") or [], str(notes.get(PORT, "")))
    scheme = str(notes.get(SCHEME, "http"))
    if not NAME.fullmatch(name) or name in TAKEN or port is None or scheme not in ("http", "https"):
        log.warning("discovered_unfit", service=metadata.get("name"), microfrontend=name[:64])
        return None
    host = f"{metadata['name']}.{metadata['namespace']}.svc"
    usual = 443 if scheme == "https" else 80
    where = host if port == usual else f"{host}:{port}"
    return Service(name, f"{scheme}://{where}", str(metadata.get("creationTimestamp", "")))


def _port(ports: list[Mapping[str, Any]], wanted: str) -> int | None:
    """The port that is asked for; else the one named http, else the first."""
    if wanted.isdigit():
        return int(wanted)
    named = {str(port.get("name", "")): int(port["port"]) for port in ports}
    if wanted:
        return named.get(wanted)
    return named.get("http", next(iter(named.values()), None))


def _here(service: Service) -> Edit:
    def edit(before: Record | None) -> Record | None:
        if before is None:
            at = now().isoformat(timespec="seconds")
            return Record(service.name, service.url, Source.KUBERNETES, registered_at=at)
        if before.source is not Source.KUBERNETES:
            return before
        return replace(before, url=service.url, gone_at="")

    return edit


def _gone(before: Record | None) -> Record | None:
    if before is None or before.source is not Source.KUBERNETES or before.gone_at:
        return before
    return replace(before, gone_at=now().isoformat(timespec="seconds"))
