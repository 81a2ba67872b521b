"""Decides to which addresses the shell may be sent by hand: those that whoever runs it has named, and never inwards."""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

from bff.errors import RuleBroken
from shell.connections import Origin

Resolve = Callable[[str, int], Iterable[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Where clouds tell a machine its secrets; some of them lie outside the link-local networks.
METADATA: Final = frozenset({"169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"})
_PATTERN: Final = re.compile(r"(https?)://(\[[0-9a-f:]+\]|[a-z0-9*][a-z0-9*.-]*)(?::([0-9]{1,5}|\*))?", re.IGNORECASE)


@dataclass(frozen=True)
class Pattern:
    """One allowed origin. `*` in the host is any part between two dots; as the port, any port."""

    scheme: str
    host: str
    port: int | None  # None: any

    @classmethod
    def of(cls, text: str) -> "Pattern":
        """Raises ValueError."""
        found = _PATTERN.fullmatch(text)
        if not found or found[2] == "*":
            raise ValueError(f"{text!r} is no pattern of origins; use one like http://*.apps.svc.cluster.local:8000")
        scheme, host, port = found[1].lower(), found[2].lower().strip("[]"), found[3] or ""
        usual = 443 if scheme == "https" else 80
        return cls(scheme, host, None if port == "*" else int(port or usual))

    def admits(self, origin: Origin) -> bool:
        """Whether an origin is one of them."""
        labels, wanted = origin.host.lower().split("."), self.host.split(".")
        same = len(labels) == len(wanted) and all(
            re.fullmatch(re.escape(part).replace(r"\*", "[a-z0-9-]+"), label)
            for part, label in zip(wanted, labels, strict=True)
        )
        return same and origin.scheme == self.scheme and self.port in (None, origin.port)

    @property
    def names_loopback(self) -> bool:
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


def patterns(text: str) -> list[Pattern]:
    """The patterns of a setting, separated by spaces. Raises ValueError."""
    return [Pattern.of(item) for item in text.split()]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def allowed(url: str, known: Iterable[Pattern], look_up: Resolve = resolve) -> Origin:
    """The origin of a URL that somebody gives by hand. Raises RuleBroken with the reason and the remedy."""
    try:
        origin = Origin.of(url)
    except ValueError:
        raise RuleBroken(_("%(url)s is no address. Use one like http://hello.apps:8000.", url=url[:200])) from None
    admitting = [pattern for pattern in known if pattern.admits(origin)]
    if not admitting:
        sentence = _(
            "%(url)s is not among the addresses that may be registered by hand. BIZOPS_ALLOWED_ORIGINS names them.",
            url=url,
        )
        raise RuleBroken(sentence)
    try:
        found = [ipaddress.ip_address(address.partition("%")[0]) for address in look_up(origin.host, origin.port)]
    except (OSError, UnicodeError, ValueError):
        raise RuleBroken(_("Nobody knows the host %(host)s. Check its name.", host=origin.host)) from None
    own = any(pattern.names_loopback for pattern in admitting)
    if any(_leads_inwards(address, own) for address in found):
        raise RuleBroken(_("%(url)s leads to the machine itself or to what manages it, not to an app.", url=url))
    return origin


def _leads_inwards(address: Address, loopback_allowed: bool) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or address
    if str(inner) in METADATA or inner.is_link_local or inner.is_multicast or inner.is_unspecified or inner.is_reserved:
        return True
    return bool(inner.is_loopback) and not loopback_allowed
