"""A clock and a folder of keys that a test moves as it likes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.security.keys import Keyring
from app.security.passwords import PasswordHasher
from app.security.tokens import AccessTokens
from tests.security.forging import ISSUER
from tests.security.moment import Moment


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def open_keyring(folder: Path, moment: Moment) -> Callable[[], Keyring]:
    """Each call stands for another process on the same folder of production keys."""

    def opened() -> Keyring:
        return Keyring.create(folder, development=False, clock=moment, monotonic=moment.monotonic)

    return opened


@pytest.fixture
def keyring(open_keyring: Callable[[], Keyring]) -> Keyring:
    return open_keyring()


@pytest.fixture(scope="session")
def hasher() -> PasswordHasher:
    """The cheapest Argon2id there is."""
    return PasswordHasher(time_cost=1, memory_cost_kib=8, parallelism=1)


@pytest.fixture
def tokens(keyring: Keyring, moment: Moment) -> AccessTokens:
    return AccessTokens(keyring, ISSUER, 900, moment)
