"""Verifying the orders of legal requests, apart from whoever sends them: a duty of the worker.

A document takes from some milliseconds to many seconds, in processes of their own
(`security/document_pool.py`); nothing is locked meanwhile, and nobody waits at a door. Two workers
may verify the same document: the second finds it done. Until its verdict is there, the desk cannot
confirm who asks.
"""

from collections.abc import Mapping
from contextlib import aclosing
from datetime import datetime
from io import BytesIO
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.legal_assurance import falls_short
from app.access.legal_workflow import ENDED, State
from app.core.telemetry import describe, logger
from app.models import LegalDocument, LegalRequest
from app.security.document_reports import DocumentReport, malformed
from app.security.sealing import SealBroken
from app.services import legal_documents, stored_files
from app.services.audit_log import Deed
from app.services.legal_documents import RESOURCE
from app.services.legal_findings import Finding
from app.services.platform import Platform
from app.services.system import operator

VERIFY: Final = "system:legal_document:verify"
AT_ONCE: Final = 100
FINDINGS: Final[Mapping[str, str]] = {
    "rejected": "signature_rejected",
    "malformed": "signature_malformed",
}
"""What a verdict says against a request."""
SEEN_BEFORE: Final = "document_seen_before"
"""That the same order came with another request, of whichever agency: with that one's reference."""
_OURS: Final = frozenset({*FINDINGS.values(), "signer_differs", "assurance_low", SEEN_BEFORE})
_MOST_SEEN: Final = 20
"""Requests that are named for one order."""
_NOT_YET: Final = (State.DRAFT, State.INFORMATION_REQUESTED, *ENDED)
"""Where files may still come, or nothing hangs on them any more."""

_Waiting = Row[UUID, UUID, UUID, str, int, str]


async def work(platform: Platform) -> None:
    """Verify every order that waits for it; one that cannot be now waits on."""
    chosen = (
        select(
            LegalDocument.id,
            LegalDocument.request_id,
            LegalDocument.file_id,
            LegalDocument.sha256,
            LegalDocument.bytes,
            LegalRequest.signer_tax_id,
        )
        .join(LegalRequest, LegalRequest.id == LegalDocument.request_id)
        .where(
            LegalDocument.kind == "order",
            LegalDocument.verdict.is_(None),
            LegalRequest.status.not_in([state.value for state in _NOT_YET]),
        )
        .order_by(LegalDocument.id)
        .limit(AT_ONCE)
    )
    async with platform.database.snapshot() as connection:
        waiting = (await connection.execute(chosen)).all()
    for order in waiting:
        try:
            await _verify(platform, order)
        except Exception as error:  # the others must not wait for it; the next turn may go better
            logger.warning("legal_document_waits", document=str(order.id), **describe(error))


async def _verify(platform: Platform, order: _Waiting) -> None:
    async with platform.database.snapshot() as connection:
        signature = await _signature(connection, order.id)
    at = platform.clock()
    try:
        content = await _content(platform, order.file_id)
        detached = None if signature is None else await _content(platform, signature.file_id)
    except (stored_files.FileGone, SealBroken):
        logger.error("legal_document_lost", document=str(order.id))
        report = malformed(
            "document_unreadable", checked_at=at, sha256=order.sha256, size=order.bytes
        )
    else:
        report = await platform.documents.verify(
            content, signature=detached, signer_tax_id=order.signer_tax_id, at=at
        )
    async with platform.database.transaction() as connection:
        locked = select(*_SEEN).where(LegalRequest.id == order.request_id).with_for_update()
        request = (await connection.execute(locked)).one()
        if await _signature(connection, order.id) != signature:
            return  # signed anew meanwhile: the next turn looks at that
        if await _write(connection, order.id, report, platform.clock()):
            findings = [each for each in request.findings if each["code"] not in _OURS]
            findings += await _findings(connection, request)
            await connection.execute(
                update(LegalRequest).where(LegalRequest.id == request.id).values(findings=findings)
            )
            await legal_documents.pin(connection, request.id)
            deed = Deed(VERIFY, subject_type=RESOURCE, subject_id=order.id, fields=_FIELDS, rows=1)
            await platform.audit.add(connection, operator(), deed)


_SEEN: Final = (LegalRequest.id, LegalRequest.findings, LegalRequest.signer_office)
_FIELDS: Final = ("verdict", "assurance", "report", "verified_at")


async def _signature(connection: AsyncConnection, order_id: UUID) -> Row[UUID, UUID] | None:
    """The newest detached signature of an order."""
    chosen = (
        select(LegalDocument.id, LegalDocument.file_id)
        .where(LegalDocument.order_id == order_id)
        .order_by(LegalDocument.uploaded_at.desc(), LegalDocument.id.desc())
        .limit(1)
    )
    return (await connection.execute(chosen)).first()


async def _content(platform: Platform, file_id: UUID) -> bytes:
    """The whole file, in memory once. Raises `FileGone`, `SealBroken`."""
    file = await stored_files.find(platform, file_id)
    if file is None:
        raise stored_files.FileGone
    buffer = BytesIO()
    async with aclosing(stored_files.read(platform, file)) as chunks:
        async for chunk in chunks:
            buffer.write(chunk)
    return buffer.getvalue()  # the buffer's own memory: it is not written to any more


async def _write(
    connection: AsyncConnection, order_id: UUID, report: DocumentReport, now: datetime
) -> bool:
    """Whether it was still to be said."""
    statement = (
        update(LegalDocument)
        .where(LegalDocument.id == order_id, LegalDocument.verdict.is_(None))
        .values(
            verdict=report.verdict,
            assurance=report.assurance,
            report=report.as_record(),
            verified_at=now,
        )
        .returning(LegalDocument.id)
    )
    return (await connection.execute(statement)).first() is not None


async def _findings(connection: AsyncConnection, request: Row[Any]) -> list[Finding]:
    """What the orders of a request say against it, each with the document's id."""
    columns = ("id", "sha256", "verdict", "assurance", "report")
    chosen = (
        select(*(getattr(LegalDocument, column) for column in columns))
        .where(LegalDocument.request_id == request.id, LegalDocument.verdict.is_not(None))
        .order_by(LegalDocument.uploaded_at, LegalDocument.id)
    )
    found: list[Finding] = []
    for order in (await connection.execute(chosen)).all():
        codes = []
        if order.verdict in FINDINGS:
            codes.append(FINDINGS[order.verdict])
        if any(each["code"] == "signer_not_declared" for each in order.report["findings"]):
            codes.append("signer_differs")
        if order.verdict == "accepted" and falls_short(request.signer_office, order.assurance):
            codes.append("assurance_low")
        found += [{"code": code, "document_id": str(order.id)} for code in codes]
        for reference in await _seen_before(connection, request.id, order.sha256):
            known = {"code": SEEN_BEFORE, "document_id": str(order.id), "reference": reference}
            found.append(known)
    return found


async def _seen_before(connection: AsyncConnection, request_id: UUID, sha256: str) -> list[str]:
    """The references of other requests that the same file came with, drafts apart: nobody but
    their author has seen those."""
    chosen = (
        select(LegalRequest.reference)
        .join(LegalDocument, LegalDocument.request_id == LegalRequest.id)
        .where(
            LegalDocument.sha256 == sha256,
            LegalRequest.id != request_id,
            LegalRequest.status != State.DRAFT.value,
        )
        .group_by(LegalRequest.id, LegalRequest.reference)
        .order_by(LegalRequest.id)
        .limit(_MOST_SEEN)
    )
    return list((await connection.execute(chosen)).scalars())
