"""The second factor: time-based one-time passwords (RFC 6238), six digits, steps of 30 seconds."""

import hmac
import re
from datetime import datetime

import pyotp

STEP_SECONDS = 30
_ISSUER = "Salvaguarda"
_WINDOW = (-1, 0, 1)  # RFC 6238, section 5.2: one step for the network and the phone's clock
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """A fresh secret of 160 bits in base32 (32 characters)."""
    return pyotp.random_base32(32)


def provisioning_uri(secret: str, account: str) -> str:
    """The ``otpauth://`` address that an authenticator app reads as a QR code."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(
        name=account, issuer_name=_ISSUER
    )


def verify(secret: str, code: str, at: datetime, last_step: int | None) -> int | None:
    """The time step that `code` belongs to, or None for a code to be refused.

    `at` is aware. `last_step` is the step of the last code that was accepted: no code of that step
    or an earlier one passes again, so the caller stores the returned step, under the same lock.
    Raises ValueError for a `secret` that is not base32 of at least 112 bits, or a naive `at`.
    """
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    if at.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    if not _CODE.fullmatch(code):
        return None
    now = int(at.timestamp()) // STEP_SECONDS
    # All steps are compared, whichever matches: the time taken tells nothing.
    # The newest match counts: a code that two steps share would otherwise work twice.
    matched = None
    for step in (now + offset for offset in _WINDOW):
        if hmac.compare_digest(totp.generate_otp(step), code):
            matched = step
    if matched is None or (last_step is not None and matched <= last_step):
        return None
    return matched
