"""Keys are rotated by the commands of docs/how-to/rotate-keys.md while somebody works: nobody notices."""

import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from flask.testing import FlaskClient
from joserfc import jws

from bff.change.audit_files import verify_export
from bff.change.tests.auditing import audit_at, fill, whole
from bff.cli import main
from bff.identity.assertion import Verifier
from bff.identity.keyring import KEPT_AFTER_USE_S, PUBLISHED_BEFORE_USE_S
from shell.tests.conftest import MakePortal, Portal

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "rotate-keys.md"


def do(heading: str, keys: Path) -> None:
    """The page's command under a heading."""
    found = re.search(rf"^## {heading}\n\n```sh\nbizops (.*?)\n```", PAGE.read_text("utf-8"), re.MULTILINE)
    assert found, heading
    words = shlex.split(re.sub(r"\$BIZOPS_\w+_KEYS", str(keys), found[1]))
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 0, answer.output


class Reader:
    """A micro-frontend's view: each assertion that it is given must prove the person. Remembers the last key."""

    def __init__(self, portal: Portal, browser: FlaskClient) -> None:
        self.portal, self.browser, self.now, self.kid = portal, browser, 0.0, ""
        anybody = portal.app.test_client()
        base = portal.platform.settings.base_url
        self.verifier = Verifier(
            base, "alpha", lambda: anybody.get("/.well-known/jwks.json").get_json(), ticks=lambda: self.now
        )

    def opens_a_page(self) -> None:
        """The person asks for a page; whatever is wrong with the session or with its proof fails here."""
        assert self.browser.get("/alpha/pages").status_code == 200
        shown = self.portal.asked("alpha", "/pages")[-1].headers["portal-identity"]
        assert self.verifier.identity(shown).subject == "u-reader"
        self.kid = str(jws.extract_compact(shown.encode()).headers()["kid"])


def test_a_new_assertion_key_is_taken_up_while_a_person_goes_on_working(portal: MakePortal) -> None:
    made = portal(alpha={})
    keys, began = made.platform.settings.state_dir / "assertion-keys.json", datetime.now(UTC)
    reader = Reader(made, made.user("reader"))
    reader.opens_a_page()
    old = reader.kid
    do("Identity assertions", keys)
    seen = []
    for later in (1, PUBLISHED_BEFORE_USE_S - 1, PUBLISHED_BEFORE_USE_S + 41, PUBLISHED_BEFORE_USE_S + 82):
        with time_machine.travel(began + timedelta(seconds=later)):
            reader.now = later
            reader.opens_a_page()
            seen.append(reader.kid == old)
    assert seen == [True, True, False, False]
    published = [key["kid"] for key in made.platform.keys.jwks()["keys"]]
    assert published == [old, reader.kid]
    with time_machine.travel(began + timedelta(seconds=PUBLISHED_BEFORE_USE_S + KEPT_AFTER_USE_S + 60)):
        do("Identity assertions", keys)
        assert old not in [key["kid"] for key in made.platform.keys.jwks()["keys"]]
        reader.now = PUBLISHED_BEFORE_USE_S + KEPT_AFTER_USE_S + 60
        reader.opens_a_page()


def test_a_new_audit_key_is_introduced_by_the_old_one(tmp_path: Path) -> None:
    log = audit_at(tmp_path)
    fill(log, 3)
    first, believed = log.head(), log.keys.now().public
    do("Audit", tmp_path / "audit-keys.json")
    fill(log, 3)
    last = log.head()
    assert first
    assert last
    assert (whole(log), last.key != first.key) == (7, True)
    export = tmp_path / "export.jsonl"
    export.write_text("".join(log.export()))
    assert verify_export(export.read_text().splitlines(), believed, None).finding is None


@pytest.mark.parametrize(("token", "status"), [("new", 200), ("old", 200), ("other", 404), ("new old", 404), ("", 404)])
def test_both_tokens_for_metrics_are_good(portal: MakePortal, token: str, status: int) -> None:
    made = portal(settings={"metrics_token": "new old"})
    answer = made.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status
