"""Telling everybody that the policy changes, each once, at their registered e-mail (promise P25).

Who is told of a version: every login with a place in an account, unless what it has accepted is
that version or a later one. So those are told, too, who register between announcement and force,
and accept what is still in force; whoever registers after that is not. And every account that
stands, where its own address is none of those: its owner's acceptance counts for it.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.permissions import OWNER
from app.access.viewers import Viewer
from app.core import telemetry
from app.core.columns import UtcDateTime
from app.core.ids import id_at, new_id
from app.core.statements import bound, prepare
from app.models import Customer, Login, Membership, OutboxMessage, Policy, PolicyAcceptance
from app.services import outbox_batches
from app.services.audit_log import Deed
from app.services.outbox_batches import Notice
from app.services.platform import Platform

CREATE: Final = "staff:policy_delivery:create"
BY_ITSELF: Final = "system:policy_delivery:create"
LATE: Final = timedelta(days=1)
"""For how long after its moment the worker looks for people whom a version must still be told."""
SLOW: Final = timedelta(hours=1)
"""The longest that a registration is under way: longer ago, it was there for the announcement."""
RECALLED: Final = timedelta(days=7)
"""For how long after a withdrawal messages may still have been on their way."""


def batch_of(version: int) -> str:
    """The name under which the mails about a version are counted."""
    return f"policy:{version}"


def recall_batch_of(version: int) -> str:
    """The same of the mails that say that it was withdrawn."""
    return f"policy-withdrawn:{version}"


async def tell(platform: Platform, connection: AsyncConnection, actor: Actor, version: int) -> int:
    """Queue a message to everybody who is to be told of the version and was not; how many.

    In the caller's transaction, and on record with it. Nobody is told of the first version, which
    changes nothing, nor of one that was withdrawn.
    """
    return await _tell(platform, connection, actor, version, CREATE, since=None)


async def recall(platform: Platform, connection: AsyncConnection, version: int) -> None:
    """What has not left stays here; whoever was told of the version is told it was withdrawn."""
    policy = await _policy(connection, version)
    await outbox_batches.take_back(platform, connection, batch_of(version))
    left = or_(OutboxMessage.state == "sent", OutboxMessage.state == "sending")
    told = (OutboxMessage.batch == batch_of(version), left)
    contents = {
        "version": version,
        "published_at": policy.published_at,
        "policies_link": f"{platform.settings.area_url}/policies",
    }
    notice = Notice(
        "policy_withdrawn", recall_batch_of(version), {"pt-BR": contents, "en": contents}
    )
    logins = select(Login.id).where(Login.id.in_(select(OutboxMessage.login_id).where(*told)))
    accounts = select(Customer.id).where(
        Customer.id.in_(select(OutboxMessage.customer_id).where(*told)),
        Customer.status != "erased",
    )
    await outbox_batches.queue(platform, connection, notice, logins, accounts)


async def keep_up(platform: Platform) -> None:
    """A duty: tell those who came while a version was on its way, and of late withdrawals.

    Raises `Failure("database_unavailable")`.
    """
    now = platform.clock()
    announced = await platform.database.fetch(
        prepare(_TO_COME, platform.database.dialect), {"since": now - LATE}
    )
    for version, announced_at in announced:
        async with platform.database.transaction() as connection:
            await platform.database.take_turns(connection, batch_of(version))
            since = announced_at - SLOW
            actor = _worker(version)
            told = await _tell(platform, connection, actor, version, BY_ITSELF, since=since)
        if told:
            telemetry.logger.info("policy_told", version=version, recipients=told)
    withdrawn = await platform.database.fetch(
        prepare(_TAKEN_BACK, platform.database.dialect), {"since": now - RECALLED}
    )
    for (version,) in withdrawn:
        async with platform.database.transaction() as connection:
            await platform.database.take_turns(connection, batch_of(version))
            await recall(platform, connection, version)


async def _tell(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    version: int,
    action: str,
    *,
    since: datetime | None,
) -> int:
    policy, replaced = await _policy(connection, version), await _replaced(connection, version)
    if replaced is None or policy.withdrawn_at is not None:
        return 0
    notice = _notice(platform, policy, replaced)
    logins = _owed(version, policy.published_at, platform.clock())
    accounts = _owed_accounts(version, policy.published_at)
    if since is not None:  # ids grow with time, but for an account's, which do not tell it
        logins = logins.where(Login.id > id_at(since))
        came = select(Membership.customer_id).where(Membership.id > id_at(since))
        accounts = accounts.where(Customer.id.in_(came))
    told = await outbox_batches.queue(platform, connection, notice, logins, accounts)
    if told:
        deed = Deed(action, subject_type="policy", subject_id=policy.id, rows=told)
        await platform.audit.add(connection, actor, deed)
    return told


def _owed(version: int, moment: datetime, now: datetime) -> Select[Any]:
    """The logins that are to be told of a version that is in force from a moment on."""
    place = (
        select(Membership.id)
        .join(Customer, Customer.id == Membership.customer_id)
        .where(
            Membership.login_id == Login.id,
            Membership.revoked_at.is_(None),
            or_(Membership.expires_at.is_(None), Membership.expires_at > now),
            Customer.status != "erased",
        )
        .exists()
    )
    accepted = select(PolicyAcceptance.version).where(PolicyAcceptance.login_id == Login.id)
    # Whoever came since without accepting any was brought by an import, which tells them itself.
    concerned = or_(Login.created_at < moment, accepted.exists())
    newer = accepted.where(PolicyAcceptance.version >= version).exists()
    return select(Login.id).where(place, concerned, ~newer)


def _owed_accounts(version: int, moment: datetime) -> Select[Any]:
    """The accounts that stand and are to be told of it, unless a login at their address is."""
    accepted = (
        select(PolicyAcceptance.version)
        .join(Membership, Membership.login_id == PolicyAcceptance.login_id)
        .where(
            Membership.customer_id == Customer.id,
            Membership.permissions == (OWNER,),
            Membership.revoked_at.is_(None),
        )
    )
    concerned = or_(Customer.created_at < moment, accepted.exists())
    newer = accepted.where(PolicyAcceptance.version >= version).exists()
    stands = and_(Customer.status != "closed", Customer.status != "erased")
    return select(Customer.id).where(stands, concerned, ~newer)


def _notice(platform: Platform, policy: Any, replaced: int) -> Notice:
    contents = {
        "version": policy.version,
        "published_at": policy.published_at,
        "requires_acceptance": policy.requires_acceptance,
        "changes_link": (
            f"{platform.settings.area_url}/policies/{policy.version}?since={replaced}"
        ),
    }
    return Notice(
        "policy_changed",
        batch_of(policy.version),
        {
            "pt-BR": contents | {"summary": policy.summary},
            "en": contents | {"summary": policy.summary_en},
        },
    )


async def _policy(connection: AsyncConnection, version: int) -> Any:
    chosen = select(
        Policy.id,
        Policy.version,
        Policy.published_at,
        Policy.withdrawn_at,
        Policy.requires_acceptance,
        Policy.summary,
        Policy.summary_en,
    ).where(Policy.version == version)
    return (await connection.execute(chosen)).one()


async def _replaced(connection: AsyncConnection, version: int) -> int | None:
    """The number of the version that this one follows; None for the first."""
    earlier = (
        select(Policy.version)
        .where(Policy.version < version, Policy.withdrawn_at.is_(None))
        .order_by(Policy.version.desc())
        .limit(1)
    )
    return (await connection.execute(earlier)).scalar_one_or_none()


def _worker(version: int) -> Actor:
    """The service itself; its deeds are found by the batch."""
    return Actor(
        kind="system",
        viewer=Viewer.PUBLIC,
        purpose="publication",
        request_id=f"{batch_of(version)}:{new_id()}",
    )


_SINCE: Final = bound("since", UtcDateTime())
_MOMENTS: Final[list[Any]] = [Policy.version, Policy.announced_at]
_TO_COME: Final = select(*_MOMENTS).where(
    and_(Policy.withdrawn_at.is_(None), Policy.published_at > _SINCE)
)
_TAKEN_BACK: Final = select(Policy.version).where(Policy.withdrawn_at > _SINCE)
