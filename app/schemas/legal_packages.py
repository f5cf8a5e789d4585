"""Packages that answer legal requests, as either side sees them."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.body import Body
from app.schemas.fields import multiline
from app.schemas.view import View
from app.schemas.views import Moment

LONGEST_REASON: Final = 1000

_REASON: Final = "O download foi interrompido; o promotor pediu outro por telefone."
_PACKAGE: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f780",
    "request_id": "01a20280-f331-724e-b623-f6755339f77b",
    "state": "released",
    "recipient": "passphrase",
    "bytes": 41977,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "made_at": "2026-12-02T14:00:00Z",
    "released_at": "2026-12-02T16:00:00Z",
    "downloaded_at": None,
    "downloads": 0,
    "expires_at": "2027-01-01T16:00:00Z",
    "deleted_at": None,
}
_CHECKED: Final[dict[str, Any]] = _PACKAGE | {
    "manifest": {"format": "salvaguarda-disclosure-package", "version": 1},
    "zip_bytes": 41000,
    "zip_sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "reissues": [],
}


class Reissue(Body):
    """Why a package may be downloaded once more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": _REASON}]})

    reason: Annotated[str, multiline(LONGEST_REASON, _REASON)]


class ReissueView(BaseModel):
    """That it could be downloaded once more."""

    at: str
    by: Annotated[UUID, Field(description="A member of staff.")]
    reason: str


class LegalPackageView(View):
    """A package: what is known of it, never what is in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PACKAGE, _CHECKED]})
    resource: ClassVar[str] = "legal_package"

    id: UUID
    request_id: UUID
    state: Annotated[
        Literal["making", "made", "released", "downloaded", "deleted"],
        Field(description="`released`: it can be downloaded, once. `deleted`: only this is left."),
    ]
    recipient: Annotated[
        Literal["key", "passphrase"],
        Field(
            description="To whom it is encrypted (age): the request's `age_recipient`, or a key of "
            "its own, which comes behind a passphrase that is mailed."
        ),
    ]
    manifest: Annotated[
        dict[str, Any] | MISSING | None,
        Field(description="What was found, where and how: counts and hashes, no data."),
    ] = MISSING
    zip_bytes: int | MISSING | None = MISSING
    zip_sha256: str | MISSING | None = MISSING
    bytes: Annotated[int | MISSING | None, Field(description="Of what leaves.")] = MISSING
    sha256: Annotated[str | MISSING | None, Field(description="Of what leaves.")] = MISSING
    made_at: Moment | MISSING | None = MISSING
    released_at: Moment | MISSING | None = MISSING
    downloaded_at: Annotated[Moment | MISSING | None, Field(description="The last time.")] = MISSING
    downloads: int
    reissues: list[ReissueView] | MISSING = MISSING
    expires_at: Moment | MISSING | None = MISSING
    deleted_at: Moment | MISSING | None = MISSING
