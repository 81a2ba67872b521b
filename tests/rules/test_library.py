"""`bff` is a library, not a heap: no noun of the domain may move into it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOUNS = re.compile(r"settlement|liquidity|net.?debit|\btransfer(?!-encoding)|\bdfsp|\bwindow(?!s?\.)", re.IGNORECASE)


def test_the_library_knows_no_noun_of_the_domain() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "bff").rglob("*.py"))
        if "tests" not in path.parts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if NOUNS.search(line)
    ]
    assert found == []
