"""Mails about sessions that ended without their holder's doing."""

from typing import Final
from uuid import UUID

from sqlalchemy import func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.language import negotiate
from app.core.statements import bound
from app.models import Login, Officer, Session, StaffMember
from app.services import outbox
from app.services.password_mails import recovery_link
from app.services.platform import Platform

REUSED: Final = "session_copied"

_HOLDER = (
    select(
        Session.login_id,
        Session.staff_id,
        Session.officer_id,
        Session.device,
        Session.created_at,
        func.coalesce(Login.email, StaffMember.email, Officer.email).label("email"),
        func.coalesce(Login.language, Officer.language, literal("pt-BR")).label("language"),
    )
    .outerjoin(Login, Login.id == Session.login_id)
    .outerjoin(StaffMember, StaffMember.id == Session.staff_id)
    .outerjoin(Officer, Officer.id == Session.officer_id)
    .where(Session.id == bound("session", Session.id.type))
)


async def reused(platform: Platform, connection: AsyncConnection, session_id: UUID) -> None:
    """Tell the holder of a session that it was ended because its refresh token was used twice."""
    row = (await connection.execute(_HOLDER, {"session": session_id})).one()
    message = outbox.Message(
        REUSED,
        row.email,
        negotiate(row.language),
        params={
            "happened_at": platform.clock().isoformat(),
            "signed_in_at": row.created_at.isoformat(),
            "device": row.device,
            "recovery_link": recovery_link(platform) if row.login_id else None,
        },
        login_id=row.login_id,
        staff_id=row.staff_id,
        officer_id=row.officer_id,
    )
    await outbox.queue(platform, connection, message)
