"""Saying yes, no, and no longer: in the customer area, or on the telephone to staff.

Both are one call each, and withdrawing is the same call as granting (LGPD art. 8, §5).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, FieldError
from app.core.language import Language
from app.core.links import without_links
from app.projection.projection import Page, Shown
from app.schemas.consents import ConsentStatement, TelephoneConsent
from app.services import (
    account_access,
    consent_answers,
    consent_effects,
    consent_gathering,
    consent_ledger,
    consent_standing,
    idempotency,
    outbox,
    recipient_consents,
    records,
)
from app.services.authorization import require_grounds
from app.services.consent_answers import Shape, deed, show
from app.services.consent_gathering import SAY
from app.services.consent_sayings import Recorded, Saying, Statement
from app.services.listings import find_page
from app.services.outbox import Message
from app.services.platform import Platform

RESOURCE: Final = consent_answers.EVENT
TAKE: Final = "staff:consent:record"
CONSENTS_PAGE: Final = "consents"
"""Where in the customer area consents are given and taken back."""


TEMPLATE: Final = "consent_recorded"


async def say(
    platform: Platform,
    actor: Actor,
    form: ConsentStatement,
    language: Language,
    claim: idempotency.Claim | None,
) -> bytes:
    """What the caller says for their account becomes one event, as JSON.

    `language` is that in which they read the words. Raises `Refusal` without the permission
    `consents`; `Failure` with ``validation_failed`` for a yes that does not name the words it is
    given to, or that is not whole (`recipient_consents.py`), ``purpose_version_not_current`` for
    words that are no longer those in force, ``account_closed`` for a yes, or as `idempotency` does.
    """
    require_grounds(actor, SAY)
    _demand_words(form)
    recipient_consents.demand_whole(platform, form)
    assert actor.customer_id is not None  # noqa: S101 - customers act for an account
    statement = _stated(actor.customer_id, form, language)
    if claim is None and statement.recipient_id is None:
        return await consent_gathering.say(platform, Saying(actor, statement))
    shape = Shape(SAY, RESOURCE, actor.customer_id)
    async with platform.database.transaction() as connection:
        before = await _answered(platform, connection, actor, shape, claim)
        if before is not None:
            return before
        recorded, _ = await _record(platform, connection, actor, statement)
        return await _answer(platform, connection, actor, shape, recorded, claim)


async def take(
    platform: Platform,
    actor: Actor,
    customer_id: UUID,
    form: TelephoneConsent,
    claim: idempotency.Claim | None,
) -> bytes:
    """What a customer said on the telephone, written down by staff; what stands now, as JSON.

    Never silently: everybody who owns the account is told by mail, and can say otherwise at once.
    Raises `Refusal` without permission or grounds, `Failure` with ``not_found`` for a customer out
    of the caller's rows, ``account_without_owner`` where nobody could be told, else as `say` does.
    """
    await records.require_in_rows(platform, actor, TAKE, "customer", customer_id)
    _demand_words(form)
    recipient_consents.demand_whole(platform, form)
    statement = replace(
        _stated(customer_id, form, form.language),
        channel="phone",
        evidence={"call_reference": form.call_reference},
    )
    shape = Shape(TAKE, consent_standing.RESOURCE, customer_id)
    async with platform.database.transaction() as connection:
        before = await _answered(platform, connection, actor, shape, claim)
        if before is not None:
            return before
        recorded, party = await _record(platform, connection, actor, statement)
        await _tell_owners(platform, connection, recorded, party, form.call_reference)
        return await _answer(platform, connection, actor, shape, recorded, claim)


async def list_own(platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]) -> Page:
    """A page of the events of the caller's account, newest first; on record, each of them."""
    page, deed = await find_page(platform, actor, "customer:consent:list", RESOURCE, parameters)
    await platform.audit.write(actor, deed)
    return page


async def list_of_customer(
    platform: Platform, actor: Actor, customer_id: UUID, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of one customer's events, for staff; on record, with the customer.

    Raises as `invoices.list_of_customer` does.
    """
    action = "staff:consent:list"
    await records.require_in_rows(platform, actor, action, "customer", customer_id)
    page, deed = await find_page(
        platform, actor, action, RESOURCE, parameters, fixed=(("subject_id", customer_id),)
    )
    await platform.audit.write(actor, replace(deed, subjects=[customer_id]))
    return page


async def read(platform: Platform, actor: Actor, event_id: UUID) -> Shown:
    """One event of the caller's account; on record first. Raises `Failure("not_found")`."""
    return await records.read(platform, actor, "customer:consent:read", RESOURCE, event_id)


def _demand_words(form: ConsentStatement) -> None:
    """A yes is a yes to something: the words that were shown (LGPD art. 8, §4)."""
    if form.granted and form.version is None:
        raise Failure("validation_failed", errors=[FieldError("/version", "version_missing")])


def _stated(customer_id: UUID, form: ConsentStatement, language: Language) -> Statement:
    return Statement(
        subject_id=customer_id,
        purpose=form.purpose,
        granted=form.granted,
        channel="web",
        version=form.version,
        recipient_id=form.recipient_id,
        fields=None if form.fields is None else tuple(form.fields),
        expires_at=form.expires_at,
        language=language,
    )


async def _record(
    platform: Platform, connection: AsyncConnection, actor: Actor, statement: Statement
) -> tuple[Recorded, str | None]:
    """Write the event and all that follows from it; with the third party's name, if it has one."""
    party = await recipient_consents.name_of(
        connection, statement.recipient_id, granted=statement.granted
    )
    recorded = await consent_ledger.record(platform, connection, actor, statement)
    await consent_effects.follow(platform, connection, recorded)
    return recorded, party


async def _answered(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    shape: Shape,
    claim: idempotency.Claim | None,
) -> bytes | None:
    """What the same request was answered before, if it was: shown again, and on record again."""
    if claim is None:
        return None
    before = await idempotency.answered(platform, connection, claim)
    if before is not None:
        shown = UUID(orjson.loads(before)["id"])
        await platform.audit.add(connection, actor, deed(platform, actor, shape, shown))
    return before


async def _answer(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    shape: Shape,
    recorded: Recorded,
    claim: idempotency.Claim | None,
) -> bytes:
    answer = await show(platform, connection, actor, shape, recorded)
    if claim is not None:
        await idempotency.keep(platform, connection, claim, answer)
    return answer


async def _tell_owners(
    platform: Platform,
    connection: AsyncConnection,
    recorded: Recorded,
    party: str | None,
    call_reference: str,
) -> None:
    customer_id = recorded.subject_id
    owners = await account_access.owners(platform, connection, customer_id)
    messages = [
        Message(
            TEMPLATE,
            owner.email,
            owner.language,
            params={
                "purpose_title": ": ".join(
                    filter(None, (recorded.words.title[owner.language], party))
                ),
                "granted": recorded.state == "granted",
                "happened_at": platform.clock().isoformat(),
                "call_reference": without_links(call_reference),
                "consents_link": f"{platform.settings.area_url}/{CONSENTS_PAGE}",
            },
            login_id=owner.login_id,
            customer_id=customer_id,
        )
        for owner in owners
    ]
    if not messages:
        raise Failure("account_without_owner")
    await outbox.queue(platform, connection, *messages)
