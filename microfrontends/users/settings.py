"""What this app must be told besides what every app knows: where people are listed, and where participants are."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from bff import Settings, setting

KINDS = ("scim", "keycloak")


@dataclass(frozen=True, kw_only=True)
class UsersSettings(Settings):
    """The settings of the users micro-frontend."""

    directory_url: str = setting(
        "The identity provider's directory of people: its SCIM 2.0 base URL, or the admin URL of a Keycloak realm."
    )
    directory_kind: str = setting("What the directory speaks: scim or keycloak.", default="scim")
    dormant_days: int = setting("An account that nobody signed in with for so many days is dormant.", default=90)
    microfrontends: str = setting(
        "The apps whose permissions and menus are told in words, also the shell: name=URL, separated by spaces.",
        default="",
    )
    hub_ledger_url: str = setting("Base URL of the hub's central-ledger admin API.")

    def origins(self) -> dict[str, str]:
        """Where each app's manifest is. Raises ValueError for what is no name=URL."""
        pairs = [item.partition("=") for item in self.microfrontends.split()]
        wrong = [name for name, _, url in pairs if urlsplit(url).scheme not in ("http", "https") or not name]
        if wrong:
            raise ValueError(f"{wrong[0]!r} lacks a URL; write name=URL")
        return {name: url for name, _, url in pairs}

    def problems(self) -> list[str]:
        """What is wrong with values that are well-formed one by one."""
        found = super().problems()
        if self.directory_kind not in KINDS:
            found.append(f"BIZOPS_DIRECTORY_KIND is {self.directory_kind!r}; use one of {', '.join(KINDS)}.")
        try:
            self.origins()
        except ValueError as problem:
            found.append(f"BIZOPS_MICROFRONTENDS: {problem}.")
        return found
