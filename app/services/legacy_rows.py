"""A row of the export, cell by cell, becomes what this system keeps, or all that is wrong with it.

Where the export leaves something open:

* `criado_em` is São Paulo's wall clock as it was on that day. An hour that daylight saving time
  repeated is taken as its first occurrence, one that it skipped with the offset in force before
  the gap: RFC 5545, section 3.3.5. A customer is not lost over an hour.
* `encerrado` does not say since when. The account counts as closed from the import on, so that
  fiscal retention, which is counted from there, cannot end too early.
* An address is whole or absent, as in registration: only the complement may be missing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from app.core.addresses import normalise_postal_code, normalise_state
from app.core.documents import CustomerKind, normalise_tax_id
from app.core.emails import normalise_email
from app.core.phones import normalise_phone
from app.core.text import FieldRefused, clean_line, trim
from app.services.customers import columns_of
from app.services.legacy_file import Record
from app.services.legacy_report import Fault

T = TypeVar("T")

ZONE: Final = ZoneInfo("America/Sao_Paulo")

KINDS: Final[Mapping[str, CustomerKind]] = {"PF": "person", "PJ": "company"}
STATUSES: Final = {"ativo": "active", "suspenso": "suspended", "encerrado": "closed"}
YES_OR_NO: Final = {"S": True, "N": False}
PREFERENCES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "idioma": ("language", {"pt-BR": "pt-BR", "en": "en"}),
    "canal": (
        "contact_channel",
        {"telefone": "phone", "whatsapp": "whatsapp", "email": "email", "correio": "mail"},
    ),
}

_LEGACY_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_LOCAL_TIME = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4}) ([0-9]{2}):([0-9]{2})")
# The salt is visible ASCII or blanks, as it stood in the old database: nothing is trimmed off it.
_OLD_HASH = re.compile(r"([0-9A-Fa-f]{32})(?::([ -~]{1,64}))?")

_ADDRESS: Final[Mapping[str, tuple[str, Callable[[str], str]]]] = {
    "logradouro": ("street", partial(clean_line, max_length=200)),
    "numero": ("number", partial(clean_line, max_length=20)),
    "complemento": ("complement", partial(clean_line, max_length=100)),
    "bairro": ("district", partial(clean_line, max_length=100)),
    "cidade": ("city", partial(clean_line, max_length=80)),
    "uf": ("state", normalise_state),
    "cep": ("postal_code", normalise_postal_code),
}


@dataclass(frozen=True, slots=True)
class OldHash:
    """What the old system kept: ``md5(password)``, or ``md5(salt + password)`` with a salt."""

    digest: str = field(repr=False)
    salt: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row fit to become a customer. `columns` are the customer's, but for id and `closed_at`."""

    line: int
    legacy_id: str = field(repr=False)
    old_hash: OldHash
    marketing: bool | None
    columns: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a row: a candidate or faults, never both.

    `email_key` is there whenever the address can be read, so that whether it is taken is told
    along with the other faults.
    """

    line: int
    email_key: str | None = field(repr=False)
    candidate: Candidate | None
    faults: tuple[Fault, ...]


def legacy_id(record: Record) -> str | None:
    """The row's id in the old system, or None where there is none to go by."""
    text = trim(record.cells["id"])
    return text if _LEGACY_ID.fullmatch(text) else None


def read(record: Record, now: datetime) -> Reading:
    """Check every cell. Never raises, whatever they hold; `now` is the end of the past."""
    cells = _Cells(record)
    identity = cells.required("id", _read_id)
    kind = cells.required("tipo", partial(_choice, KINDS))
    name = cells.required("nome", partial(clean_line, max_length=150))
    email = cells.required("email", normalise_email)
    columns: dict[str, Any] = {
        "kind": kind,
        "status": cells.required("situacao", partial(_choice, STATUSES)),
        "phone": cells.optional("telefone", normalise_phone),
        "tax_id": cells.optional("cpf_cnpj", lambda text: normalise_tax_id(text, kind).digits),
        "preferences": cells.optional("preferencias", _preferences) or {},
        "created_at": cells.required("criado_em", lambda text: _past_moment(text, now)),
    }
    columns |= columns_of(_address(cells))
    marketing = cells.optional("aceita_marketing", partial(_choice, YES_OR_NO))
    old_hash = cells.required("senha", _old_hash)
    if email is not None:
        columns |= columns_of({"email": email})
    candidate = None
    # The values are asked for as well: a fault is what keeps one from being there.
    if not cells.faults and identity is not None and name is not None and old_hash is not None:
        columns |= columns_of({"name": name})
        candidate = Candidate(record.line, identity, old_hash, marketing, columns)
    return Reading(record.line, columns.get("email_key"), candidate, tuple(cells.faults))


def moment(text: str) -> datetime:
    """UTC of a São Paulo wall-clock time ``dd/mm/yyyy hh:mm``. Refuses `invalid_local_time`."""
    match = _LOCAL_TIME.fullmatch(trim(text))
    try:
        day, month, year, hour, minute = map(int, match.groups() if match else ())
        # fold=0: the first of two, and the offset before a gap (PEP 495).
        return datetime(year, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)
    except (ValueError, OverflowError):
        raise FieldRefused("invalid_local_time") from None


class _Cells:
    """The cells of one row, and what was found wrong with them so far."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.faults: list[Fault] = []

    def is_blank(self, column: str) -> bool:
        return not trim(self._record.cells[column])

    def required(self, column: str, check: Callable[[str], T]) -> T | None:
        """The cell as `check` reads it; None, with a fault, if it is blank or refused."""
        if self.is_blank(column):
            self.faults.append(Fault(self._record.line, column, "missing"))
            return None
        return self.optional(column, check)

    def optional(self, column: str, check: Callable[[str], T]) -> T | None:
        """The cell as `check` reads it; None if it is blank, or with a fault if it is refused."""
        if self.is_blank(column):
            return None
        try:
            return check(self._record.cells[column])
        except FieldRefused as refused:
            self.faults.append(Fault(self._record.line, column, refused.code, refused.params))
            return None


def _address(cells: _Cells) -> dict[str, str | None]:
    wanted = not all(cells.is_blank(column) for column in _ADDRESS)
    return {
        part: (
            cells.required(column, check)
            if wanted and column != "complemento"
            else cells.optional(column, check)
        )
        for column, (part, check) in _ADDRESS.items()
    }


def _read_id(text: str) -> str:
    if not _LEGACY_ID.fullmatch(trim(text)):
        raise FieldRefused("invalid_legacy_id")
    return trim(text)


def _choice(choices: Mapping[str, T], text: str) -> T:
    chosen = trim(text)
    if chosen not in choices:
        raise FieldRefused("not_one_of", allowed=", ".join(choices))
    return choices[chosen]


def _preferences(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(trim, text.split(";")):
        key, _, value = map(trim, part.partition("="))
        name, values = PREFERENCES.get(key, ("", {}))
        if value not in values:
            raise FieldRefused("unknown_preference")
        if name in found:
            raise FieldRefused("duplicate_item")
        found[name] = values[value]
    return found


def _past_moment(text: str, now: datetime) -> datetime:
    created_at = moment(text)
    if created_at > now:
        raise FieldRefused("date_not_past")
    return created_at


def _old_hash(text: str) -> OldHash:
    match = _OLD_HASH.fullmatch(text)
    if match is None:
        raise FieldRefused("unknown_password_hash")
    return OldHash(match[1], match[2])
