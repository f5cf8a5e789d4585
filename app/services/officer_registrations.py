"""An authority's officer registers: a form waits, a mail leaves, and the link makes the officer.

Nobody learns here who is an officer: whatever the address is, the same statements run and a mail
leaves; only its words differ, and whether it holds the link. That the address must be an official
one of the agency's is said openly: it depends on what was sent alone.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.database import insert_unless_there
from app.core.emails import email_key
from app.core.errors import Failure, FieldError
from app.core.ids import new_id
from app.core.mail_domains import domain_of, lies_in
from app.models import Agency, Officer
from app.projection.projection import to_json
from app.schemas.officers import OfficerRegistration
from app.security import totp
from app.security.personal_data import Person
from app.services import (
    access_records,
    link_tries,
    officer_mails,
    outbox,
    pasted_secrets,
    pending_forms,
    totp_codes,
)
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.officer_mails import Addressee
from app.services.owners import Owner
from app.services.passwords import require_acceptable
from app.services.platform import Platform

REGISTER: Final = "public:officer:register"
CONFIRM: Final = "public:officer:confirm"
PURPOSE: Final = "officer_registration"
KIND: Final = pending_forms.Kind("officer", PURPOSE)
AWAITING: Final = to_json(
    {
        "status": "awaiting_confirmation",
        "expires_in": round(pending_forms.LIFETIME.total_seconds()),
    }
)
"""What whoever registers is told."""


@dataclass(frozen=True, slots=True)
class _Agency:
    name: str
    domains: tuple[str, ...]


async def register(platform: Platform, actor: Actor, form: OfficerRegistration) -> bytes:
    """Have a registration wait for the link in a mail to its address; what whoever asks is told.

    Raises `Failure` with ``validation_failed`` (an agency that is not in the directory, an address
    that is not in one of its official domains, a weak password, a text that holds one),
    ``too_many_requests``, ``hashing_busy``.
    """
    require(actor, REGISTER)
    key = email_key(form.email)
    await platform.throttle.attempt("authority_registration", network=actor.network, account=key)
    password = form.password.get_secret_value()
    texts = {"name": form.name, "registration_number": form.registration_number}
    pasted_secrets.require_no_secret(texts, password)
    async with platform.database.snapshot() as connection:
        agency = await _agency(connection, form.agency_id)
    if agency is None:
        raise _unfit("/agency_id", "unknown_agency")
    if not lies_in(domain_of(key), agency.domains):
        raise _unfit("/email", "email_not_official")
    person = Person.of(name=form.name, email=form.email, tax_id=form.tax_id, company=agency.name)
    await require_acceptable(platform, password, person)
    password_hash = await platform.hashing.hash(password)
    packed = orjson.dumps(form.model_dump(exclude={"password"}) | {"password_hash": password_hash})
    async with platform.database.transaction() as connection:
        await _wait(platform, connection, actor, form, key, packed)
    return AWAITING


async def confirm(platform: Platform, actor: Actor, token: str) -> bytes:
    """Make the officer that waits for the link, who awaits the call-back; the JSON of their secret.

    It is told this once. Raises `Failure` with ``one_time_token_invalid`` for a link that is used,
    expired or unknown, or whose agency was suspended or does no longer know the domain;
    ``email_taken`` when the address became an officer's meanwhile; ``too_many_requests``.
    """
    require(actor, CONFIRM)
    await link_tries.admit(platform, actor, token, PURPOSE)
    async with platform.database.transaction() as connection:
        packed = await pending_forms.take(platform, connection, KIND, token)
        form: dict[str, Any] = {} if packed is None else orjson.loads(packed)
        agency = await _agency(connection, UUID(form["agency_id"])) if form else None
        if agency is None or not lies_in(domain_of(email_key(form["email"])), agency.domains):
            raise Failure("one_time_token_invalid")
        officer_id, secret = new_id(), totp.new_secret()
        await _insert(platform, connection, officer_id, form)
        await totp_codes.install(platform, connection, Owner("officer", officer_id), secret)
        made = Deed(CONFIRM, subject_type="officer", subject_id=officer_id, rows=1)
        await platform.audit.add(connection, actor, made)
        await access_records.note_of_officer(
            platform, connection, actor, "registration", officer_id
        )
    return to_json(
        {
            "status": "awaiting_vetting",
            "totp_secret": secret,
            "otpauth_uri": totp.provisioning_uri(secret, form["email"]),
        }
    )


async def _wait(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    form: OfficerRegistration,
    key: str,
    packed: bytes,
) -> None:
    statement = select(Officer.id, Officer.email, Officer.name, Officer.language).where(
        Officer.email_key == key
    )
    known = (await connection.execute(statement)).first()
    kept = await pending_forms.keep(platform, connection, KIND, key, packed)
    if known is None:
        message = officer_mails.confirmation(
            platform,
            form.email,
            form.language,
            kept.token,
            expires_at=kept.expires_at,
            device=actor.device,
        )
    else:  # the token is told to nobody
        message = officer_mails.known(platform, _addressee(known), device=actor.device)
    await outbox.queue(platform, connection, message)
    deed = Deed(REGISTER, subject_type="pending_registration", subject_id=kept.id)
    await platform.audit.add(connection, actor, deed)


def _addressee(row: Any) -> Addressee:
    return Addressee(row.id, row.email, row.name, row.language)


async def _insert(
    platform: Platform, connection: AsyncConnection, officer_id: UUID, form: dict[str, Any]
) -> None:
    now = platform.clock()
    row = {
        **form,
        "id": officer_id,
        "agency_id": UUID(form["agency_id"]),
        "email_key": email_key(form["email"]),
        "status": "confirmed",
        "created_at": now,
        "email_confirmed_at": now,
        "vettings": [],
    }
    if not await insert_unless_there(connection, Officer, row):
        raise Failure("email_taken")


async def _agency(connection: AsyncConnection, agency_id: UUID) -> _Agency | None:
    """An agency of the directory that counts."""
    chosen = select(Agency.name, Agency.domains).where(Agency.id == agency_id, Agency.counts())
    row = (await connection.execute(chosen)).first()
    return None if row is None else _Agency(row.name, row.domains)


def _unfit(pointer: str, code: str) -> Failure:
    return Failure("validation_failed", errors=[FieldError(pointer, code)])
