"""What the shell's parts are told of a micro-frontend: its name, its address, and what it said of itself."""

from dataclasses import dataclass
from datetime import datetime

from bff.texts import in_language
from shell.connections import Origin
from shell.registry.manifests import ReadManifest


@dataclass(frozen=True, slots=True)
class MicroFrontend:
    """One registered app at one address, as it is known now."""

    name: str
    origin: Origin
    manifest: ReadManifest | None = None
    unavailable_since: datetime | None = None

    @property
    def mount(self) -> str:
        return f"/{self.name}"

    @property
    def upstream(self) -> str:
        """What is measured and broken by itself: one app at one address, `alpha@http://alpha:8001`."""
        return f"{self.name}@{self.origin.scheme}://{self.origin.authority}"

    def title_in(self, language: str) -> str:
        return in_language(self.manifest.title, language) if self.manifest else self.name.capitalize()

    def fallback_in(self, language: str) -> str:
        """What it wants said in its place; empty when it said nothing."""
        return in_language(self.manifest.fallback, language) if self.manifest and self.manifest.fallback else ""
