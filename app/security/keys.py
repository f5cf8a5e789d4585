"""The service's keys: ES256 keys that sign tokens, and one master key that others derive from.

    <folder>/master.key          32 bytes in base64 (`openssl rand -base64 32` makes one)
    <folder>/signing/<kid>.pem   a P-256 private key (PKCS #8)
    <folder>/signing/retired/    what remains of keys that sign no more

A `kid` begins with the moment the key took over, so that the alphabetically last one is the newest:
it signs, the others still verify. The folder is the only truth: every process looks into it once a
second, so that a key made or retired by one is known to all without a restart.
"""

import base64
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jose import jwk
from jose.backends.base import Key

from app.core.clock import Clock, system_clock
from app.security.key_names import next_name, taken_over
from app.security.keyfiles import (
    KeysError,
    locked,
    make_private_folder,
    read_key_file,
    require_private,
    sync_folder,
    write_key_file,
)
from app.security.retired_keys import RetiredKeys

ALGORITHM = "ES256"
_LOOK_EVERY = 1.0  # seconds
_MASTER, _SIGNING, _RETIRED = "master.key", "signing", "retired"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One ES256 key pair, ready for python-jose. Neither half shows in a log."""

    kid: str
    private: Key = field(repr=False)
    public: Key = field(repr=False)


class Keyring:
    """The keys of one folder. `create` or `load` it; use it from one thread."""

    def __init__(
        self, folder: Path, *, production: bool, clock: Clock, monotonic: Callable[[], float]
    ) -> None:
        self._folder = folder
        self._signing = folder / _SIGNING
        self._retired = RetiredKeys(self._signing / _RETIRED, ALGORITHM, production=production)
        self._production = production
        self._clock = clock
        self._monotonic = monotonic
        self._generation = 0
        self._looked = self._searched = monotonic()
        self._warned: set[str] = set()
        if production:
            require_private(folder)
            require_private(self._signing)
        self._master, self._development = _read_master(folder / _MASTER, production=production)
        self._keys = {
            kid: _read_signing_key(self._signing, kid, production=production)
            for kid in _kids(self._signing, strict=True)
        }
        if not self._keys:
            raise KeysError(f"{self._signing}: holds no signing key")

    @classmethod
    def create(
        cls,
        directory: Path,
        development: bool,
        *,
        clock: Clock = system_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Makes the keys that are missing in `directory` (and it), then loads all of them.

        Any number of processes may do so at once: they end with the same keys. Keys made for
        `development` are marked, and refused by `load(…, production=True)`.
        """
        signing = directory / _SIGNING
        make_private_folder(directory)
        with locked(directory):
            signing.mkdir(mode=0o700, exist_ok=True)
            if not (directory / _MASTER).exists():
                content = base64.b64encode(secrets.token_bytes(32)) + b"\n"
                write_key_file(directory / _MASTER, content, development=development)
            if not _kids(signing):
                _write_signing_key(signing, next_name([], clock()), development=development)
        return cls.load(directory, production=not development, clock=clock, monotonic=monotonic)

    @classmethod
    def load(
        cls,
        directory: Path,
        production: bool,
        *,
        clock: Clock = system_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Self:
        """The keys as they stand. Raises KeysError for a missing or damaged one, and, in
        `production`, for one made in development or open to others; writes nothing."""
        return cls(directory, production=production, clock=clock, monotonic=monotonic)

    def signing_key(self) -> SigningKey:
        """The newest key. Raises KeysError when the folder was emptied."""
        self._look()
        if not self._keys:
            raise KeysError(f"{self._signing}: holds no signing key")
        return self._keys[max(self._keys)]

    def verification_key(self, kid: str) -> SigningKey | None:
        """The key of that name, or None.

        For an unknown name the folder is searched at once, since another process may just have
        rotated, but once a second at most: strangers may invent names as fast as they like.
        """
        self._look()
        key = self._keys.get(kid)
        if key is None and (now := self._monotonic()) - self._searched >= _LOOK_EVERY:
            self._searched = now
            self._read_folder()
            key = self._keys.get(kid)
        return key

    def sealing_key(self, kid: str) -> Key | None:
        """The public half of a key, retired or not, or None. For seals, which outlive their keys;
        never for tokens."""
        self._look()
        if kid not in self._keys and taken_over(kid) and (retired := self._retired.get(kid)):
            return retired
        key = self.verification_key(kid)
        return key.public if key else None

    def generation(self) -> int:
        """A number that changes when a key has come or gone, within a second of the fact."""
        self._look()
        return self._generation

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public keys as a JWK set (RFC 7517), newest first."""
        self._look()
        return {
            "keys": [
                {**self._keys[kid].public.to_dict(), "kid": kid, "use": "sig"}
                for kid in sorted(self._keys, reverse=True)
            ]
        }

    def jwks_of_all_times(self) -> dict[str, list[dict[str, Any]]]:
        """The same with the keys that sign no more, whose receipts must still be verifiable."""
        known = {key["kid"] for key in self.jwks()["keys"]}
        retired = [
            {**key.to_dict(), "kid": kid, "use": "sig"}
            for kid in reversed(self._retired.kids())
            if kid not in known and taken_over(kid) and (key := self._retired.get(kid))
        ]
        return {"keys": [*self.jwks()["keys"], *retired]}

    def rotate(self) -> str:
        """Makes a key that signs from now on, and returns its kid. Older keys still verify."""
        with locked(self._folder):
            kid = next_name(_kids(self._signing), self._clock())
            _write_signing_key(self._signing, kid, development=self._development)
        self._read_folder()
        return kid

    def retire(self, kid: str) -> None:
        """Removes a key: what it signed is refused, here at once and elsewhere within a second.

        Its public half is kept for `sealing_key`. Raises KeysError for an unknown kid and for the
        last key, without which nobody signs in.
        """
        with locked(self._folder):
            kids = _kids(self._signing)
            if kid not in kids:
                raise KeysError(f"{self._signing}: holds no key of that name")
            if len(kids) == 1:
                raise KeysError(f"{self._signing}: the last key stays, rotate first")
            key = _read_signing_key(self._signing, kid, production=self._production)
            self._retired.keep(kid, key.public, development=self._development)
            _pem(self._signing, kid).unlink()
            sync_folder(self._signing)
        self._read_folder()

    def secret(self, purpose: str) -> bytes:
        """32 bytes for one `purpose`, always the same under one master key (HKDF, RFC 5869)."""
        info = b"salvaguarda/" + purpose.encode()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._master)

    def _look(self) -> None:
        now = self._monotonic()
        if now - self._looked >= _LOOK_EVERY:
            self._looked = now
            self._read_folder()

    def _read_folder(self) -> None:
        """Takes over what came and went. A key that is not fit for use is left out and reported;
        a folder that cannot be listed leaves the known keys in force."""
        try:
            kids = _kids(self._signing)
        except KeysError as error:
            self._warn(str(error))
            return
        keys: dict[str, SigningKey] = {}
        for kid in kids:
            try:
                keys[kid] = self._keys.get(kid) or _read_signing_key(
                    self._signing, kid, production=self._production
                )
            except KeysError as error:
                self._warn(str(error))
        if keys.keys() != self._keys.keys():
            self._keys = keys
            self._generation += 1

    def _warn(self, problem: str) -> None:
        if problem not in self._warned:  # once, not every second
            self._warned.add(problem)
            _log.warning("signing keys: %s", problem)


def _pem(signing: Path, kid: str) -> Path:
    return signing / f"{kid}.pem"


def _kids(signing: Path, *, strict: bool = False) -> list[str]:
    """The kids in the folder, oldest first. Raises KeysError for a folder that cannot be listed,
    and, when `strict`, for a PEM file of another name: it would never be used, and nobody told."""
    try:
        names = sorted(path.stem for path in signing.iterdir() if path.suffix == ".pem")
    except OSError as error:
        raise KeysError(f"{signing}: cannot be read ({error.strerror})") from None
    kids = [name for name in names if taken_over(name) is not None]
    if strict and kids != names:
        stranger = next(name for name in names if name not in kids)
        raise KeysError(f"{signing}: {stranger}.pem is not named like a signing key")
    return kids


def _write_signing_key(signing: Path, kid: str, *, development: bool) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_key_file(_pem(signing, kid), content, development=development)


def _read_signing_key(signing: Path, kid: str, *, production: bool) -> SigningKey:
    path = _pem(signing, kid)
    content, _ = read_key_file(path, production=production)
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError):
        raise KeysError(f"{path}: not a private key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise KeysError(f"{path}: not a P-256 key")
    private = jwk.construct(content, ALGORITHM)
    return SigningKey(kid, private, private.public_key())


def _read_master(path: Path, *, production: bool) -> tuple[bytes, bool]:
    content, development = read_key_file(path, production=production)
    try:
        master = base64.b64decode(content.strip(), validate=True)
    except ValueError:
        master = b""
    if len(master) != 32:
        raise KeysError(f"{path}: not 32 bytes in base64")
    if len(set(master)) < 8:  # random ones have some 30 different bytes
        raise KeysError(f"{path}: not random, take what `openssl rand -base64 32` prints")
    return master, development
