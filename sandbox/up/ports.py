"""Which port each process listens on, whether it is free, and who holds it if not."""

import random
import shutil
import socket
import subprocess
from contextlib import closing
from pathlib import Path

from sandbox.up.problem import Problem

NEEDED_BY = {
    "shell": "the shell",
    "provider": "the OpenID provider",
    "hub": "the sandbox hub",
    "settlement": "settlement",
    "reports": "reports",
    "users": "users",
}
HELLO = len(NEEDED_BY)  # the example of a stranger's micro-frontend, which nobody starts by himself
RANGE = (20_000, 32_000)  # below the ports that Linux hands out to outgoing connections
LISTENING = "0A"


def ports_from(base: int) -> dict[str, int]:
    """The port of each process: the shell's, then the others in their fixed order."""
    return {name: base + offset for offset, name in enumerate(NEEDED_BY)}


def require_free(base: int) -> None:
    """Raises Problem when a port is taken, naming it, what it is for, who holds it and what to do."""
    for name, port in ports_from(base).items():
        if is_free(port):
            continue
        holder = _holder(port)
        by = f" by {holder}" if holder else ""
        raise Problem(
            f"Port {port}, which {NEEDED_BY[name]} needs, is in use{by}: "
            f"stop that, or use other ports, for instance PORT={_next_free_base(base)} make run."
        )


def is_free(port: int) -> bool:
    """Whether nobody listens on the port of this machine, by either of localhost's addresses."""
    return all(_can_listen(family, address, port) for family, address in _loopbacks())


def free_base_port() -> int:
    """A port from which on all that the portal needs are free, for tests."""
    for _ in range(1000):
        base = random.randrange(*RANGE, 10)  # noqa: S311 - not a secret
        if all(is_free(base + offset) for offset in range(HELLO + 1)):
            return base
    raise Problem("There are no free ports left on this machine.")


def _next_free_base(base: int) -> int:
    candidates = range(base + 1000, 64_000, 1000)
    return next((other for other in candidates if all(map(is_free, ports_from(other).values()))), free_base_port())


def _loopbacks() -> list[tuple[socket.AddressFamily, str]]:
    ipv4 = (socket.AF_INET, "127.0.0.1")
    return [ipv4, (socket.AF_INET6, "::1")] if _can_listen(socket.AF_INET6, "::1", 0) else [ipv4]


def _can_listen(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with closing(socket.socket(family)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError:
        return False
    return True


def _holder(port: int) -> str | None:
    """Who listens on the port, as far as this user may see."""
    return _holder_in_proc(port) or _holder_by_lsof(port)


def _holder_in_proc(port: int) -> str | None:
    sockets = _listening_sockets(port)
    for link in Path("/proc").glob("[0-9]*/fd/*") if sockets else []:
        try:
            if str(link.readlink()) in sockets:
                process = link.parents[1]
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue  # it has ended meanwhile, or belongs to somebody else
    return None


def _listening_sockets(port: int) -> set[str]:
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for fields in map(str.split, lines):
            if fields[1].endswith(f":{port:04X}") and fields[3] == LISTENING:
                found.add(f"socket:[{fields[9]}]")
    return found


def _holder_by_lsof(port: int) -> str | None:
    lsof = shutil.which("lsof")
    if lsof is None:
        return None
    command = [lsof, "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5)  # noqa: S603 - fixed words
    fields = {line[0]: line[1:] for line in reversed(said.stdout.splitlines()) if line}
    return f"{fields['c']} (process {fields['p']})" if {"c", "p"} <= fields.keys() else None
