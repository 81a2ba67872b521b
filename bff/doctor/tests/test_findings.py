"""Small rules of the doctor: what must not be printed, what is misspelt, what an account may do."""

import base64
from pathlib import Path

import pytest

from bff.doctor.asking import Answer
from bff.doctor.environment import addresses, strength, unheard
from bff.doctor.findings import Grade, Patient, Seen, secrets, without
from bff.doctor.hub import beyond_reading
from bff.doctor.keys import private, state_folder
from bff.doctor.provider import _clock as clock
from bff.doctor.provider import short_keys
from bff.settings import Settings
from bff.testing import settings_for


def grades(found: list[Seen]) -> list[Grade]:
    return [each.grade for each in found]


def test_a_secret_is_hidden_however_it_is_written() -> None:
    url = "postgresql://portal:p%40ss%2Fw0rd@db/portal"
    hidden = secrets([Settings], {"BIZOPS_DATABASE_URL": url, "BIZOPS_METRICS_TOKEN": "hush-hush"})
    told = "no way to p@ss/w0rd, p%40ss%2Fw0rd, hush-hush or " + url + "\nagain"
    assert without(hidden, told) == "no way to ***, ***, *** or *** again"


def test_a_misspelt_variable_is_told_with_the_name_that_was_meant() -> None:
    (found,) = unheard(Settings, {"BIZOPS_OIDC_ISUER": "x", "BIZOPS_BASE_URL": "y", "PATH": "z", "BIZOPS_APP": "shell"})
    assert (found.grade, found.remedy) == (Grade.WRONG, "Did you mean BIZOPS_OIDC_ISSUER? Rename it.")


def test_a_variable_of_another_app_is_nobodys_mistake() -> None:
    assert list(unheard(Settings, {"BIZOPS_HUB_LEDGER_URL": "http://hub"})) == []


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("GRANT USAGE ON *.* TO `reader`@`%` IDENTIFIED BY PASSWORD '*A'", []),
        ("GRANT SELECT, SHOW VIEW ON `central_ledger`.* TO `reader`@`%`", []),
        ("GRANT SELECT (`name`, `value`), UPDATE (`value`) ON `a`.`b` TO `x`@`%`", ["UPDATE"]),
        ("GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION", ["ALL PRIVILEGES", "GRANT OPTION"]),
        ("GRANT `hub_reader` TO `reader`@`%`", []),
    ],
)
def test_what_an_account_may_do_beside_reading(line: str, more: list[str]) -> None:
    assert beyond_reading(line) == more


@pytest.mark.parametrize(
    ("ahead", "grade"), [(0.4, "ok"), (-4.0, "ok"), (6.0, "wrong"), (-90.0, "wrong"), (None, "note")]
)
def test_clocks_may_differ_by_five_seconds(ahead: float | None, grade: str) -> None:
    assert grades(list(clock(Answer(200, b"", ahead)))) == [grade]


def test_keys_that_others_may_read_are_told_with_the_command_that_closes_them(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text("{}")
    path.chmod(0o644)
    (found,) = private(path, "good")
    assert (found.grade, found.remedy) == (Grade.WRONG, f"chmod 600 {path}")
    path.chmod(0o640)  # as a cluster mounts secrets for a group
    assert [each.sentence for each in private(path, "good")] == ["good"]


def test_a_state_folder_may_still_have_to_be_made_but_not_inside_of_a_file(tmp_path: Path) -> None:
    def look(folder: Path) -> list[Grade]:
        settings = settings_for(Settings, tmp_path, state_dir=folder)
        return grades(list(state_folder(Patient("garden", "bff", settings))))

    (tmp_path / "file").write_text("")
    assert look(tmp_path / "a" / "b") == [Grade.OK]
    assert look(tmp_path / "file" / "b") == [Grade.WRONG]


def told_of(folder: Path, **more: object) -> Patient:
    return Patient("garden", "garden", settings_for(Settings, folder, environment="production", **more))


def test_in_production_an_address_without_tls_is_wrong(tmp_path: Path) -> None:
    assert grades(list(addresses(told_of(tmp_path, base_url="http://portal.example")))) == [Grade.WRONG]
    assert Grade.WRONG not in grades(list(addresses(told_of(tmp_path, base_url="https://portal.example"))))


def test_in_production_it_is_noted_where_no_second_factor_is_demanded(tmp_path: Path) -> None:
    found = [each.sentence for each in strength(told_of(tmp_path))]
    assert any("BIZOPS_SIGN_IN_ACR" in sentence for sentence in found)
    found = [each.sentence for each in strength(told_of(tmp_path, sign_in_acr="mfa"))]
    assert not any("BIZOPS_SIGN_IN_ACR" in sentence for sentence in found)


@pytest.mark.parametrize(("octets", "expected"), [(256, ["old"]), (384, []), (512, [])])
def test_keys_of_the_provider_that_are_shorter_than_they_should_be_are_noted(octets: int, expected: list[str]) -> None:
    modulus = base64.urlsafe_b64encode(b"\xc3" * octets).decode().rstrip("=")
    rsa = {"kty": "RSA", "kid": "old", "use": "sig", "n": modulus, "e": "AQAB"}
    assert short_keys([rsa, {"kty": "EC", "kid": "new", "crv": "P-256"}, rsa | {"use": "enc"}]) == expected
