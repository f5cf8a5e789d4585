"""Inviting trusted people, and accepting."""

from collections.abc import Collection
from typing import Annotated, Any, ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.access.permission_sets import SETS
from app.schemas.body import Body
from app.schemas.fields import WHOLE, Email, Instant, Password, PersonName, line, unlinked
from app.schemas.members import Permission, Permissions
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

LONGEST_NOTE: Final = 200

_INVITATION: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "email": "carlos@contabil.exemplo.com.br",
    "permissions": ["invoices"],
    "note": "Carlos, é para a contabilidade de 2027.",
    "invited_by": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "created_at": "2026-11-22T12:00:00Z",
    "expires_at": "2026-11-29T12:00:00Z",
    "membership_expires_at": "2027-06-30T23:59:59Z",
    "accepted_at": "2026-11-23T09:30:00Z",
}
_TOKEN: Final = "Zm9yIG9uZSB1c2Ugb25seSwga2VlcCBpdCBzZWNyZXQ"  # noqa: S105 - an example


Note = Annotated[
    str,
    unlinked(line(LONGEST_NOTE, _INVITATION["note"]), "A line of yours for the mail."),
]
Token = Annotated[
    str,
    Field(
        min_length=1,
        max_length=128,
        description="As it stands in the mail's link, after `#token=`.",
        examples=[_TOKEN],
    ),
]


class Invite(Body):
    """Whom to ask in, and to what: a list of permissions, or one of the ready-made sets."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["permissions"]}, {"required": ["set"]}],
            "examples": [
                {"email": "carlos@contabil.exemplo.com.br", "set": "financeiro"},
                {
                    "email": "ti@padaria.exemplo.com.br",
                    "permissions": ["support", "profile"],
                    "expires_at": "2027-06-30T23:59:59Z",
                    "note": "Ana, é para a troca do servidor.",
                },
            ],
        }
    )

    email: Email
    permissions: Permissions | MISSING = MISSING
    set: (
        Annotated[
            Literal["financeiro", "ti"],
            Field(description="`financeiro`: invoices; `ti`: support and backups."),
        ]
        | MISSING
    ) = MISSING
    expires_at: Annotated[Instant | None, Field(description="When the membership ends.")] = None
    note: Note | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.permissions is MISSING) == (self.set is MISSING):
            raise PydanticCustomError("either_or", "either_or")
        return self

    @property
    def granted(self) -> Collection[str]:
        """The permissions, listed or those of the set."""
        if self.set is not MISSING:
            return SETS[self.set].permissions
        return () if self.permissions is MISSING else self.permissions


class AcceptInvitation(Body):
    """The link's token, sent by a login that exists already."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"token": _TOKEN}]})

    token: Token


class AcceptAsNewLogin(Body):
    """The link's token, and the login that is made for the invited address."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "token": _TOKEN,
                    "name": "Carlos Contador",
                    "password": "quatro-gatos-7-telhados",
                    "accepted_policy_version": 1,
                }
            ]
        }
    )

    token: Token
    name: PersonName
    password: Password
    accepted_policy_version: Annotated[int, Field(ge=1, le=2**31 - 1), WHOLE]


class InvitationView(View):
    """An invitation. It is open until it was accepted, withdrawn, or `expires_at` has passed."""

    model_config = ConfigDict(json_schema_extra={"examples": [_INVITATION]})
    resource: ClassVar[str] = "invitation"

    id: UUID
    email: str
    permissions: list[Permission]
    note: str | None
    invited_by: UUID
    created_at: Moment
    expires_at: Moment
    membership_expires_at: Moment | None
    accepted_at: Moment | None
    withdrawn_at: Moment | MISSING | None = MISSING


class InvitationPage(BaseModel):
    """A page of invitations, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_INVITATION], "next_cursor": "bWFpcw"}]}
    )

    items: list[InvitationView]
    next_cursor: Cursor
