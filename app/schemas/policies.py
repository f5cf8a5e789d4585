"""The privacy policy's versions, what changed between two, and who accepted which."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.body import Body
from app.schemas.fields import WHOLE, Language
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_HASH: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_HASH_EN: Final = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
_LISTED: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "version": 2,
    "hash": _HASH,
    "hash_en": _HASH_EN,
    "published_at": "2027-01-01T03:00:00Z",
    "announced_at": "2026-11-24T12:00:00Z",
    "withdrawn_at": None,
    "requires_acceptance": True,
    "summary": "Agora dizemos por quanto tempo guardamos cada dado.",
    "summary_en": "We now say for how long we keep each datum.",
}
_POLICY: Final[dict[str, Any]] = _LISTED | {
    "language": "pt-BR",
    "text": "# Política de privacidade\n…",
    "text_en": "# Privacy policy\n…",
}
_ACCEPTANCE: Final[dict[str, Any]] = {
    "version": 2,
    "hash": _HASH,
    "accepted_at": "2027-01-02T12:00:00Z",
    "channel": "web",
    "network": "203.0.113.0/24",
}
_DIFFERENCE: Final[dict[str, Any]] = {
    "from": {"version": 1, "hash": _HASH_EN},
    "to": {"version": 2, "hash": _HASH},
    "language": "pt-BR",
    "hunks": [
        {
            "old_start": 3,
            "old_lines": 1,
            "new_start": 3,
            "new_lines": 1,
            "lines": [
                {
                    "kind": "removed",
                    "text": "Guardamos o cadastro.",
                    "words": [
                        {"kind": "unchanged", "text": "Guardamos o cadastro"},
                        {"kind": "removed", "text": "."},
                    ],
                },
                {
                    "kind": "added",
                    "text": "Guardamos o cadastro por cinco anos.",
                    "words": [
                        {"kind": "unchanged", "text": "Guardamos o cadastro"},
                        {"kind": "added", "text": " por cinco anos."},
                    ],
                },
            ],
        }
    ],
}

Kind = Literal["unchanged", "removed", "added"]


def _shown(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class ListedPolicyView(View):
    """A version of the privacy policy that was announced, without its texts."""

    model_config = _shown(_LISTED)
    resource: ClassVar[str] = "policy"

    id: UUID
    version: int
    hash: Annotated[str, Field(description="SHA-256 (hex) of the Portuguese text in UTF-8.")]
    hash_en: Annotated[str, Field(description="The same of the English text.")]
    published_at: Annotated[Moment, Field(description="In force from then on.")]
    announced_at: Annotated[Moment, Field(description="When everybody began to be told of it.")]
    withdrawn_at: Annotated[
        Moment | MISSING | None,
        Field(description="Taken back before its moment: it never was in force."),
    ] = MISSING
    requires_acceptance: Annotated[
        bool, Field(description="Once in force, customers accept it before they go on.")
    ]
    summary: Annotated[str, Field(description="What changes, in plain words.")]
    summary_en: str


class PolicyView(ListedPolicyView):
    """A version of the privacy policy that was announced. The Portuguese text binds."""

    model_config = _shown(_POLICY)

    language: Annotated[str, Field(description="Of `text`.")]
    text: Annotated[str, Field(description="Markdown.")]
    text_en: Annotated[str, Field(description="Its translation, in Markdown.")]


class PolicyPage(BaseModel):
    """A page of versions, newest first."""

    model_config = _shown({"items": [_LISTED], "next_cursor": "bWFpcw"})

    items: list[ListedPolicyView]
    next_cursor: Cursor


class PolicyEnd(BaseModel):
    """One of the two texts. A draft has no version; before the first version there is no text."""

    version: int | None
    hash: str | None


class ChangedWords(BaseModel):
    """A run of characters of one line."""

    kind: Kind
    text: str


class ChangedLine(BaseModel):
    """One line, without its end."""

    kind: Kind
    text: str
    words: Annotated[
        list[ChangedWords],
        Field(description="The line in parts, where one like it stands opposite; else empty."),
    ]


class Hunk(BaseModel):
    """A change with three lines around it. Lines are counted from 1."""

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    lines: list[ChangedLine]


class PolicyDifference(BaseModel):
    """What leads from one text to another, computed from the texts themselves."""

    model_config = _shown(_DIFFERENCE)

    from_: Annotated[PolicyEnd, Field(alias="from")]
    to: PolicyEnd
    language: Language
    hunks: list[Hunk]


class NewPolicyAcceptance(Body):
    """Which version the person has read and accepts: the one in force, or one announced."""

    model_config = _shown({"version": 1})

    version: Annotated[int, Field(ge=1, le=2**31 - 1), WHOLE]


class PolicyAcceptanceView(View):
    """A version that the caller's login accepted. To accept is not to consent."""

    model_config = _shown(_ACCEPTANCE)
    resource: ClassVar[str] = "policy_acceptance"

    version: int
    hash: Annotated[str, Field(description="Of the Portuguese text, which binds.")]
    accepted_at: Moment
    channel: Annotated[str, Field(description="`web`: by a page, in person.")]
    network: Annotated[str | None, Field(description="Coarse (/24, or /48 of IPv6).")]


class PolicyAcceptances(BaseModel):
    """All that the caller's login accepted, newest first."""

    model_config = _shown({"items": [_ACCEPTANCE], "next_cursor": "bWFpcw"})

    items: list[PolicyAcceptanceView]
    next_cursor: Cursor
