"""Legal requests for tests: an agency in the directory, and what comes from it on paper."""

from functools import cache
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy import select

from app.access.legal_workflow import READ_FIRST
from app.models import LegalDocument, LegalRequest
from app.services import legal_steps, legal_verification
from app.services.system import operator
from tests.support.officers import OfficerPerson
from tests.support.people import CustomerPerson, StaffPerson
from tests.support.policies import prove_presence
from tests.support.records import rows
from tests.support.service import Service
from tests.support.signed_documents import pdf, signed
from tests.support.signing import OTHER, World, person, signer

DESK: Final = "/v1/staff/legal-requests"
DOOR: Final = "/v1/authority/legal-requests"
TOLD: Final = "/v1/customer/legal-requests"
ORIGINAL_SEEN: Final = {"reason": "original_seen", "note": "Original conferido no balcão."}
"""With what the desk confirms who sent a paper."""
ANSWERED_AT: Final = "cartorio@exemplo.jus.br"
"""An address in a domain that every agency of `tests/support/officers.py` has."""

_sound: dict[str, bytes] = {}


def asked(**members: Any) -> dict[str, Any]:
    """A prosecutor's request for a name and an address."""
    return {
        "kind": "registration_data",
        "basis": "mci_10_3",
        "process_number": "0001234-03.2026.8.26.0100",
        "issuing_body": "2ª Promotoria de Justiça Criminal da Capital",
        "signer_name": "Ana Promotora",
        "signer_tax_id": "111.444.777-35",
        "signer_office": "prosecutor",
        "motivation": "Apuração de furto em que o investigado usou um site hospedado aqui.",
        "items": ["name", "address"],
        "targets": [{"name": "Maria D'Ávila", "tax_id": "529.982.247-25"}],
        **members,
    }


def on_paper(agency_id: UUID, **members: Any) -> dict[str, Any]:
    """The same, as staff enter it."""
    members = {"answer_email": ANSWERED_AT, **members}
    return asked(channel="paper", agency_id=str(agency_id), **members)


def secrecy(until: str | None, **members: Any) -> dict[str, Any]:
    """An order of secrecy until then; None: the proposal to lift it."""
    return {
        "secrecy_basis": "CPP, art. 20",
        "secrecy_until": until,
        "reference": "Decisão de 1º/12/2026, fls. 88",
        "reason": "Assim decidiu o juízo.",
        **members,
    }


def naming(*people: CustomerPerson) -> list[dict[str, Any]]:
    """Targets that are these customers, by name and e-mail."""
    return [{"name": each.row["name"], "email": each.row["email"]} for each in people]


async def entered(
    house: Service, by: StaffPerson, agency_id: UUID, **members: Any
) -> dict[str, Any]:
    """A draft at the desk."""
    body = on_paper(agency_id, **members)
    answer = await house.client.post(DESK, json=body, headers=by.headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(
    house: Service, by: StaffPerson, request_id: str, deed: str, **members: Any
) -> httpx.Response:
    """Do a deed, having proved to be there, and read what it answers for."""
    await prove_presence(house, by)
    read = await tag(house, by, request_id) if deed in READ_FIRST else {}
    return await house.client.post(
        f"{DESK}/{request_id}/steps", json={"deed": deed, **members}, headers=by.headers | read
    )


async def tag(house: Service, by: StaffPerson, request_id: str) -> dict[str, str]:
    """The header that says which state of a request somebody has read: the present one."""
    answer = await house.client.get(f"{DESK}/{request_id}", headers=by.headers)
    return {"If-Match": answer.headers["etag"]}


async def brought(house: Service, by: StaffPerson, request_id: str, *deeds: str) -> dict[str, Any]:
    """The request after several deeds of one person's; papers are scanned, and confirmed on sight.

    What is scanned bears its signer's signature, so that nothing speaks against it.
    """
    found: dict[str, Any] = {}
    for deed in deeds:
        if deed == "confirm":
            await scanned(house, by, request_id)
            await verify(house)
        answer = await step(
            house, by, request_id, deed, **(ORIGINAL_SEEN if deed == "confirm" else {})
        )
        assert answer.status_code == 200, answer.text
        found = answer.json()
    return found


async def scanned(house: Service, by: StaffPerson, request_id: str) -> None:
    """Have the order of a paper among its files, if there is none yet; it leaves no other trace."""
    orders = select(LegalDocument.id).where(
        LegalDocument.request_id == UUID(request_id), LegalDocument.kind == "order"
    )
    channel = select(LegalRequest.channel).where(LegalRequest.id == UUID(request_id))
    [request] = await rows(house.platform, channel)
    if request.channel != "authority" and not await rows(house.platform, orders):
        answer = await uploaded(house, by, request_id, await sound_order())
        assert answer.status_code == 201, answer.text


async def sent(house: Service, by: OfficerPerson, **members: Any) -> dict[str, Any]:
    """A request of an officer's that was received, with an order that its signer signed."""
    answer = await house.client.post(DOOR, json=asked(**members), headers=by.headers)
    assert answer.status_code == 201, answer.text
    order = await uploaded(house, by, answer.json()["id"], await sound_order())
    assert order.status_code == 201, order.text
    done = await officer_step(house, by, answer.json()["id"], "submit")
    assert done.status_code == 200, done.text
    found: dict[str, Any] = done.json()
    return found


async def officer_step(
    house: Service, by: OfficerPerson, request_id: str, deed: str, **members: Any
) -> httpx.Response:
    """Do a deed of the sender's."""
    return await house.client.post(
        f"{DOOR}/{request_id}/steps", json={"deed": deed, **members}, headers=by.headers
    )


async def approved_again(
    house: Service, desk: StaffPerson, director: StaffPerson, request_id: str
) -> None:
    """An approved request that the second check sent back, reviewed and approved once more."""
    async with house.platform.database.transaction() as connection:
        assert await legal_steps.advance_by_system(
            house.platform, connection, operator(), UUID(request_id), "collected"
        )
    back = await step(house, desk, request_id, "return", reason="scope_differs")
    assert back.status_code == 200, back.text
    await brought(house, desk, request_id, "forward")
    done = await step(house, director, request_id, "approve")
    assert done.json()["status"] == "collecting", done.text


@cache
def world() -> World:
    """The authorities of this run, trusted wherever `verify` was called."""
    return World.made()


async def sound_order(tax_id: str = OTHER) -> bytes:
    """An order that the declared signer of `asked` signed, or somebody else; made once."""
    if tax_id not in _sound:
        who = signer(person(world().intermediate, tax_id=tax_id))
        _sound[tax_id] = await signed(pdf(), who)
    return _sound[tax_id]


async def uploaded(
    house: Service,
    by: OfficerPerson | StaffPerson,
    request_id: str,
    content: Any,
    *,
    kind: str = "order",
    name: str = "oficio-4711.pdf",
    media_type: str = "application/pdf",
    headers: dict[str, str] | None = None,
    **query: str,
) -> httpx.Response:
    """Add a file at the door that the caller uses."""
    door = DOOR if isinstance(by, OfficerPerson) else DESK
    return await house.client.post(
        f"{door}/{request_id}/documents",
        params={"kind": kind, "name": name, **query},
        content=content,
        headers={**by.headers, "Content-Type": media_type, **(headers or {})},
    )


async def verify(house: Service) -> None:
    """The worker's turn: whatever waits is verified, against the authorities of this run."""
    trust = house.platform.settings.trust_path
    if not trust.exists():
        world().trust(trust)
    await legal_verification.work(house.platform)
