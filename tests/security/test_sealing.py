import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security.sealing import SealBroken, Sealer

KEY = bytes(range(32))
SEALER = Sealer(KEY)


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_what_was_sealed_opens_in_its_place(plaintext: bytes, aad: bytes) -> None:
    sealed = SEALER.seal(plaintext, aad)
    assert Sealer(KEY).open(sealed, aad) == plaintext
    assert len(sealed) == len(plaintext) + 29


@given(st.binary(max_size=50), st.binary(max_size=20), st.binary(max_size=20))
def test_it_opens_in_no_other_row(plaintext: bytes, aad: bytes, other: bytes) -> None:
    if aad != other:
        with pytest.raises(SealBroken):
            SEALER.open(SEALER.seal(plaintext, aad), other)


@given(st.binary(min_size=0, max_size=40), st.data())
def test_a_changed_bit_breaks_the_seal(plaintext: bytes, data: st.DataObject) -> None:
    sealed = bytearray(SEALER.seal(plaintext, b"row"))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        SEALER.open(bytes(sealed), b"row")


@given(st.binary(max_size=64))
def test_anything_else_is_broken(sealed: bytes) -> None:
    for value in (sealed, b"\x01" + sealed):
        with pytest.raises(SealBroken):
            SEALER.open(value, b"row")


def test_a_cut_or_lengthened_value_is_broken() -> None:
    sealed = SEALER.seal(b"JBSWY3DPEHPK3PXP", b"row")
    for size in range(len(sealed)):
        with pytest.raises(SealBroken):
            SEALER.open(sealed[:size], b"row")
    with pytest.raises(SealBroken):
        SEALER.open(sealed + b"\0", b"row")


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(SealBroken):
        Sealer(b"k" * 32).open(SEALER.seal(b"x", b"row"), b"row")


def test_sealing_twice_shows_no_likeness() -> None:
    assert SEALER.seal(b"same", b"row")[1:] != SEALER.seal(b"same", b"row")[1:]
    assert b"same" not in SEALER.seal(b"same", b"row")


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_only_a_256_bit_key_will_do(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(b"k" * size)
