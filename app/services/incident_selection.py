"""Which logins an incident touches: what staff chose, as a condition on the table of logins."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, insert, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from app.core.errors import Failure, FieldError
from app.core.networks import networks_within
from app.models import IncidentTarget, Login, Session, table_of


def condition(selection: Mapping[str, Any]) -> ColumnElement[bool]:
    """The logins chosen; `selection` is kept as `schemas/incidents.py` `Selection` says it.

    Sign-ins are known by their sessions, which are forgotten half a year after they expired, and
    the last one of each login for ever.
    """
    match dict(selection):
        case {"logins": named}:
            return Login.id.in_([UUID(login) for login in named])
        case {"last_sign_in": period}:
            signed_in = select(Session.login_id).where(
                Session.login_id.is_not(None), _within(Session.created_at, period)
            )
            return or_(_within(Login.last_login_at, period), Login.id.in_(signed_in))
        case {"network": text}:
            seen = select(Session.login_id).where(
                Session.login_id.is_not(None), Session.network.in_(networks_within(text))
            )
            return Login.id.in_(seen)
        case {"all": True}:
            return true()
        case _:
            raise ValueError("a selection is made in one of four ways")


async def count(connection: AsyncConnection, selection: Mapping[str, Any]) -> int:
    """How many logins are chosen at this moment."""
    statement = select(func.count()).select_from(Login).where(condition(selection))
    return int((await connection.execute(statement)).scalar_one())


async def demand_known(connection: AsyncConnection, selection: Mapping[str, Any]) -> None:
    """Raise `Failure("validation_failed")` for logins that are named and do not exist.

    Else a slip of the hand would leave somebody's password working.
    """
    named = selection.get("logins", ())
    if not named:
        return
    found = await connection.execute(select(Login.id).where(condition(selection)))
    known = {str(login) for login in found.scalars()}
    errors = [
        FieldError(f"/selection/logins/{place}", "unknown_login")
        for place, login in enumerate(named)
        if login not in known
    ]
    if errors:
        raise Failure("validation_failed", errors=errors)


async def fix(connection: AsyncConnection, incident_id: UUID, selection: Mapping[str, Any]) -> int:
    """Write down the logins chosen at this moment as the incident's targets; returns how many."""
    table = table_of(IncidentTarget)
    chosen = select(literal(incident_id, table.c.incident_id.type), Login.id).where(
        condition(selection)
    )
    await connection.execute(insert(table).from_select(["incident_id", "login_id"], chosen))
    targets = select(func.count()).where(IncidentTarget.incident_id == incident_id)
    return int((await connection.execute(targets)).scalar_one())


def _within(
    column: InstrumentedAttribute[Any], period: Mapping[str, str | None]
) -> ColumnElement[bool]:
    since, until = period["since"], period.get("until")
    conditions = [column >= datetime.fromisoformat(str(since))]
    if until is not None:
        conditions.append(column < datetime.fromisoformat(until))
    return and_(*conditions)
