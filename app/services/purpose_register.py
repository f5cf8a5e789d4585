"""The register of processing purposes as it ships: one file per purpose, its versions in order.

`texts/purposes/KEY.toml` is what counsel edits. A version that was published is never edited: it
gets a successor (``[[versions]]`` once more, below). `migrate` publishes what is new.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.access.processing import (
    ASKED_FOR_RECIPIENTS,
    ASKED_OF_ACCOUNTS,
    ASKED_OF_VISITORS,
    CONSENT,
)
from app.access.visibility import RESOURCES
from app.core.language import LANGUAGES

Basis = Literal["consent", "contract", "legal_obligation", "legitimate_interest"]
Asked = Literal["account", "visitor", "recipient"]
"""Who is asked: the customer for the account, a visitor, the customer for each third party."""

_Texts = Mapping[Literal["pt-BR", "en"], str]


class RegisterError(ValueError):
    """A file of the register is not written as it must be. `migrate` stops."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    asked_of: list[Asked]
    basis: Basis
    article: str = Field(min_length=1, max_length=64)
    withdrawable: bool
    consent_kept_from: int = Field(ge=0)
    categories: list[str]
    fields: list[str]
    title: _Texts
    text: _Texts
    retention: _Texts
    recipients: _Texts


_ASKED: Final[Mapping[Asked, frozenset[str]]] = {
    "account": ASKED_OF_ACCOUNTS,
    "visitor": ASKED_OF_VISITORS,
    "recipient": ASKED_FOR_RECIPIENTS,
}
_FILE: Final = TypeAdapter(Mapping[Literal["versions"], list[_Entry]])


@dataclass(frozen=True, slots=True)
class RegisteredPurpose:
    """One version of one purpose; `content` is what is stored and hashed, by column."""

    key: str
    version: int
    content: Mapping[str, Any]

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of key, version and content as JSON with sorted keys."""
        whole = {"key": self.key, "version": self.version, **self.content}
        return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).hexdigest()


@lru_cache(maxsize=1)
def registered() -> tuple[RegisteredPurpose, ...]:
    """Every version of every purpose, by key and version. Raises `RegisterError`."""
    folder = resources.files("app.services") / "texts/purposes"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")),
        key=lambda file: file.name,
    )
    found = tuple(
        purpose
        for file in files
        for purpose in read(file.name.removesuffix(".toml"), file.read_text(encoding="utf-8"))
    )
    newest = {purpose.key: purpose.content["asked_of"] for purpose in found}
    for asked, known in _ASKED.items():
        if {key for key, of in newest.items() if asked in of} != known:
            raise RegisterError(f"what is asked of {asked} is not what access/processing.py says")
    return found


def read(key: str, text: str) -> list[RegisteredPurpose]:
    """The versions that one file holds. Raises `RegisterError`, which names the purpose."""
    try:
        entries = _FILE.validate_python(tomllib.loads(text))["versions"]
    except (tomllib.TOMLDecodeError, ValidationError, KeyError) as error:
        raise RegisterError(f"purpose {key}: {error}") from None
    versions = [
        RegisteredPurpose(key, number, entry.model_dump())
        for number, entry in enumerate(entries, start=1)
    ]
    for purpose, entry in zip(versions, entries, strict=True):
        _check(purpose, entry)
    return versions


def _check(purpose: RegisteredPurpose, entry: _Entry) -> None:
    named = {
        f"{resource.name}.{row.field}" for resource in RESOURCES.values() for row in resource.rows
    }
    rests_on_consent = entry.basis == CONSENT
    faults = [
        f"no field of the matrix: {field}" for field in entry.fields if field not in named
    ] + [
        f"needs {' and '.join(LANGUAGES)}"
        for texts in (entry.title, entry.text, entry.retention, entry.recipients)
        if set(texts) != set(LANGUAGES) or not all(map(str.strip, texts.values()))
    ]
    if rests_on_consent != bool(entry.asked_of) or (rests_on_consent and not entry.withdrawable):
        faults.append("consent is asked of somebody, can be withdrawn, and nothing else is asked")
    if entry.consent_kept_from > purpose.version:
        faults.append("a consent to come cannot be kept")
    if any("," in text for text in (*entry.categories, *entry.fields)):
        faults.append("categories and fields are names, without commas")
    if faults:
        raise RegisterError(f"purpose {purpose.key}, version {purpose.version}: {faults[0]}")
