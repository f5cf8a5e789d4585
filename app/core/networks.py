"""Where a call came from: coarsely for nearly everybody, exactly for the access records alone."""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

from app.core.text import FieldRefused, trim

COARSE: Final = {4: 24, 6: 48}
"""The bits of a network that are kept, by version of the protocol."""
MOST_NETWORKS: Final = 256
HIGHEST_PORT: Final = 65_535
_PORT: Final = re.compile("[0-9]{1,5}")
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


def address_of(client: Sequence[Any] | None) -> str | None:
    """The address a caller came from, in its usual form; IPv4 that came within IPv6 is IPv4.

    None where the server does not know: a socket of this machine, a proxy that names nobody.
    """
    return None if client is None else _address(client[0])


@lru_cache(maxsize=4096)
def _address(host: str) -> str | None:
    try:
        address = ip_address(host.partition("%")[0])  # a zone is of one machine only
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def port_of(client: Sequence[Any] | None, told: str | None) -> int | None:
    """The port a caller came from: many share an address, and the port tells them apart.

    The connection's own, unless a trusted proxy named the caller: such a one the server gives port
    0 when the proxy said none with the address. Then it is what the proxy `told`, if that is a
    port; of callers without a trusted proxy the header is never believed.
    """
    if client is None:
        return None
    port: int = client[1]
    if not port and told is not None and _PORT.fullmatch(told):
        port = int(told)
    return port if 0 < port <= HIGHEST_PORT else None


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
