"""The files of a legal request: taking them in as streams, showing them, handing them to the desk.

The sender adds files while the request is a draft or owes information; the desk to what came on
paper or by mail, until it confirmed who asks (`TAKES_FILES` of the workflow). What the files say is
never looked at in this process: `legal_verification.py` has that done elsewhere.

`documents_sha256` of the request changes with every file and every verdict, and so does the
request's entity tag: whoever approves has read of all of them, and their step keeps the digest.
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Row, and_, delete, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.legal_workflow import TAKES_FILES, State
from app.core.errors import Failure, FieldError, Refusal
from app.core.ids import new_id
from app.core.language import Language
from app.core.messages.signatures import FINDINGS
from app.models import LegalDocument, LegalRequest
from app.projection.plans import View
from app.projection.projection import Page, to_json
from app.services import idempotency, legal_requests, records, stored_files
from app.services.audit_log import Deed
from app.services.listings import find_page
from app.services.platform import Platform

RESOURCE: Final = "legal_document"
LIST: Final[Mapping[str, str]] = {
    "officer": "authority:legal_document:list",
    "staff": "staff:legal_document:list",
}
CREATE: Final[Mapping[str, str]] = {
    "officer": "authority:legal_document:create",
    "staff": "staff:legal_document:create",
}
DELETE: Final[Mapping[str, str]] = {
    "officer": "authority:legal_document:delete",
    "staff": "staff:legal_document:delete",
}
DOWNLOAD: Final = "staff:legal_document:download"
PURPOSE: Final = "legal_document"
LARGEST: Final = 20 * 1024 * 1024
"""Bytes of a file."""
MOST: Final = 10
"""Files of a request."""
_DIGESTED: Final = ("id", "kind", "order_id", "sha256", "verdict", "assurance", "verified_at")
"""What makes one set of files another one."""

Claimer = Callable[[bytes], idempotency.Claim]
"""From what a request is told by to its claim: the body itself is not at hand any more."""

_Request = Row[UUID, str, str]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it comes in."""

    kind: str
    name: str
    media_type: str
    order_id: UUID | None
    content: AsyncIterator[bytes]


async def upload(
    platform: Platform,
    actor: Actor,
    request_id: UUID,
    sent: Upload,
    claimer: Claimer | None,
    language: Language,
) -> bytes:
    """Take the file in; the document as JSON.

    Raises `Refusal` with ``not_found``, ``legal_request_state`` where the request takes no more
    files, or not from the caller, ``documents_full``; `Failure` with ``validation_failed`` and
    ``payload_too_large``, and as `idempotency` does. Then nothing of the file is kept.
    """
    action = CREATE[actor.kind]
    await records.require_in_rows(platform, actor, action, legal_requests.RESOURCE, request_id)
    _demand_order_named(sent)
    if claimer is None:  # a repeated upload is answered whatever became of the request since
        async with platform.database.snapshot() as connection:
            request = await _request(connection, request_id)
            await _demand_place(connection, actor, request, action)
    try:
        file = await stored_files.write(
            platform,
            purpose=PURPOSE,
            name=sent.name,
            media_type=sent.media_type,
            content=sent.content,
            most=LARGEST,
        )
    except stored_files.TooLong:
        raise Failure("payload_too_large", params={"limit": LARGEST}) from None
    kept = False
    try:
        answer, kept = await _keep(platform, actor, request_id, sent, file, claimer, language)
    finally:
        if not kept:
            await stored_files.abandon(platform, file)
    return answer


async def list_page(
    platform: Platform,
    actor: Actor,
    request_id: UUID,
    parameters: Sequence[tuple[str, str]],
    language: Language,
) -> Page:
    """A page of a request's files with their reports, newest first; on record.

    Raises `Refusal` without permission or grounds, `Failure("not_found")`.
    """
    action = LIST[actor.kind]
    await records.require_in_rows(platform, actor, action, legal_requests.RESOURCE, request_id)
    page, deed = await find_page(
        platform, actor, action, RESOURCE, parameters, fixed=(("request_id", request_id),)
    )
    await platform.audit.write(actor, replace(deed, subject_id=request_id))
    return Page([View(_told(item, language)) for item in page.items], page.next_cursor)


async def remove(platform: Platform, actor: Actor, request_id: UUID, document_id: UUID) -> None:
    """Delete a file of a draft, and with an order the signatures of it.

    While information is owed, an order that was not accepted can go as well, for a sound one to
    take its place: beside it, nobody could be confirmed. Raises `Refusal` with ``not_found`` and
    ``legal_request_state``.
    """
    action = DELETE[actor.kind]
    await records.require_in_rows(platform, actor, action, legal_requests.RESOURCE, request_id)
    async with platform.database.transaction() as connection:
        request = await _request(connection, request_id, lock=True)
        mine = (LegalDocument.request_id == request_id, LegalDocument.id == document_id)
        sought = select(LegalDocument.kind, LegalDocument.verdict).where(*mine)
        file = (await connection.execute(sought)).first()
        if file is None:
            raise _refused("not_found", action, document_id)
        plays = legal_requests.may_play(actor, "sender", request.channel)
        unsound = file.kind == "order" and file.verdict != "accepted"
        owed = State(request.status) is State.INFORMATION_REQUESTED
        if not plays or not (State(request.status) is State.DRAFT or (owed and unsound)):
            raise _refused("legal_request_state", action, document_id)
        for chosen in (LegalDocument.order_id == document_id, LegalDocument.id == document_id):
            gone = delete(LegalDocument).where(chosen).returning(LegalDocument.file_id)
            for row in (await connection.execute(gone)).all():
                await stored_files.forget(platform, connection, row.file_id)
        await pin(connection, request_id)
        deed = Deed(
            action,
            subject_type=RESOURCE,
            subject_id=document_id,
            rows=1,
            subjects=(request_id,),  # by which it is found when the document is not there any more
        )
        await platform.audit.add(connection, actor, deed)


async def download(
    platform: Platform, actor: Actor, request_id: UUID, document_id: UUID
) -> tuple[stored_files.Stored, AsyncGenerator[bytes, None]]:
    """A file and its content, on record before the first byte of it is read.

    Raises `Refusal` without permission or grounds, `Failure("not_found")`.
    """
    await records.require_in_rows(platform, actor, DOWNLOAD, RESOURCE, document_id)
    chosen = select(LegalDocument.file_id).where(
        LegalDocument.id == document_id, LegalDocument.request_id == request_id
    )
    async with platform.database.snapshot() as connection:
        file_id = (await connection.execute(chosen)).scalar()
    file = None if file_id is None else await stored_files.find(platform, file_id)
    if file is None:
        raise _refused("not_found", DOWNLOAD, document_id)
    deed = Deed(DOWNLOAD, subject_type=RESOURCE, subject_id=document_id, rows=1)
    await platform.audit.write(actor, deed)
    return file, stored_files.read(platform, file)


async def has_order(connection: AsyncConnection, request_id: UUID) -> bool:
    """Whether an order is among the files of a request."""
    return await _has(connection, request_id, LegalDocument.kind == "order")


async def all_accepted(connection: AsyncConnection, request_id: UUID) -> bool:
    """Whether the request has an order, and every one bears a signature that was accepted: a sound
    one says nothing for another beside it."""
    order = LegalDocument.kind == "order"
    unsound = LegalDocument.verdict.is_distinct_from("accepted")
    return await _has(connection, request_id, order) and not await _has(
        connection, request_id, order, unsound
    )


async def has_pending(connection: AsyncConnection, request_id: UUID) -> bool:
    """Whether an order of the request waits to be verified."""
    waits = LegalDocument.verdict.is_(None)
    return await _has(connection, request_id, and_(LegalDocument.kind == "order", waits))


async def pin(connection: AsyncConnection, request_id: UUID) -> None:
    """Write down what files the request has now, after any change to them, in its transaction."""
    table = LegalDocument.__table__
    chosen = (
        select(*(table.c[name] for name in _DIGESTED))
        .where(LegalDocument.request_id == request_id)
        .order_by(LegalDocument.id)
    )
    files = [tuple(row) for row in await connection.execute(chosen)]
    digest = hashlib.sha256(to_json(files)).hexdigest() if files else None
    await connection.execute(
        update(LegalRequest).where(LegalRequest.id == request_id).values(documents_sha256=digest)
    )


async def _keep(
    platform: Platform,
    actor: Actor,
    request_id: UUID,
    sent: Upload,
    file: stored_files.Stored,
    claimer: Claimer | None,
    language: Language,
) -> tuple[bytes, bool]:
    """The answer, and whether the file is kept: the second time a request comes, it is not."""
    action = CREATE[actor.kind]
    claim = None if claimer is None else claimer(_digested(sent, file))
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                document_id = UUID(orjson.loads(before)["id"])
                again = _reveal(action, plan.visible, document_id, request_id)
                await platform.audit.add(connection, actor, again)
                return before, False
        request = await _request(connection, request_id, lock=True)
        await _demand_place(connection, actor, request, action)
        if file.bytes == 0:
            raise Failure("validation_failed", errors=[FieldError("", "document_empty")])
        await _demand_order(connection, request_id, sent)
        row = _row(platform, actor, request_id, sent, file)
        await stored_files.complete(platform, connection, file)
        await connection.execute(insert(LegalDocument).values(**row))
        if sent.order_id is not None:
            await _await_verdict(connection, sent.order_id)
        await pin(connection, request_id)
        values = platform.projection.scope(actor, platform.clock()) | {"id": row["id"]}
        shown = (await connection.execute(platform.projection.one(plan), values)).one()
        answer = to_json(_told(platform.projection.view(plan, shown), language))
        deed = _reveal(action, plan.visible, row["id"], request_id)
        await platform.audit.add(connection, actor, deed)
        if claim is not None:
            await idempotency.keep(platform, connection, claim, answer)
    return answer, True


def _row(
    platform: Platform,
    actor: Actor,
    request_id: UUID,
    sent: Upload,
    file: stored_files.Stored,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "request_id": request_id,
        "kind": sent.kind,
        "order_id": sent.order_id,
        "name": sent.name,
        "media_type": sent.media_type,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "file_id": file.id,
        "uploaded_at": platform.clock(),
        "uploaded_by_kind": actor.kind,
        "uploaded_by": actor.id,
    }


def _digested(sent: Upload, file: stored_files.Stored) -> bytes:
    """What tells equal uploads from others."""
    return to_json([sent.kind, sent.name, sent.media_type, sent.order_id, file.sha256])


async def _await_verdict(connection: AsyncConnection, order_id: UUID) -> None:
    """What was said of an order holds no more: it is signed anew."""
    nothing = dict.fromkeys(("verdict", "assurance", "report", "verified_at"), null())
    await connection.execute(
        update(LegalDocument).where(LegalDocument.id == order_id).values(**nothing)
    )


async def _request(
    connection: AsyncConnection, request_id: UUID, *, lock: bool = False
) -> _Request:
    chosen = select(LegalRequest.id, LegalRequest.status, LegalRequest.channel).where(
        LegalRequest.id == request_id
    )
    found = (await connection.execute(chosen.with_for_update() if lock else chosen)).first()
    if found is None:
        raise Failure("not_found")
    return found


async def _demand_place(
    connection: AsyncConnection, actor: Actor, request: _Request, action: str
) -> None:
    """The request takes files from the caller, and has place for one more."""
    takes = State(request.status) in TAKES_FILES[actor.kind]
    if not takes or not legal_requests.may_play(actor, "sender", request.channel):
        raise _refused("legal_request_state", action, request.id)
    chosen = select(LegalDocument.id).where(LegalDocument.request_id == request.id)
    if len((await connection.execute(chosen)).all()) >= MOST:
        raise _refused("documents_full", action, request.id)


def _demand_order_named(sent: Upload) -> None:
    code = None
    if sent.kind == "signature" and sent.order_id is None:
        code = "needed_for_signature"
    if sent.kind != "signature" and sent.order_id is not None:
        code = "only_for_signature"
    if code is not None:
        raise _unfit(code)


async def _demand_order(connection: AsyncConnection, request_id: UUID, sent: Upload) -> None:
    if sent.order_id is None:
        return
    is_order = (LegalDocument.id == sent.order_id, LegalDocument.kind == "order")
    if not await _has(connection, request_id, *is_order):
        raise _unfit("unknown_order")


async def _has(connection: AsyncConnection, request_id: UUID, *conditions: Any) -> bool:
    chosen = select(LegalDocument.id).where(LegalDocument.request_id == request_id, *conditions)
    return (await connection.execute(chosen.limit(1))).first() is not None


def _told(view: View, language: Language) -> dict[str, Any]:
    """A document as it leaves: its report with words for every finding."""
    report = view.get("report")
    if not report:
        return dict(view)
    findings: Sequence[Mapping[str, Any]] = report.get("findings", ())
    worded = [{**each, "message": FINDINGS[each["code"]][language]} for each in findings]
    return {**view, "report": {**report, "findings": worded}}


def _reveal(action: str, fields: tuple[str, ...], document_id: UUID, request_id: UUID) -> Deed:
    return Deed(
        action,
        subject_type=RESOURCE,
        subject_id=document_id,
        fields=fields,
        rows=1,
        subjects=(request_id,),
    )


def _unfit(code: str) -> Failure:
    return Failure("validation_failed", errors=[FieldError("", code, parameter="order_id")])


def _refused(code: str, action: str, subject_id: UUID) -> Refusal:
    kind = RESOURCE if action == DOWNLOAD else legal_requests.RESOURCE
    return Refusal(code, action=action, subject_type=kind, subject_id=subject_id)
