"""Passwords at rest: Argon2id, and the old system's MD5 only inside an Argon2id wrapping.

How a string is stored says how it is checked:

* ``$argon2id$v=19$m=…`` is Argon2id over the NFKC form of the password in UTF-8;
* ``$wrapped-md5$<salt>$argon2id$v=19$m=…`` is Argon2id over the old system's lower-case MD5 digest,
  the salt of which is kept in base64 (empty: none). It goes away at the owner's next sign-in.
"""

import base64
import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from passlib.hash import argon2

LONGEST_PASSWORD = 1024
"""Characters. Longer ones are refused, so that nobody buys our time with a megabyte of password."""

_LONGEST_SECRET = 4096  # bytes, libpass's own limit; one character may become 18 under NFKC
_LONGEST_SALT = 64  # bytes; keeps every stored string under 255 characters
_MD5 = re.compile(r"[0-9a-fA-F]{32}")
_ARGON2ID = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,10}),t=([0-9]{1,10}),p=([0-9]{1,10})"
    r"\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"
)
_WRAPPED = re.compile(r"\$wrapped-md5\$([A-Za-z0-9+/=]*)(\$argon2id\$.+)")
# A damaged row must not ask for all the memory there is: 1 GiB, 64 passes, 64 lanes at most.
_MOST_KIB, _MOST_PASSES, _MOST_LANES = 1 << 20, 64, 64


class PasswordUnusable(ValueError):
    """The password cannot be hashed: over `LONGEST_PASSWORD`, or not text (a lone surrogate)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok`: the password is the account's. `needs_rehash`: it is, and its hash is outdated."""

    ok: bool
    needs_rehash: bool


_REFUSED = Verdict(ok=False, needs_rehash=False)


@dataclass(frozen=True)
class PasswordHasher:
    """Hashes and verifies at one Argon2id cost (RFC 9106); safe to share between threads.

    The defaults are OWASP's minimum: 19 MiB, two passes, one lane.
    Raises ValueError for a cost that Argon2 does not know.
    """

    time_cost: int = 2
    memory_cost_kib: int = 19_456
    parallelism: int = 1
    _dummy: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._argon2()
        # No password is behind a random digest: whoever verifies against it pays and is refused.
        salt, digest = (
            base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32)
        )
        cost = f"m={self.memory_cost_kib},t={self.time_cost},p={self.parallelism}"
        object.__setattr__(self, "_dummy", f"$argon2id$v=19${cost}${salt}${digest}")

    def hash(self, password: str) -> str:
        """The Argon2id string to store, with a fresh salt.

        The password is taken in NFKC (NIST SP 800-63B), so that the same word typed on a phone and
        on a desktop is the same password. Raises PasswordUnusable.
        """
        if len(password) > LONGEST_PASSWORD:
            raise PasswordUnusable("too long")
        secret = _modern_secret(password)
        if secret is None:
            raise PasswordUnusable("not hashable text")
        return str(self._argon2().hash(secret))

    def wrap_md5(self, digest_hex: str, salt: str | None) -> str:
        """The string to store for an account of the old system; no bare MD5 remains in it.

        `digest_hex` is ``md5(password)``, or ``md5(salt + password)`` when there is a `salt`.
        Raises ValueError unless it is 32 hexadecimal digits and the salt at most 64 bytes of UTF-8.
        """
        if not _MD5.fullmatch(digest_hex):
            raise ValueError("not an MD5 digest")
        salt_bytes = (salt or "").encode()
        if len(salt_bytes) > _LONGEST_SALT:
            raise ValueError("salt too long")
        wrapped = self._argon2().hash(digest_hex.lower().encode())
        return f"$wrapped-md5${base64.b64encode(salt_bytes).decode()}{wrapped}"

    def verify(self, password: str, stored: str | None) -> Verdict:
        """Whether `password` is the one behind `stored`; never raises for what either contains.

        `stored` None (no such account), a damaged string and an unusable password are all refused
        after the same work as a wrong password: how long a refusal takes depends on the password,
        and says nothing of the account (unless its hash is of another cost, until it is rehashed).
        """
        if len(password) > LONGEST_PASSWORD or not _is_text(password):
            self._spend(1)
            return _REFUSED
        # The old system hashed what was typed; a phone may type today what was composed then.
        spellings = list(dict.fromkeys((password, unicodedata.normalize("NFC", password))))
        encoded, candidates, wrapped = _challenge(password, spellings, stored)
        for candidate in candidates:
            try:
                if self._argon2().verify(candidate, encoded):
                    outdated = wrapped or bool(self._argon2().needs_update(encoded))
                    return Verdict(ok=True, needs_rehash=outdated)
            except (ValueError, TypeError):  # damaged within its shape: found before any work
                self._spend(1)
        self._spend(len(spellings) - len(candidates))
        return _REFUSED

    def _spend(self, evaluations: int) -> None:
        for _ in range(evaluations):
            self._argon2().verify(b"", self._dummy)

    def _argon2(self) -> Any:  # a libpass handler; looked up, so that a hasher can be pickled
        return _handler(self.time_cost, self.memory_cost_kib, self.parallelism)


@lru_cache(maxsize=16)
def _handler(time_cost: int, memory_cost_kib: int, parallelism: int) -> Any:
    return argon2.using(
        type="ID",
        time_cost=time_cost,
        memory_cost=memory_cost_kib,
        parallelism=parallelism,
        salt_size=16,
        digest_size=32,
    )


def _challenge(
    password: str, spellings: list[str], stored: str | None
) -> tuple[str, list[bytes], bool]:
    """The Argon2id string inside `stored`, what might open it (nothing: refuse), and if wrapped."""
    stored = stored or ""
    if wrapped := _WRAPPED.fullmatch(stored):
        try:
            salt = base64.b64decode(wrapped[1], validate=True)
        except ValueError:
            return "", [], True
        if not _is_affordable(wrapped[2]):
            return "", [], True
        return wrapped[2], [_old_digest(salt, spelling) for spelling in spellings], True
    secret = _modern_secret(password)
    if secret is None or not _is_affordable(stored):
        return "", [], False
    return stored, [secret], False


def _is_affordable(encoded: str) -> bool:
    cost = _ARGON2ID.fullmatch(encoded)
    return cost is not None and (
        int(cost[1]) <= _MOST_KIB and int(cost[2]) <= _MOST_PASSES and int(cost[3]) <= _MOST_LANES
    )


def _old_digest(salt: bytes, password: str) -> bytes:
    digest = hashlib.md5(salt + password.encode(), usedforsecurity=False)
    return digest.hexdigest().encode()


def _modern_secret(password: str) -> bytes | None:
    """NFKC in UTF-8, or None where that is impossible or too long."""
    if not _is_text(password):
        return None
    secret = unicodedata.normalize("NFKC", password).encode()
    return secret if len(secret) <= _LONGEST_SECRET else None


def _is_text(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True
