"""Addresses and ports as the access records keep them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.networks import address_of, port_of


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("203.0.113.77", "203.0.113.77"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.77", "203.0.113.77"),
        ("::FFFF:cb00:714d", "203.0.113.77"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", None),
        ("203.0.113.77:51544", None),
        ("203.0.113.077", None),
        ("٢٠٣.0.113.77", None),
        ("", None),
    ],
)
def test_an_address_is_kept_whole_and_in_one_form(host: str, address: str | None) -> None:
    assert address_of((host, 1)) == address


def test_who_has_no_address_has_none() -> None:
    assert address_of(None) is None
    assert port_of(None, "51544") is None


@given(address=st.ip_addresses(), port=st.integers(1, 65535))
def test_the_form_of_an_address_is_its_own(address: object, port: int) -> None:
    once = address_of((str(address), port))
    assert once is not None
    assert address_of((once, port)) == once


@pytest.mark.parametrize(
    ("own", "told", "port"),
    [
        (51544, None, 51544),
        (51544, "1024", 51544),  # no proxy of ours named the caller: what they say is not believed
        (0, "51544", 51544),
        (0, "00080", 80),
        (0, None, None),
        (0, "", None),
        (0, "0", None),
        (0, "65536", None),
        (0, "99999", None),
        (0, "-1", None),
        (0, "+80", None),
        (0, "80\n", None),
        (0, "٨٠", None),
        (0, "51544, 51545", None),
        (0, "9" * 5000, None),
        (70000, None, None),  # a proxy that writes nonsense after the address
        (-5, "80", None),
    ],
)
def test_a_port_is_the_connections_or_what_a_trusted_proxy_tells(
    own: int, told: str | None, port: int | None
) -> None:
    assert port_of(("203.0.113.77", own), told) == port
