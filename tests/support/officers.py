"""Agencies and their officers for tests: in the tables, signed in, and over HTTP.

agency = await add_agency(platform, by=director.id)
beatriz = await add_officer(platform, agency)
answer = await client.get("/v1/authority/login", headers=beatriz.headers)
"""

import itertools
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pyotp
from sqlalchemy import insert, select

from app.access.viewers import Viewer
from app.core.database import insert_unless_there
from app.core.emails import email_key
from app.core.ids import new_id
from app.models import Agency, Officer, StaffMember
from app.security import totp
from app.services import totp_codes
from app.services.owners import Owner
from app.services.platform import Platform
from app.services.sessions import Holder, open_session
from tests.support.letters import token_to
from tests.support.people import PASSWORD, bearer, cpf, stranger
from tests.support.service import Service

AGENCIES, OFFICERS = "/v1/staff/agencies", "/v1/staff/officers"
REGISTER = "/v1/public/authority-registrations"
TOKEN = "/v1/auth/authority/token"

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class AgencyMade:
    """An agency in the directory, entered by `by`, who thus vets no officer of it."""

    id: UUID
    name: str
    domain: str
    phone: str
    by: UUID


@dataclass(frozen=True, slots=True)
class OfficerPerson:
    """An officer, signed in if they are in office. `headers` hold the token."""

    id: UUID
    agency_id: UUID
    email: str
    totp_secret: str = field(repr=False)
    session_id: UUID | None = None
    token: str = ""
    refresh_token: str = ""
    password: str = PASSWORD

    @property
    def headers(self) -> dict[str, str]:
        """What lets them in."""
        return bearer(self.token)

    def code(self, at: datetime | None = None) -> str:
        """The authenticator's six digits, now or at a moment."""
        totp_now = pyotp.TOTP(self.totp_secret)
        return totp_now.now() if at is None else totp_now.at(at)


async def add_agency(platform: Platform, *, by: UUID, **columns: Any) -> AgencyMade:
    """A new agency with a domain of its own that counts, unless `columns` say otherwise."""
    number = next(_numbers)
    row: dict[str, Any] = {
        "id": new_id(),
        "name": f"Promotoria Numero {number}",
        "kind": "prosecution",
        "jurisdiction": "BR-SP",
        "domains": (f"promotoria-{number}.exemplo.gov.br", "exemplo.jus.br"),
        "callback_phone": f"+551132{number:06d}",
        "phone_source": "Portal do órgão",
        "status": "active",
        "created_at": platform.clock(),
        **dict.fromkeys(("created_by", "kind_set_by", "phone_set_by", "domains_set_by"), by),
        "confirmed_at": platform.clock(),
        "confirmed_by": await second_person(platform),
    } | columns
    async with platform.database.transaction() as connection:
        await connection.execute(insert(Agency).values(**row))
    return AgencyMade(row["id"], row["name"], row["domains"][0], row["callback_phone"], by)


async def second_person(platform: Platform) -> UUID:
    """Who confirms agencies, and has left since: no desk of a test is one bigger for it."""
    email = "conferente@alainer.com.br"
    known = select(StaffMember.id).where(StaffMember.email_key == email)
    row = {
        "id": new_id(),
        **dict.fromkeys(("email", "email_key"), email),
        "name": "Conferente Antigo",
        "role": "director",
        "status": "disabled",
        "password_hash": "",
        "created_at": platform.clock(),
    }
    async with platform.database.transaction() as connection:
        await insert_unless_there(connection, StaffMember, row)
        found: UUID = (await connection.execute(known)).scalar_one()
    return found


async def add_officer(
    platform: Platform,
    agency: AgencyMade,
    *,
    status: str = "active",
    password: str = PASSWORD,
    **columns: Any,
) -> OfficerPerson:
    """A new officer of the agency with a TOTP secret; with a session while they are in office."""
    number = next(_numbers)
    now = platform.clock()
    officer_id, secret = new_id(), totp.new_secret()
    email = columns.pop("email", f"oficial-{number}@{agency.domain}")
    vetted = {
        "vettings": [vetting(agency, now)],
        "vetted_at": now,
        "vetted_by": agency.by,
        "valid_until": now + timedelta(days=365),
    }
    suspended = {"suspended_at": now, "suspended_reason": "Um motivo qualquer"}
    row: dict[str, Any] = {
        "id": officer_id,
        "agency_id": agency.id,
        "name": f"Oficial Numero {number}",
        "email": email,
        "email_key": email_key(email),
        "tax_id": cpf(510_000_000 + number),
        "office": "prosecutor",
        "registration_number": f"MP-{number}",
        "language": "pt-BR",
        "status": status,
        "password_hash": await platform.hashing.hash(password),
        "created_at": now,
        "email_confirmed_at": now,
        "vettings": [],
        **({} if status == "confirmed" else vetted),
        **(suspended if status == "suspended" else {}),
    } | columns
    async with platform.database.transaction() as connection:
        await connection.execute(insert(Officer).values(**row))
        await totp_codes.install(platform, connection, Owner("officer", officer_id), secret)
    officer = OfficerPerson(officer_id, agency.id, email, secret, password=password)
    return officer if status != "active" else await signed_in(platform, officer)


async def signed_in(platform: Platform, officer: OfficerPerson) -> OfficerPerson:
    """The officer with a new session: the clock may have left an earlier one behind."""
    holder = Holder("authority", officer.id, Viewer.AUTHORITY)
    async with platform.database.transaction() as connection:
        session_id, tokens = await open_session(
            platform, connection, holder, stranger(), ("password", "totp")
        )
    return replace(
        officer,
        session_id=session_id,
        token=tokens.access_token,
        refresh_token=tokens.refresh_token,
    )


def vetting(agency: AgencyMade, now: datetime, **members: str) -> dict[str, str]:
    """A call-back that confirmed, as it is kept."""
    return {
        "at": now.isoformat(),
        "by": str(agency.by),
        "phone": agency.phone,
        "answered_by": "Secretaria",
        "note": "Confirmou.",
        "outcome": "confirmed",
    } | members


def registration(agency: AgencyMade, **members: Any) -> dict[str, Any]:
    """The body of a registration with an official address; no two have the same."""
    number = next(_numbers)
    return {
        "agency_id": str(agency.id),
        "name": f"Beatriz Numero {number}",
        "email": f"beatriz-{number}@{agency.domain}",
        "tax_id": cpf(520_000_000 + number),
        "office": "prosecutor",
        "registration_number": f"MP-{number}",
        "password": PASSWORD,
        "language": "pt-BR",
    } | members


async def register(house: Service, body: dict[str, Any]) -> httpx.Response:
    """A registration."""
    return await house.client.post(REGISTER, json=body)


async def registered(house: Service, agency: AgencyMade, **members: Any) -> OfficerPerson:
    """Somebody who registered and confirmed their address, and waits for the call-back."""
    body = registration(agency, **members)
    answer = await register(house, body)
    assert answer.status_code == 202, answer.text
    token = await token_to(house.platform, body["email"], "officer_registration_confirm")
    confirmed = await house.client.post(f"{REGISTER}/confirm", json={"token": token})
    assert confirmed.status_code == 200, confirmed.text
    listed = await _one_by_email(house, body["email"])
    return OfficerPerson(listed, agency.id, body["email"], confirmed.json()["totp_secret"])


async def _one_by_email(house: Service, email: str) -> UUID:
    async with house.platform.database.transaction() as connection:
        found = await connection.execute(
            select(Officer.id).where(Officer.email_key == email_key(email))
        )
        officer_id: UUID = found.scalar_one()
    return officer_id


def call(agency: AgencyMade, **members: Any) -> dict[str, Any]:
    """The body of a call-back that confirms."""
    return {
        "phone": agency.phone,
        "answered_by": "Secretaria da Promotoria",
        "note": "Confirmou nome e cargo.",
        "outcome": "confirmed",
    } | members


async def sign_in(
    house: Service, officer: OfficerPerson, *, password: str = PASSWORD, step: int = 0
) -> httpx.Response:
    """A sign-in with the code of now, or of so many steps later."""
    at = house.clock() + step * timedelta(seconds=30)
    form = {"username": officer.email, "password": password, "totp": officer.code(at)}
    return await house.client.post(TOKEN, data=form)
