"""Decides which icons the sprite holds: `python -m static.sprite FOLDER VERSION` draws it from lucide-static's."""

import re
import sys
from pathlib import Path

import static

NAMES = """
activity app-window arrow-left arrow-right arrow-right-left badge-check banknote bell blocks building-2 calendar
calendar-clock check chevron-down chevron-left chevron-right chevron-up chevrons-up-down circle-help circle-user
clock columns-3 copy corner-down-right door-open dot download ellipsis external-link eye file-chart-column
file-text hand hand-coins history house inbox info key-round landmark layers list-checks lock log-out menu
monitor panel-left pencil play plug plus refresh-cw scale scroll-text search send settings shield-check trash-2
upload user user-plus users wallet x
"""
HEAD = '<svg xmlns="http://www.w3.org/2000/svg"><!-- Lucide {version}, ISC licence: see LICENSES -->'
SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round">{drawing}</symbol>'
)


def drawing(svg: str) -> str:
    """What stands inside an icon's svg element, without the white space between its parts."""
    inside = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if inside is None:
        raise ValueError("not an svg document")
    return re.sub(r">\s+<", "><", inside[1].strip()).replace(" />", "/>")


def sprite(icons: Path, version: str) -> str:
    """The sprite of all icons named above."""
    symbols = [SYMBOL.format(name=name, drawing=drawing((icons / f"{name}.svg").read_text())) for name in NAMES.split()]
    return "\n".join([HEAD.format(version=version), *symbols, "</svg>\n"])


if __name__ == "__main__":
    folder, release = Path(sys.argv[1]), sys.argv[2]
    (static.FOLDER / "icons.svg").write_text(sprite(folder, release))
