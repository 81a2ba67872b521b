"""What is kept of a journey that fails: its trace, a picture of where it ended and, where ffmpeg is there, a video."""

import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import playwright
import pytest

from tests.machine import browser as installed_browser

ROOT: Final = Path(__file__).parents[1]
FAILURES: Final = ROOT / "build" / "failures"
LINKS: Final = ROOT / "build" / "playwright"
DEFAULTS: Final = {"tracing": "retain-on-failure", "screenshot": "only-on-failure", "output": str(FAILURES)}
NO_VIDEO: Final = "no video: there is no ffmpeg; traces show what was on the screen at each step"


def keep_failures(config: pytest.Config) -> None:
    """Keep what fails of this run, unless the command line says otherwise; a video where asked and possible."""
    said = " ".join(config.invocation_params.args)
    for option, value in DEFAULTS.items():
        if f"--{option}" not in said:
            setattr(config.option, option, value)
    if not hasattr(config, "workerinput"):  # once, before any process of the run has something to keep
        shutil.rmtree(config.getoption("--output"), ignore_errors=True)
    if config.getoption("--video") == "off":
        return
    if folder := with_ffmpeg():
        os.environ["PLAYWRIGHT_BROWSERS_PATH"] = str(folder)
    else:
        config.option.video = "off"
        sys.stderr.write(NO_VIDEO + "\n")


def with_ffmpeg() -> Path | None:
    """Where Playwright is to look for ffmpeg: its own, or the machine's by a link; None where there is none."""
    told = json.loads((Path(playwright.__file__).parent / "driver/package/browsers.json").read_text("utf-8"))
    revision = next(each["revision"] for each in told["browsers"] if each["name"] == "ffmpeg")
    name = Path(f"ffmpeg-{revision}") / "ffmpeg-linux"
    kept = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    if (kept / name).exists():
        return kept
    own = shutil.which("ffmpeg")
    if not own or not installed_browser():  # Playwright looks for a browser of its own in the same folder
        return None
    link = LINKS / name
    link.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        link.symlink_to(own)
    return LINKS
