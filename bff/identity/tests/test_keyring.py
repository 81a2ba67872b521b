"""Keys are published before they sign, outlive their use, and survive a careless hand at the file."""

import json
import os
import threading
from pathlib import Path

import pytest

from bff.identity.keyring import KeyRing, add_key, ensure_key
from bff.identity.tests.support import Clock
from bff.key_file import KeyFileError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "assertion-keys.json"


def published(ring: KeyRing) -> list[str]:
    return [entry["kid"] for entry in ring.jwks()["keys"]]


def test_the_first_key_signs_at_once_because_there_is_no_other(path: Path) -> None:
    kid = add_key(path)
    assert KeyRing(path).signing_key().kid == kid


def test_a_new_key_is_published_at_once_and_signs_two_minutes_later(path: Path) -> None:
    clock = Clock()
    old = add_key(path, clock)
    ring = KeyRing(path, clock)
    clock.ahead = 1000
    new = add_key(path, clock)
    assert published(ring) == [old, new]
    assert ring.signing_key().kid == old
    clock.ahead = 1119
    assert ring.signing_key().kid == old
    clock.ahead = 1121
    assert ring.signing_key().kid == new


def test_a_key_leaves_the_file_ten_minutes_after_its_last_signature(path: Path) -> None:
    clock = Clock()
    first = add_key(path, clock)
    clock.ahead = 1000
    second = add_key(path, clock)
    clock.ahead = 1000 + 120 + 590
    third = add_key(path, clock)
    assert published(KeyRing(path, clock)) == [first, second, third]
    clock.ahead = 1000 + 120 + 610
    fourth = add_key(path, clock)
    assert published(KeyRing(path, clock)) == [second, third, fourth]


def test_no_private_part_is_published(path: Path) -> None:
    add_key(path)
    (entry,) = KeyRing(path).jwks()["keys"]
    assert set(entry) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_only_the_owner_may_read_the_file(path: Path) -> None:
    add_key(path)
    add_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir() if entry.suffix != ".lock"] == [path.name]


def test_processes_that_start_together_make_one_key(path: Path) -> None:
    starts = [threading.Thread(target=ensure_key, args=(path,)) for _ in range(8)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(published(KeyRing(path))) == 1


def test_rotations_at_the_same_time_lose_no_key(path: Path) -> None:
    rotations = [threading.Thread(target=add_key, args=(path,)) for _ in range(6)]
    for rotation in rotations:
        rotation.start()
    for rotation in rotations:
        rotation.join()
    assert len(set(published(KeyRing(path)))) == 6


def test_signing_goes_on_when_the_file_is_spoilt(path: Path) -> None:
    kid = add_key(path)
    ring = KeyRing(path)
    path.write_text("{half a file")
    assert ring.signing_key().kid == kid
    path.unlink()
    assert ring.signing_key().kid == kid
    new = add_key(path)
    assert published(ring) == [new]


@pytest.mark.parametrize("text", ["", "[]", '{"keys": []}', '{"keys": [{"kty": "RSA"}]}', '{"keys": {"a": 1}}'])
def test_an_app_does_not_start_with_a_file_that_holds_no_key(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(KeyFileError, match=str(path)):
        KeyRing(path)


def test_an_app_does_not_start_without_the_file(path: Path) -> None:
    with pytest.raises(KeyFileError):
        KeyRing(path)


def test_a_key_on_another_curve_is_named_as_the_problem(path: Path) -> None:
    add_key(path)
    document = json.loads(path.read_text())
    document["keys"][0]["crv"] = "P-384"
    path.write_text(json.dumps(document))
    os.utime(path)
    with pytest.raises(KeyFileError, match="P-256"):
        KeyRing(path)


def test_a_mounted_secret_is_read_without_writing_beside_it(path: Path) -> None:
    kid = add_key(path)
    path.with_name(f"{path.name}.lock").unlink()
    ensure_key(path)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert KeyRing(path).signing_key().kid == kid
