"""Where a call came from, as coarsely as we want to know it."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

from app.core.text import FieldRefused, trim

COARSE: Final = {4: 24, 6: 48}
"""The bits of a network that are kept, by version of the protocol."""
MOST_NETWORKS: Final = 256
LONGEST_NETWORK: Final = 49
"""Characters of a network, or of an address, as anybody writes it."""


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
            return str(ip_network((address, COARSE[6]), strict=False))
        address = address.ipv4_mapped
    return str(ip_network((address, COARSE[4]), strict=False))


def networks_within(text: str) -> tuple[str, ...]:
    """The coarse networks that a network (``203.0.113.0/24``) or address lies in, or is made of.

    Refuses `invalid_network` for anything else, and for one that is made of more than
    `MOST_NETWORKS` (wider than /16, or /40 for IPv6).
    """
    trimmed = trim(text)
    if len(trimmed) > LONGEST_NETWORK or "%" in trimmed:  # a zone is of one machine only
        raise FieldRefused("invalid_network")
    try:
        network = ip_network(trimmed, strict=False)
    except ValueError:
        raise FieldRefused("invalid_network") from None
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped is not None:
        raise FieldRefused("invalid_network")  # calls from there are kept as IPv4
    coarse = COARSE[network.version]
    if network.prefixlen >= coarse:
        return (str(network.supernet(new_prefix=coarse)),)
    if 1 << (coarse - network.prefixlen) > MOST_NETWORKS:
        raise FieldRefused("invalid_network")
    return tuple(str(part) for part in network.subnets(new_prefix=coarse))
