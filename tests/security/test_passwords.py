import hashlib
import pickle
import re
import unicodedata
from typing import Any

import pytest
from argon2.low_level import Type, hash_secret
from hypothesis import given
from hypothesis import strategies as st

from app.security.passwords import (
    LONGEST_PASSWORD,
    PasswordHasher,
    PasswordUnusable,
    Verdict,
)

CHEAP = PasswordHasher(time_cost=1, memory_cost_kib=8, parallelism=1)
GOOD = Verdict(ok=True, needs_rehash=False)
OUTDATED = Verdict(ok=True, needs_rehash=True)
REFUSED = Verdict(ok=False, needs_rehash=False)
COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


def old_md5(password: str, salt: str = "") -> str:
    return hashlib.md5((salt + password).encode(), usedforsecurity=False).hexdigest()


def wrapped(password: str, salt: str | None = None) -> str:
    return CHEAP.wrap_md5(old_md5(password, salt or ""), salt)


@given(st.text(max_size=60))
def test_a_password_opens_its_own_hash_and_no_other(password: str) -> None:
    stored = CHEAP.hash(password)
    assert CHEAP.verify(password, stored) == GOOD
    assert CHEAP.verify(password + "x", stored) == REFUSED


def test_the_hash_is_argon2id_at_the_settings_cost_with_a_fresh_salt() -> None:
    hasher = PasswordHasher(time_cost=3, memory_cost_kib=32, parallelism=2)
    first, second = hasher.hash("Senha-1!x"), hasher.hash("Senha-1!x")
    assert first.startswith("$argon2id$v=19$m=32,t=3,p=2$")
    assert first != second


def test_the_hash_is_that_of_the_reference_library() -> None:
    encoded = hash_secret(COMPOSED.encode(), b"s" * 16, 1, 8, 1, 32, Type.ID).decode()
    assert CHEAP.verify(DECOMPOSED, encoded) == GOOD


@pytest.mark.parametrize(
    ("typed", "stored"),
    [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED), ("\uff33enha", "Senha"), ("\ufb01m", "fim")],
)
def test_spellings_that_nfkc_makes_equal_are_one_password(typed: str, stored: str) -> None:
    assert CHEAP.verify(typed, CHEAP.hash(stored)) == GOOD


@pytest.mark.parametrize(
    "other",
    [
        PasswordHasher(2, 16, 1),  # cheaper in passes
        PasswordHasher(4, 16, 1),
        PasswordHasher(3, 8, 1),  # cheaper in memory
        PasswordHasher(3, 32, 1),
        PasswordHasher(3, 16, 2),
    ],
)
def test_a_cost_that_was_raised_or_lowered_asks_for_a_rehash(other: PasswordHasher) -> None:
    current = PasswordHasher(time_cost=3, memory_cost_kib=16, parallelism=1)
    stored = other.hash("Senha-1!x")
    assert current.verify("Senha-1!x", stored) == OUTDATED
    assert current.verify("wrong", stored) == REFUSED


@pytest.mark.parametrize("salt", [None, "", "3d8a9", "çã$:", "a$argon2id$b"])
def test_a_wrapped_md5_opens_with_the_old_password_and_asks_for_a_rehash(salt: str | None) -> None:
    stored = wrapped("Senha-1!x", salt)
    assert CHEAP.verify("Senha-1!x", stored) == OUTDATED
    assert CHEAP.verify("Senha-1!y", stored) == REFUSED
    assert CHEAP.verify(old_md5("Senha-1!x", salt or ""), stored) == REFUSED


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.text("0123456789abcdef", max_size=8))
def test_no_md5_stands_in_what_is_stored(password: str, salt: str) -> None:
    digest = old_md5(password, salt)
    stored = CHEAP.wrap_md5(digest.upper(), salt or None)
    assert CHEAP.verify(password, stored) == OUTDATED
    assert digest not in stored.lower()
    assert not re.search("[0-9a-f]{32}", stored)
    assert len(stored) < 255


def test_a_long_salt_still_fits_the_column() -> None:
    assert len(CHEAP.wrap_md5(old_md5("x"), "s" * 64)) < 255


@pytest.mark.parametrize(
    ("digest", "salt"),
    [
        ("", None),
        ("0" * 31, None),
        ("0" * 33, None),
        ("g" * 32, None),
        ("0" * 32 + "\n", None),
        ("\u0660" * 32, None),
        ("0" * 32, "s" * 65),
        ("0" * 32, "\ud800"),
    ],
)
def test_what_is_no_md5_is_not_wrapped(digest: str, salt: str | None) -> None:
    with pytest.raises(ValueError, match=r"MD5|salt|surrogates"):
        CHEAP.wrap_md5(digest, salt)


def test_the_old_system_hashed_what_was_typed_and_a_decomposed_spelling_still_works() -> None:
    assert CHEAP.verify(COMPOSED, wrapped(COMPOSED)) == OUTDATED
    assert CHEAP.verify(DECOMPOSED, wrapped(DECOMPOSED)) == OUTDATED  # raw
    assert CHEAP.verify(DECOMPOSED, wrapped(COMPOSED)) == OUTDATED  # NFC
    # MD5 was taken of the full-width letter: NFKC would lock its owner out.
    assert CHEAP.verify("\uff33enha", wrapped("\uff33enha")) == OUTDATED
    assert CHEAP.verify("Senha", wrapped("\uff33enha")) == REFUSED


# The salt is fixed: these stand in the names of tests, which every worker must find alike.
SOUND = hash_secret(b"Senha-1!x", b"s" * 16, 1, 8, 1, 32, Type.ID).decode()


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "x",
        "\ud800",
        "\0",
        old_md5("Senha-1!x"),
        "$2b$12$abcdefghijklmnopqrstuuJ5vZ8yqXwGXbIQxYh0Y9jbGmW1Jq4Ky",
        SOUND[:-1],
        SOUND[:40],
        SOUND + "$",
        SOUND + "\n",
        SOUND.replace("argon2id", "argon2i"),
        SOUND.replace("v=19", "v=18"),
        SOUND.replace("m=8", "m=0"),
        SOUND.replace("m=8", "m=\u0668"),
        SOUND.replace("m=8", "m=4294967295"),  # four terabytes
        SOUND.replace("t=1", "t=4294967295"),  # a hundred years
        SOUND.replace("p=1", "p=16777215"),
        "$wrapped-md5$",
        "$wrapped-md5$!!$" + SOUND,
        "$wrapped-md5$AAA" + SOUND,  # base64 cut short
        "$wrapped-md5$" + SOUND.replace("m=8", "m=4294967295"),
        "$wrapped-md5$" + SOUND[:-1],
        "$wrapped-md5$" + SOUND,  # Argon2id of a password, not of a digest
    ],
)
def test_a_damaged_or_foreign_hash_is_refused_quietly(stored: str) -> None:
    assert CHEAP.verify("Senha-1!x", stored) == REFUSED


@given(st.text(max_size=200), st.one_of(st.none(), st.text(max_size=120)))
def test_verify_is_total(password: str, stored: str | None) -> None:
    assert CHEAP.verify(password, stored) == REFUSED


@given(st.data())
def test_a_hash_with_one_character_changed_never_raises(data: st.DataObject) -> None:
    stored = data.draw(st.sampled_from([SOUND, wrapped("Senha-1!x", "3d8a9")]))
    # not the cost, which may legally become a thousand times what a test should wait for
    start = stored.index("p=1") + 3
    at = data.draw(st.integers(start, len(stored) - 1))
    changed = stored[:at] + data.draw(st.characters()) + stored[at + 1 :]
    assert isinstance(CHEAP.verify("Senha-1!x", changed), Verdict)
    assert not CHEAP.verify("wrong", changed).ok


@pytest.mark.parametrize(
    "password",
    ["x" * (LONGEST_PASSWORD + 1), "x" * 4096, "\ufdfa" * LONGEST_PASSWORD, "\ud800", "a\udfffb"],
    ids=["1025", "4096", "long under NFKC", "surrogate", "surrogate inside"],
)
def test_an_unusable_password_is_refused_for_every_account_and_not_hashed(password: str) -> None:
    for stored in (None, SOUND, wrapped("Senha-1!x"), "junk"):
        assert CHEAP.verify(password, stored) == REFUSED
    with pytest.raises(PasswordUnusable):
        CHEAP.hash(password)


def test_a_password_too_long_is_refused_even_where_it_would_be_right() -> None:
    password = "x" * (LONGEST_PASSWORD + 1)
    encoded = hash_secret(password.encode(), b"s" * 16, 1, 8, 1, 32, Type.ID).decode()
    assert CHEAP.verify(password, encoded) == REFUSED
    assert CHEAP.verify(password, wrapped(password)) == REFUSED


def test_the_longest_password_and_one_with_nul_work_to_the_last_character() -> None:
    longest = "\U0001f511" * LONGEST_PASSWORD  # 4 KiB in UTF-8
    assert CHEAP.verify(longest, CHEAP.hash(longest)) == GOOD
    assert CHEAP.verify(longest[:-1], CHEAP.hash(longest)) == REFUSED
    assert CHEAP.verify("a\0b", CHEAP.hash("a\0b")) == GOOD
    assert CHEAP.verify("a\0c", CHEAP.hash("a\0b")) == REFUSED


class Counted(PasswordHasher):
    """Counts the Argon2 evaluations that were carried through: what a refusal costs."""

    evaluations = 0

    def _argon2(self) -> Any:
        handler = super()._argon2()

        class Counting:
            def verify(self, secret: bytes, encoded: str) -> bool:
                answer = bool(handler.verify(secret, encoded))  # a damaged one raises first
                Counted.evaluations += 1
                return answer

            def __getattr__(self, name: str) -> Any:
                return getattr(handler, name)

        return Counting()


def cost_of(hasher: PasswordHasher, password: str, stored: str | None) -> int:
    """Argon2 evaluations of one refusal."""
    Counted.evaluations = 0
    assert not hasher.verify(password, stored).ok
    return Counted.evaluations


@pytest.mark.parametrize("password", ["wrong", DECOMPOSED, "\ud800", "x" * 2000])
def test_a_refusal_costs_the_same_whatever_the_account(password: str) -> None:
    hasher = Counted(time_cost=1, memory_cost_kib=4096, parallelism=1)
    sound = hasher.hash("Senha-1!x")
    accounts = {
        "unknown": None,
        "current": sound,
        "wrapped": hasher.wrap_md5(old_md5("Senha-1!x", "3d8a9"), "3d8a9"),
        "damaged": sound[:-1],
        "too dear": sound.replace("m=4096", "m=2097152"),  # 2 GiB
        "foreign": "junk",
    }
    costs = {name: cost_of(hasher, password, stored) for name, stored in accounts.items()}
    text = password.isprintable() and len(password) <= 1024  # else refused after one
    spellings = 1 + (text and unicodedata.normalize("NFC", password) != password)
    assert set(costs.values()) == {spellings}, costs


def test_a_hasher_travels_to_another_process() -> None:
    travelled = pickle.loads(pickle.dumps(CHEAP))  # noqa: S301  our own bytes
    assert travelled == CHEAP
    assert travelled.verify("Senha-1!x", SOUND) == GOOD


@pytest.mark.parametrize("cost", [(0, 8, 1), (1, 7, 1), (1, 8, 2), (1, 8, 0)])
def test_a_cost_that_argon2_does_not_know_is_refused_at_once(cost: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="argon2"):
        PasswordHasher(*cost)


def test_a_dummy_is_not_shown() -> None:
    assert repr(CHEAP) == "PasswordHasher(time_cost=1, memory_cost_kib=8, parallelism=1)"
