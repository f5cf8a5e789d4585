"""Drafts of the privacy policy: what staff write, and what is decided about it."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictBool

from app.schemas.body import Body
from app.schemas.fields import Instant, multiline, unlinked
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

LONGEST_TEXT: Final = 100_000
LONGEST_SUMMARY: Final = 2000
"""Characters: it stands in a mail, and is to be read there."""

_WRITTEN: Final[dict[str, Any]] = {
    "text": "# Política de privacidade\n\nGuardamos o cadastro por cinco anos.",
    "text_en": "# Privacy policy\n\nWe keep the registration for five years.",
    "summary": "Agora dizemos por quanto tempo guardamos cada dado.",
    "summary_en": "We now say for how long we keep each datum.",
    "requires_acceptance": True,
}
_LISTED: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "status": "approved",
    "summary": _WRITTEN["summary"],
    "summary_en": _WRITTEN["summary_en"],
    "requires_acceptance": True,
    "authors": ["01a19467-e800-79ad-b8eb-e568ab252afb"],
    "created_at": "2026-11-22T12:00:00Z",
    "changed_at": "2026-11-22T15:00:00Z",
    "submitted_at": "2026-11-22T15:10:00Z",
    "reviewed_at": "2026-11-23T09:00:00Z",
    "reviewed_by": "01a20280-f331-724e-b623-f6755339f77c",
    "closed_at": None,
    "closed_by": None,
    "version": None,
}
_DRAFT: Final[dict[str, Any]] = _LISTED | {
    "text": _WRITTEN["text"],
    "text_en": _WRITTEN["text_en"],
    "review_note": None,
}

PolicyText = Annotated[str, multiline(LONGEST_TEXT, _WRITTEN["text"])]
PolicySummary = Annotated[
    str,
    unlinked(
        multiline(LONGEST_SUMMARY, _WRITTEN["summary"]),
        "What changes, in plain words: it is mailed.",
    ),
]
Acceptance = Annotated[
    StrictBool, Field(description="Once in force, customers accept it before they go on.")
]


def _shown(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class NewPolicyDraft(Body):
    """A new version as it is written: Markdown in both languages, and what changes."""

    model_config = _shown(_WRITTEN)

    text: PolicyText
    text_en: PolicyText
    summary: PolicySummary
    summary_en: PolicySummary
    requires_acceptance: Acceptance


class PolicyDraftPatch(Body):
    """A merge patch: what is not named stays."""

    model_config = _shown({"summary": _WRITTEN["summary"]})

    text: PolicyText | MISSING = MISSING
    text_en: PolicyText | MISSING = MISSING
    summary: PolicySummary | MISSING = MISSING
    summary_en: PolicySummary | MISSING = MISSING
    requires_acceptance: Acceptance | MISSING = MISSING


class PolicyReview(Body):
    """What a second person says of a draft. Sent back, it can be written at again."""

    model_config = _shown(
        {"decision": "approve"},
        {"decision": "return", "note": "Falta dizer por quanto tempo guardamos as faturas."},
    )

    decision: Literal["approve", "return"]
    note: Annotated[str, multiline(2000)] | None = None


class PolicyPublication(Body):
    """From when on it is in force, a year ahead at most; without a moment, from now on."""

    model_config = _shown({"published_at": "2027-01-01T03:00:00Z"}, {})

    published_at: Instant | None = None


class ListedPolicyDraftView(View):
    """A draft without its texts."""

    model_config = _shown(_LISTED)
    resource: ClassVar[str] = "policy_draft"

    id: UUID
    status: Literal["draft", "submitted", "approved", "published", "discarded"]
    summary: str
    summary_en: str
    requires_acceptance: bool
    authors: Annotated[list[UUID], Field(description="All who wrote at it.")]
    created_at: Moment
    changed_at: Moment
    submitted_at: Moment | MISSING | None = MISSING
    reviewed_at: Moment | MISSING | None = MISSING
    reviewed_by: UUID | MISSING | None = MISSING
    closed_at: Annotated[Moment | MISSING | None, Field(description="Published or discarded.")] = (
        MISSING
    )
    closed_by: UUID | MISSING | None = MISSING
    version: Annotated[int | MISSING | None, Field(description="What it was published as.")] = (
        MISSING
    )


class PolicyDraftView(ListedPolicyDraftView):
    """A version of the policy in the making."""

    model_config = _shown(_DRAFT)

    text: str
    text_en: str
    review_note: str | MISSING | None = MISSING


class PolicyDraftPage(BaseModel):
    """A page of drafts, newest first."""

    model_config = _shown({"items": [_LISTED], "next_cursor": "bWFpcw"})

    items: list[ListedPolicyDraftView]
    next_cursor: Cursor
