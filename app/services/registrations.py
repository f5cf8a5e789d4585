"""A customer registers: account, login, ownership, acceptance and consents, in one transaction."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.permissions import OWNER
from app.access.purposes import CONSENT_PURPOSES, PURPOSES
from app.access.viewers import Viewer
from app.core.database import insert_unless_there
from app.core.emails import email_key
from app.core.errors import Failure, FieldError
from app.core.ids import coarse_id, new_id
from app.core.statements import bound, prepare
from app.models import Consent, Customer, CustomerWord, Login, Membership, PolicyAcceptance
from app.projection.projection import to_json
from app.schemas.customers import Registration
from app.security.personal_data import Person
from app.services import idempotency, policies
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.customers import columns_of, word_rows
from app.services.passwords import require_acceptable
from app.services.platform import Platform

ACTION = "public:customer:register"
CHANNEL = "web"


async def register(
    platform: Platform, actor: Actor, form: Registration, claim: idempotency.Claim | None
) -> bytes:
    """Open an account; the answer is ``{"customer": …}`` as JSON, as its owner sees it.

    Raises `Failure` with ``registration_closed``, ``registration_unavailable``,
    ``policy_version_not_current``, ``validation_failed`` (an unknown purpose, a weak password) or
    ``email_taken``.
    """
    require(actor, ACTION)
    _demand_open(platform)
    _demand_known_purposes(form)
    password = form.password.get_secret_value()
    await require_acceptable(platform, password, _person(form))
    if claim is None:
        await _demand_unknown(platform, form.email)
    password_hash = await platform.hashing.hash(password)
    async with platform.database.transaction() as connection:
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                shown = UUID(orjson.loads(before)["customer"]["id"])
                await _put_on_record(platform, connection, actor, shown)
                return before
        version = await policies.current(connection, platform.clock)
        if version is None or version.version != form.accepted_policy_version:
            raise Failure("policy_version_not_current")
        login_id = await _insert_login(platform, connection, form, password_hash)
        customer_id = await _insert_customer(platform, connection, form, login_id)
        await connection.execute(
            insert(PolicyAcceptance).values(
                login_id=login_id,
                version=version.version,
                hash=version.hash,
                accepted_at=platform.clock(),
                channel=CHANNEL,
            )
        )
        answer = await _show(platform, connection, actor, customer_id, login_id)
        if claim is not None:
            await idempotency.keep(platform, connection, claim, answer)
    return answer


def _demand_open(platform: Platform) -> None:
    mode = platform.settings.registration_mode
    if mode == "closed":
        raise Failure("registration_closed")
    if mode == "confirmed":  # needs mail, which this version does not send yet
        raise Failure("registration_unavailable")


def _demand_known_purposes(form: Registration) -> None:
    errors = [
        FieldError(f"/consents/{place}/purpose", "unknown_purpose")
        for place, choice in enumerate(form.consents or ())
        if choice.purpose not in CONSENT_PURPOSES
    ]
    if errors:
        raise Failure("validation_failed", errors=errors)


def _person(form: Registration) -> Person:
    return Person.of(name=form.name, email=form.email, phone=form.phone, tax_id=form.tax_id)


async def _demand_unknown(platform: Platform, email: str) -> None:
    """Before the costly hash; `_insert_login` decides."""
    known = select(Login.id).where(Login.email_key == bound("key", Login.email_key.type))
    statement = prepare(known, platform.database.dialect)
    if await platform.database.fetch(statement, {"key": email_key(email)}):
        raise Failure("email_taken")


async def _insert_login(
    platform: Platform, connection: AsyncConnection, form: Registration, password_hash: str
) -> UUID:
    login_id = new_id()
    row = {
        "id": login_id,
        "email": form.email,
        "email_key": email_key(form.email),
        "name": form.name,
        "status": "active",
        "password_hash": password_hash,
        "created_at": platform.clock(),
    }
    if not await insert_unless_there(connection, Login, row):
        raise Failure("email_taken")
    return login_id


async def _insert_customer(
    platform: Platform, connection: AsyncConnection, form: Registration, login_id: UUID
) -> UUID:
    now = platform.clock()
    customer_id = coarse_id(now)
    address: dict[str, Any] = form.address.model_dump() if form.address else {"city": None}
    preferences = form.preferences.model_dump(exclude_none=True) if form.preferences else {}
    columns = columns_of({"name": form.name, "email": form.email, **address})
    await connection.execute(
        insert(Customer).values(
            id=customer_id,
            kind=form.kind,
            status="active",
            phone=form.phone,
            tax_id=form.tax_id,
            preferences=preferences,
            created_at=now,
            **columns,
        )
    )
    if words := word_rows(customer_id, form.name):
        await connection.execute(insert(CustomerWord), words)
    await connection.execute(
        insert(Membership).values(
            id=new_id(),
            login_id=login_id,
            customer_id=customer_id,
            permissions=(OWNER,),
            created_at=now,
        )
    )
    for choice in form.consents or ():
        await connection.execute(
            insert(Consent).values(
                id=new_id(),
                customer_id=customer_id,
                purpose=choice.purpose,
                granted=choice.granted,
                at=now,
                channel=CHANNEL,
                actor_kind="login",
                actor_id=login_id,
            )
        )
    return customer_id


async def _show(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    customer_id: UUID,
    login_id: UUID,
) -> bytes:
    owner = Actor(
        kind="login",
        viewer=Viewer.SELF,
        purpose=PURPOSES[Viewer.SELF][0],
        request_id=actor.request_id,
        id=login_id,
        customer_id=customer_id,
        permissions=(OWNER,),
    )
    plan = platform.projection.plan(owner, "customer")
    values = platform.projection.scope(owner, platform.clock()) | {"id": customer_id}
    row = (await connection.execute(platform.projection.one(plan), values)).one()
    await _put_on_record(platform, connection, owner, customer_id)
    return to_json({"customer": platform.projection.view(plan, row)})


async def _put_on_record(
    platform: Platform, connection: AsyncConnection, actor: Actor, customer_id: UUID
) -> None:
    """Whoever is answered is shown the owner's fields, the second time too."""
    fields = platform.projection.plans[Viewer.SELF, PURPOSES[Viewer.SELF][0], "customer"].visible
    await platform.audit.add(
        connection,
        actor,
        Deed(ACTION, subject_type="customer", subject_id=customer_id, fields=fields, rows=1),
    )
