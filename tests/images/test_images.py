"""The steps of an image, run by the same script in a clean directory: what comes out serves, and says what it is of."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bff.identity.tests.conftest import free_port

ROOT = Path(__file__).parents[2]
DEPLOYABLES = ("shell", "reports")  # the leanest and the fullest; between them are only fewer packages
NOBODY = 65532  # the user of the image
# Reads whatever it likes, since the interpreter may live in somebody's home; owns nothing, so it writes nowhere.
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
AS_NOBODY += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
OPEN = re.compile(r"\b(Apache|BSD|MIT|MPL|Mozilla|PSF|Python|ISC|LGPL|HPND|Unlicense|Zlib|CNRI)\b", re.IGNORECASE)
UNSAID = {"huey"}  # MIT by its repository; its package does not say so


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tools of the build are kept between two images."""
    return tmp_path_factory.mktemp("tools")


@pytest.fixture(scope="module", params=DEPLOYABLES)
def image(request: pytest.FixtureRequest, tools: Path) -> Iterator[Path]:
    """The environment of one image."""
    folder = Path(tempfile.mkdtemp())  # not below pytest's folder, which nobody else may enter
    folder.chmod(0o755)
    target = folder / "portal"
    script = [ROOT / "images" / "build.sh", request.param, target]
    environment = {**os.environ, "PYTHON": sys.executable, "TOOLS": str(tools)}
    subprocess.run(script, check=True, cwd=folder, env=environment, timeout=600)
    yield target
    shutil.rmtree(folder)


def _state(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.timeout(700)
def test_an_image_serves_as_nobody_writes_only_its_state_and_stops_when_asked(image: Path) -> None:
    name = (image / "share" / "bizops" / "deployable").read_text().strip()
    state = image.parent / "state"
    state.mkdir()
    if os.geteuid() == 0:
        os.chown(state, NOBODY, NOBODY)
    before, port = _state(image), str(free_port())
    settings = {
        "PATH": f"{image / 'bin'}:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/nonexistent",
        "BIZOPS_APP": name,
        "PORT": port,
        "BIZOPS_BASE_URL": f"http://localhost:{port}",
        "BIZOPS_ENVIRONMENT": "sandbox",
        "BIZOPS_STATE_DIR": str(state),
        **{f"BIZOPS_{url}_URL": "http://127.0.0.1:9" for url in ("HUB_LEDGER", "HUB_SETTLEMENT", "DIRECTORY")},
        "BIZOPS_HUB_DATABASE_URL": f"sqlite:///{state}/hub.db",
        "BIZOPS_OIDC_ISSUER": "http://127.0.0.1:9",
        "BIZOPS_OIDC_CLIENT_ID": name,
        "BIZOPS_OIDC_CLIENT_SECRET": "not used here",
    }
    for url in ("DATABASE", "ACCESS_DATABASE"):
        settings[f"BIZOPS_{url}_URL"] = f"sqlite:///{state}/{url.lower()}.db"
    command = [*(AS_NOBODY if os.geteuid() == 0 else ()), str(image / "bin" / "bizops")]
    run = {"env": settings, "cwd": "/"}
    for database in ("access", name):
        subprocess.run([*command, "db", "upgrade", database], check=True, **run)
    server = subprocess.Popen([*command, "serve"], **run)
    try:
        deadline = time.monotonic() + 60
        while subprocess.run([*command, "healthy"], capture_output=True, check=False, **run).returncode:
            assert server.poll() is None
            assert time.monotonic() < deadline
    finally:
        server.send_signal(signal.SIGTERM)
    assert server.wait(40) == 0
    assert _state(image) == before


def test_an_image_says_what_it_is_made_of_and_under_which_licences(image: Path) -> None:
    told = image / "share" / "bizops"
    parts = {part["name"].lower() for part in json.loads((told / "sbom.cdx.json").read_text())["components"]}
    licences = {one["Name"].lower(): one["License"] for one in json.loads((told / "licences.json").read_text())}
    assert {"flask", "sqlalchemy", "gunicorn"} <= parts & set(licences)
    assert {name for name, licence in licences.items() if not OPEN.search(licence)} <= UNSAID
    assert not {"pip", "pytest", "playwright", "ruff"} & parts
    assert not list(image.glob("lib/python3*/site-packages/shell/tests"))


@pytest.mark.timeout(700)
def test_an_image_brings_nothing_but_its_deployable(image: Path) -> None:
    name = (image / "share" / "bizops" / "deployable").read_text().strip()
    (site,) = image.glob("lib/python3*/site-packages")
    assert [path for path in image.rglob(".git*") if path.name in (".git", ".github")] == []
    brought = {path.name for path in site.iterdir()}
    # Neither tools of tests, nor the sandbox's people with their passwords, nor what only another deployable needs.
    assert brought & {"pytest", "playwright", "mypy", "ruff", "sandbox"} == set()
    assert ("weasyprint" in brought) == (name == "reports")
