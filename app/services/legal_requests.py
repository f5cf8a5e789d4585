"""Requests of authorities: taking them in, and showing them to either side.

What becomes of one is `legal_steps.py`. The sender is told what they sent, where it stands and what
was decided; never whether somebody is a customer, before a director released it.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.legal_bases import BASES
from app.access.legal_workflow import UNANSWERED, State, open_deeds
from app.access.viewers import Viewer
from app.core.errors import Failure, FieldError
from app.core.ids import new_id
from app.models import Agency, LegalRequest, Officer
from app.projection.plans import Plan, View
from app.projection.projection import Page, Shown, to_json
from app.schemas.legal_requests import EnteredLegalRequest, NewLegalRequest
from app.services import idempotency, legal_forms, legal_secrecy_entries, records
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.legal_clocks import due_at
from app.services.listings import find_page
from app.services.platform import Platform

RESOURCE: Final = "legal_request"
SEND: Final = "authority:legal_request:create"
ENTER: Final = "staff:legal_request:create"
LIST: Final[Mapping[str, str]] = {
    "officer": "authority:legal_request:list",
    "staff": "staff:legal_request:list",
}
READ: Final[Mapping[str, str]] = {
    "officer": "authority:legal_request:read",
    "staff": "staff:legal_request:read",
}
"""By the kind of the caller: each comes by their own door."""
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "officer": ("sender",),
    Viewer.PRIVACY_OFFICER.value: ("desk", "sender"),
    Viewer.DIRECTOR.value: ("desk", "director", "sender"),
}
"""What parts of the workflow somebody can play, by kind or role."""


async def send(
    platform: Platform, actor: Actor, form: NewLegalRequest, claim: idempotency.Claim | None
) -> bytes:
    """A draft of the calling officer's, which nobody else sees; its JSON.

    Raises `Failure("validation_failed")` for a form that is not whole (`legal_forms.py`), or in
    which the officer signs in another office than the one they were called back for, or as
    `idempotency` does.
    """
    require_grounds(actor, SEND)
    given = _given(form)
    legal_forms.require_whole(given, platform.clock())

    async def row(connection: AsyncConnection) -> dict[str, Any]:
        chosen = select(Officer.agency_id, Officer.tax_id, Officer.office)
        sender = (await connection.execute(chosen.where(Officer.id == actor.id))).one()
        if sender.tax_id == given["signer_tax_id"] and sender.office != given["signer_office"]:
            raise Failure(
                "validation_failed", errors=[FieldError("/signer_office", "office_not_yours")]
            )
        return {"channel": "authority", "officer_id": actor.id, "agency_id": sender.agency_id}

    return await _create(platform, actor, SEND, given, row, claim)


async def enter(
    platform: Platform, actor: Actor, form: EnteredLegalRequest, claim: idempotency.Claim | None
) -> bytes:
    """A draft of what came on paper or by mail, typed in by the desk; its JSON.

    Raises as `send` does, and ``validation_failed`` for an agency that is not in the directory, and
    an address for the passphrase that is missing, or in none of its official domains.
    """
    require_grounds(actor, ENTER)
    given = _given(form)
    legal_forms.require_whole(given, platform.clock())

    async def row(connection: AsyncConnection) -> dict[str, Any]:
        known = select(Agency.domains).where(Agency.id == form.agency_id, Agency.counts())
        agency = (await connection.execute(known)).first()
        if agency is None:
            raise Failure("validation_failed", errors=[FieldError("/agency_id", "unknown_agency")])
        legal_forms.require_answerable(given, agency.domains)
        return {"entered_by": actor.id}

    return await _create(platform, actor, ENTER, given, row, claim)


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the requests in the caller's rows; on record. Raises as `find_page` does."""
    page, deed = await find_page(platform, actor, LIST[actor.kind], RESOURCE, parameters)
    shown = [item["id"] for item in page.items]
    await platform.audit.write(actor, replace(deed, subjects=shown))
    now = platform.clock()
    return Page([View(told(actor, item, now)) for item in page.items], page.next_cursor)


async def read(platform: Platform, actor: Actor, request_id: UUID) -> Shown:
    """One request, and what the caller can do with it; on record. Raises as `records.view`."""
    view = await records.view(platform, actor, READ[actor.kind], RESOURCE, request_id)
    return _shown(platform, actor, platform.projection.plan(actor, RESOURCE), view)


def told(actor: Actor, view: View, now: datetime) -> dict[str, Any]:
    """A request as it leaves: whether its answer is overdue, and what the caller can do next."""
    parts = _PARTS.get(actor.viewer.value if actor.kind == "staff" else actor.kind, ())
    if actor.kind == "staff" and view["channel"] == "authority":
        parts = tuple(part for part in parts if part != "sender")
    state = State(view["status"])
    deeds = [deed for part in parts for deed in open_deeds(state, part)]
    overdue = state in UNANSWERED and view["legal_due_at"] < now
    return {**view, "overdue": overdue, "next": list(dict.fromkeys(deeds))}


def may_play(actor: Actor, part: str, channel: str) -> bool:
    """Whether the caller can play a part of the workflow in a request that came this way."""
    if actor.kind == "officer":
        return part == "sender"
    if part == "sender" and channel == "authority":
        return False
    return part in _PARTS.get(actor.viewer.value, ())


async def shown(
    platform: Platform, connection: AsyncConnection, actor: Actor, plan: Plan, request_id: UUID
) -> Shown:
    """The request as it is now, in the caller's transaction; the caller puts it on record."""
    values = platform.projection.scope(actor, platform.clock()) | {"id": request_id}
    row = (await connection.execute(platform.projection.one(plan), values)).first()
    if row is None:
        raise Failure("not_found")
    return _shown(platform, actor, plan, platform.projection.view(plan, row))


def reveal(plan: Plan, action: str, request_id: UUID) -> Deed:
    """What goes on record when a request is shown."""
    return Deed(action, subject_type=RESOURCE, subject_id=request_id, fields=plan.visible, rows=1)


def _shown(platform: Platform, actor: Actor, plan: Plan, view: View) -> Shown:
    """With the tag of the record alone: that a deadline passes makes nobody's reading stale."""
    tag = platform.projection.show(plan, view).etag
    return Shown(to_json(told(actor, view, platform.clock())), tag)


async def _create(
    platform: Platform,
    actor: Actor,
    action: str,
    given: dict[str, Any],
    whose: Any,
    claim: idempotency.Claim | None,
) -> bytes:
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                again = reveal(plan, action, UUID(orjson.loads(before)["id"]))
                await platform.audit.add(connection, actor, again)
                return before
        now = platform.clock()
        row = {
            "id": new_id(),
            "reference": _reference(),
            "status": State.DRAFT.value,
            "status_at": now,
            "findings": [],
            "decisions": [],
            "created_at": now,
            "legal_due_at": due_at(BASES[given["basis"]], now, given.get("due_at")),
            **given,
            **await whose(connection),
        }
        await connection.execute(insert(LegalRequest).values(**row))
        secrecy = await legal_secrecy_entries.begin(connection, row, actor, now)
        detail = await shown(platform, connection, actor, plan, row["id"])
        made = replace(reveal(plan, action, row["id"]), subjects=secrecy)
        await platform.audit.add(connection, actor, made)
        if claim is not None:
            await idempotency.keep(platform, connection, claim, detail.body)
    return detail.body


def _given(form: NewLegalRequest) -> dict[str, Any]:
    """What was sent, as it is stored: people without what was not said of them."""
    given = form.model_dump(exclude_unset=True)
    given.setdefault("language", form.language)
    given["items"] = tuple(given["items"])
    given["targets"] = [target.model_dump(exclude_unset=True) for target in form.targets]
    return given


def _reference() -> str:
    """``SG-4821-0937-5562``: to be named on the telephone, and impossible to guess."""
    digits = f"{secrets.randbelow(10**12):012}"
    return f"SG-{digits[:4]}-{digits[4:8]}-{digits[8:]}"
