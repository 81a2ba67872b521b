"""Installs what the tests need beside Python, begins to build what is built, or says what lacks."""

import os
import shutil
import subprocess
import sys
from ctypes.util import find_library
from typing import Any

from bff.access.tests import real_postgresql
from bff.change.tests import real_mariadb
from tests.parts import background, ran
from tests.parts.openid.keycloak import KEYCLOAK
from tests.parts.openid.second import SECOND

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str | None:
    """The path of a Chromium on this machine; None when there is none."""
    return os.environ.get("CHROMIUM") or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def install(package: str) -> bool:
    """Install a Debian package where this machine and this user can; whether it worked."""
    apt = shutil.which("apt-get")
    if not apt:
        return False
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if rights and not shutil.which("sudo"):
        return False
    options: dict[str, Any] = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    update = subprocess.run([*rights, apt, "update", "-qq"], check=False, **options)
    command = [*rights, apt, "install", "-y", "-qq", "--no-install-recommends", package]
    return update.returncode == 0 == subprocess.run(command, check=False, **options).returncode


def playwright_browser() -> bool:
    """Have Playwright fetch its own Chromium, where that works."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def node() -> str | None:
    """The path of a Node that is young enough for the examples (18); None when there is none."""
    path = shutil.which("node")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout if path else ""
    major = said.strip().removeprefix("v").partition(".")[0]
    return path if major.isdigit() and int(major) >= 18 else None


def identity_providers() -> None:
    """What Keycloak and the second OpenID provider are fetched with, and run on."""
    wanted = [("java", "openjdk-17-jre-headless", True), ("mvn", "maven", not KEYCLOAK.present)]
    wanted += [("npm", "npm", not SECOND.present)]
    for program, package, needed in wanted:
        if needed and not shutil.which(program) and not install(package):
            what = "The tests sign in at Keycloak and at npm's oidc-provider, which they fetch and run."
            sys.exit(f"{what} Install {program}, then run this again.")


def have_browser() -> None:
    """A browser, or an end with what to do."""
    if not browser() and not (install("chromium") and browser()) and not playwright_browser():
        sys.exit("The browser journeys need Chromium. Install it, or name one with CHROMIUM=/path/to/chromium.")


def parts() -> None:
    """Begin to make what is made while the tests run that do not need it."""
    ran.forget()
    identity_providers()
    if background.missing():
        for program, package in (("go", "golang-go"), ("gcc", "gcc")):
            if not shutil.which(program) and not install(package):
                sys.exit(f"Helm, Keto and Kubernetes are built with {program}. Install it, then run this again.")
        background.start()


def main() -> None:
    """Install what is missing: for all tests or, told `browser`, for journeys through somebody else's deployment."""
    if sys.argv[1:] == ["browser"]:
        have_browser()
        _ = shutil.which("ffmpeg") or install("ffmpeg")  # for videos of what fails; without it there are none
        return
    if sys.argv[1:] != ["bench"]:  # which measures, and is not to be disturbed
        parts()
    have_browser()
    if not shutil.which("redis-server") and not install("redis-server"):
        sys.exit("The session tests need a Redis server. Install redis-server, then run this again.")
    if not real_postgresql.program("postgres") and not install("postgresql"):
        sys.exit("The restore drill needs a PostgreSQL server. Install postgresql, then run this again.")
    if not real_mariadb.present() and not install("mariadb-server"):
        sys.exit("The report tests need a MariaDB server. Install mariadb-server, then run this again.")
    if not node() and not (install("nodejs") and node()):
        sys.exit("The example in another language needs Node 18 or newer. Install nodejs, then run this again.")
    if not find_library("pango-1.0") and not (install("libpango-1.0-0") and install("libpangoft2-1.0-0")):
        sys.exit("The PDF tests need Pango. Install libpango-1.0-0 and libpangoft2-1.0-0, then run this again.")


if __name__ == "__main__":
    main()
