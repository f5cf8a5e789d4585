"""What speaks against a request, as far as the service can see it: for the desk to weigh."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.legal_bases import BASES
from app.access.legal_workflow import ENDED, State
from app.models import Agency, LegalRequest, Officer
from app.services.legal_clocks import due_at
from app.services.legal_scope import decide

Finding = dict[str, str]


async def findings_of(connection: AsyncConnection, request: Mapping[str, Any]) -> list[Finding]:
    """Every finding, in a fixed order: ``{code}``, with the other request's ``reference``."""
    decisions = decide(BASES[request["basis"]], request["items"])
    findings: list[Finding] = []
    if all(decision["decision"] == "refused" for decision in decisions):
        findings.append({"code": "nothing_covered"})
    elif any(decision["decision"] == "refused" for decision in decisions):
        findings.append({"code": "partly_covered"})
    if request["due_at"] is not None and request["due_at"] < due_at(
        BASES[request["basis"]], request["submitted_at"], None
    ):
        findings.append({"code": "due_sooner_than_law"})
    findings += await _of_sender(connection, request)
    findings += await _of_office(connection, request)
    findings += await _duplicates(connection, request)
    return findings


async def _of_sender(connection: AsyncConnection, request: Mapping[str, Any]) -> list[Finding]:
    """Whether who sent it is who signed it, and a court's order comes from a court."""
    chosen = select(Agency.kind).where(Agency.id == request["agency_id"])
    kind = (await connection.execute(chosen)).scalar_one()
    found: list[Finding] = []
    if BASES[request["basis"]].offices == {"judge"} and kind != "court":
        found.append({"code": "order_not_sent_by_court"})
    if request["officer_id"] is not None:
        signer = select(Officer.tax_id).where(Officer.id == request["officer_id"])
        if (await connection.execute(signer)).scalar_one() != request["signer_tax_id"]:
            found.append({"code": "sender_is_not_signer"})
    return found


async def _of_office(connection: AsyncConnection, request: Mapping[str, Any]) -> list[Finding]:
    """Whether the signer holds the office that the sender says. A certificate names a person; what
    they are is known of those alone whom we called back, and now as long as that holds."""
    chosen = select(Officer.office, Officer.status).where(
        Officer.tax_id == request["signer_tax_id"], Officer.vetted_at.is_not(None)
    )
    known = (await connection.execute(chosen)).all()
    declared = request["signer_office"]
    if any((each.office, each.status) == (declared, "active") for each in known):
        return []
    differs = any(each.office != declared for each in known)
    return [{"code": "signer_office_differs" if differs else "signer_office_unproven"}]


async def _duplicates(connection: AsyncConnection, request: Mapping[str, Any]) -> list[Finding]:
    """The same agency's other requests in the same matter about the same people."""
    number = LegalRequest.process_number == request["process_number"]
    if request["process_number"] is None:
        number = LegalRequest.inquiry_number == request["inquiry_number"]
    ended = [state.value for state in ENDED]
    chosen = (
        select(LegalRequest.reference, LegalRequest.targets)
        .where(
            LegalRequest.agency_id == request["agency_id"],
            LegalRequest.id != request["id"],
            LegalRequest.kind == request["kind"],
            LegalRequest.status.not_in([*ended, State.DRAFT.value]),
            number,
        )
        .order_by(LegalRequest.id)
        .limit(20)
    )
    return [
        {"code": "duplicate", "reference": row.reference}
        for row in await connection.execute(chosen)
        if any(target in row.targets for target in request["targets"])
    ]
