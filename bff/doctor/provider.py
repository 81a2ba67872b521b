"""Whether the OpenID provider can be used: its document, its algorithms, its keys, its clock, and our client there."""

import secrets
from collections.abc import Iterator
from typing import Any

from bff.doctor.asking import Answer, Unanswered, ask
from bff.doctor.findings import Patient, Seen, note, ok, wrong
from bff.identity.metadata import ProviderUnavailable, wrong_with
from bff.identity.provider import Provider, ProviderRefused
from bff.identity.tokens import HASHES

APART_S = 5.0
LONG_BITS = 3072  # of an RSA key, for 128 bits of security
NOT_OURS = ("invalid_client", "unauthorized_client")


def provider(patient: Patient) -> Iterator[Seen]:
    """Everything short of a person who signs in."""
    issuer = patient.settings.oidc_issuer
    where = f"{issuer}/.well-known/openid-configuration"
    try:
        answer = ask(where)
    except Unanswered as away:
        yield wrong(f"The OpenID provider does not answer: {away}", "Correct BIZOPS_OIDC_ISSUER, or start it.")
        return
    about = answer.document()
    problem = f"{where} answers {answer.status}" if answer.status != 200 else wrong_with(about, issuer)
    if problem:
        yield wrong(f"{problem}.", "BIZOPS_OIDC_ISSUER must be the issuer to the letter, as its document names it.")
        return
    yield ok(f"{issuer} says what an OpenID provider says.")
    yield from _clock(answer)
    yield from _algorithms(about)
    yield from _keys(about)
    yield from _client(patient)


def _clock(answer: Answer) -> Iterator[Seen]:
    if answer.ahead is None:
        yield note("The provider does not tell the time, so the clocks could not be compared.")
    elif abs(answer.ahead) > APART_S:
        word = "ahead of" if answer.ahead > 0 else "behind"
        yield wrong(
            f"The provider's clock is {abs(answer.ahead):.0f} s {word} ours: its tokens would be refused.",
            "Have both machines follow NTP.",
        )
    else:
        yield ok("The provider's clock and ours agree.")


def _algorithms(about: dict[str, Any]) -> Iterator[Seen]:
    offered = about.get("id_token_signing_alg_values_supported", ["RS256"])
    usable = sorted(set(HASHES).intersection(offered)) if isinstance(offered, list) else []
    if not usable:
        yield wrong(
            f"The provider signs with {offered}, of which none is accepted here.",
            f"Have it sign ID tokens for this client with one of {', '.join(HASHES)}.",
        )
    else:
        yield ok(f"ID tokens may be signed with {', '.join(usable)}.")
    methods = about.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        yield wrong("The provider does not know PKCE with S256.", "Switch it on at the provider.")


def _keys(about: dict[str, Any]) -> Iterator[Seen]:
    try:
        keys = ask(str(about["jwks_uri"])).document().get("keys")
    except Unanswered as problem:
        keys = None
        yield wrong(f"The provider's keys cannot be fetched: {problem}", "Let this machine reach that address.")
    if keys:
        yield ok("The provider's keys can be fetched.")
        if short := short_keys(keys):
            yield note(
                f"The provider signs with RSA keys shorter than {LONG_BITS} bits: {', '.join(short)}.",
                "Have it sign for this client with ES256, or with a longer key.",
            )
    elif keys is not None:
        yield wrong("The provider publishes no key.", "Give it a signing key.")


def short_keys(keys: object) -> list[str]:
    """The ids of those of a key set's RSA keys that give less than 128 bits of security."""
    rsa = [key for key in keys if isinstance(key, dict) and key.get("kty") == "RSA"] if isinstance(keys, list) else []
    signing = [key for key in rsa if key.get("use", "sig") == "sig"]
    return [str(key.get("kid", "?")) for key in signing if len(str(key.get("n", ""))) * 6 < LONG_BITS]


def _client(patient: Patient) -> Iterator[Seen]:
    """A code that cannot be one: who refuses the code has accepted the client and its secret."""
    told = patient.settings
    asking = Provider(told.oidc_issuer, told.oidc_client_id, told.oidc_client_secret, told.base_url)
    try:
        asking.exchange(f"bizops-doctor-{secrets.token_hex(8)}", secrets.token_urlsafe(48))
    except ProviderRefused as refused:
        if refused.code in NOT_OURS:
            yield wrong(
                f"The provider does not accept the client {told.oidc_client_id} with its secret ({refused.code}).",
                "Compare BIZOPS_OIDC_CLIENT_ID and BIZOPS_OIDC_CLIENT_SECRET with the client at the provider.",
            )
        else:
            yield ok(f"The provider accepts the client {told.oidc_client_id} and its secret.")
    except ProviderUnavailable as problem:
        yield wrong(f"The provider's token endpoint does not answer: {problem}", "Let this machine reach it.")
