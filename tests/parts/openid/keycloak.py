"""A real Keycloak from Maven Central, started with a realm file as its operators would start it."""

import json
import os
import shlex
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests

from tests.parts.cache import Making, Tool, awaited
from tests.parts.openid import how_to
from tests.parts.ran import ran
from tests.parts.servers import Ports, serving

VERSION: Final = "26.7.3"  # of this line Java 17 is enough
NAME: Final = f"keycloak-{VERSION}"
ADMINISTRATOR: Final = "admin"
# Less memory and less compiling: it lives for a minute.
JAVA: Final = "-Xmx512m -XX:TieredStopAtLevel=1"


def unpacked(making: Making) -> None:
    """Fetch it, settle what it settles before its first start, and make its database with an administrator in it."""
    artifact = f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
    making.run("mvn", "--batch-mode", "--quiet", "dependency:unpack", artifact, f"-DoutputDirectory={making.folder}")
    shutil.rmtree(making.folder / "${project.basedir}", ignore_errors=True)  # where Maven notes what it has unpacked
    program = str(making.folder / NAME / "bin" / "kc.sh")
    making.run("sh", program, "build", "--db=dev-file", JAVA_OPTS_APPEND=JAVA)
    who = (f"--username={ADMINISTRATOR}", "--password:env=FIRST_PASSWORD")
    around = {"FIRST_PASSWORD": ADMINISTRATOR, "JAVA_OPTS_APPEND": JAVA}
    making.run("sh", program, "bootstrap-admin", "user", "--optimized", *who, cwd=None, **around)


KEYCLOAK: Final = Tool("keycloak", VERSION, unpacked)


@dataclass(frozen=True)
class Realm:
    """A realm of a running Keycloak, as its administrator sees it."""

    base: str
    name: str

    @property
    def issuer(self) -> str:
        """Its issuer."""
        return f"{self.base}/realms/{self.name}"

    def administer(self, method: str, path: str, body: Any = None) -> Any:
        """What the administration API answers under the realm. Raises requests.HTTPError."""
        form = {"grant_type": "password", "client_id": "admin-cli"}
        form |= {"username": ADMINISTRATOR, "password": ADMINISTRATOR}
        token = requests.post(f"{self.base}/realms/master/protocol/openid-connect/token", data=form, timeout=60)
        token.raise_for_status()
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        url = f"{self.base}/admin/realms/{self.name}{path}"
        answer = requests.request(method, url, json=body, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def running(folder: Path, realm: dict[str, Any], values: dict[str, str]) -> Iterator[Realm]:
    """Keycloak with a realm, started by the commands of the how-to; `values` stand for its examples there."""
    home = _home(folder)
    (home / how_to.REALM_FILE.name).write_text(json.dumps(realm), "utf-8")

    def command(ports: Ports) -> list[str]:
        return ["sh", "-e", "-c", _typed(values, ports[0])]

    def ready(ports: Ports) -> None:
        told = f"http://127.0.0.1:{ports[0]}/realms/{realm['realm']}/.well-known/openid-configuration"
        urllib.request.urlopen(told, timeout=10).close()

    around = os.environ | {"JAVA_OPTS_APPEND": JAVA}
    with serving(command, 1, ready, folder / "keycloak.log", env=around, cwd=home) as (port,):
        ran("keycloak")
        yield Realm(f"http://127.0.0.1:{port}", realm["realm"])


def _typed(values: dict[str, str], port: int) -> str:
    """The commands of the how-to, with values of one's own, for http on loopback and without neighbours."""
    url = f"http://127.0.0.1:{port}"
    here = f"--optimized --cache=local --http-enabled=true --http-host=127.0.0.1 --http-port={port}"
    commands = how_to.commands().replace(f"--hostname={how_to.KEYCLOAK_URL}", f"--hostname={url} {here}")
    for name, example in how_to.examples().items():
        commands = commands.replace(f"{name}={example}", f"{name}={shlex.quote(values[name])}")
    return commands.replace("bin/kc.sh", "exec bin/kc.sh")  # so that what ends the shell ends Keycloak


def _home(folder: Path) -> Path:
    """A Keycloak of one's own: its programs are those in the cache, its database is a copy."""
    kept, home = awaited(KEYCLOAK) / NAME, folder / "keycloak"
    shutil.copytree(kept, home, copy_function=_linked, ignore=lambda at, _: ["data"] if Path(at) == kept else [])
    shutil.copytree(kept / "data", home / "data")
    return home


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # the cache lies on another disk
        shutil.copy2(source, target)
