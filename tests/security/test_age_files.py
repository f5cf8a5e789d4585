"""`app/security/age_files.py`: what age itself opens, in bounded memory, and leaves nothing."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import pyrage
import pytest

from app.security import age_files

BLOCK = bytes(range(256)) * 1024


async def blocks(count: int) -> AsyncGenerator[bytes, None]:
    for _ in range(count):
        yield BLOCK


def a_key() -> str:
    return str(pyrage.x25519.Identity.generate().to_public())


async def whole(source: AsyncIterator[bytes]) -> bytes:
    return b"".join([block async for block in source])


@pytest.mark.parametrize("count", [0, 1, 40])
async def test_the_holder_of_the_key_opens_it(count: int) -> None:
    identity = pyrage.x25519.Identity.generate()
    secret = await whole(age_files.encrypted(blocks(count), str(identity.to_public())))
    assert pyrage.decrypt(secret, [identity]) == BLOCK * count
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(secret, [pyrage.x25519.Identity.generate()])


async def test_the_passphrase_opens_the_key_that_opens_the_file() -> None:
    locked = await age_files.lock_a_key()
    secret = await whole(age_files.encrypted(blocks(1), locked.recipient))
    identity = pyrage.passphrase.decrypt(locked.file, locked.passphrase).decode().strip()
    assert pyrage.decrypt(secret, [pyrage.x25519.Identity.from_str(identity)]) == BLOCK
    with pytest.raises(pyrage.DecryptError):
        pyrage.passphrase.decrypt(locked.file, locked.passphrase + "0")
    assert locked.passphrase not in repr(locked)
    assert len({*locked.passphrase.replace("-", "")} - {*"0123456789abcdefghjkmnpqrstvwxyz"}) == 0
    assert len(locked.passphrase.replace("-", "")) * 5 >= 128  # bits


@pytest.mark.parametrize(
    "text", ["", "age1", "AGE-SECRET-KEY-1QQ", "ssh-ed25519 AAAA", "age1yubikey1qqq", "\0", "í"]
)
async def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(age_files.AgeKeyRefused):
        age_files.require_recipient(text)
    with pytest.raises(age_files.AgeKeyRefused):
        await whole(age_files.encrypted(blocks(1), text))


async def test_no_more_is_asked_of_the_source_than_is_taken() -> None:
    given = 0

    async def counted() -> AsyncGenerator[bytes, None]:
        nonlocal given
        for _ in range(1000):
            given += 1
            yield BLOCK

    key = a_key()
    async with aclosing(age_files.encrypted(counted(), key)) as secret:
        for taken in range(1, 20):
            await anext(secret)
            await asyncio.sleep(0.01)
            assert given <= taken + 8


async def test_what_the_source_raises_comes_out_and_the_thread_ends() -> None:
    class Broken(Exception):
        pass

    async def breaking() -> AsyncGenerator[bytes, None]:
        yield BLOCK
        raise Broken

    key = a_key()
    with pytest.raises(Broken):
        await whole(age_files.encrypted(breaking(), key))


async def test_one_that_is_left_in_the_middle_ends_its_thread() -> None:
    key = a_key()
    busy = asyncio.all_tasks()
    async with aclosing(age_files.encrypted(blocks(10_000), key)) as secret:
        await anext(secret)
        assert asyncio.all_tasks() != busy
    assert asyncio.all_tasks() == busy


async def test_a_caller_who_is_cancelled_leaves_nothing_running() -> None:
    key = a_key()
    started = asyncio.Event()

    async def slow() -> AsyncGenerator[bytes, None]:
        for _ in range(10_000):
            started.set()
            await asyncio.sleep(0.001)
            yield BLOCK

    async def consume() -> None:
        async with aclosing(slow()) as source, aclosing(age_files.encrypted(source, key)) as secret:
            async for _ in secret:
                pass

    busy = asyncio.all_tasks()
    task = asyncio.create_task(consume())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == busy
