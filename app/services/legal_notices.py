"""Telling customers of legal requests about them: planned with the approval, sent when it is time.

A notice is looked at with each step of its request, and once more under the request's lock before
it is sent: what an order of secrecy, a withdrawal or a second thought changed in between counts.
Whoever cannot be told now, because nobody who owns the account can sign in, is told as soon as
somebody can; the desk learns that it waits.
The law alone says when (`legal_notice_rules.py`), and nobody sends one by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.legal_bases import BASES
from app.access.legal_workflow import State
from app.core.ids import new_id
from app.core.language import DEFAULT
from app.core.links import without_links
from app.core.messages.legal import ITEMS
from app.core.telemetry import describe, logger
from app.models import Agency, Customer, LegalNotice, LegalRequest, LegalStep, LegalTarget, table_of
from app.projection.projection import Page
from app.services import account_access, outbox, privacy_desk, records
from app.services.audit_log import Deed
from app.services.legal_notice_rules import Facts, Verdict, verdict
from app.services.listings import find_page
from app.services.outbox import Message
from app.services.platform import Platform
from app.services.system import operator

RESOURCE: Final = "legal_notice"
LIST: Final = "staff:legal_notice:list"
LIST_OWN: Final = "customer:legal_notice:list"
SEND: Final = "system:legal_notice:send"
TEMPLATE: Final = "legal_notice"
WAITS: Final = "legal_notice_waits"
"""What the desk is told of a notice that nobody can be sent."""
REQUESTS_PAGE: Final = "legal-requests"
"""Where in the customer area the requests are that may be known."""
UNSENT: Final = ("held", "due")
AT_ONCE: Final = 100
NOBODY: Final = "nobody_to_tell"
LOOKED_AGAIN: Final = timedelta(days=1)
"""When a notice that nobody can be sent is tried again."""
RETRIED: Final = timedelta(hours=1)
"""When one whose sending failed is tried again: meanwhile it stands in nobody's way."""

_NOTICE: Final = table_of(LegalNotice)


async def follow(
    platform: Platform,
    connection: AsyncConnection,
    request: Mapping[str, Any],
    step: Mapping[str, Any],
) -> None:
    """Have the notices of a request follow one step of it, in the step's own transaction."""
    if step["deed"] == "approve" and step["to"] == State.COLLECTING:
        await _plan(platform, connection, request, step)
    await reconsider(platform, connection, request["id"])


async def reconsider(platform: Platform, connection: AsyncConnection, request_id: UUID) -> None:
    """Settle anew what was not sent, by the request as the caller's transaction leaves it."""
    unsent = select(_NOTICE).where(
        LegalNotice.request_id == request_id, LegalNotice.state.in_(UNSENT)
    )
    for notice in [dict(row) for row in (await connection.execute(unsent)).mappings()]:
        found = await _verdict(platform, connection, notice)
        await _settle(connection, notice, found)


async def work(platform: Platform) -> None:
    """Send each notice whose time has come, in a transaction of its own.

    One that is held back again, or waived, is looked at no more before its new time; one that
    cannot be sent, for whatever reason, does not stop the others.
    """
    now = platform.clock()
    due = (
        select(LegalNotice.id, LegalNotice.request_id)
        .where(LegalNotice.due_at <= now)
        .order_by(LegalNotice.due_at, LegalNotice.id)
        .limit(AT_ONCE)
    )
    async with platform.database.snapshot() as connection:
        found = (await connection.execute(due)).all()
    for row in found:
        try:
            async with platform.database.transaction() as connection:
                await _send(platform, connection, row.id, row.request_id)
        except Exception as error:  # the others do not wait for it; its own turn comes again
            logger.error("legal_notice_not_sent", id=str(row.id), **describe(error))
            await _put_off(platform, row.id)


async def list_own(platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]) -> Page:
    """A page of the requests about the caller's account that they were told of; on record."""
    page, deed = await find_page(platform, actor, LIST_OWN, RESOURCE, parameters)
    await platform.audit.write(actor, deed)
    return page


async def list_of_request(
    platform: Platform,
    actor: Actor,
    request_id: UUID,
    parameters: Sequence[tuple[str, str]],
) -> Page:
    """A page of who is told of a request, and when; on record.

    Raises `Refusal` without permission or grounds, `Failure("not_found")`, else as `find_page`.
    """
    await records.require_in_rows(platform, actor, LIST, "legal_request", request_id)
    page, deed = await find_page(
        platform, actor, LIST, RESOURCE, parameters, fixed=(("request_id", request_id),)
    )
    await platform.audit.write(actor, replace(deed, subject_id=request_id))
    return page


async def _plan(
    platform: Platform,
    connection: AsyncConnection,
    request: Mapping[str, Any],
    step: Mapping[str, Any],
) -> None:
    """A notice for each matched customer of whom something is granted.

    Whoever was told the same of this request already is not told twice.
    """
    items = tuple(each["item"] for each in request["decisions"] if each["decision"] == "granted")
    if request["kind"] == "preservation" or not items:
        return
    told = exists().where(
        LegalNotice.request_id == LegalTarget.request_id,
        LegalNotice.customer_id == LegalTarget.customer_id,
        LegalNotice.state == "sent",
        LegalNotice.items == items,
    )
    matched = (
        select(LegalTarget.customer_id)
        .distinct()
        .where(LegalTarget.request_id == request["id"], LegalTarget.customer_id.is_not(None), ~told)
    )
    asking = select(Agency.name).where(Agency.id == request["agency_id"])
    authority = (await connection.execute(asking)).scalar_one()
    rows = [
        {
            "id": new_id(),
            "request_id": request["id"],
            "customer_id": customer_id,
            "reference": request["reference"],
            "authority": authority,
            "kind": request["kind"],
            "article": BASES[request["basis"]].article,
            "items": items,
            "approved_at": step["at"],
            "state": "due",
            "due_at": step["at"],
        }
        for customer_id in (await connection.execute(matched)).scalars()
    ]
    if rows:
        await connection.execute(insert(LegalNotice), rows)


async def _send(
    platform: Platform, connection: AsyncConnection, notice_id: UUID, request_id: UUID
) -> None:
    """Send one if it is still time: the request's lock comes first, as with every step of it."""
    locked = select(LegalRequest.id).where(LegalRequest.id == request_id).with_for_update()
    await connection.execute(locked)
    unsent = select(_NOTICE).where(LegalNotice.id == notice_id, LegalNotice.state.in_(UNSENT))
    row = (await connection.execute(unsent)).mappings().first()
    if row is None:
        return
    notice = dict(row)
    found = await _verdict(platform, connection, notice)
    if found.at is None or found.at > platform.clock():
        await _settle(connection, notice, found)
        return
    messages = await _messages(platform, connection, notice)
    if not messages:
        await _wait(platform, connection, notice)
        return
    await outbox.queue(platform, connection, *messages)
    sent = {"state": "sent", "reason": None, "due_at": None, "sent_at": platform.clock()}
    await connection.execute(update(LegalNotice).where(LegalNotice.id == notice_id).values(**sent))
    deed = Deed(
        SEND,
        subject_type=RESOURCE,
        subject_id=notice_id,
        fields=notice["items"],
        rows=1,
        subjects=[notice["customer_id"]],
    )
    await platform.audit.add(connection, operator(), deed)


async def _wait(platform: Platform, connection: AsyncConnection, notice: Mapping[str, Any]) -> None:
    """Look again tomorrow, and tell the desk once; for an erased account there is nobody, ever."""
    chosen = select(Customer.status).where(Customer.id == notice["customer_id"])
    if (await connection.execute(chosen)).scalar_one() == "erased":
        await _settle(connection, notice, Verdict("waived", NOBODY, None))
        return
    again = platform.clock() + LOOKED_AGAIN
    await _settle(connection, notice, Verdict("due", NOBODY, again))
    desk = [
        Message(
            WAITS,
            person.email,
            DEFAULT,
            params={"reference": notice["reference"]},
            key=f"{WAITS}:{notice['id']}:{person.id}",
            staff_id=person.id,
        )
        for person in await privacy_desk.addressees(connection)
    ]
    await outbox.queue(platform, connection, *desk)


async def _put_off(platform: Platform, notice_id: UUID) -> None:
    later = update(LegalNotice).where(LegalNotice.id == notice_id, LegalNotice.state.in_(UNSENT))
    async with platform.database.transaction() as connection:
        await connection.execute(later.values(due_at=platform.clock() + RETRIED))


async def _messages(
    platform: Platform, connection: AsyncConnection, notice: Mapping[str, Any]
) -> list[Message]:
    """To everybody who owns the account, in their language; it names nobody else."""
    return [
        Message(
            TEMPLATE,
            owner.email,
            owner.language,
            params={
                "authority": without_links(notice["authority"]),
                "article": notice["article"],
                "items": ", ".join(ITEMS[item][owner.language] for item in notice["items"]),
                "approved_at": notice["approved_at"].isoformat(),
                "reference": notice["reference"],
                "requests_link": f"{platform.settings.area_url}/{REQUESTS_PAGE}",
            },
            key=f"{TEMPLATE}:{notice['id']}:{owner.login_id}",
            login_id=owner.login_id,
            customer_id=notice["customer_id"],
        )
        for owner in await account_access.owners(platform, connection, notice["customer_id"])
    ]


async def _verdict(
    platform: Platform, connection: AsyncConnection, notice: Mapping[str, Any]
) -> Verdict:
    """By the request as it stands now, not as it stood when the notice was planned."""
    left = exists().where(
        LegalStep.request_id == LegalRequest.id,
        LegalStep.deed == "deliver",
        LegalStep.at >= notice["approved_at"],
    )
    chosen = select(
        LegalRequest.kind,
        LegalRequest.status,
        LegalRequest.secrecy_basis,
        LegalRequest.secrecy_until,
        LegalRequest.submitted_at,
        left.label("delivered"),
    ).where(LegalRequest.id == notice["request_id"])
    row = (await connection.execute(chosen)).one()
    facts = Facts(
        kind=row.kind,
        status=State(row.status),
        approved_at=notice["approved_at"],
        delivered=row.delivered,
        received_at=row.submitted_at,
        secrecy_basis=row.secrecy_basis,
        secrecy_until=row.secrecy_until,
    )
    return verdict(facts, timedelta(hours=platform.settings.legal_notice_delay_hours))


async def _settle(connection: AsyncConnection, notice: Mapping[str, Any], found: Verdict) -> None:
    values = {"state": found.state, "reason": found.reason, "due_at": found.at}
    await connection.execute(
        update(LegalNotice).where(LegalNotice.id == notice["id"]).values(**values)
    )
