"""The security statement's table: read from its data, and written as a page. `python -m tests.security_statement`."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "explanation" / "security"
PAGE = FOLDER / "asvs.md"
MET, NOT_APPLICABLE, NOT_MET = "met", "not applicable", "not met"
# Of each section of ASVS 5.0.0 the requirements of levels 1 and 2, which come first in it: a level for each, in order.
LEVELS = {
    "V1.1": "22", "V1.2": "111112222", "V1.3": "11222222222", "V1.4": "222", "V1.5": "12",
    "V2.1": "122", "V2.2": "112", "V2.3": "1222", "V2.4": "2",
    "V3.2": "11", "V3.3": "1222", "V3.4": "112222", "V3.5": "11122", "V3.7": "22",
    "V4.1": "122", "V4.2": "2", "V4.3": "22", "V4.4": "1222",
    "V5.1": "2", "V5.2": "112", "V5.3": "11", "V5.4": "222",
    "V6.1": "122", "V6.2": "111111112222", "V6.3": "1122", "V6.4": "1122", "V6.5": "22222", "V6.6": "222",
    "V6.8": "2222",
    "V7.1": "222", "V7.2": "1111", "V7.3": "22", "V7.4": "11222", "V7.5": "22", "V7.6": "22",
    "V8.1": "12", "V8.2": "112", "V8.3": "1", "V8.4": "2",
    "V9.1": "111", "V9.2": "1222",
    "V10.1": "22", "V10.2": "22", "V10.3": "2222", "V10.4": "11111222222", "V10.5": "22222", "V10.6": "22",
    "V10.7": "222",
    "V11.1": "22", "V11.2": "222", "V11.3": "112", "V11.4": "1222", "V11.5": "2", "V11.6": "2",
    "V12.1": "122", "V12.2": "11", "V12.3": "2222",
    "V13.1": "2", "V13.2": "22222", "V13.3": "22", "V13.4": "12222",
    "V14.1": "22", "V14.2": "1222", "V14.3": "122",
    "V15.1": "122", "V15.2": "122", "V15.3": "1222222",
    "V16.1": "2", "V16.2": "22222", "V16.3": "2222", "V16.4": "222", "V16.5": "222",
    "V17.1": "2", "V17.2": "2222", "V17.3": "22",
}  # fmt: skip


@dataclass(frozen=True)
class Requirement:
    """One line of the table. `tests` are `file::test`, as pytest names them."""

    id: str
    level: int
    title: str
    state: str
    how: str
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """One file."""

    id: str
    title: str
    requirements: tuple[Requirement, ...]


def chapters() -> list[Chapter]:
    """All files, in the order of the standard."""
    return [_chapter(yaml.safe_load(path.read_text("utf-8"))) for path in sorted((FOLDER / "asvs").glob("v*.yaml"))]


def _chapter(said: dict[str, Any]) -> Chapter:
    rows = tuple(Requirement(**row | {"tests": tuple(row.get("tests", ()))}) for row in said["requirements"])
    return Chapter(said["chapter"], said["title"], rows)


def requirements() -> list[Requirement]:
    """Those of all chapters."""
    return [row for chapter in chapters() for row in chapter.requirements]


def expected() -> list[tuple[str, int]]:
    """Each requirement of levels 1 and 2, with its level."""
    return [
        (f"{section}.{place}", int(level))
        for section, levels in LEVELS.items()
        for place, level in enumerate(levels, 1)
    ]


def page() -> str:
    """The table as a page."""
    rows = requirements()
    states = Counter(row.state for row in rows)
    out = ["<!-- Written by `make docs` from the files in asvs/. Change those, then run it again. -->\n\n"]
    out.append("# OWASP ASVS 5.0, levels 1 and 2\n\n")
    out.append(
        f"Every requirement of levels 1 and 2 of the Application Security Verification Standard 5.0.0, {len(rows)} in "
        f"all:\n{states[MET]} met, {states[NOT_MET]} not met, {states[NOT_APPLICABLE]} that do not apply or are "
        "somebody else's duty, who is named.\nTitles are our own short words; the standard's text is at\n"
        "<https://owasp.org/www-project-application-security-verification-standard/>. Each test that is named exists,\n"
        "and runs with `make test`.\n\n## Not met\n\n"
    )
    out += [f"- **{row.id}** {row.title}. {row.how}\n" for row in rows if row.state == NOT_MET]
    for chapter in chapters():
        out.append(
            f"\n## {chapter.id} {chapter.title}\n\n| | level | requirement | state | how, and what proves it |\n"
        )
        out.append("|---|---|---|---|---|\n")
        out += [_line(row) for row in chapter.requirements]
    return "".join(out)


def _line(row: Requirement) -> str:
    proofs = "<br>".join(f"`{test}`" for test in row.tests)
    told = f"{row.how}<br>{proofs}" if proofs else row.how
    return f"| {row.id} | {row.level} | {row.title} | {row.state} | {told} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
