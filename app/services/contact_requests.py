"""What people write to the agency: questions about their data, messages, requests for quotes.

A stranger is told a reference and nothing else, whatever becomes of the request: whether it is kept
apart as spam, and whether the address is one that we know. What staff do with it is in
`contact_desk.py`.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.database import insert_unless_there
from app.core.emails import email_key, mailbox_key
from app.core.ids import new_id
from app.core.language import Language
from app.models import ContactRequest, Login
from app.projection.plans import View
from app.projection.projection import Page, to_json
from app.schemas.contact_requests import NewContactRequest, OwnContactRequest
from app.security import spam_signs
from app.services import contact_acknowledgements, contact_forms, idempotency, pasted_secrets
from app.services.audit_log import Deed
from app.services.authorization import require, require_grounds
from app.services.contact_clocks import due_at, kept_until
from app.services.listings import find_page
from app.services.platform import Platform

RESOURCE: Final = "contact_request"
ASK: Final = "public:contact_request:create"
ASK_OWN: Final = "customer:contact_request:create"
LIST_OWN: Final = "customer:contact_request:list"


async def ask(
    platform: Platform,
    actor: Actor,
    form: NewContactRequest,
    language: Language,
    claim: idempotency.Claim | None,
) -> bytes:
    """Take in what anybody sends; its reference, as JSON. `language` is the caller's.

    It is acknowledged by mail, or kept apart with its signs of spam. Raises `Failure` with
    ``validation_failed`` (a name that holds a secret), ``too_many_requests``, and
    ``form_token_invalid`` with any topic but `privacy`.
    """
    require(actor, ASK)
    mailbox = mailbox_key(form.email)
    await platform.throttle.attempt("contact_request", network=actor.network, account=mailbox)
    given = form.model_dump(exclude={"form_token", "work", "website"})
    pasted_secrets.require_no_secret({name: given.get(name) for name in ("name", "company")})
    sent = contact_forms.look(platform, actor, form)
    contact_forms.require_good(form.topic, sent.signs)
    given |= pasted_secrets.redact_by_shape(_prose(given))
    async with platform.database.transaction() as connection:
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                return before
        signs = await contact_forms.use(platform, connection, actor, sent)
        contact_forms.require_good(form.topic, signs)
        signs += spam_signs.signs_in(
            given["message"], *(given.get(name) for name in ("name", "company", "subject"))
        )
        row = _row(platform, given, signs, language)
        reference = await _store(connection, row)
        # Whatever it is: what is kept apart waits for no mail, and takes no other time.
        await contact_acknowledgements.acknowledge(platform, connection, mailbox)
        deed = Deed(ASK, subject_type=RESOURCE, subject_id=row["id"])
        await platform.audit.add(connection, actor, deed)
        answer = to_json({"reference": reference})
        if claim is not None:
            await idempotency.keep(platform, connection, claim, answer)
    return answer


async def ask_signed_in(
    platform: Platform, actor: Actor, form: OwnContactRequest, claim: idempotency.Claim | None
) -> bytes:
    """Take in what a customer asks, in the name of their login; the request as JSON.

    Raises `Failure` with ``validation_failed`` (a company that holds a secret),
    ``too_many_requests``, ``hashing_busy``, or as `idempotency` does.
    """
    require_grounds(actor, ASK_OWN)
    assert actor.id is not None  # noqa: S101 - customers are somebody
    await platform.throttle.attempt(
        "own_contact_request", network=actor.network, account=str(actor.id)
    )
    given = form.model_dump()
    named = {"company": given.get("company")}
    await pasted_secrets.require_no_secret_of(platform, actor.id, named, network=actor.network)
    given |= await pasted_secrets.redact_each(
        platform, actor.id, _prose(given), network=actor.network
    )
    async with platform.database.transaction() as connection:
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                shown = UUID(orjson.loads(before)["id"])
                await platform.audit.add(connection, actor, _reveal(platform, actor, shown))
                return before
        known = select(Login.name, Login.email, Login.language).where(Login.id == actor.id)
        login = (await connection.execute(known)).one()
        row = _row(platform, given | {"name": login.name, "email": login.email}, (), login.language)
        row |= {"customer_id": actor.customer_id, "login_id": actor.id}
        await _store(connection, row)
        await contact_acknowledgements.acknowledge(platform, connection, row["mailbox_key"])
        answer = to_json(told(platform, await _find(platform, connection, actor, row["id"])))
        await platform.audit.add(connection, actor, _reveal(platform, actor, row["id"]))
        if claim is not None:
            await idempotency.keep(platform, connection, claim, answer)
    return answer


async def list_own(platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]) -> Page:
    """A page of what the caller asked while signed in, with the answers; newest first, on record.

    Only their own, and only those of this account: others in it have theirs.
    """
    page, deed = await find_page(platform, actor, LIST_OWN, RESOURCE, parameters)
    await platform.audit.write(actor, deed)
    return all_told(platform, page)


def told(platform: Platform, view: View) -> dict[str, Any]:
    """A request as it leaves: with whether it is overdue, which is a matter of the moment."""
    late = view["due_at"] is not None and view["due_at"] < platform.clock()
    waits = view["status"] in ("open", "suspected_spam") and view["answered_at"] is None
    return {**view, "overdue": late and waits}


def all_told(platform: Platform, page: Page) -> Page:
    """`told` of each request of a page."""
    return Page([View(told(platform, item)) for item in page.items], page.next_cursor)


def _prose(given: Mapping[str, Any]) -> dict[str, str]:
    """What takes any words, of which passwords are taken out."""
    return {name: given[name] for name in ("subject", "message") if given.get(name) is not None}


def _row(
    platform: Platform, given: Mapping[str, Any], signs: Sequence[str], language: str
) -> dict[str, Any]:
    now: datetime = platform.clock()
    topic, weighed = given["topic"], spam_signs.weighed(signs)
    score = sum(weighed.values())
    suspected = score >= spam_signs.SUSPECT
    optional = ("phone", "company", "subject")
    return {
        "id": new_id(),
        "topic": topic,
        "status": "suspected_spam" if suspected else "open",
        "name": given["name"],
        "email": given["email"],
        "email_key": email_key(given["email"]),
        "mailbox_key": mailbox_key(given["email"]),
        **{name: given.get(name) for name in optional},
        "message": given["message"],
        "language": given.get("language") or language,
        "answers": [],
        "spam_score": score,
        "spam_signs": weighed,
        "received_at": now,
        "due_at": due_at(topic, now),
        "kept_until": kept_until(topic, now),
    }


async def _store(connection: AsyncConnection, row: Mapping[str, Any]) -> str:
    """Insert a request under a reference that no other has."""
    while True:
        reference = _reference()
        if await insert_unless_there(connection, ContactRequest, {**row, "reference": reference}):
            return reference


def _reference() -> str:
    """Twelve random digits in three groups: to be said on the phone, and telling nothing."""
    digits = f"{secrets.randbelow(10**12):012d}"
    return "-".join((digits[:4], digits[4:8], digits[8:]))


async def _find(
    platform: Platform, connection: AsyncConnection, actor: Actor, request_id: UUID
) -> View:
    plan = platform.projection.plan(actor, RESOURCE)
    values = platform.projection.scope(actor, platform.clock()) | {"id": request_id}
    row = (await connection.execute(platform.projection.one(plan), values)).one()
    return platform.projection.view(plan, row)


def _reveal(platform: Platform, actor: Actor, request_id: UUID) -> Deed:
    visible = platform.projection.plan(actor, RESOURCE).visible
    return Deed(ASK_OWN, subject_type=RESOURCE, subject_id=request_id, fields=visible, rows=1)
