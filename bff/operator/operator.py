"""The operator: follows the kinds, and at every change looks at all there is, so that nothing depends on order."""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import structlog

from bff.access import files
from bff.access.check import Vocabulary
from bff.access.holding import Assignments
from bff.contract.resources import GROUP, VERSION, Kind
from bff.errors import StoreUnavailable
from bff.kubernetes import Cluster, ClusterError, Followed, Objects
from bff.operator.verdicts import Phase, Verdict, judge
from bff.operator.writing import Writer

OURS: Final = frozenset({files.ROLE, files.EXCLUSIONS, files.POLICY})
AGAIN_S: Final = 15.0  # how soon what could not be written, or checked, is tried again
log = structlog.get_logger()


class Operator:
    """Reconciles the objects of one namespace into the ConfigMap `target`."""

    def __init__(
        self,
        cluster: Cluster,
        target: str,
        kinds: tuple[Kind, ...],
        vocabularies: Mapping[str, Vocabulary],
        store: Assignments | None = None,
    ) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._target, self._known, self._store = target, vocabularies, store
        self._writer = Writer(cluster, cluster.namespace)
        self._objects: dict[str, Objects] = {}
        self._wake, self._over = threading.Event(), threading.Event()
        self._followed = [Followed(cluster, self._path(cluster, kind), self._taker(kind)) for kind in kinds]

    def run(self, beat: Callable[[], None] = lambda: None) -> None:
        """Until `stop`. `beat` is called at every turn."""
        for each in self._followed:
            each.start()
        while not self._over.is_set():
            beat()
            self._wake.wait(AGAIN_S)
            self._wake.clear()
            if len(self._objects) == len(self._kinds) and not self._over.is_set():
                try:
                    self.reconcile()
                except ClusterError as problem:
                    log.warning("operator_not_done", problem=str(problem))
                except Exception:  # whatever it is: the next turn may go well, and without this thread none would come
                    log.exception("operator_failed")
        for each in self._followed:
            each.stop()

    def stop(self) -> None:
        """End it, from another thread or a signal."""
        self._over.set()
        self._wake.set()

    def reconcile(self) -> None:
        """Publish what is fit as a whole, and answer for every object. Raises ClusterError."""
        told = {name: dict(objects) for name, objects in self._objects.items()}
        self._roles({f"{name} {key}": each for name in OURS & told.keys() for key, each in told[name].items()})
        for name, objects in told.items():
            problems = self._kinds[name].problems
            if problems and objects:
                unfit = problems(objects)
                for key, each in objects.items():
                    phase = Phase.INVALID if key in unfit else Phase.VALIDATED
                    self._writer.say(self._kinds[name].plural, each, Verdict(phase, unfit.get(key, "")))

    def _roles(self, objects: Objects) -> None:
        if not objects:
            self._begin()
            return
        try:
            holdings = self._store.holdings() if self._store else None
        except StoreUnavailable as away:
            # Not "nobody holds anything": that would let every set pass.
            log.warning("operator_store_away", problem=str(away))
            return
        judged = judge(objects, self._known, holdings)
        if judged.texts and judged.texts != self._writer.published(self._target):
            self._writer.publish(self._target, judged.texts)
            log.info("roles_published", files=sorted(judged.texts))
        for key, verdict in judged.verdicts.items():
            if self._writer.say(self._kinds[objects[key]["kind"]].plural, objects[key], verdict):
                log.info("resource_judged", resource=key, phase=str(verdict.phase), message=verdict.message)

    def _begin(self) -> None:
        """Before anybody has written a role: the standard ones. Later on, what was in force stays."""
        if self._writer.published(self._target) is None:
            standard = {path.name: path.read_text("utf-8") for path in sorted(files.STANDARD.glob("*.yaml"))}
            self._writer.publish(self._target, standard)
            log.info("roles_published", files=sorted(standard))

    def _path(self, cluster: Cluster, kind: Kind) -> str:
        return f"/apis/{GROUP}/{VERSION}/namespaces/{cluster.namespace}/{kind.plural}"

    def _taker(self, kind: Kind) -> Callable[[Objects], None]:
        def take(objects: Objects) -> None:
            # Of a list's items an API server leaves out what they are.
            told = {"apiVersion": f"{GROUP}/{VERSION}", "kind": kind.name}
            self._objects[kind.name] = {key: {**told, **each} for key, each in objects.items()}
            self._wake.set()

        return take


def beat_into(path: Path | None) -> Callable[[], None]:
    """Writes the time into a file, for whoever watches whether the operator lives."""

    def beat() -> None:
        if path:
            path.write_text(str(time.time()), "utf-8")

    return beat
