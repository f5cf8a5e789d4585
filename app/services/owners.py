"""Who proves who they are, and holds what that takes: a login, a member of staff, an officer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypedDict, cast
from uuid import UUID

from sqlalchemy import ColumnElement, String, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from app.access.actors import Actor
from app.core.language import DEFAULT, Language
from app.models import Authenticator, Challenge, Login, Officer, RecoveryCode, Session, StaffMember

Kind = Literal["login", "staff", "officer"]
Door = Literal["customer", "staff", "authority"]
Owned = type[Authenticator] | type[RecoveryCode] | type[Challenge] | type[Session]
People = type[Login] | type[StaffMember] | type[Officer]

PEOPLE: Final[Mapping[Kind, People]] = {"login": Login, "staff": StaffMember, "officer": Officer}
"""Where each kind stands."""
SUBJECTS: Final[Mapping[Kind, str]] = {
    "login": "login",
    "staff": "staff_member",
    "officer": "officer",
}
"""What each kind is called on the audit log."""
DOORS: Final[Mapping[Kind, Door]] = {"login": "customer", "staff": "staff", "officer": "authority"}
"""Where each kind comes in: the audience of its tokens, the kind of its sessions, the scope of its
verbs."""
OWNER_COLUMNS: Final[Mapping[Kind, str]] = {
    "login": "login_id",
    "staff": "staff_id",
    "officer": "officer_id",
}
"""The column that names owners of each kind, in every table of what they own."""


class OwnerColumns(TypedDict):
    """What says in a row whose it is: one of them, or none."""

    login_id: UUID | None
    staff_id: UUID | None
    officer_id: UUID | None


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who signs in, by id; `kind` is that of the actor that they are."""

    kind: Kind
    id: UUID

    def owns(self, table: Owned) -> ColumnElement[bool]:
        """The rows of a table that are theirs."""
        return holder(self.kind, table) == self.id

    @property
    def columns(self) -> OwnerColumns:
        """What says in a new row that it is theirs."""
        return {
            "login_id": self.id if self.kind == "login" else None,
            "staff_id": self.id if self.kind == "staff" else None,
            "officer_id": self.id if self.kind == "officer" else None,
        }


NOBODYS: Final[OwnerColumns] = {"login_id": None, "staff_id": None, "officer_id": None}
"""The same of a row that is nobody's."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Where and how an owner is written to."""

    email: str
    name: str
    language: Language


def holder(kind: Kind, table: Owned) -> InstrumentedAttribute[UUID | None]:
    """The column of a table that names its owners of one kind."""
    return cast("InstrumentedAttribute[UUID | None]", getattr(table, OWNER_COLUMNS[kind]))


def owner_of(actor: Actor) -> Owner:
    """A caller who signed in, as the owner of what they hold."""
    if actor.id is None or actor.kind not in PEOPLE:
        raise ValueError("nobody in particular")
    return Owner(cast(Kind, actor.kind), actor.id)


def door_of(actor: Actor) -> Door:
    """The door that a caller who signed in came by: the scope of their verbs."""
    return DOORS[cast(Kind, actor.kind)]


async def lock(connection: AsyncConnection, owner: Owner) -> Contact:
    """Have changes of what the owner holds take turns until the transaction ends."""
    table = PEOPLE[owner.kind]
    chosen: Any = select(table.email, table.name, language_of(owner.kind)).where(
        table.id == owner.id
    )
    row = (await connection.execute(chosen.with_for_update())).one()
    return Contact(row.email, row.name, row.language)


def language_of(kind: Kind) -> ColumnElement[str]:
    """The language in which people of one kind are written to, as a column ``language``."""
    columns = {"login": Login.language, "officer": Officer.language}
    return columns.get(kind, literal(DEFAULT, String())).label("language")
