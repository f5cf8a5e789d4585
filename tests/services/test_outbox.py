"""`app/services/outbox.py`: what is queued, and what is not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import update

from app.models import OutboxMessage
from app.services import outbox
from app.services.outbox import Message
from app.services.platform import Platform
from tests.support.mails import mail, post
from tests.support.post import mails
from tests.support.service import Service, serving


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


@pytest.fixture
def platform(house: Service) -> Platform:
    return house.platform


async def test_a_message_waits_with_its_secret_sealed(platform: Platform) -> None:
    message = mail(platform, "ana@exemplo.com.br", batch="b")
    await post(platform, message)
    [row] = await mails(platform)
    assert (row.state, row.attempts, row.lease, row.settled_at) == ("queued", 0, None, None)
    assert row.due_at == row.created_at
    assert (row.recipient, row.language, row.batch) == ("ana@exemplo.com.br", "pt-BR", "b")
    assert row.params == dict(message.params)
    [link] = (message.secret or {}).values()
    assert link.encode() not in row.sealed
    assert link.encode() in platform.mail_sealer.open(row.sealed, row.id.bytes)


async def test_nothing_is_sent_that_was_not_committed(platform: Platform) -> None:
    async with platform.database.engine.connect() as connection, connection.begin() as undone:
        await outbox.queue(platform, connection, mail(platform, "ana@exemplo.com.br"))
        await undone.rollback()
    assert await mails(platform) == []


async def test_nothing_to_queue_is_no_error(platform: Platform) -> None:
    await post(platform)
    assert await mails(platform) == []


async def test_a_key_is_queued_once_and_messages_without_one_always(platform: Platform) -> None:
    await post(platform, *(mail(platform, f"a{n}@exemplo.com.br", key="k") for n in range(2)))
    await post(platform, mail(platform, "b@exemplo.com.br", key="k"))
    await post(platform, mail(platform, "c@exemplo.com.br", key="other"))
    await post(platform, *[mail(platform, "d@exemplo.com.br")] * 2)
    found = [row.recipient.partition("@")[0] for row in await mails(platform)]
    assert sorted(found) == ["a0", "c", "d", "d"]


async def test_a_suppressed_message_is_written_down_without_its_secret(platform: Platform) -> None:
    await post(platform, mail(platform, "ninguem@exemplo.com.br", suppressed=True))
    [row] = await mails(platform)
    assert (row.state, row.due_at, row.sealed) == ("suppressed", None, None)
    assert row.settled_at == row.created_at


async def test_thirty_two_at_once_queue_each_key_once(platform: Platform) -> None:
    """In opposite orders too, which must not end in a deadlock."""
    keys = [f"k{n}" for n in range(40)]

    async def queue(number: int) -> None:
        order = keys if number % 2 else keys[::-1]
        shared = [mail(platform, f"{key}@exemplo.com.br", key=key) for key in order]
        await post(platform, *shared, mail(platform, f"own{number}@exemplo.com.br"))

    await asyncio.gather(*(queue(number) for number in range(32)))
    found = [row.recipient for row in await mails(platform)]
    own = [f"own{number}@exemplo.com.br" for number in range(32)]
    assert sorted(found) == sorted([f"{key}@exemplo.com.br" for key in keys] + own)


@pytest.mark.parametrize("change", ["missing", "extra", "unknown template"])
async def test_a_message_that_could_not_be_rendered_undoes_the_transaction(
    platform: Platform, change: str
) -> None:
    good = mail(platform, "ana@exemplo.com.br")
    params, secret = dict(good.params), dict(good.secret or {})
    template = good.template
    if change == "missing":
        secret.popitem()
    elif change == "extra":
        params["password"] = "x"
    else:
        template = "no_such_thing"
    bad = Message(template, "ana@exemplo.com.br", "pt-BR", params, secret)
    with pytest.raises(ValueError, match=r"not what the template asks for|no such template"):
        await post(platform, good, bad)
    assert await mails(platform) == []


async def test_times_are_written_as_text(platform: Platform) -> None:
    good = mail(platform, "ana@exemplo.com.br")
    moment = datetime(2026, 11, 24, 18, 20, tzinfo=UTC)
    params = {
        name: moment if name.endswith("_at") else value for name, value in good.params.items()
    }
    await post(platform, Message(good.template, good.recipient, "en", params, good.secret))
    [row] = await mails(platform)
    assert "2026-11-24T18:20:00Z" in row.params.values()


async def test_a_link_carries_its_token_where_no_server_sees_it(platform: Platform) -> None:
    assert outbox.link(platform, "verificar", "abc") == (
        f"{platform.settings.area_url}/verificar#token=abc"
    )


async def test_what_was_settled_is_forgotten_in_its_time(house: Service) -> None:
    platform = house.platform
    for state in ("sent", "bounced", "abandoned", "suppressed", "queued", "deferred"):
        await post(platform, mail(platform, f"{state}@exemplo.com.br"))
        known = state not in ("queued", "deferred")
        values = {"state": state, "settled_at": platform.clock() if known else None}
        values |= {"due_at": None, "sealed": None} if known else {}
        async with platform.database.transaction() as connection:
            await connection.execute(
                update(OutboxMessage)
                .where(OutboxMessage.recipient == f"{state}@exemplo.com.br")
                .values(**values)
            )
    left = {
        timedelta(days=1): {"sent", "bounced", "abandoned", "suppressed", "queued", "deferred"},
        timedelta(days=3): {"sent", "bounced", "abandoned", "queued", "deferred"},
        timedelta(days=399): {"sent", "bounced", "abandoned", "queued", "deferred"},
        timedelta(days=401): {"queued", "deferred"},
    }
    for ahead, expected in left.items():
        house.clock.ahead = ahead
        await outbox.purge(platform)
        assert {row.state for row in await mails(platform)} == expected


async def test_much_is_forgotten_in_several_turns(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "PURGED_AT_ONCE", 3)
    queued = [mail(house.platform, f"a{n}@exemplo.com.br", suppressed=True) for n in range(7)]
    await post(house.platform, *queued)
    house.clock.ahead = timedelta(days=3)
    await outbox.purge(house.platform)
    assert await mails(house.platform) == []
