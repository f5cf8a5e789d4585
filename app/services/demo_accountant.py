"""Whom the demo's first customer trusts with the invoices, and two invoices to see."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.permission_sets import SETS
from app.core.emails import email_key
from app.core.ids import new_id
from app.models import Invoice, Login, Membership
from app.services import policy_acceptances
from app.services.policies import Version

EMAIL: Final = "financeiro@exemplo.com.br"


async def add(
    connection: AsyncConnection,
    *,
    customer_id: UUID,
    invited_by: UUID,
    password_hash: str,
    version: Version,
    now: datetime,
) -> None:
    """A login of its own with the set "financeiro", and an open and a paid invoice."""
    login_id = new_id()
    await connection.execute(
        insert(Login).values(
            id=login_id,
            email=EMAIL,
            email_key=email_key(EMAIL),
            name="Carlos Contador",
            status="active",
            password_hash=password_hash,
            created_at=now,
        )
    )
    await connection.execute(
        insert(Membership).values(
            id=new_id(),
            login_id=login_id,
            customer_id=customer_id,
            permissions=SETS["financeiro"].permissions,
            invited_by=invited_by,
            created_at=now,
        )
    )
    await policy_acceptances.record(
        connection, login_id, version, at=now, network=None, channel="demo"
    )
    paid, due = (_invoice(customer_id, now - timedelta(days=days)) for days in (40, 10))
    paid |= {"status": "paid", "paid_at": now - timedelta(days=30)}
    await connection.execute(insert(Invoice), [paid, due])


def _invoice(customer_id: UUID, issued_at: datetime) -> dict[str, Any]:
    month = issued_at.strftime("%m/%Y")
    return {
        "id": new_id(),
        "customer_id": customer_id,
        "number": f"DEMO-{issued_at:%Y%m%d}",
        "description": f"Hospedagem, {month}",
        "amount_cents": 14_990,
        "currency": "BRL",
        "due_on": (issued_at + timedelta(days=15)).date(),
        "status": "open",
        "issued_at": issued_at,
        "paid_at": None,
    }
