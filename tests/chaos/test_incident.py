"""A few kills for every run of the tests; `python -m tests.chaos.incident` has the whole of it."""

from tests.chaos.incident import chaos


def test_a_few_kills_harm_nothing() -> None:
    found = chaos(logins=150, kills=3, seed=20261124, wait_for_leases=False)
    assert found["wrong"] == []
    assert found["letters"] >= found["logins"] >= 150
    assert found["kills"] == 3
