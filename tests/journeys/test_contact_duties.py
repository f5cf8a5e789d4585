"""The worker's part: reminders of deadlines, and the end of what was kept long enough."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.core.business_days import ZONE
from app.models import ContactRequest, OutboxMessage, StaffMember
from app.services import contact_reminders, contact_retention
from app.worker.loop import DUTIES
from tests.support.contacts import ask, body, post, stored
from tests.support.people import add_staff
from tests.support.post import mails
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def nothing_waits(house: Service) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(delete(ContactRequest))
        await connection.execute(delete(OutboxMessage))
        await connection.execute(update(StaffMember).values(status="disabled"))


def at(house: Service, day: datetime, hour: int) -> None:
    """Move the clock to an hour of that day in São Paulo."""
    moment = day.astimezone(ZONE).replace(hour=hour, minute=30)
    house.clock.ahead += moment.astimezone(UTC) - house.clock()


async def reminders(house: Service) -> list[Any]:
    return await mails(house.platform, template=contact_reminders.TEMPLATE)


async def test_officers_are_reminded_before_the_deadline_at_it_and_after(house: Service) -> None:
    await nothing_waits(house)
    officers = [await add_staff(house.platform, "privacy_officer") for _ in range(2)]
    await add_staff(house.platform, "director")
    row = await stored(house, await ask(house, "prazo@exemplo.com.br", "privacy"))
    await ask(house, "outro@exemplo.com.br", "contact")
    at(house, row.due_at - timedelta(days=7), 9)
    await contact_reminders.remind(house.platform)
    assert await reminders(house) == []
    at(house, row.due_at - timedelta(days=4), contact_reminders.FROM_HOUR - 1)
    await contact_reminders.remind(house.platform)
    assert await reminders(house) == [], "not in the night"
    at(house, row.due_at - timedelta(days=4), contact_reminders.FROM_HOUR)
    for _ in range(2):
        await asyncio.gather(*(contact_reminders.remind(house.platform) for _ in range(2)))
    first = await reminders(house)
    assert sorted(mail.recipient for mail in first) == sorted(each.email for each in officers)
    assert [each[0] for each in first[0].params["due_soon"]] == [row.reference]
    assert first[0].params["overdue"] == []
    at(house, row.due_at, 9)
    await contact_reminders.remind(house.platform)
    assert len(await reminders(house)) == 4, "on the day itself"
    at(house, row.due_at + timedelta(days=1), 9)
    await contact_reminders.remind(house.platform)
    last = (await reminders(house))[-1]
    assert [each[0] for each in last.params["overdue"]] == [row.reference]
    rendered = house.platform.mail_templates.render(last.template, "pt-BR", last.params)
    assert row.reference in rendered.text
    assert "prazo@" not in rendered.text
    async with house.platform.database.transaction() as connection:
        chosen = update(ContactRequest).where(ContactRequest.id == row.id)
        now = house.clock()
        await connection.execute(chosen.values(status="answered", answered_at=now))
    at(house, row.due_at + timedelta(days=2), 9)
    await contact_reminders.remind(house.platform)
    assert len(await reminders(house)) == 6


async def test_officers_are_told_of_what_is_set_apart(house: Service) -> None:
    await nothing_waits(house)
    director = await add_staff(house.platform, "director")
    sent = [
        await post(house, body(f"apart-{n}@exemplo.com.br", "privacy"))
        for n in range(contact_reminders.MOST_NAMED + 2)
    ]
    references = [answer.json()["reference"] for answer in sent]
    at(house, house.clock() + timedelta(days=1), 9)
    await contact_reminders.remind(house.platform)
    [mail] = await reminders(house)
    assert mail.recipient == director.email, "where nobody is privacy officer"
    named = [each[0] for each in mail.params["set_apart"]]
    assert named == references[: contact_reminders.MOST_NAMED]
    assert mail.params["set_apart_more"] == 2
    for ahead, told in ((-2, "due_soon"), (1, "overdue")):
        at(house, (await stored(house, references[0])).due_at + timedelta(days=ahead), 9)
        await contact_reminders.remind(house.platform)
        latest = (await reminders(house))[-1]
        assert [each[0] for each in latest.params[told]] == named


async def test_requests_are_kept_as_long_as_their_topic_says(house: Service) -> None:
    await nothing_waits(house)
    kept = {
        topic: await stored(house, await ask(house, f"{topic}@exemplo.com.br", topic))
        for topic in ("privacy", "contact", "quote")
    }
    open_ = await stored(house, await ask(house, "aberta@exemplo.com.br", "privacy"))
    async with house.platform.database.transaction() as connection:
        chosen = update(ContactRequest).where(ContactRequest.id == kept["privacy"].id)
        await connection.execute(chosen.values(status="answered", answered_at=house.clock()))

    async def left() -> set[str]:
        return {row.topic for row in await rows(house.platform, select(ContactRequest.topic))}

    house.clock.ahead += timedelta(days=2 * 365 - 1)
    await contact_retention.purge(house.platform)
    assert await left() == {"privacy", "contact", "quote"}
    house.clock.ahead += timedelta(days=3)
    await asyncio.gather(*(contact_retention.purge(house.platform) for _ in range(2)))
    assert await left() == {"privacy"}
    house.clock.ahead += timedelta(days=3 * 365 + 2)
    await contact_retention.purge(house.platform)
    [unanswered] = await rows(house.platform, select(ContactRequest.id))
    assert unanswered.id == open_.id, "nobody's question is lost by waiting"
    purged = await events(house.platform, action=contact_retention.PURGE)
    assert sorted(event.rows for event in purged) == [1, 2]
    assert {event.actor_kind for event in purged} == {"system"}


async def test_the_worker_does_all_of_it() -> None:
    named = {duty.name for duty in DUTIES}
    assert named >= {
        "acknowledge_contact_requests",
        "remind_of_contact_requests",
        "purge_contact_requests",
        "purge_contact_forms",
    }
