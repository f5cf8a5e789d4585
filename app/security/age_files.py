"""Encryption for delivery, in the format of age (age-encryption.org/v1).

A stream goes to an X25519 key: the recipient's own (`age1…`), or a fresh one whose private half is
itself a small age file behind a passphrase, as `age -p` writes it. So a package of any size is
encrypted block by block in either case; `age -d -i key.age` asks for the passphrase and opens it.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import pyrage

MEDIA_TYPE: Final = "application/age"
BLOCK: Final = 256 * 1024
"""About how many bytes are handed on at once."""
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o or u
_GROUPS, _GROUP = 6, 5  # 30 characters of 5 bits: 150


class AgeKeyRefused(ValueError):
    """Not the public half of an X25519 key as age writes it."""


class _LeftAlone(Exception):
    """Whoever wanted the encrypted stream is gone."""


@dataclass(frozen=True, slots=True)
class FreshKey:
    """A key of which nobody else knows the private half, `identity`, as age writes it."""

    recipient: str
    identity: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LockedKey:
    """A fresh key behind a passphrase. The passphrase is told once, by another way than the file,
    and kept nowhere."""

    recipient: str
    file: bytes
    """The private half, encrypted with the passphrase: age's own identity file."""
    passphrase: str = field(repr=False)


def require_recipient(text: str) -> str:
    """The public key, if it is one. Raises `AgeKeyRefused`."""
    _recipient(text)
    return text


def new_key() -> FreshKey:
    """A key for one package."""
    identity = pyrage.x25519.Identity.generate()
    return FreshKey(str(identity.to_public()), str(identity).encode())


async def lock_a_key() -> LockedKey:
    """A fresh key, locked at once; see `lock`."""
    return await lock(new_key().identity)


async def lock(private: bytes) -> LockedKey:
    """The private half of a `new_key` behind a passphrase of its own, another each time.

    Takes a second and 128 MiB of a thread, as guessing would.
    """
    identity = pyrage.x25519.Identity.from_str(private.decode())
    passphrase = "-".join(
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )
    plain = f"{identity}\n".encode()
    file: bytes = await asyncio.to_thread(pyrage.passphrase.encrypt, plain, passphrase)
    return LockedKey(str(identity.to_public()), file, passphrase)


async def encrypted(source: AsyncIterator[bytes], recipient: str) -> AsyncGenerator[bytes, None]:
    """The stream, encrypted; never more than a few blocks of it are held.

    Raises `AgeKeyRefused`, and what `source` does. The caller closes the iterator (`aclosing`) if
    it does not read to the end.
    """
    key = _recipient(recipient)
    ready: asyncio.Queue[bytes | None] = asyncio.Queue(2)
    reader = _Reader(source, asyncio.get_running_loop())
    writer = _Writer(ready, asyncio.get_running_loop())
    work = asyncio.ensure_future(asyncio.to_thread(_encrypt, reader, writer, [key]))
    try:
        while (block := await ready.get()) is not None:
            yield block
        await work
        if reader.failure is not None:
            raise reader.failure
    finally:
        reader.left_alone = writer.left_alone = True
        while not work.done():  # what it waits for comes to an end, and so does it
            while not ready.empty():
                ready.get_nowait()
            await asyncio.wait([work], timeout=0.05)


def _encrypt(reader: "_Reader", writer: "_Writer", recipients: Iterable[Any]) -> None:
    try:
        pyrage.encrypt_io(reader, writer, recipients)
        writer.flush_rest()
    except Exception as failure:
        # age gives our own failures back as words of its own.
        reader.failure = reader.failure or failure
    finally:
        writer.end()


class _Reader:
    """The source as a file, for the thread."""

    def __init__(self, source: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self._loop = loop
        self._rest = memoryview(b"")
        self.failure: Exception | None = None
        self.left_alone = False

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        while not self._rest:
            if self.left_alone:
                raise _LeftAlone
            try:
                block = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            except Exception as failure:
                self.failure = failure
                raise
            if block is None:
                return b""
            self._rest = memoryview(block)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)

    async def _next(self) -> bytes | None:
        return await anext(self._source, None)


class _Writer:
    """The queue as a file, for the thread."""

    def __init__(self, ready: asyncio.Queue[bytes | None], loop: asyncio.AbstractEventLoop) -> None:
        self._ready = ready
        self._loop = loop
        self._gathered = bytearray()
        self.left_alone = False

    def write(self, data: bytes) -> int:
        """Gather; hand on by blocks."""
        self._gathered += data
        if len(self._gathered) >= BLOCK:
            self.flush_rest()
        return len(data)

    def flush(self) -> None:
        """age asks for it after each chunk: blocks are larger."""

    def flush_rest(self) -> None:
        """Hand on what was gathered."""
        block, self._gathered = bytes(self._gathered), bytearray()
        if block:
            self._put(block)

    def end(self) -> None:
        """Nothing more comes."""
        if not self.left_alone:
            self._put(None)

    def _put(self, block: bytes | None) -> None:
        if self.left_alone:
            raise _LeftAlone
        asyncio.run_coroutine_threadsafe(self._ready.put(block), self._loop).result()


def _recipient(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise AgeKeyRefused from None
