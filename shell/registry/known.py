"""What the shell's parts are told of a micro-frontend: its name, its address, and what it said of itself."""

from dataclasses import dataclass, field
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
    # What is measured and broken by itself: one app at one address, `alpha@http://alpha:8001`.
    upstream: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "upstream", f"{self.name}@{self.origin.scheme}://{self.origin.authority}")

    @property
    def mount(self) -> str:
        return f"/{self.name}"

    def title_in(self, language: str) -> str:
        return in_language(self.manifest.title, language) if self.manifest else self.name.capitalize()

    def fallback_in(self, language: str) -> str:
        """What it wants said in its place; empty when it said nothing."""
        return in_language(self.manifest.fallback, language) if self.manifest and self.manifest.fallback else ""
