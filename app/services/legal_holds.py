"""Holds: what an approved request of preservation freezes, and how that ends.

Placed with the approval, on each customer whom the request names; the authority learns nothing of
whether there are any. Secret: the desk sees them, the customer never, and no audit event names the
customer. Each lapses by itself, unless the authority showed in time that it went to court; another
request of preservation renews it, with a hold of its own, which takes over what the first kept.
What is kept is opened to a request that reaches the hold (`legal_reach.py`), by `collectors`.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.legal_bases import BASES
from app.access.legal_workflow import State
from app.core.errors import Refusal
from app.core.ids import new_id
from app.models import LegalHold, LegalRequest, LegalTarget
from app.projection.projection import Page, Shown
from app.schemas.legal_holds import Filing, Release
from app.services import held_copies, legal_reach, legal_requests, records
from app.services.audit_log import Deed
from app.services.listings import find_page
from app.services.platform import Platform
from app.services.presence import require_presence
from app.services.system import operator

RESOURCE: Final = "legal_hold"
LIST: Final = "staff:legal_hold:list"
FILE: Final = "staff:legal_hold:file"
RELEASE: Final = "staff:legal_hold:release"
PLACE: Final = "system:legal_hold:place"
END: Final = "system:legal_hold:end"
INHERIT: Final = "system:legal_hold:inherit"
PRESERVATION: Final = "P"
"""The tier of the bases that carry a preservation (`legal_bases.py`)."""
STANDS: Final = timedelta(days=60)
"""Lei 12.965/2014, art. 13, § 3º: by then the authority has asked a court, or it lapses."""
ENDED_BY: Final[Mapping[str, str]] = {
    "withdraw": "withdrawn",
    "reject": "refused",
}
"""Deeds after which nothing is to be kept for the request any more, and what the hold says then.

A dismissed appeal leaves what was decided before it as it was: the hold lapses or is released."""


async def follow(
    platform: Platform,
    connection: AsyncConnection,
    request: Mapping[str, Any],
    step: Mapping[str, Any],
) -> None:
    """Have the holds of a request follow one step of it, in the step's own transaction."""
    if step["deed"] == "approve" and step["to"] == State.COLLECTING:
        if BASES[request["basis"]].tier == PRESERVATION:
            await _place(platform, connection, request["id"])
    elif (reason := ENDED_BY.get(step["deed"])) is not None:
        await _end(platform, connection, reason, LegalHold.request_id == request["id"])


async def list_of_request(
    platform: Platform,
    actor: Actor,
    request_id: UUID,
    parameters: Sequence[tuple[str, str]],
) -> Page:
    """A page of the holds of a request, those that ended too; on record.

    Raises `Refusal` without permission or grounds, `Failure("not_found")`, else as `find_page`.
    """
    await records.require_in_rows(platform, actor, LIST, legal_requests.RESOURCE, request_id)
    page, deed = await find_page(
        platform, actor, LIST, RESOURCE, parameters, fixed=(("request_id", request_id),)
    )
    await platform.audit.write(actor, deed)
    return page


async def file(platform: Platform, actor: Actor, request_id: UUID, form: Filing) -> Shown:
    """Record that the authority asked a court, for every hold of the request that lives.

    Shows the request. Raises `Refusal` without permission or grounds, `Failure("not_found")`, and
    `Refusal("legal_request_state")` where none lives.
    """
    values = {
        "filing_number": form.filing_number,
        "filed_at": platform.clock(),
        "filed_by": actor.id,
    }
    return await _change(platform, actor, FILE, request_id, values)


async def release(platform: Platform, actor: Actor, request_id: UUID, form: Release) -> Shown:
    """End every hold of the request that lives, filed or not. Raises as `file` does."""
    values = {
        "ended_at": platform.clock(),
        "end_reason": "released",
        "ended_by": actor.id,
        "end_note": form.reason,
    }
    return await _change(platform, actor, RELEASE, request_id, values)


async def work(platform: Platform) -> None:
    """End what lapsed, and delete the copies of what is over."""
    async with platform.database.transaction() as connection:
        lapsed = (LegalHold.filed_at.is_(None), LegalHold.lapses_at <= platform.clock())
        await _end(platform, connection, "lapsed", *lapsed)
    await held_copies.purge(platform)


async def _change(
    platform: Platform, actor: Actor, action: str, request_id: UUID, values: dict[str, Any]
) -> Shown:
    resource = legal_requests.RESOURCE
    await records.require_in_rows(platform, actor, action, resource, request_id)
    plan = platform.projection.plan(actor, resource)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        locked = select(LegalRequest.id).where(LegalRequest.id == request_id).with_for_update()
        await connection.execute(locked)
        living = (
            update(LegalHold)
            .where(
                LegalHold.request_id == request_id,
                legal_reach.lives(LegalHold, platform.clock()),
            )
            .values(**values)
            .returning(LegalHold.id)
        )
        changed = (await connection.execute(living)).scalars().all()
        if not changed:
            raise Refusal(
                "legal_request_state", action=action, subject_type=resource, subject_id=request_id
            )
        if "ended_at" in values:
            await _pass_on(platform, connection, changed)
        done = Deed(
            action,
            subject_type=resource,
            subject_id=request_id,
            fields=tuple(sorted(values)),
            rows=len(changed),
        )
        reveal = legal_requests.reveal(plan, action, request_id)
        await platform.audit.add(connection, actor, done, reveal)
        return await legal_requests.shown(platform, connection, actor, plan, request_id)


async def _place(platform: Platform, connection: AsyncConnection, request_id: UUID) -> None:
    """On whoever has two of a person's identifiers, though it may be another who is meant: it
    discloses nothing. Not on whom the request holds already: of a second approval comes no second.
    """
    held = select(LegalHold.customer_id).where(
        LegalHold.request_id == request_id, LegalHold.ended_at.is_(None)
    )
    already = set((await connection.execute(held)).scalars())
    named = select(LegalTarget.customer_id, LegalTarget.candidates).where(
        LegalTarget.request_id == request_id
    )
    people = {
        customer_id
        for row in await connection.execute(named)
        for customer_id in (
            row.customer_id,
            *(UUID(each["customer_id"]) for each in row.candidates),
        )
        if customer_id is not None and customer_id not in already
    }
    now = platform.clock()
    for customer_id in sorted(people):
        hold_id = new_id()
        placed = {
            "id": hold_id,
            "request_id": request_id,
            "customer_id": customer_id,
            "placed_at": now,
            "lapses_at": now + STANDS,
        }
        await connection.execute(insert(LegalHold).values(**placed))
        await held_copies.take(platform, connection, hold_id, customer_id, now)
        deed = Deed(PLACE, subject_type=RESOURCE, subject_id=hold_id, rows=1)
        await platform.audit.add(connection, operator(), deed)


async def _end(
    platform: Platform, connection: AsyncConnection, reason: str, *which: ColumnElement[bool]
) -> None:
    living = (
        update(LegalHold)
        .where(LegalHold.ended_at.is_(None), *which)
        .values(ended_at=platform.clock(), end_reason=reason)
        .returning(LegalHold.id)
    )
    ended = (await connection.execute(living)).scalars().all()
    for hold_id in ended:
        deed = Deed(END, subject_type=RESOURCE, subject_id=hold_id, fields=("end_reason",), rows=1)
        await platform.audit.add(connection, operator(), deed)
    await _pass_on(platform, connection, ended)


async def _pass_on(platform: Platform, connection: AsyncConnection, ended: Sequence[UUID]) -> None:
    """What ended holds kept stays for the others of their matter, if any; the rest is purged."""
    for hold_id in ended:
        heir = await legal_reach.heir(connection, hold_id, platform.clock())
        if heir is not None:
            copies = await held_copies.pass_on(connection, hold_id, heir)
            deed = Deed(
                INHERIT, subject_type=RESOURCE, subject_id=heir, rows=copies, subjects=(hold_id,)
            )
            await platform.audit.add(connection, operator(), deed)
