"""Two seconds of it for every run of the tests; `python -m tests.chaos.consents` has a minute."""

import asyncio
from pathlib import Path

from tests.chaos.consents import chaos


def test_many_at_once_lose_nothing(database_url: str, tmp_path: Path) -> None:
    found = asyncio.run(chaos(database_url, tmp_path, seconds=2, clients=32, seed=20261124))
    assert found["wrong"] == []
    assert sum(found["statuses"].values()) >= 32
    assert set(found["statuses"]) <= {201, 503}
