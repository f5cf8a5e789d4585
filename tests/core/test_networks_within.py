"""Networks as staff name them, in the coarse ones that we keep."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.networks import MOST_NETWORKS, network_of, networks_within
from app.core.text import FieldRefused


@pytest.mark.parametrize(
    ("text", "first", "count"),
    [
        ("203.0.113.0/24", "203.0.113.0/24", 1),
        (" 203.0.113.77 ", "203.0.113.0/24", 1),
        ("203.0.113.128/25", "203.0.113.0/24", 1),
        ("203.0.113.9/24", "203.0.113.0/24", 1),
        ("203.0.112.0/255.255.254.0", "203.0.112.0/24", 2),
        ("198.51.0.0/16", "198.51.0.0/24", MOST_NETWORKS),
        ("2001:db8:1:2::/64", "2001:db8:1::/48", 1),
        ("2001:DB8::1", "2001:db8::/48", 1),
        ("2001:db8::/44", "2001:db8::/48", 16),
        ("2001:db00::/40", "2001:db00::/48", MOST_NETWORKS),
    ],
)
def test_a_network_is_made_of_coarse_ones(text: str, first: str, count: int) -> None:
    found = networks_within(text)
    assert found[0] == first
    assert len(set(found)) == len(found) == count


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "203.0.113",
        "203.0.113.0/33",
        "203.0.113.0/-1",
        "198.50.0.0/15",
        "0.0.0.0/0",
        "::/0",
        "2001:da00::/39",
        "fe80::1%eth0",
        "::ffff:203.0.113.7",
        "203.0.113.0/24" + " " * 50 + "x",
        "２03.0.113.0/24",
        "\ud800",
        "203.0.113.0/24\n",
        "'; DROP TABLE logins; --",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(FieldRefused, match="invalid_network"):
        networks_within(text)


@given(st.ip_addresses())
def test_an_address_lies_in_the_network_that_its_calls_are_kept_under(address: object) -> None:
    kept = network_of((str(address), 1))
    try:
        assert networks_within(str(address)) == (kept,)
    except FieldRefused:
        assert str(address).startswith("::ffff:")


@given(st.text(st.characters(codec=None), max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    with suppress(FieldRefused):
        assert networks_within(text)
