"""Whose second factors they are: a login's or a staff member's, who prove themselves alike."""

from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from app.access.actors import Actor
from app.core.language import DEFAULT, Language
from app.models import Authenticator, Challenge, Login, RecoveryCode, StaffMember

Kind = Literal["login", "staff"]
Owned = type[Authenticator] | type[RecoveryCode] | type[Challenge]


@dataclass(frozen=True, slots=True)
class Owner:
    """A login or a member of staff, by id; `kind` is that of the actor that they are."""

    kind: Kind
    id: UUID

    def owns(self, table: Owned) -> ColumnElement[bool]:
        """The rows of a table that are theirs."""
        return holder(self.kind, table) == self.id

    @property
    def columns(self) -> dict[str, UUID | None]:
        """What says in a new row that it is theirs."""
        login = self.kind == "login"
        return {"login_id": self.id if login else None, "staff_id": None if login else self.id}


@dataclass(frozen=True, slots=True)
class Contact:
    """Where and how an owner is written to."""

    email: str
    name: str
    language: Language


def holder(kind: Kind, table: Owned) -> InstrumentedAttribute[UUID | None]:
    """The column of a table that names its owners of one kind."""
    return table.login_id if kind == "login" else table.staff_id


def owner_of(actor: Actor) -> Owner:
    """A caller who signed in, as the owner of second factors."""
    if actor.id is None or actor.kind not in ("login", "staff"):
        raise ValueError("nobody in particular")
    return Owner(cast(Kind, actor.kind), actor.id)


async def lock(connection: AsyncConnection, owner: Owner) -> Contact:
    """Have changes of the owner's second factors take turns until the transaction ends."""
    if owner.kind == "login":
        chosen: Any = select(Login.email, Login.name, Login.language).where(Login.id == owner.id)
    else:
        chosen = select(StaffMember.email, StaffMember.name).where(StaffMember.id == owner.id)
    row = (await connection.execute(chosen.with_for_update())).one()
    return Contact(row.email, row.name, row.language if owner.kind == "login" else DEFAULT)
