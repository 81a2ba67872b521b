"""`MojaloopReport` objects of a namespace of the cluster, followed as they change."""

from collections.abc import Callable, Hashable

from bff.kubernetes import Cluster, Followed, Objects
from bff.resource_text import written
from microfrontends.reports import sql_names
from microfrontends.reports.sources.source import SourceAway, Texts


class ClusterReports:
    """The objects of a namespace, as texts."""

    name = "Kubernetes"

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._objects: Objects | None = None
        self._turn = 0
        self._changed: Callable[[], None] = lambda: None
        path = f"/apis/mojaloop.io/v1/namespaces/{namespace}/mojaloopreports"
        self._followed = Followed(cluster, path, self._take)

    def start(self, changed: Callable[[], None]) -> None:
        """Begin to follow them; `changed` is called after each change, in the thread that follows."""
        self._changed = changed
        self._followed.start()

    def stop(self) -> None:
        """Follow them no more."""
        self._followed.stop()

    def version(self) -> Hashable:
        """Counts changes; trouble is one too, for it is shown."""
        return self._turn, self._followed.problem

    def texts(self) -> Texts:
        """As `Source` has it. What was heard before the cluster went away stays."""
        if self._followed.problem:
            raise SourceAway(self._followed.problem)
        if self._objects is None:
            raise SourceAway("it was not heard of yet")
        named = {str(told["metadata"]["name"]): told for told in self._objects.values()}
        return Texts({f"{name}.yaml": written(told) for name, told in named.items()}, sql_names.hub(), {})

    def _take(self, objects: Objects) -> None:
        self._objects = objects
        self._turn += 1
        self._changed()
