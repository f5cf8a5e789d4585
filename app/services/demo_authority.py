"""The demo's agency and its officer: made up, vetted, ready to sign in at their door."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.documents import cpf_with_check_digits
from app.core.emails import email_key
from app.core.ids import new_id
from app.models import Agency, Officer, StaffMember
from app.security import totp
from app.services import totp_codes
from app.services.owners import Owner
from app.services.platform import Platform

DOMAIN: Final = "promotoria.exemplo.gov.br"
EMAIL: Final = f"beatriz.nunes@{DOMAIN}"
_PHONE: Final = "+551132345678"
_VALID: Final = timedelta(days=365)


async def add(
    platform: Platform,
    connection: AsyncConnection,
    *,
    entered_by: str,
    vetted_by: str,
    password_hash: str,
) -> str | None:
    """One agency, entered by a member of staff, and confirmed and its officer vetted by another;
    the officer's TOTP secret. None when an earlier demo made them.
    """
    known = select(Officer.id).where(Officer.email_key == email_key(EMAIL))
    if (await connection.execute(known)).first() is not None:
        return None
    now = platform.clock()
    keeper, vetter = [await _member(connection, email) for email in (entered_by, vetted_by)]
    agency_id, officer_id, secret = new_id(), new_id(), totp.new_secret()
    await connection.execute(
        insert(Agency).values(
            id=agency_id,
            name="Promotoria de Justiça do Exemplo",
            kind="prosecution",
            jurisdiction="BR-SP",
            domains=(DOMAIN,),
            callback_phone=_PHONE,
            phone_source="Demonstração",
            status="active",
            created_at=now,
            created_by=keeper,
            kind_set_by=keeper,
            phone_set_by=keeper,
            domains_set_by=keeper,
            confirmed_at=now,
            confirmed_by=vetter,
        )
    )
    await connection.execute(
        insert(Officer).values(
            id=officer_id,
            agency_id=agency_id,
            name="Beatriz Nunes",
            email=EMAIL,
            email_key=email_key(EMAIL),
            tax_id=cpf_with_check_digits("999999998"),
            office="prosecutor",
            registration_number="DEMO-1",
            language="pt-BR",
            status="active",
            password_hash=password_hash,
            created_at=now,
            email_confirmed_at=now,
            vettings=[_call(vetter, now)],
            vetted_at=now,
            vetted_by=vetter,
            valid_until=now + _VALID,
        )
    )
    await totp_codes.install(platform, connection, Owner("officer", officer_id), secret)
    return secret


async def _member(connection: AsyncConnection, email: str) -> UUID:
    chosen = select(StaffMember.id).where(StaffMember.email_key == email_key(email))
    found: UUID = (await connection.execute(chosen)).scalar_one()
    return found


def _call(vetter: UUID, now: datetime) -> dict[str, str]:
    return {
        "at": now.isoformat(),
        "by": str(vetter),
        "phone": _PHONE,
        "answered_by": "Demonstração",
        "note": "Demonstração.",
        "outcome": "confirmed",
    }
