"""A few hundred for every run of the tests; `python -m tests.chaos.policy` has the whole of it."""

from tests.chaos.policy import chaos


def test_everybody_is_accounted_for() -> None:
    found = chaos(logins=250, kills=2, seed=20261124, wait=False)
    assert found["wrong"] == []
    assert found["mails"]["bounced"] == 3
    assert found["letters"] >= 250 - 3
    assert sum(found["kills"].values()) == 2
