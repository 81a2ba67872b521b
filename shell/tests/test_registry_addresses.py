"""To which addresses the shell may be sent by hand: those that are named, and never to what manages the machine."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask_babel import Babel

from bff.errors import RuleBroken
from shell.registry.addresses import allowed, patterns

KNOWN = "http://*.apps.svc.cluster.local:8000 https://apps.example http://10.0.0.9:* http://[fd00::7]:8000"


@pytest.fixture(autouse=True)
def speaking() -> object:
    """A language for the sentences."""
    app = Flask(__name__)
    Babel(app)  # type: ignore[no-untyped-call]
    with app.test_request_context() as context:
        yield context


def to(address: str) -> Callable[[str, int], list[str]]:
    return lambda _host, _port: [address]


@pytest.mark.parametrize(
    "url",
    [
        "http://hello.apps.svc.cluster.local:8000",
        "https://apps.example",
        "https://apps.example:443/",
        "http://10.0.0.9:1234",
        "http://[fd00::7]:8000",
    ],
)
def test_an_address_that_a_pattern_names_is_taken(url: str) -> None:
    assert allowed(url, patterns(KNOWN), to("10.0.0.7")).scheme in url


@pytest.mark.parametrize(
    "url",
    [
        "http://hello.other.svc.cluster.local:8000",
        "http://a.b.apps.svc.cluster.local:8000",
        "http://hello.apps.svc.cluster.local:8001",
        "https://hello.apps.svc.cluster.local:8000",
        "http://apps.example",
        "https://apps.example.evil.example",
        "https://evil.example#apps.example",
        "https://apps.example@evil.example",
        "http://10.0.0.10:80",
        "file:///etc/passwd",
        "nonsense",
    ],
)
def test_any_other_address_is_refused_before_it_is_looked_up(url: str) -> None:
    with pytest.raises(RuleBroken):
        allowed(url, patterns(KNOWN), lambda *_: pytest.fail("it was looked up"))


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.1.1",
        "fe80::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "::ffff:169.254.169.254",
        "0.0.0.0",  # noqa: S104 - an address to be refused
        "::",
        "224.0.0.1",
        "127.0.0.1",
        "::1",
    ],
)
def test_a_name_that_leads_to_the_machine_or_its_manager_is_refused(address: str) -> None:
    with pytest.raises(RuleBroken, match="the machine itself"):
        allowed("https://apps.example", patterns(KNOWN), to(address))


def test_loopback_is_taken_only_where_a_pattern_names_it() -> None:
    here = patterns("http://localhost:*")
    assert allowed("http://localhost:8006", here, to("127.0.0.1")).port == 8006
    with pytest.raises(RuleBroken, match="the machine itself"):
        allowed("http://localhost:8006", here, to("169.254.169.254"))


def test_a_host_that_nobody_knows_is_refused() -> None:
    def nobody(_host: str, _port: int) -> list[str]:
        raise OSError

    with pytest.raises(RuleBroken, match="Nobody knows the host"):
        allowed("https://apps.example", patterns(KNOWN), nobody)


@pytest.mark.parametrize("text", ["*", "http://*", "ftp://a", "http://a/path", "http://a:port", "http://a b c://"])
def test_a_pattern_that_says_too_much_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        patterns(text)


def test_without_patterns_nothing_is_allowed() -> None:
    with pytest.raises(RuleBroken, match="BIZOPS_ALLOWED_ORIGINS"):
        allowed("https://apps.example", patterns(""), to("10.0.0.7"))
