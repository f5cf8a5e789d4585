"""A customer registers: at once where registration is open, else by a link in a mail.

In mode ``confirmed`` nobody learns whether an address is known: whatever it is, the same statements
run, a form waits, and a mail leaves; only its words differ, and whether it holds the link.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.processing import ASKED_OF_ACCOUNTS
from app.core.emails import email_key
from app.core.errors import Failure, FieldError
from app.core.language import Language
from app.core.statements import bound, prepare
from app.models import Login
from app.projection.projection import to_json
from app.schemas.customers import Registration
from app.security.personal_data import Person
from app.services import (
    account_opening,
    email_verifications,
    idempotency,
    pasted_secrets,
    pending_forms,
    pending_registrations,
    policies,
    purposes,
)
from app.services.account_opening import Application
from app.services.authorization import require
from app.services.passwords import require_acceptable
from app.services.platform import Platform

ACTION: Final = "public:customer:register"
AWAITING: Final = to_json(
    {
        "status": "awaiting_confirmation",
        "expires_in": round(pending_forms.LIFETIME.total_seconds()),
    }
)
"""What whoever registers is told in mode ``confirmed``."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The body, as JSON: the account that was `opened`, or that a mail must be read first."""

    body: bytes
    opened: bool


async def register(
    platform: Platform,
    actor: Actor,
    form: Registration,
    language: Language,
    claim: idempotency.Claim | None,
) -> Answer:
    """Open an account, or have it wait for the link in a mail.

    `language` is the caller's; one preferred in the form comes before it. Raises `Failure` with
    ``registration_closed``, ``policy_version_not_current``, ``purpose_version_not_current``,
    ``validation_failed`` (an unknown purpose, a weak password, a text that holds one),
    ``too_many_requests``, ``hashing_busy``; where registration is open also ``email_taken``.
    """
    require(actor, ACTION)
    mode = platform.settings.registration_mode
    if mode == "closed":
        raise Failure("registration_closed")
    _demand_known_purposes(form)
    key = email_key(form.email)
    await platform.throttle.attempt("registration", network=actor.network, account=key)
    password = form.password.get_secret_value()
    pasted_secrets.require_no_secret(_texts(form), password)
    await require_acceptable(platform, password, _person(form))
    if mode == "open" and claim is None:
        await _demand_unknown(platform, key)
    password_hash = await platform.hashing.hash(password)
    async with platform.database.transaction() as connection:
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                return await _again(platform, connection, actor, before)
        application = await _application(platform, connection, actor, form, password_hash, language)
        if mode == "open":
            opened = await account_opening.open_account(platform, connection, actor, application)
            await email_verifications.queue(platform, connection, opened.login_id)
            body = await account_opening.show(platform, connection, actor, ACTION, opened)
        else:
            await pending_registrations.wait(platform, connection, actor, ACTION, application)
            body = AWAITING
        if claim is not None:
            await idempotency.keep(platform, connection, claim, body)
    return Answer(body, opened=mode == "open")


async def _again(
    platform: Platform, connection: AsyncConnection, actor: Actor, before: bytes
) -> Answer:
    """The answer that the same request was given before."""
    customer = orjson.loads(before).get("customer")
    if customer is not None:
        shown = UUID(customer["id"])
        await account_opening.put_on_record(platform, connection, actor, ACTION, shown)
    return Answer(before, opened=customer is not None)


async def _application(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    form: Registration,
    password_hash: str,
    language: Language,
) -> Application:
    version = await policies.current(connection, platform.clock)
    if version is None or version.version != form.accepted_policy_version:
        raise Failure("policy_version_not_current")
    for choice in form.consents or ():
        words = await purposes.in_force(connection, choice.purpose, platform.clock())
        if words is None or choice.version not in (None, words.version):
            raise Failure("purpose_version_not_current")
    preferred = form.preferences.language if form.preferences else None
    return Application(
        form=form.model_dump(exclude={"password", "accepted_policy_version"}),
        password_hash=password_hash,
        policy=version,
        made_at=platform.clock(),
        language=preferred or language,
        network=actor.network,
    )


def _demand_known_purposes(form: Registration) -> None:
    errors = [
        FieldError(f"/consents/{place}/purpose", "unknown_purpose")
        for place, choice in enumerate(form.consents or ())
        if choice.purpose not in ASKED_OF_ACCOUNTS
    ]
    if errors:
        raise Failure("validation_failed", errors=errors)


def _texts(form: Registration) -> dict[str, str | None]:
    """What takes any words, by dotted field."""
    address = form.address.model_dump() if form.address else {}
    given = {"name": form.name} | {f"address.{part}": value for part, value in address.items()}
    return {field: given.get(field) for field in pasted_secrets.OF_A_REGISTRATION}


def _person(form: Registration) -> Person:
    return Person.of(name=form.name, email=form.email, phone=form.phone, tax_id=form.tax_id)


async def _demand_unknown(platform: Platform, key: str) -> None:
    """Before the costly hash; `account_opening.open_account` decides."""
    known = select(Login.id).where(Login.email_key == bound("key", Login.email_key.type))
    statement = prepare(known, platform.database.dialect)
    if await platform.database.fetch(statement, {"key": key}):
        raise Failure("email_taken")
