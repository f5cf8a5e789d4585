"""No notice by mistake: every state, kind and secrecy, with a notice that the worker finds due.

The tables are filled behind the service's back, so that states are reached which no journey takes:
whatever made a notice due, the worker asks the law once more before it writes to anybody.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import insert, select

from app.access.legal_bases import BASES, KINDS
from app.access.legal_workflow import State
from app.core.ids import new_id
from app.models import LegalNotice, LegalRequest, LegalStep, OutboxMessage
from app.services import legal_notices
from app.services.legal_notice_rules import APPROVED
from tests.support.legal import on_paper
from tests.support.officers import add_agency
from tests.support.people import CustomerPerson, StaffPerson, add_staff
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGO: Final = timedelta(hours=1)
"""How long ago the director approved."""
BASIS_OF: Final = {kind: basis.code for basis in BASES.values() for kind in sorted(basis.kinds)}
SECRECY: Final[Mapping[str, Mapping[str, Any]]] = {
    "none": {},
    "over": {"secrecy_basis": "CPP, art. 20", "secrecy_until": -AGO / 2},
    "standing": {"secrecy_basis": "CPP, art. 20", "secrecy_until": AGO},
    "without_end": {"secrecy_basis": "CPP, art. 20"},
}
DISCLOSING: Final = tuple(kind for kind in KINDS if kind != "preservation")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(house: Service, director: StaffPerson) -> Mapping[str, Any]:
    """Whom and what each request refers to."""
    people = [await add_staff(house.platform, role) for role in ("privacy_officer", "director")]
    return {
        "agency_id": (await add_agency(house.platform, by=director.id)).id,
        "entered_by": people[0].id,
        "reviewed_by": people[0].id,
        "approved_by": director.id,
        "checked_by": people[1].id,
    }


async def standing(
    house: Service,
    desk: Mapping[str, Any],
    who: CustomerPerson,
    state: State,
    kind: str,
    secrecy: str,
    *,
    delivered: bool,
) -> UUID:
    """A request that stands there, and a notice of it which is due; the notice's id."""
    now, notice_id = house.clock(), new_id()
    secret = dict(SECRECY[secrecy])
    if "secrecy_until" in secret:
        secret["secrecy_until"] += now
    request: dict[str, Any] = {
        **on_paper(desk["agency_id"]),
        **desk,
        **secret,
        "kind": kind,
        "basis": BASIS_OF[kind],
        "id": new_id(),
        "reference": f"SG-{notice_id.hex[-16:]}",
        "signer_tax_id": "11144477735",
        "items": ("name",),
        "targets": [],
        "status": state.value,
        "findings": [],
        "decisions": [],
        "language": "pt-BR",
        **dict.fromkeys(("status_at", "created_at", "submitted_at", "legal_due_at"), now - AGO),
    }
    notice = {
        "id": notice_id,
        "request_id": request["id"],
        "customer_id": who.id,
        "reference": request["reference"],
        "authority": "Promotoria",
        "kind": kind,
        "article": BASES[BASIS_OF[kind]].article,
        "items": ("name",),
        "approved_at": now - AGO,
        "state": "due",
        "due_at": now - AGO,
    }
    left = {
        "id": new_id(),
        "request_id": request["id"],
        "at": now - AGO / 2,
        "deed": "deliver",
        "origin": "packaged",
        "to": "delivered",
        "actor_kind": "system",
    }
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(LegalRequest).values(**request))
        await connection.execute(insert(LegalNotice).values(**notice))
        if delivered:
            await connection.execute(insert(LegalStep).values(**left))
    return notice_id


async def test_the_worker_writes_to_nobody_by_mistake(
    house: Service, desk: Mapping[str, Any], maria: CustomerPerson
) -> None:
    expected: dict[UUID, str] = {}
    for state in State:
        for kind in DISCLOSING:
            for secrecy in SECRECY:
                for delivered in (False, True):
                    made = await standing(
                        house, desk, maria, state, kind, secrecy, delivered=delivered
                    )
                    expected[made] = outcome(state, kind, secrecy, delivered=delivered)
    assert set(expected.values()) == {"sent", "held", "waived"}
    for _ in range(len(expected) // legal_notices.AT_ONCE + 1):
        await legal_notices.work(house.platform)
    found = await rows(house.platform, select(LegalNotice.id, LegalNotice.state))
    assert {row.id: row.state for row in found} == expected
    letters = await rows(
        house.platform,
        select(OutboxMessage.key).where(OutboxMessage.template == legal_notices.TEMPLATE),
    )
    told = {UUID(letter.key.split(":")[1]) for letter in letters}
    assert told == {each for each, state in expected.items() if state == "sent"}
    assert len(letters) == len(told), "each once"


def outcome(state: State, kind: str, secrecy: str, *, delivered: bool) -> str:
    """Said once more, in words: what is off the table, what is secret, what is dangerous."""
    if state not in APPROVED and not delivered:
        return "waived"
    if secrecy in ("standing", "without_end"):
        return "held"
    dangerous = kind == "emergency"
    return "held" if dangerous else "sent"
