"""What docs/how-to/connect-keycloak.md tells its readers to do, for tests that do it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.messages import ROOT

PAGE: Final = ROOT / "docs" / "how-to" / "connect-keycloak.md"
REALM_FILE: Final = PAGE.with_name("hub-operators-realm.json")
KEYCLOAK_URL: Final = "https://keycloak.example"
PLACEHOLDER: Final = re.compile(r"\$\{([A-Z_]+)\}")


@dataclass(frozen=True)
class Row:
    """A row of a table of settings: what it is called in the realm's file, and what it shall be."""

    name: str
    value: str


def text() -> str:
    """The page."""
    return Path(PAGE).read_text("utf-8")


def commands() -> str:
    """What it says to type."""
    return text().split("```sh\n")[1].split("```")[0]


def examples() -> dict[str, str]:
    """The variables that are to be exported, with the page's examples for their values."""
    return dict(re.findall(r"\b([A-Z_]+)=(\S+)", commands()))


def settings() -> dict[str, str]:
    """The settings of the shell that it names."""
    return dict(re.findall(r"^(BIZOPS_[A-Z_]+)=(\S+)$", text(), re.MULTILINE))


def rows(heading: str) -> list[Row]:
    """The rows of the table whose third column has that heading."""
    table = text().split(f"| {heading} |")[1].split("\n\n")[0]
    return [Row(*found) for found in re.findall(r"^\|[^|]*\| `([^`]+)` \| `([^`]+)` \|", table, re.MULTILINE)]
