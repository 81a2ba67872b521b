"""`bizops check` as people and pipelines use it, and what of the checker's key leaves its file."""

import json
import stat
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from bff.cli import main
from bff.conformance.speaking import CannotSpeak, speaker
from bff.conformance.tests.conftest import Garden
from bff.identity.tests.conftest import free_port

FEW = ("--only", "manifest", "--only", "changes")


def checked(garden: Garden, *words: str) -> Result:
    address = ["check", garden.url, "--shell", garden.speaker.url, "--keys", str(garden.keys)]
    return CliRunner().invoke(main, [*address, *words])


def test_an_app_that_keeps_the_contract_is_told_so_with_exit_code_0(served: Garden) -> None:
    told = checked(served, *FEW)
    assert told.exit_code == 0
    assert "manifest.schema           ok              every field as the schema has it" in told.output
    assert "garden: 11 clauses: 10 ok, 1 not applicable" in told.output


def test_a_broken_clause_is_told_with_its_remedy_and_exit_code_1(broken: Garden) -> None:
    broken.flaws.add("changes.foreign_token")
    told = checked(broken, *FEW)
    assert told.exit_code == 1
    assert "changes.foreign_token     fails           POST /gates answers 204" in told.output
    assert "remedy: Compare X-CSRF-Token" in told.output


def test_programs_read_json_and_pipelines_junit(broken: Garden, tmp_path: Path) -> None:
    broken.flaws.add("manifest.hrefs")
    told = checked(broken, *FEW, "--json", "--junit", str(tmp_path / "report.xml"))
    document = json.loads(told.output)
    failed = [each["id"] for each in document["clauses"] if each["verdict"] == "fails"]
    assert (document["name"], document["kept"]) == ("garden", False)
    assert "manifest.hrefs" in failed
    suite = ElementTree.parse(tmp_path / "report.xml").getroot()  # noqa: S314 - our own
    assert [case.get("name") for case in suite if case.find("failure") is not None] == failed
    assert suite.get("failures") == str(len(failed))


def test_what_an_app_says_reaches_the_terminal_without_control_characters(broken: Garden) -> None:
    told = checked(broken, "--only", "manifest.name", "--name", "\x1b[2Jorchard")
    assert "\x1b" not in told.output


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--only", "manners"), "no clause and no group 'manners'"), (("--about", "id"), "write id=12")],
)
def test_a_wrong_word_is_answered_with_a_sentence(served: Garden, words: tuple[str, ...], said: str) -> None:
    told = checked(served, *words)
    assert told.exit_code == 2
    assert said in told.output


def test_an_address_without_a_scheme_is_answered_with_a_sentence() -> None:
    told = CliRunner().invoke(main, ["check", "localhost:8100"])
    assert told.exit_code == 2
    assert "is no http or https URL" in told.output


def test_keys_that_the_shell_does_not_publish_are_refused_with_a_sentence(served: Garden, tmp_path: Path) -> None:
    told = checked(served, "--keys", str(tmp_path / "others.json"))
    assert told.exit_code == 1
    assert "publishes other keys than those in" in told.output


def test_an_address_that_somebody_else_holds_is_named(served: Garden, tmp_path: Path) -> None:
    with pytest.raises(CannotSpeak, match="is taken, and not by a shell"), speaker(served.url, tmp_path / "keys.json"):
        pass


@pytest.mark.parametrize("url", ["https://portal.example.invalid", "http://localhost", "http://localhost:1/path"])
def test_an_address_at_which_nothing_can_be_published_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(CannotSpeak, match="Nobody publishes keys at"), speaker(url, tmp_path / "keys.json"):
        pass


def test_only_the_public_half_is_published_and_only_to_this_machine(tmp_path: Path) -> None:
    keys, port = tmp_path / "keys.json", free_port()
    with speaker(f"http://localhost:{port}", keys) as speaking:
        with urllib.request.urlopen(f"http://localhost:{port}/.well-known/jwks.json", timeout=5) as answer:
            published = answer.read()
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://localhost:{port}/keys.json", timeout=5)
        good = speaking.assertion("garden", frozenset())
    secret = json.loads(keys.read_text())["keys"][0]["d"]
    assert {name for key in json.loads(published)["keys"] for name in key} >= {"x", "y", "kid"}
    assert secret not in published.decode() + good
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://localhost:{port}/.well-known/jwks.json", timeout=5)


def test_the_same_key_speaks_the_next_time(tmp_path: Path) -> None:
    url, keys = f"http://localhost:{free_port()}", tmp_path / "keys.json"
    with speaker(url, keys) as first, speaker(url, keys) as second:
        assert first.public_key() == second.public_key()
