"""`app/services/seals.py`: whoever tampers with the sealed log is found out, seal by seal."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import delete, insert, select, update

from app.core.ids import new_id
from app.models import AuditEvent, AuditSeal, AuditSubject, table_of
from app.services import audit_digest, seals
from app.services.audit_digest import digest_of
from app.services.audit_log import Deed
from tests.support.records import count, rows
from tests.support.sealed import (
    HOUR,
    MINUTE,
    SUPPORT,
    broken,
    ids,
    table,
    tamper,
    three_seals,
    unlock,
    write,
)
from tests.support.service import Service, serving

ALTERED = "events were altered, removed or slipped in"
MISPLACED = "a seal is missing or out of place"
UNKNOWN = "sealed by a newer release, or altered"
UNSIGNED = "the signature does not hold, or its key is gone"


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


async def test_nothing_is_sealed_before_it_settled(house: Service) -> None:
    assert await seals.seal(house.platform) == 0
    await house.platform.audit.write(SUPPORT, Deed("staff:customer:list"))
    await write(house, 2, ago=seals.SETTLED - MINUTE)
    assert await seals.seal(house.platform) == 0
    found = await seals.verify(house.platform)
    assert (found.seals, found.events, found.unsealed, found.newest) == (0, 0, 3, None)
    await write(house, 4, ago=seals.SETTLED + MINUTE)
    assert await seals.seal(house.platform) == 4
    assert await seals.seal(house.platform) == 0
    found = await seals.verify(house.platform)
    assert (found.seals, found.events, found.unsealed, found.broken) == (1, 4, 3, ())


async def test_settled_is_what_both_clocks_say(house: Service, database_kind: str) -> None:
    await write(house, ago=seals.SETTLED - MINUTE)
    house.clock.ahead = HOUR  # of the machine that seals, not of the database
    assert await seals.seal(house.platform) == (0 if database_kind == "postgresql" else 1)
    house.clock.ahead = -HOUR
    await write(house, ago=HOUR / 2)
    assert await seals.seal(house.platform) == 0


async def test_the_oldest_unsealed_event_and_the_newest_seal_are_told(house: Service) -> None:
    await three_seals(house)
    await write(house, ago=3 * MINUTE)
    oldest = await write(house, ago=4 * MINUTE)
    found = await seals.verify(house.platform)
    statement = select(AuditEvent.at).where(AuditEvent.id == oldest[0])
    assert found.oldest_unsealed_at == (await rows(house.platform, statement))[0][0]
    last = (await table(house))[-1]
    assert found.newest == (3, last.digest, last.sealed_at)


async def test_seals_form_a_chain_over_every_event_once(house: Service) -> None:
    await three_seals(house)
    await write(house, ago=MINUTE)
    found = await table(house)
    assert [seal.number for seal in found] == [1, 2, 3]
    for before, after in itertools.pairwise(found):
        assert (after.previous, after.first_id) == (before.digest, before.last_id)
    verdict = await seals.verify(house.platform)
    assert (verdict.seals, verdict.events, verdict.unsealed, verdict.broken) == (3, 6, 1, ())


async def test_a_digest_does_not_depend_on_how_many_rows_are_read_at_once(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await three_seals(house)
    await tamper(house, insert(AuditSubject).values(subject_id=new_id(), event_id=UUID(int=7)))
    expected = await broken(house)
    assert expected == [(1, ALTERED)]
    for size in (2, 3, 6):
        monkeypatch.setattr(audit_digest, "BATCH", size)
        assert await broken(house) == expected


async def test_a_clock_set_back_seals_nothing_twice(house: Service) -> None:
    await three_seals(house)
    house.clock.ahead = -2 * HOUR
    assert await seals.seal(house.platform) == 0
    assert await broken(house) == []


async def test_replicas_take_turns(house: Service) -> None:
    await write(house, 4)
    made = await asyncio.gather(*(seals.seal(house.platform) for _ in range(3)))
    assert sorted(made) == [0, 0, 4]
    assert (await seals.verify(house.platform)).seals == 1


async def test_old_seals_hold_after_their_key_was_rotated_and_retired(house: Service) -> None:
    await three_seals(house)
    old = house.platform.keyring.signing_key().kid
    house.platform.keyring.rotate()
    await write(house, ago=seals.SETTLED + MINUTE)
    assert await seals.seal(house.platform) == 1
    assert await broken(house) == []
    house.platform.keyring.retire(old)
    assert await broken(house) == []
    keys = house.platform.settings.keys_path
    (keys / "signing" / "retired" / f"{old}.pub.pem").unlink()
    async with serving(house.platform.settings.database, keys.parent) as restarted:
        assert await broken(restarted) == [(number, UNSIGNED) for number in (1, 2, 3)]


ALTERATIONS: list[dict[str, Any]] = [
    {"actor_id": UUID(int=7)},
    {"reason": "Olá, «Joao»"},
    {"fields": ("name",)},
    {"outcome": "refused"},
    {"rows": 3},
    {"policy_hash": "0" * 64},
]


async def test_an_altered_event_breaks_its_seal(house: Service, database_kind: str) -> None:
    await three_seals(house)
    await unlock(house, database_kind)
    third = AuditEvent.id == (await ids(house))[2]
    [before] = await rows(house.platform, select(AuditEvent).where(third))
    for altered in ALTERATIONS:
        await tamper(house, update(AuditEvent).where(third).values(**altered))
        assert await broken(house) == [(2, ALTERED)], altered
        await tamper(house, update(AuditEvent).where(third).values(**before._asdict()))
        assert await broken(house) == []


async def test_every_broken_seal_is_told(house: Service, database_kind: str) -> None:
    await three_seals(house)
    await unlock(house, database_kind)
    events = await ids(house)
    await tamper(house, delete(AuditEvent).where(AuditEvent.id.in_((events[0], events[5]))))
    found = await seals.verify(house.platform)
    assert (found.seals, found.events) == (3, 4)
    assert found.broken == ((1, ALTERED), (3, ALTERED))


async def test_an_event_slipped_in_breaks_its_seal_without_any_trigger_dropped(
    house: Service,
) -> None:
    await three_seals(house)
    first = (await ids(house))[0]
    await write(house, id=UUID(int=first.int + 1))
    assert await broken(house) == [(1, ALTERED)]


async def test_the_first_seal_covers_the_very_first_id(house: Service, database_kind: str) -> None:
    await write(house, id=UUID(int=0))
    assert (await seals.verify(house.platform)).unsealed == 1
    await write(house)
    assert await seals.seal(house.platform) == 2
    assert await broken(house) == []
    await unlock(house, database_kind)
    await tamper(house, delete(AuditEvent).where(AuditEvent.id == UUID(int=0)))
    assert await broken(house) == [(1, ALTERED)]


async def test_an_event_of_the_future_is_told(house: Service) -> None:
    await three_seals(house)
    await write(house, ago=-(seals.SETTLED - MINUTE))  # a clock that is ahead
    assert await broken(house) == []
    await write(house, ago=-(seals.SETTLED + MINUTE))
    await write(house, id=UUID(int=2**128 - 1))
    assert await broken(house) == [(None, "2 unsealed events have ids of the future")]


async def test_the_subjects_of_a_list_are_sealed_too(house: Service, database_kind: str) -> None:
    await three_seals(house)
    event, extra = (await ids(house))[4], new_id()
    await tamper(house, insert(AuditSubject).values(subject_id=extra, event_id=event))
    assert await broken(house) == [(3, ALTERED)]
    await unlock(house, database_kind)
    await tamper(house, delete(AuditSubject).where(AuditSubject.subject_id == extra))
    assert await broken(house) == []
    await tamper(house, delete(AuditSubject).where(AuditSubject.event_id == event))
    assert await broken(house) == [(3, ALTERED)]


async def test_subjects_without_their_event_break_the_seal(
    house: Service, database_kind: str
) -> None:
    await three_seals(house)
    await unlock(house, database_kind)
    second = (await table(house))[1]
    for event in (
        UUID(int=second.first_id.int + 1),  # before, between and behind the events
        UUID(int=(await ids(house))[2].int + 1),
        second.last_id,
    ):
        stray = insert(AuditSubject).values(subject_id=new_id(), event_id=event)
        await tamper(house, stray)
        assert await broken(house) == [(2, ALTERED)]
        await tamper(house, delete(AuditSubject).where(AuditSubject.event_id == event))
        assert await broken(house) == []


def test_what_a_version_covers_never_changes() -> None:
    """In this order: another one would break every seal there is."""
    first = (
        *("id", "at", "actor_kind", "actor_id", "role", "session_id", "request_id", "action"),
        *("subject_type", "subject_id", "fields", "purpose", "reason", "policy_hash", "rows"),
        "outcome",
    )
    columns = [column.name for column in table_of(AuditEvent).columns]
    for version, names in ((1, first), (2, (*first, "network"))):
        assert [name for name in columns if audit_digest.covers(version, name)] == list(names)


async def test_the_network_of_an_event_is_sealed(house: Service, database_kind: str) -> None:
    await write(house, 2, ago=2 * HOUR, network="203.0.113.0/24")
    assert await seals.seal(house.platform) == 2
    assert await broken(house) == []
    await unlock(house, database_kind)
    for network in ("198.51.100.0/24", None):
        await tamper(house, update(AuditEvent).values(network=network))
        assert await broken(house) == [(1, ALTERED)]
    await tamper(house, update(AuditEvent).values(network="203.0.113.0/24"))
    assert await broken(house) == []


async def test_seals_of_a_release_that_knew_no_networks_hold(
    house: Service, database_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it sealed before, and what a replica of it still seals beside a newer one."""
    for version in (1, 1, 2, 1, 2):
        monkeypatch.setattr(seals, "NEWEST", version)
        ago = (10 - len(await table(house))) * HOUR
        await write(house, 2, ago=ago, network="203.0.113.0/24")
        house.clock.ahead = seals.SETTLED + MINUTE - ago
        assert await seals.seal(house.platform) == 2
    house.clock.ahead = timedelta()
    assert [seal.version for seal in await table(house)] == [1, 1, 2, 1, 2]
    assert await broken(house) == []
    await unlock(house, database_kind)
    await tamper(house, update(AuditEvent).values(network=None))
    assert await broken(house) == [(3, ALTERED), (5, ALTERED)]
    await tamper(house, update(AuditEvent).values(rows=9))
    assert await broken(house) == [(number, ALTERED) for number in range(1, 6)]


SEAL_ALTERATIONS: list[tuple[dict[str, Any], list[tuple[int, str]]]] = [
    ({"signature": bytes(64)}, [(2, UNSIGNED)]),
    ({"kid": "unknown"}, [(2, UNSIGNED)]),
    ({"kid": "../retired/x"}, [(2, UNSIGNED)]),
    ({"digest": bytes(32)}, [(2, ALTERED), (3, MISPLACED)]),
    ({"events": 1}, [(2, ALTERED)]),
    ({"version": 1}, [(2, ALTERED)]),
    ({"version": 3}, [(2, UNKNOWN)]),
    ({"previous": bytes(32)}, [(2, MISPLACED)]),
    ({"first_id": UUID(int=1)}, [(2, MISPLACED)]),
    ({"last_id": UUID(int=1)}, [(2, ALTERED), (3, MISPLACED)]),
    (
        {"number": 9},
        [(3, MISPLACED), (9, MISPLACED), (2, "missing, though audit-seals.log has it")],
    ),
]


async def test_an_altered_seal_does_not_hold(house: Service, database_kind: str) -> None:
    await three_seals(house)
    await unlock(house, database_kind)
    before = (await table(house))[1]
    for altered, faults in SEAL_ALTERATIONS:
        await tamper(house, update(AuditSeal).where(AuditSeal.number == 2).values(**altered))
        assert await broken(house) == faults, altered
        restored = update(AuditSeal).where(AuditSeal.number.in_((2, 9)))
        await tamper(house, restored.values(**before._asdict()))
        assert await broken(house) == []


async def test_events_forged_together_with_their_seal_lack_the_key(
    house: Service, database_kind: str
) -> None:
    await three_seals(house)
    event = (await ids(house))[-1]
    await unlock(house, database_kind)
    await tamper(house, update(AuditEvent).where(AuditEvent.id == event).values(rows=9))
    last = (await table(house))[-1]
    async with house.platform.database.transaction() as connection:
        digest, _ = await digest_of(connection, last.first_id, last.last_id, last.previous)
    await tamper(house, update(AuditSeal).where(AuditSeal.number == 3).values(digest=digest))
    assert await broken(house) == [(3, UNSIGNED)]


async def test_verifying_sees_one_moment_while_others_write(house: Service) -> None:
    await three_seals(house)
    verdict, _ = await asyncio.gather(seals.verify(house.platform), write(house, 20, ago=MINUTE))
    assert (verdict.seals, verdict.events, verdict.broken) == (3, 6, ())
    assert await count(house.platform, AuditEvent) == 26


async def test_verifying_while_others_seal_misses_nothing(house: Service) -> None:
    for hours in range(8, 0, -1):
        await write(house, ago=hours * HOUR)
        house.clock.ahead = seals.SETTLED + MINUTE - hours * HOUR
        verdict, made = await asyncio.gather(
            seals.verify(house.platform), seals.seal(house.platform)
        )
        assert (verdict.broken, made) == ((), 1)
