"""The how-to says what the code does: its distribution loads, its settings, permissions and addresses are real."""

import re
from pathlib import Path

from microfrontends.reports.domain.delivery import Did
from microfrontends.reports.packs.producing import MOST
from microfrontends.reports.packs.store import LEASE
from microfrontends.reports.permissions import P
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.tests.packs.scene import Scene
from microfrontends.reports.tests.packs.test_file import PLAIN, read

HOW_TO = (Path(__file__).parents[4] / "docs" / "how-to" / "deliver-reports-to-participants.md").read_text("utf-8")


def test_its_distribution_is_one_that_loads(tmp_path: Path) -> None:
    said = re.search(r"  distribute:\n((?:    .*\n)+)", HOW_TO)
    assert said is not None
    plain = PLAIN.replace("  queries:", "  formats: [csv, xlsx, json, pdf]\n  queries:")
    found = read(tmp_path, "\n" + said.group(1).rstrip(), plain)
    assert (str(found.after), found.formats) == ("settled", ("csv", "xlsx", "json", "pdf"))


def test_its_settings_and_permissions_exist() -> None:
    settings = set(re.findall(r"BIZOPS_(\w+)", HOW_TO))
    assert {name.lower() for name in settings} <= set(ReportsSettings.__dataclass_fields__)
    assert set(re.findall(r"`(reports:[a-z]+:[a-z]+)`", HOW_TO)) <= {str(permission) for permission in P}


def test_its_addresses_answer_as_it_says(delivered: Scene) -> None:
    pack, alpha = delivered.one(), delivered.of("alphabank")
    said = re.findall(r"^(GET|POST) +(/api/\S+)", HOW_TO, re.MULTILINE)
    statuses = []
    for method, path in said:
        body = ({"reason": "wrong"} if "dispute" in path else {}) if method == "POST" else None
        answer = alpha.open(path.replace("<id>", pack.id), method=method, json=body)
        statuses.append((method, answer.status_code, bool(answer.data)))
    assert statuses == [("GET", 200, True)] * 3 + [("POST", 202, True)] * 2
    assert [str(proof.did) for proof in delivered.desk.packs.proofs(pack.id)] == [
        Did.PRODUCED, Did.OPENED, Did.DOWNLOADED, Did.ACKNOWLEDGED, Did.DISPUTED,
    ]  # fmt: skip


def test_its_numbers_are_the_codes() -> None:
    assert ("six times" in HOW_TO, MOST) == (True, 6)
    assert ("two minutes later" in HOW_TO, LEASE.total_seconds()) == (True, 120)
