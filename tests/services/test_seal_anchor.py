"""`app/services/seal_anchor.py`: what an intruder cut off the database is missed all the same."""

import os
import stat
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import delete, insert, update

from app.models import AuditEvent, AuditSeal, AuditSubject
from app.services import seals
from app.services.seal_anchor import FILE, AnchorError, SealAnchor, line_of, number_of
from app.services.seals import Noted
from tests.support.records import count
from tests.support.sealed import HOUR, MINUTE, broken, table, tamper, three_seals, unlock, write
from tests.support.service import Service, serving

MISSED = f"missing, though {FILE} has it"


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


@pytest.fixture
def anchor(tmp_path: Path) -> SealAnchor:
    return SealAnchor(tmp_path)


def anchor_file(house: Service) -> Path:
    return house.platform.settings.keys_path / FILE


async def cut_off(house: Service, database_kind: str, place: UUID) -> None:
    """What the red team did: seals behind `place` and their events go, and nothing else."""
    await unlock(house, database_kind)
    await tamper(house, delete(AuditSeal).where(AuditSeal.last_id > place))
    await tamper(house, delete(AuditEvent).where(AuditEvent.id > place))
    await tamper(house, delete(AuditSubject).where(AuditSubject.event_id > place))


def a_seal(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "last_id": UUID(int=number),
        "events": 7,
        "digest": bytes([number % 256]) * 32,
        "kid": "20261122T000000000000Z-0123abcd",
        "signature": bytes([number % 256]) * 64,
    }


async def test_the_newest_seal_deleted_with_its_events_is_missed(
    house: Service, database_kind: str
) -> None:
    await three_seals(house)
    assert await broken(house) == []
    await cut_off(house, database_kind, (await table(house))[1].last_id)
    assert await broken(house) == [(3, MISSED)]


async def test_all_seals_deleted_with_their_events_are_missed(
    house: Service, database_kind: str
) -> None:
    await three_seals(house)
    await cut_off(house, database_kind, UUID(int=0))
    assert await broken(house) == [(1, MISSED), (2, MISSED), (3, MISSED)]


async def test_all_seals_deleted_and_the_events_left_are_missed(
    house: Service, database_kind: str
) -> None:
    await three_seals(house)
    await unlock(house, database_kind)
    await tamper(house, delete(AuditSeal))
    assert await broken(house) == [(1, MISSED), (2, MISSED), (3, MISSED)]


async def test_nothing_is_sealed_over_a_gap(
    house: Service, database_kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    await three_seals(house)
    last = (await table(house))[-1]
    await cut_off(house, database_kind, (await table(house))[1].last_id)
    await write(house, ago=seals.SETTLED + MINUTE)
    for _ in range(2):
        with pytest.raises(AnchorError, match=r"seal 3 of .* is missing from the database"):
            await seals.seal(house.platform)
    assert "audit_seal_refused" in capfd.readouterr().err
    assert await count(house.platform, AuditSeal) == 2

    # A seal of the same number that another machine made in the meantime is not the one either.
    forged = last._asdict() | {"events": 0}
    await tamper(house, insert(AuditSeal).values(**forged))
    with pytest.raises(AnchorError, match=r"seal 3 of .* differs in the database"):
        await seals.seal(house.platform)
    await tamper(house, update(AuditSeal).where(AuditSeal.number == 3).values(**last._asdict()))
    assert await seals.seal(house.platform) == 1


async def test_a_seal_made_anew_elsewhere_is_not_the_anchored_one(
    house: Service, database_kind: str
) -> None:
    await three_seals(house)
    await cut_off(house, database_kind, (await table(house))[1].last_id)
    await write(house, ago=seals.SETTLED + MINUTE)
    kept = anchor_file(house).read_bytes()
    anchor_file(house).unlink()  # as on a machine that made none of the seals
    assert await seals.seal(house.platform) == 1
    assert await broken(house) == []
    anchor_file(house).write_bytes(kept)
    assert await broken(house) == [(3, f"not the seal that {FILE} has")]


async def test_a_machine_anchors_what_it_made_and_accepts_what_others_made(house: Service) -> None:
    await three_seals(house)
    lines = anchor_file(house).read_text().splitlines()
    assert lines == [line_of(seal._asdict()) for seal in await table(house)]
    for mine in (lines[:1], lines[1:2], [lines[2], lines[0]], []):
        anchor_file(house).write_text("".join(line + "\n" for line in mine))
        assert await broken(house) == []
        assert await seals.seal(house.platform) == 0


async def test_a_seal_that_is_noted_elsewhere_must_be_there(
    house: Service, database_kind: str
) -> None:
    await three_seals(house)
    newest = (await seals.verify(house.platform)).newest
    assert newest is not None
    noted = Noted.parse(f"{newest.number}:{newest.digest.hex()}")
    assert (await seals.verify(house.platform, noted)).broken == ()
    anchor_file(house).unlink()  # the intruder has been on this machine as well
    other = Noted(2, noted.digest)
    found = await seals.verify(house.platform, other)
    assert found.broken == ((2, "not the digest that was expected"),)
    await cut_off(house, database_kind, (await table(house))[1].last_id)
    assert await broken(house) == []
    found = await seals.verify(house.platform, noted)
    assert found.broken == ((3, "missing, though it was expected"),)


async def test_a_damaged_line_is_told(house: Service) -> None:
    await three_seals(house)
    lines = anchor_file(house).read_bytes().splitlines()
    lines[1] = b"2 \xff" + lines[1][3:]
    anchor_file(house).write_bytes(b"\n".join(lines) + b"\n")
    assert await broken(house) == [(None, f"line 2 of {FILE} is damaged")]


async def test_a_seal_that_cannot_be_anchored_stands_and_is_told(house: Service) -> None:
    await write(house)
    house.clock.ahead = seals.SETTLED + MINUTE - HOUR
    anchor = anchor_file(house)
    anchor.symlink_to(anchor.parent / "no" / "folder")
    with pytest.raises(FileNotFoundError):
        await seals.seal(house.platform)
    assert len(await table(house)) == 1
    anchor.unlink()
    house.clock.ahead = timedelta()
    await write(house, ago=seals.SETTLED + MINUTE)
    assert await seals.seal(house.platform) == 1
    assert [number_of(line) for line in SealAnchor(anchor.parent).lines()] == [2]
    assert await broken(house) == []


def test_the_file_is_for_its_owner_alone_and_only_grows(anchor: SealAnchor) -> None:
    assert (anchor.lines(), anchor.newest()) == ([], None)
    before = os.umask(0)
    try:
        anchor.append(a_seal(1))
    finally:
        os.umask(before)
    assert stat.S_IMODE(anchor.path.stat().st_mode) == 0o600
    first = anchor.path.read_bytes()
    anchor.append(a_seal(2))
    assert anchor.path.read_bytes().startswith(first)
    assert [number_of(line) for line in anchor.lines()] == [1, 2]


def test_the_newest_has_the_highest_number_wherever_it_stands(anchor: SealAnchor) -> None:
    for number in (9, 11, 10):
        anchor.append(a_seal(number))
    assert anchor.newest() == (11, line_of(a_seal(11)))
    for number in range(12, 1012):
        anchor.append(a_seal(number))
    assert anchor.newest() == (1011, line_of(a_seal(1011)))
    assert len(anchor.lines()) == 1003


@pytest.mark.parametrize("left", [0, 1])
def test_a_line_that_a_crash_cut_short_was_never_there(anchor: SealAnchor, left: int) -> None:
    for number in range(1, left + 1):
        anchor.append(a_seal(number))
    with anchor.path.open("ab") as file:
        file.write(line_of(a_seal(left + 1)).encode())
    assert len(anchor.lines()) == left
    assert anchor.newest() == ((1, line_of(a_seal(1))) if left else None)
    anchor.append(a_seal(left + 2))
    assert [number_of(line) for line in anchor.lines()] == [*range(1, left + 1), left + 2]


def test_processes_that_append_at_once_leave_whole_lines(anchor: SealAnchor) -> None:
    threads = [threading.Thread(target=lambda n=n: anchor.append(a_seal(n))) for n in range(1, 33)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(anchor.lines()) == sorted(line_of(a_seal(n)) for n in range(1, 33))


@pytest.mark.parametrize(
    "text", ["", "3", "3:", ":" + "0" * 64, "3:" + "0" * 63, "x:" + "0" * 64, "0:" + "0" * 64]
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Noted.parse(text)
