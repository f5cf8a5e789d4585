import base64
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from app.security.opaque import digest, new_opaque_token


def test_a_token_is_256_url_safe_bits_and_comes_with_its_digest() -> None:
    token, stored = new_opaque_token()
    assert len(base64.urlsafe_b64decode(token + "=")) == 32
    assert stored == hashlib.sha256(token.encode()).digest()
    assert len({new_opaque_token()[0] for _ in range(100)}) == 100


@given(st.text(), st.text())
def test_every_string_has_a_digest_of_its_own(one: str, other: str) -> None:
    assert len(digest(one)) == 32
    assert (digest(one) == digest(other)) == (one == other)


def test_a_lone_surrogate_has_a_digest_too() -> None:
    assert digest("\ud800") not in {digest("\udfff"), digest("?"), digest("")}
