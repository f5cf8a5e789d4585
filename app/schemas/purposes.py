"""The register of processing purposes, as anybody reads it."""

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.view import View
from app.schemas.views import Moment

_PURPOSE: Final[dict[str, Any]] = {
    "key": "marketing",
    "version": 1,
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "published_at": "2026-11-22T12:00:00Z",
    "basis": "consent",
    "article": "LGPD art. 7, I; art. 8",
    "withdrawable": True,
    "asked_of": ["account"],
    "consent_kept_from": 0,
    "title": {"pt-BR": "Sugerir soluções para você", "en": "Suggesting solutions to you"},
    "text": {
        "pt-BR": "O marketing pode usar o seu nome e contato para sugerir soluções.",
        "en": "Marketing may use your name and contact to suggest solutions.",
    },
    "categories": ["identification", "contact"],
    "fields": ["customer.name", "customer.email"],
    "retention": {
        "pt-BR": "Até você retirar o consentimento.",
        "en": "Until you withdraw your consent.",
    },
    "recipients": {
        "pt-BR": "Ninguém fora da agência.",
        "en": "Nobody outside the agency.",
    },
}

Texts = Annotated[dict[str, str], Field(description="By language: `pt-BR` and `en`.")]


class PurposeView(View):
    """One version of a purpose: what data is used for, on which basis, how long (LGPD art. 37)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PURPOSE]})
    resource: ClassVar[str] = "purpose"

    key: str
    version: Annotated[int, Field(description="What a consent names as the words it was given to.")]
    hash: Annotated[
        str,
        Field(
            description=(
                "SHA-256 (hex) of every other member but `hash` and `published_at`, as JSON in "
                "UTF-8 with sorted keys and no blanks."
            )
        ),
    ]
    published_at: Moment
    basis: Literal["consent", "contract", "legal_obligation", "legitimate_interest"]
    article: str
    withdrawable: bool
    asked_of: Annotated[
        list[Literal["account", "visitor", "recipient"]],
        Field(
            description=(
                "Who is asked: a customer for the account, anybody for their browser, a customer "
                "for each third party. Empty: nobody, it rests on another basis."
            )
        ),
    ]
    consent_kept_from: Annotated[
        int, Field(description="The oldest version whose consents still count; 0: all.")
    ]
    title: Texts
    text: Annotated[dict[str, str], Field(description="The words to show, by language.")]
    categories: list[str]
    fields: Annotated[list[str], Field(description="As the visibility matrix names them.")]
    retention: Texts
    recipients: Texts


class PurposeList(BaseModel):
    """Purposes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_PURPOSE]}]})

    items: list[PurposeView]
