"""Where a call came from, as coarsely as we want to know it."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any


def network_of(client: Sequence[Any] | None) -> str | None:
    """The network a caller came from, too wide to single anyone out: /24, or /48 for IPv6."""
    return None if client is None else _network(client[0])


@lru_cache(maxsize=4096)
def _network(host: str) -> str | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return str(ip_network((address, 48), strict=False))
        address = address.ipv4_mapped
    return str(ip_network((address, 24), strict=False))
