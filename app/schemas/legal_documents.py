"""The files of a legal request, and what their verification says."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.view import View
from app.schemas.views import Cursor, Moment

DocumentKind = Literal["order", "signature", "annex"]

LONGEST_NAME: Final = 200

_DOCUMENT: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77e",
    "kind": "order",
    "order_id": None,
    "name": "oficio-4711.pdf",
    "media_type": "application/pdf",
    "bytes": 48211,
    "sha256": "6fd5d2a3f7c0a1c9f1b4a3be8f8f7b0d1a3f1a3d1b7a5c2e4d6f8091a2b3c4d5",
    "uploaded_at": "2026-11-30T12:05:00Z",
    "uploaded_by_kind": "officer",
    "verdict": "rejected",
    "assurance": "none",
    "report": {
        "verdict": "rejected",
        "assurance": "none",
        "checked_at": "2026-11-30T12:10:05Z",
        "sha256": "6fd5d2a3f7c0a1c9f1b4a3be8f8f7b0d1a3f1a3d1b7a5c2e4d6f8091a2b3c4d5",
        "size": 48211,
        "signature_sha256": None,
        "signatures": [],
        "findings": [
            {"code": "not_signed", "signature": None, "message": "The document is not signed."}
        ],
    },
    "verified_at": "2026-11-30T12:10:06Z",
    "request_id": "01a20280-f331-724e-b623-f6755339f77b",
}


class GroundView(BaseModel):
    """Something wrong with a document, in words."""

    code: str
    signature: Annotated[
        int | None, Field(description="Which one, from 1; null: the document as a whole.")
    ] = None
    message: Annotated[str, Field(description="In the caller's language.")]


class ChainLinkView(BaseModel):
    """A certificate, from the signer's to the root."""

    authority: str | None
    serial_number: str
    sha256: str
    valid_from: str
    valid_until: str


class SignatureView(BaseModel):
    """One signature, or one timestamp over the whole document."""

    number: int
    kind: Literal["signature", "timestamp"]
    coverage: Literal["whole_file", "revision", "partial"]
    assurance: str
    name: str | None
    masked_tax_id: str | None
    matches_declared: bool | None
    company_seal: bool
    signed_at: str | None
    signed_at_source: str | None
    digest: str | None
    revoked_at: str | None
    chain: list[ChainLinkView]


class ReportView(BaseModel):
    """What the verification of a document says. No CPF stands in it in full."""

    verdict: Literal["accepted", "rejected", "malformed"]
    assurance: str
    checked_at: Annotated[str, Field(description="The moment that certificates were held against.")]
    sha256: str | None = None
    size: int
    signature_sha256: str | None = None
    signatures: list[SignatureView]
    findings: list[GroundView]


class LegalDocumentView(View):
    """A file of a request. `verdict` and what follows are an order's, once it is verified."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DOCUMENT]})
    resource: ClassVar[str] = "legal_document"

    id: UUID
    kind: DocumentKind
    order_id: Annotated[
        UUID | MISSING | None, Field(description="The order that a detached signature signs.")
    ] = MISSING
    name: str
    media_type: str
    bytes: int
    sha256: str
    uploaded_at: Moment
    uploaded_by_kind: Literal["officer", "staff"]
    uploaded_by: UUID | MISSING | None = MISSING
    verdict: Literal["accepted", "rejected", "malformed"] | MISSING | None = MISSING
    assurance: Literal["icp_brasil_qualified", "gov_br_advanced", "none"] | MISSING | None = MISSING
    report: ReportView | MISSING | None = MISSING
    verified_at: Moment | MISSING | None = MISSING
    request_id: UUID


class LegalDocumentPage(BaseModel):
    """A page of a request's files, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_DOCUMENT], "next_cursor": "bWFpcw"}]}
    )

    items: list[LegalDocumentView]
    next_cursor: Cursor
