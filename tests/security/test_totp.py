from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security import totp

# RFC 6238, appendix B (SHA-1), in base32; its eight digits end in our six.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), RFC_VECTORS)
def test_the_rfc_examples_pass(seconds: int, code: str) -> None:
    assert totp.verify(RFC_SECRET, code, at(seconds), None) == seconds // 30


@pytest.mark.parametrize(("late", "accepted"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_one_step_of_difference_is_forgiven_and_not_two(late: int, accepted: bool) -> None:
    step = 41152263
    code = pyotp.TOTP(RFC_SECRET).generate_otp(step)
    verdict = totp.verify(RFC_SECRET, code, at((step + late) * 30), None)
    assert verdict == (step if accepted else None)


def test_a_code_works_once_and_takes_the_earlier_ones_with_it() -> None:
    step, generator = 41152263, pyotp.TOTP(RFC_SECRET)
    now = at(step * 30)
    assert totp.verify(RFC_SECRET, generator.generate_otp(step), now, step - 1) == step
    assert totp.verify(RFC_SECRET, generator.generate_otp(step), now, step) is None
    assert totp.verify(RFC_SECRET, generator.generate_otp(step - 1), now, step) is None
    assert totp.verify(RFC_SECRET, generator.generate_otp(step + 1), now, step) == step + 1
    # A clock set back gives no spent code a second life.
    assert totp.verify(RFC_SECRET, generator.generate_otp(step), at(step * 30 - 30), step) is None


def test_a_code_shared_by_two_steps_counts_as_the_newer() -> None:
    secret, older, newer = "A" * 32, 418_590, 418_591  # found by searching
    code = pyotp.TOTP(secret).generate_otp(older)
    assert code == pyotp.TOTP(secret).generate_otp(newer)
    now = at((older + 1) * 30)
    assert totp.verify(secret, code, now, None) == newer
    assert totp.verify(secret, code, now, newer) is None


@pytest.mark.parametrize(
    "code",
    [
        "",
        "28708",
        "2870820",
        " 287082",
        "287082\n",
        "287 082",
        "-87082",
        "+87082",
        "0x1234",
        "\uff12\uff18\uff17\uff10\uff18\uff12",
        "\u0662\u0668\u0667\u0660\u0668\u0662",
        "\ud80087082",
    ],
)
def test_only_six_ascii_digits_are_a_code(code: str) -> None:
    assert totp.verify(RFC_SECRET, code, at(59), None) is None


@given(st.one_of(st.text(), st.text("0123456789", min_size=6, max_size=6)))
def test_no_other_text_passes_or_fails_loudly(code: str) -> None:
    steps = {pyotp.TOTP(RFC_SECRET).generate_otp(step): step for step in (0, 1, 2)}
    assert totp.verify(RFC_SECRET, code, at(59), None) == steps.get(code)


def test_the_moment_is_an_instant_whatever_its_time_zone() -> None:
    sao_paulo = at(59).astimezone(timezone(timedelta(hours=-3)))
    assert totp.verify(RFC_SECRET, "287082", sao_paulo, None) == 1
    with pytest.raises(ValueError, match="time zone"):
        totp.verify(RFC_SECRET, "287082", at(59).replace(tzinfo=None), None)


def test_secrets_are_fresh_and_strong() -> None:
    secrets = {totp.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(pyotp.TOTP(secret).byte_secret()) == 20 for secret in secrets)


def test_a_secret_that_is_none_is_an_error_and_not_a_wrong_code() -> None:
    with pytest.raises(ValueError, match="112 bits"):
        totp.verify("AAAA", "287082", at(59), None)


def test_an_app_reads_the_address() -> None:
    address = urlsplit(totp.provisioning_uri(RFC_SECRET, "ana+1@exemplo.com.br"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == "/Salvaguarda:ana%2B1%40exemplo.com.br"
    assert parse_qs(address.query) == {"secret": [RFC_SECRET], "issuer": ["Salvaguarda"]}
    parsed = pyotp.parse_uri(address.geturl())
    assert isinstance(parsed, pyotp.TOTP)
    assert parsed.at(59) == "287082"
