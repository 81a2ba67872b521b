"""The reference page of the charts' values: each key with its default and the comments that stand at it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CHARTS: Final = ("portal", "shell", "microfrontend")
_KEY: Final = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z_]+):(?: +(?P<rest>.*))?$")


def page(charts: Path, notice: str) -> str:
    """A table for each chart."""
    out = [
        notice,
        "# Helm values\n\nA key that is not listed is refused. What the settings mean: [settings](settings.md).\n",
    ]
    for chart in CHARTS:
        rows = values((charts / chart / "values.yaml").read_text("utf-8"))
        out.append(f"\n## helm/{chart}\n\n| key | default | meaning |\n|---|---|---|\n")
        out += [f"| `{key}` | {f'`{default}`' if default else ''} | {meaning} |\n" for key, default, meaning in rows]
    return "".join(out)


def values(text: str) -> Iterator[tuple[str, str, str]]:
    """Each key of a file of values that has a default or a comment: its path, its default, what is said of it."""
    path: list[tuple[int, str]] = []
    above: list[str] = []
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            above.append(line.strip().lstrip("# "))
            continue
        found = _KEY.match(line)
        if not found:
            above = []
            continue
        indent = len(found["indent"])
        path = [*(step for step in path if step[0] < indent), (indent, found["key"])]
        default, _, beside = (found["rest"] or "").partition("  #")
        said = " ".join([*above, beside.strip()]).strip()
        above = []
        if default.strip() or said:
            yield ".".join(key for _, key in path), _cell(default), _cell(said)


def _cell(text: str) -> str:
    return text.strip().replace("|", "\\|")
