"""The shell's assertion: what it carries, how long it is used again, and what is refused."""

import base64
import dataclasses
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import ECKey

from bff.errors import InvalidIdentity
from bff.identity.assertion import CACHE_SIZE, TYPE, InvalidAssertion, Minter, Verifier
from bff.identity.jwks import DocumentUnavailable
from bff.identity.keyring import KeyRing, add_key
from bff.identity.tests.support import Clock, identity

SHELL = "https://portal.example"
ALLOWED = frozenset({"settlement:window:view"})


class Shell:
    """A shell with its key file, its minter and a clock."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock = path, Clock()
        add_key(path, self.clock)
        self.ring = KeyRing(path, self.clock)
        self.minter = Minter(SHELL, self.ring, self.clock)

    def verifier(self, audience: str = "settlement") -> Verifier:
        return Verifier(SHELL, audience, self.ring.jwks, self.clock, self.clock)

    def forge(self, key: ECKey | None = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """An assertion signed with the shell's key (or another) and wrong in what `changes` say; None leaves out."""
        good = self.minter.assertion(identity(), "settlement", ALLOWED)
        claims = json.loads(base64.urlsafe_b64decode(good.split(".")[1] + "=="))
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        signer = self.ring.signing_key()
        named = {"alg": "ES256", "typ": TYPE, "kid": signer.kid} | (header or {})
        return jwt.encode(named, claims, key or signer.key, algorithms=["ES256"])


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "keys.json")


def test_the_micro_frontend_learns_who_asks_and_only_its_own_permissions(shell: Shell) -> None:
    who = identity(participants=frozenset({"payerfsp"}), amr=("pwd", "otp"))
    told = shell.verifier().identity(shell.minter.assertion(who, "settlement", ALLOWED))
    assert told == dataclasses.replace(who, permissions=ALLOWED)


def test_an_unknown_sign_in_time_and_strength_stay_unknown(shell: Shell) -> None:
    who = identity(acr=None, auth_time=None, amr=())
    told = shell.verifier().identity(shell.minter.assertion(who, "settlement", ALLOWED))
    assert (told.acr, told.auth_time, told.amr) == (None, None, ())


def test_an_assertion_is_used_again_for_forty_seconds_and_never_when_anything_changed(shell: Shell) -> None:
    mint = shell.minter.assertion
    first = mint(identity(), "settlement", ALLOWED)
    assert mint(identity(), "settlement", ALLOWED) == first
    changed = [
        mint(identity(), "reports", ALLOWED),
        mint(identity(), "settlement", frozenset()),
        mint(identity(), "settlement", ALLOWED, version="2"),
        mint(identity(session="another"), "settlement", ALLOWED),
        mint(identity(participants=frozenset({"payerfsp"})), "settlement", ALLOWED),
        mint(identity(acr="mfa"), "settlement", ALLOWED),
        mint(identity(csrf="another"), "settlement", ALLOWED),
    ]
    assert len({first, *changed}) == 8
    shell.clock.ahead = 41
    assert mint(identity(), "settlement", ALLOWED) != first


def test_for_a_client_that_is_no_person_there_is_no_assertion(shell: Shell) -> None:
    with pytest.raises(ValueError, match="a client calls each app itself"):
        shell.minter.assertion(identity(machine=True), "settlement", ALLOWED)


def test_an_assertion_that_is_used_again_has_twenty_seconds_left(shell: Shell) -> None:
    assertion = shell.minter.assertion(identity(), "settlement", ALLOWED)
    shell.clock.ahead = 40
    assert shell.verifier().identity(assertion)


def test_the_memory_for_assertions_is_bounded(shell: Shell) -> None:
    for number in range(50):
        shell.minter.assertion(identity(session=str(number)), "settlement", ALLOWED)
    kept = shell.minter._made
    kept.update({(identity(), "x", ALLOWED, str(number)): (0.0, "") for number in range(CACHE_SIZE)})
    shell.minter.assertion(identity(session="last"), "settlement", ALLOWED)
    assert len(kept) == CACHE_SIZE


def test_assertions_stay_good_while_the_key_is_rotated(shell: Shell) -> None:
    verifier = shell.verifier()
    for seconds in range(0, 600, 50):
        shell.clock.ahead = seconds
        if seconds == 100:
            add_key(shell.path, shell.clock)
        assert verifier.identity(shell.minter.assertion(identity(), "settlement", ALLOWED))


NOW = int(time.time())


@pytest.fixture(autouse=True)
def at_the_time_of_the_claims() -> Iterator[None]:
    """The claims below are told from NOW, however long the suite takes to come here."""
    with time_machine.travel(NOW, tick=True):
        yield


WRONG: dict[str, dict[str, Any]] = {
    "of another shell": {"iss": "https://evil.example"},
    "without issuer": {"iss": None},
    "for another micro-frontend": {"aud": "reports"},
    "for two micro-frontends": {"aud": ["settlement", "reports"]},
    "for a list of one": {"aud": ["settlement"]},
    "for nobody": {"aud": []},
    "expired": {"iat": NOW - 120, "nbf": NOW - 120, "exp": NOW - 60},
    "without an end": {"exp": None},
    "with an end that is no number": {"exp": "tomorrow"},
    "with an end that is true": {"exp": True},
    "of too long a life": {"exp": NOW + 3600},
    "issued in the future": {"iat": NOW + 60, "exp": NOW + 110},
    "not valid yet": {"nbf": NOW + 60},
    "without the time of issue": {"iat": None},
    "without nbf": {"nbf": None},
    "without id": {"jti": None},
    "without subject": {"sub": None},
    "with an empty subject": {"sub": ""},
    "with a number for a subject": {"sub": 7},
    "without name": {"name": None},
    "without username": {"username": None},
    "without participants": {"participants": None},
    "with one participant as text": {"participants": "payerfsp"},
    "with a participant that is a number": {"participants": [1]},
    "with hub as text": {"hub": "false"},
    "with hub as a number": {"hub": 1},
    "without permissions": {"permissions": None},
    "with permissions as text": {"permissions": "settlement:window:close"},
    "without roles": {"roles": None},
    "without csrf token": {"csrf": None},
    "without session": {"sid": None},
    "with a sign-in time that is text": {"auth_time": "now"},
    "with a number for acr": {"acr": 2},
    "without amr": {"amr": None},
}


@pytest.mark.parametrize("fault", WRONG)
def test_an_assertion_with_a_wrong_claim_is_refused(shell: Shell, fault: str) -> None:
    with pytest.raises(InvalidAssertion):
        shell.verifier().identity(shell.forge(**WRONG[fault]))


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "logout+jwt", "Portal-Identity+JWT", ""])
def test_a_token_of_another_type_is_refused(shell: Shell, typ: str) -> None:
    with pytest.raises(InvalidAssertion, match="header"):
        shell.verifier().identity(shell.forge(header={"typ": typ}))


def test_an_assertion_signed_with_another_key_is_refused(shell: Shell) -> None:
    with pytest.raises(InvalidAssertion, match="signature"):
        shell.verifier().identity(shell.forge(key=ECKey.generate_key("P-256")))


def test_an_assertion_that_names_no_key_is_refused(shell: Shell) -> None:
    with pytest.raises(InvalidAssertion):
        shell.verifier().identity(shell.forge(header={"kid": ""}))


def test_an_unsigned_assertion_is_refused(shell: Shell) -> None:
    body = shell.forge().split(".")[1]
    for algorithm in ("none", "None", "NONE"):
        header = _encoded({"alg": algorithm, "typ": TYPE, "kid": shell.ring.signing_key().kid})
        with pytest.raises(InvalidAssertion, match="signature"):
            shell.verifier().identity(f"{header}.{body}.")


def test_an_assertion_keyed_with_the_public_key_as_a_secret_is_refused(shell: Shell) -> None:
    signer = shell.ring.signing_key()
    signed = f"{_encoded({'alg': 'HS256', 'typ': TYPE, 'kid': signer.kid})}.{shell.forge().split('.')[1]}"
    mac = hmac.new(signer.key.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
    with pytest.raises(InvalidAssertion, match="signature"):
        shell.verifier().identity(f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}")


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "é.é.é", "x" * 20_000, "..", "eyJhbGciOiJFUzI1NiJ9.e30."])
def test_what_is_no_assertion_at_all_is_refused(shell: Shell, value: str) -> None:
    with pytest.raises(InvalidAssertion):
        shell.verifier().identity(value)


def test_one_changed_letter_is_refused(shell: Shell) -> None:
    good = shell.minter.assertion(identity(), "settlement", ALLOWED)
    place = len(good) // 2
    with pytest.raises(InvalidAssertion):
        shell.verifier().identity(good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :])


def test_without_the_shells_keys_nobody_is_believed() -> None:
    def silent() -> dict[str, Any]:
        raise DocumentUnavailable("nobody answers")

    with pytest.raises(InvalidAssertion, match="keys unavailable"):
        Verifier(SHELL, "settlement", silent).identity("a.b.c")


def test_a_refused_assertion_is_an_invalid_identity_to_the_app() -> None:
    assert issubclass(InvalidAssertion, InvalidIdentity)
    assert InvalidAssertion("expired").reason == "expired"


def _encoded(header: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
