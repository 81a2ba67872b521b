"""Figures that are measured, kept in build/figures.txt: a line each, the newest of a name."""

from pathlib import Path

FILE = Path(__file__).parents[1] / "build" / "figures.txt"


def figure(name: str, value: str, unit: str = "") -> None:
    """Write `figure NAME VALUE [UNIT]`, in place of an earlier value of the same name."""
    line = f"figure {name} {value} {unit}".rstrip()
    FILE.parent.mkdir(exist_ok=True)
    others = [old for old in FILE.read_text("utf-8").splitlines() if old.split()[1] != name] if FILE.exists() else []
    FILE.write_text("\n".join([*others, line]) + "\n", "utf-8")
