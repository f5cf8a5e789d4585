"""A new account with everything that belongs to it: login, ownership, acceptance and consents."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.permissions import OWNER
from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.core.database import insert_unless_there
from app.core.emails import email_key
from app.core.errors import Failure
from app.core.ids import coarse_id, new_id
from app.core.language import Language
from app.models import Customer, CustomerWord, Login, Membership
from app.projection.projection import to_json
from app.services import access_records, consent_ledger, email_chains, policy_acceptances
from app.services.audit_log import Deed
from app.services.consent_sayings import Statement
from app.services.customers import columns_of, word_rows
from app.services.platform import Platform
from app.services.policies import Version

CHANNEL = "web"


@dataclass(frozen=True, slots=True)
class Application:
    """A registration as it was made at `made_at`: `form` is the body, without the password.

    `policy` is the version that was accepted then, from `network` (coarse); `language` is the one
    to write to them in.
    """

    form: Mapping[str, Any]
    password_hash: str
    policy: Version
    made_at: datetime
    language: Language
    network: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """What was made: the account, and the login of whoever owns it."""

    customer_id: UUID
    login_id: UUID


async def open_account(
    platform: Platform,
    connection: AsyncConnection,
    caller: Actor,
    application: Application,
    *,
    verified_at: datetime | None = None,
) -> Opened:
    """Make the account, in the caller's transaction. Raises `Failure("email_taken")`.

    What was said at the time of the registration (acceptance, consents) stands as of then.
    """
    login_id = await _insert_login(platform, connection, application, verified_at)
    customer_id = await _insert_customer(platform, connection, application, login_id)
    await policy_acceptances.record(
        connection,
        login_id,
        application.policy,
        at=application.made_at,
        network=application.network,
    )
    opened = Opened(customer_id, login_id)
    owner = _owner(caller, opened)
    await _record_consents(platform, connection, owner, application)
    await access_records.note(platform, connection, owner, "registration")
    return opened


async def show(
    platform: Platform, connection: AsyncConnection, caller: Actor, action: str, opened: Opened
) -> bytes:
    """``{"customer": …}`` as JSON, as its owner sees it; on record as shown to them."""
    owner = _owner(caller, opened)
    plan = platform.projection.plan(owner, "customer")
    values = platform.projection.scope(owner, platform.clock()) | {"id": opened.customer_id}
    row = (await connection.execute(platform.projection.one(plan), values)).one()
    await put_on_record(platform, connection, owner, action, opened.customer_id)
    return to_json({"customer": platform.projection.view(plan, row)})


async def put_on_record(
    platform: Platform, connection: AsyncConnection, actor: Actor, action: str, customer_id: UUID
) -> None:
    """Whoever is answered is shown the owner's fields, the second time too."""
    fields = platform.projection.plans[Viewer.SELF, PURPOSES[Viewer.SELF][0], "customer"].visible
    await platform.audit.add(
        connection,
        actor,
        Deed(action, subject_type="customer", subject_id=customer_id, fields=fields, rows=1),
    )


def _owner(caller: Actor, opened: Opened) -> Actor:
    """Whoever registers, as the owner that they have just become."""
    return Actor(
        kind="login",
        viewer=Viewer.SELF,
        purpose=PURPOSES[Viewer.SELF][0],
        request_id=caller.request_id,
        id=opened.login_id,
        customer_id=opened.customer_id,
        permissions=(OWNER,),
        network=caller.network,
        device=caller.device,
        address=caller.address,
        source_port=caller.source_port,
    )


async def _record_consents(
    platform: Platform, connection: AsyncConnection, owner: Actor, application: Application
) -> None:
    """One event for each answer: two purposes are two events, and silence is none."""
    assert owner.customer_id is not None  # noqa: S101 - owners have an account
    for choice in application.form["consents"] or ():
        statement = Statement(
            subject_id=owner.customer_id,
            purpose=choice["purpose"],
            granted=choice["granted"],
            channel="web",
            version=choice.get("version"),
            language=application.language,
            said_at=application.made_at,
            evidence={"form": "registration"},
        )
        await consent_ledger.record(platform, connection, owner, statement)


async def _insert_login(
    platform: Platform,
    connection: AsyncConnection,
    application: Application,
    verified_at: datetime | None,
) -> UUID:
    login_id, form = new_id(), application.form
    row: dict[str, Any] = {
        "id": login_id,
        "email": form["email"],
        "email_key": email_key(form["email"]),
        "email_verified_at": verified_at,
        "name": form["name"],
        "language": application.language,
        "status": "active",
        "password_hash": application.password_hash,
        "credential_changed_at": application.made_at,
        "created_at": platform.clock(),
    }
    if not await insert_unless_there(connection, Login, row) or await email_chains.is_kept(
        platform, connection, row["email_key"], login_id
    ):
        raise Failure("email_taken")
    return login_id


async def _insert_customer(
    platform: Platform, connection: AsyncConnection, application: Application, login_id: UUID
) -> UUID:
    now, form = platform.clock(), application.form
    customer_id = coarse_id(now)
    address: Mapping[str, Any] = form["address"] or {"city": None}
    preferences = form["preferences"] or {}
    columns = columns_of({"name": form["name"], "email": form["email"], **address})
    await connection.execute(
        insert(Customer).values(
            id=customer_id,
            kind=form["kind"],
            status="active",
            phone=form["phone"],
            tax_id=form["tax_id"],
            preferences={name: value for name, value in preferences.items() if value is not None},
            created_at=now,
            **columns,
        )
    )
    if words := word_rows(customer_id, form["name"]):
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
    return customer_id
