"""Who walks the journeys: a user per role, named by the environment when the portal is not the sandbox."""

import os
import re
from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True)
class Person:
    """A user of the deployment under test."""

    username: str
    password: str


def person(role: str, username: str) -> Person:
    """The user for a role: `E2E_OPERATOR_USER` and `E2E_OPERATOR_PASSWORD`, else the sandbox's own."""
    prefix = f"E2E_{role.upper()}"
    return Person(os.environ.get(f"{prefix}_USER", username), os.environ.get(f"{prefix}_PASSWORD", "bizops"))


OPERATOR = person("operator", "olivia")
MANAGER = person("manager", "marcus")
FINANCE_MANAGER = person("finance_manager", "fatima")
AUDITOR = person("auditor", "ada")
PLATFORM = person("platform", "paula")
DFSP = person("dfsp", "ravi")


def sign_in(page: Page, who: Person) -> None:
    """Fill in the provider's login page, the sandbox's or another that names its fields alike, and send it."""
    page.get_by_label(re.compile("user ?name", re.IGNORECASE)).fill(who.username)
    page.get_by_label("Password", exact=True).fill(who.password)
    page.get_by_role("button", name=re.compile("^sign in$", re.IGNORECASE)).click()
