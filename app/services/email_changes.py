"""Wishes for another e-mail address. A mailed link fulfils one (`email_change_links.py`).

The address of an account is where the agency writes to; a login's is what one signs in with. A
customer's wish changes nothing but what is pending; the new address is written to, and whoever asks
is told nothing of it: one that somebody else signs in with gets other words and no link.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.emails import email_key
from app.core.ids import new_id
from app.core.language import DEFAULT, Language
from app.models import Customer, EmailChange, Login
from app.projection.plans import View
from app.projection.projection import to_json
from app.services import customer_changes, email_chains, idempotency, one_time_tokens, outbox
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.email_chains import CONFIRMING, UNDOING, UNDONE_WITHIN
from app.services.outbox import Message
from app.services.platform import Platform
from app.services.presence import require_presence
from app.services.system import operator

ASK: Final = "customer:email:change"
CONFIRM_PAGE: Final = "confirm-new-email"
UNDO_PAGE: Final = "undo-new-email"
CONFIRMED_WITHIN: Final = timedelta(hours=24)

AWAITING: Final = to_json(
    {
        "status": "awaiting_confirmation",
        "expires_in": round(CONFIRMED_WITHIN.total_seconds()),
    }
)
UNCHANGED: Final = to_json({"status": "unchanged"})

OPEN: Final = (
    EmailChange.confirmed_at.is_(None),
    EmailChange.withdrawn_at.is_(None),
    EmailChange.undone_at.is_(None),
)
"""Wishes that may still come true."""


async def settle(
    platform: Platform, connection: AsyncConnection, actor: Actor, customer: View, wanted: str
) -> Mapping[str, Any]:
    """What is to be stored of the wish for another address of an account that is locked.

    For one of its people: that it is pending, or pending no more when they want the address that
    stands. For staff: the address, at once; the old one is told, with a link to undo it.
    Raises `Failure` with ``step_up_required`` or ``too_many_requests``.
    """
    if wanted == customer["email"]:
        if actor.kind != "login" or customer["pending_email"] is None:
            return {}
        await withdraw(platform, connection, *_of_contact(customer["id"]))
        return {"pending_email": None}
    await require_presence(platform, connection, actor)
    if actor.kind == "login":
        await _ask(platform, connection, actor, customer["email"], wanted, customer["id"])
        return {"pending_email": wanted}
    await withdraw(platform, connection, *_of_contact(customer["id"]))
    await _replace(platform, connection, customer, wanted)
    return {"email": wanted, "pending_email": None}


async def ask_for_login(
    platform: Platform, actor: Actor, wanted: str, claim: idempotency.Claim | None
) -> bytes:
    """Have the caller sign in with another address, once it is confirmed; the answer as JSON.

    The address that stands withdraws a wish. Raises `Failure` with ``step_up_required`` or
    ``too_many_requests``.
    """
    require(actor, ASK)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                return before
        standing = select(Login.email).where(Login.id == actor.id).with_for_update()
        email = (await connection.execute(standing)).scalar_one()
        if wanted == email:
            await withdraw(platform, connection, *_of_login(actor.id))
            answer = UNCHANGED
        else:
            await _ask(platform, connection, actor, email, wanted, None)
            answer = AWAITING
        deed = Deed(ASK, subject_type="login", subject_id=actor.id, fields=("email",))
        await platform.audit.add(connection, actor, deed)
        if claim is not None:
            await idempotency.keep(platform, connection, claim, answer)
    return answer


async def withdraw(
    platform: Platform, connection: AsyncConnection, *which: ColumnElement[bool]
) -> None:
    """Let go of the open wishes of that kind: their links open nothing any more."""
    statement = (
        update(EmailChange)
        .where(*OPEN, *which)
        .values(withdrawn_at=platform.clock())
        .returning(EmailChange.id)
    )
    for change_id in list((await connection.execute(statement)).scalars()):
        await one_time_tokens.void(platform, connection, CONFIRMING, subject_id=change_id)


async def lapse(platform: Platform) -> None:
    """Take back the wishes whose link has expired, so that nothing stays pending for ever."""
    late = platform.clock() - CONFIRMED_WITHIN
    expired = select(EmailChange.id, EmailChange.customer_id).where(
        *OPEN, EmailChange.created_at <= late
    )
    async with platform.database.snapshot() as connection:
        wishes = list(await connection.execute(expired))
    for wish in wishes:
        async with platform.database.transaction() as connection:
            # The account first, as whoever asks for another address does.
            account = select(Customer.pending_email).where(Customer.id == wish.customer_id)
            pending = (await connection.execute(account.with_for_update())).scalar_one_or_none()
            gone = (
                update(EmailChange)
                .where(*OPEN, EmailChange.id == wish.id)
                .values(withdrawn_at=platform.clock())
                .returning(EmailChange.id)
            )
            if (await connection.execute(gone)).first() is None or wish.customer_id is None:
                continue
            await connection.execute(
                update(Customer).where(Customer.id == wish.customer_id).values(pending_email=None)
            )
            await customer_changes.note(
                platform,
                connection,
                operator(),
                wish.customer_id,
                {"pending_email": (pending, None)},
            )


async def tell_old_address(
    platform: Platform,
    connection: AsyncConnection,
    change_id: UUID,
    recipient: str,
    language: Language,
    *,
    by_agency: bool,
    signs_in: bool,
    undoable: bool,
    device: str | None = None,
    login_id: UUID | None = None,
    customer_id: UUID | None = None,
) -> None:
    """The notice to the address that was replaced, with a link to undo it for a week if `undoable`.

    It does not say the new address: the old one may be somebody else's by now.
    """
    now = platform.clock()
    params: dict[str, Any] = {
        "by_agency": by_agency,
        "signs_in": signs_in,
        "device": device,
        "changed_at": now.isoformat(),
    }
    secret: dict[str, str] = {}
    if undoable:
        token = await one_time_tokens.issue(
            platform, connection, UNDOING, lifetime=UNDONE_WITHIN, subject_id=change_id
        )
        params["expires_at"] = (now + UNDONE_WITHIN).isoformat()
        secret["link"] = outbox.link(platform, UNDO_PAGE, token)
    message = Message(
        "email_change_notice" if undoable else "email_changed_again",
        recipient,
        language,
        params=params,
        secret=secret,
        login_id=login_id,
        customer_id=customer_id,
    )
    await outbox.queue(platform, connection, message)


async def _ask(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    old: str,
    wanted: str,
    customer_id: UUID | None,
) -> None:
    """Note the wish, and write to the address: the link, or that it is another login's already.

    Which of the two changes neither the statements nor what is stored here. An account's own
    address may well be one that somebody else signs in with; it is taken where the login would
    have to move there too.
    """
    await platform.throttle.attempt("email_change", network=actor.network, account=str(actor.id))
    contact = customer_id is not None
    own = select(Login.email_key, Login.language).where(Login.id == actor.id).with_for_update()
    login = (await connection.execute(own)).one()
    moves_login = not contact or login.email_key == email_key(old)
    await withdraw(
        platform, connection, *(_of_contact(customer_id) if contact else _of_login(actor.id))
    )
    holders = email_chains.holders(platform, email_key(wanted))
    others = select(Login.id, Login.email, Login.email_key, Login.language).where(
        Login.id.in_(holders), Login.id != actor.id
    )
    other = (await connection.execute(others)).first()
    change_id, now = new_id(), platform.clock()
    await connection.execute(
        insert(EmailChange).values(
            id=change_id,
            login_id=actor.id,
            customer_id=customer_id,
            moves_login=moves_login,
            moves_contact=contact,
            old_email=old,
            new_email=wanted,
            created_at=now,
        )
    )
    token = await one_time_tokens.issue(
        platform,
        connection,
        CONFIRMING,
        lifetime=CONFIRMED_WITHIN,
        login_id=actor.id,
        subject_id=change_id,
    )
    params = {"requested_at": now.isoformat(), "device": actor.device}
    if other is not None and moves_login:
        # An address that was replaced is not what its login is written to now.
        holds = other.email_key == email_key(wanted)
        message = Message(
            "email_change_taken",
            other.email if holds else wanted,
            other.language,
            params=params,
            login_id=other.id,
        )
    else:
        message = Message(
            "email_change_confirm",
            wanted,
            login.language,
            params={**params, "expires_at": (now + CONFIRMED_WITHIN).isoformat()},
            secret={"link": outbox.link(platform, CONFIRM_PAGE, token)},
            login_id=actor.id,
            customer_id=customer_id,
        )
    await outbox.queue(platform, connection, message)


async def _replace(
    platform: Platform, connection: AsyncConnection, customer: View, wanted: str
) -> None:
    """Staff have put another address in the place of an account's own."""
    change_id, now = new_id(), platform.clock()
    await connection.execute(
        insert(EmailChange).values(
            id=change_id,
            customer_id=customer["id"],
            moves_login=False,
            moves_contact=True,
            old_email=customer["email"],
            new_email=wanted,
            created_at=now,
            confirmed_at=now,
        )
    )
    undoable = await email_chains.extend(platform, connection, change_id)
    await tell_old_address(
        platform,
        connection,
        change_id,
        customer["email"],
        customer["preferences"].get("language", DEFAULT),
        by_agency=True,
        signs_in=False,
        undoable=undoable,
        customer_id=customer["id"],
    )


def _of_contact(customer_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
    return (EmailChange.customer_id == customer_id, EmailChange.moves_contact.is_(True))


def _of_login(login_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
    return (EmailChange.login_id == login_id, EmailChange.moves_contact.is_(False))
