"""Keeps the test run to this machine: whatever reaches for another address is refused and noted.

An audit hook sees every socket of Python's, whichever library asks. (Other programs, and uvloop,
which asks the system itself, are not seen.)
"""

import ipaddress
import sys
from collections.abc import Iterable

WATCHED = frozenset(
    {
        "socket.connect",
        "socket.sendto",
        "socket.sendmsg",
        "socket.getaddrinfo",
        "socket.gethostbyname",
    }
)


class OutsideAddressError(RuntimeError):
    """Someone tried to leave this machine. Not an OSError: it is no network that is down."""


class NetworkGuard:
    """Refuses what is neither loopback nor in `allowed`; `attempts` keeps the hosts asked for."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self.attempts: list[str] = []
        self._allowed = frozenset(allowed)

    def install(self) -> None:
        """Watch this process until it ends: audit hooks cannot be taken out again."""
        sys.addaudithook(self._audit)

    def _audit(self, name: str, arguments: tuple[object, ...]) -> None:
        if name not in WATCHED:
            return
        host = arguments[0] if name.startswith("socket.get") else _host(arguments[1])
        if isinstance(host, bytes):
            host = host.decode(errors="replace")
        if isinstance(host, str) and not self._inside(host):
            self.attempts.append(host)
            raise OutsideAddressError(f"tests stay on this machine: {host}")

    def _inside(self, host: str) -> bool:
        if host in ("", "localhost") or host in self._allowed:
            return True
        try:
            return ipaddress.ip_address(host.partition("%")[0]).is_loopback
        except ValueError:
            return False


def _host(address: object) -> object:
    """The host of an Internet address; None for Unix sockets and the like."""
    return address[0] if isinstance(address, tuple) and address else None
