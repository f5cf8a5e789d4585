"""Who is told of what waits at the desk: the privacy officers, or who answers for them in law."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.viewers import Viewer
from app.models import StaffMember


async def addressees(connection: AsyncConnection) -> Sequence[Any]:
    """Id and e-mail of each privacy officer; of the directors where there is none."""
    for role in (Viewer.PRIVACY_OFFICER, Viewer.DIRECTOR):
        chosen = select(StaffMember.id, StaffMember.email).where(
            StaffMember.role == role.value, StaffMember.status == "active"
        )
        if found := (await connection.execute(chosen)).all():
            return found
    return []
