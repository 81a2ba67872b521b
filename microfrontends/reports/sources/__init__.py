"""Where report files come from: the catalogue, a site's folder, installed packages, a cluster; all of them live."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from bff.kubernetes import Cluster
from microfrontends.reports.catalogue import STANDARD
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.sources import packages
from microfrontends.reports.sources.folder import Folder
from microfrontends.reports.sources.kubernetes import ClusterReports
from microfrontends.reports.sources.live import Live


@dataclass(frozen=True)
class Sources:
    """The live catalogue of an app, and what must be started for it to stay live."""

    live: Live
    clusters: tuple[ClusterReports, ...] = ()
    changing: bool = False  # whether anything can change while the app runs

    @classmethod
    def of(cls, settings: ReportsSettings, cluster: Cluster | None = None) -> "Sources":
        """As the settings say; `cluster` is the one of this pod unless given. Raises ClusterError outside of one.

        Of two files with one name that of the first source wins: ours, the site's folder, packages, the cluster.
        """
        folders = [Folder("catalogue", STANDARD)]
        if settings.reports_dir:
            folders.append(Folder("folder", settings.reports_dir))
        clusters: tuple[ClusterReports, ...] = ()
        if settings.reports_namespace:
            clusters = (ClusterReports(cluster or Cluster.of_pod(os.environ), settings.reports_namespace),)
        live = Live([*folders, *packages.folders(), *clusters])
        return cls(live, clusters, bool(settings.reports_dir or clusters))

    def watch(self, changed: Callable[[], None]) -> None:
        """Tell of every change of the catalogue from now on."""
        for each in self.clusters:
            each.start(self.live.look)
        if self.changing:
            self.live.watch(changed)

    def stop(self) -> None:
        """Watch no more."""
        for each in self.clusters:
            each.stop()
        self.live.stop()
