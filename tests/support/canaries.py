"""Rows whose every value is unmistakable, so that a leak can be seen from outside.

The rows are made from the mapped tables themselves: a new table or column gets its canary without
anyone remembering. A column that cannot hold one (a list of words, a boolean) is named in `PLAIN`.
"""

import base64
import hashlib
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, String, Table, Uuid, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import JSON

from app.core.columns import Names, UtcDateTime
from app.core.ids import new_id
from app.models import Base
from tests.support.formats import process_number
from tests.support.people import cpf

SHORTEST = 10
"""Characters of a textual canary: a shorter column cannot hold one."""

PLAIN: Mapping[tuple[str, str], Any] = {
    ("customers", "kind"): "person",
    ("customers", "status"): "active",
    ("customers", "closed_at"): None,
    ("customers", "state"): "AC",
    ("policies", "language"): "pt-BR",
    ("policies", "withdrawn_at"): None,
    ("policy_drafts", "status"): "draft",
    ("policy_drafts", "version"): None,
    ("logins", "status"): "active",
    ("logins", "language"): "pt-BR",
    ("staff_members", "status"): "active",
    ("memberships", "suspended_at"): None,
    ("memberships", "revoked_at"): None,
    ("memberships", "expires_at"): None,
    ("authenticators", "kind"): "totp",
    ("authenticators", "staff_id"): None,
    ("authenticators", "officer_id"): None,
    ("authenticators", "credential_id"): None,
    ("recovery_codes", "staff_id"): None,
    ("recovery_codes", "officer_id"): None,
    ("pending_registrations", "kind"): "customer",
    ("agencies", "kind"): "police",
    ("agencies", "jurisdiction"): "BR",
    ("agencies", "status"): "active",
    ("agencies", "confirmed_at"): None,
    ("agencies", "confirmed_by"): None,
    ("legal_targets", "outcome"): "matched",
    ("legal_targets", "candidates"): [],
    ("officers", "office"): "judge",
    ("officers", "language"): "pt-BR",
    ("officers", "status"): "confirmed",
    ("officers", "suspended_at"): None,
    ("officers", "suspended_reason"): None,
    ("incidents", "status"): "draft",
    ("incidents", "confirmed_by"): None,
    ("incidents", "confirmed_role"): None,
    ("incident_targets", "failed_at"): None,
    ("incident_targets", "failure"): None,
    ("interventions", "language"): "pt-BR",
    ("outbox_messages", "language"): "pt-BR",
    ("outbox_messages", "state"): "deferred",
    ("outbox_messages", "code"): 451,
    ("outbox_messages", "reason"): "refused_for_now",
    ("outbox_messages", "attempts"): 1,
    ("invoices", "currency"): "BRL",
    ("invoices", "status"): "open",
    ("invoices", "paid_at"): None,
    ("contact_requests", "topic"): "contact",
    ("contact_requests", "status"): "open",
    ("contact_requests", "language"): "pt-BR",
    ("contact_requests", "closed_at"): None,
    ("contact_requests", "closed_reason"): None,
    ("customer_changes", "field"): "name",
    ("customer_changes", "actor_kind"): "staff",
    ("sessions", "kind"): "staff",
    ("sessions", "login_id"): None,
    ("sessions", "customer_id"): None,
    ("sessions", "officer_id"): None,
    ("audit_events", "actor_kind"): "staff",
    ("audit_events", "outcome"): "allowed",
    ("audit_seals", "number"): 1,
    ("consent_subjects", "kind"): "account",
    ("consent_events", "state"): "granted",
    ("consent_events", "recipient_id"): None,
    ("consent_events", "language"): "pt-BR",
    ("consent_events", "channel"): "web",
    ("consent_events", "actor_kind"): "staff",
    ("consent_states", "state"): "granted",
    ("consent_states", "expires_at"): None,
    ("purposes", "basis"): "consent",
    ("analytics_events", "kind"): "page_view",
    ("access_records", "event"): "sign_in",
    ("access_records", "source_port"): 51544,
    ("access_records", "officer_id"): None,
    ("access_records", "staff_id"): None,
    ("recipients", "country"): "BR",
    ("disclosures", "content_type"): "application/json",
    ("disclosures", "actor_kind"): "staff",
    ("recipients", "status"): "active",
    ("recipients", "retired_at"): None,
    ("legal_requests", "channel"): "authority",
    ("legal_requests", "entered_by"): None,
    ("legal_requests", "answer_email"): None,
    ("legal_requests", "kind"): "registration_data",
    ("legal_requests", "basis"): "mci_10_3",
    ("legal_requests", "signer_office"): "prosecutor",
    ("legal_requests", "items"): ("name", "email"),
    ("legal_requests", "language"): "pt-BR",
    ("legal_requests", "status"): "received",
    ("legal_requests", "findings"): [],
    ("legal_requests", "decisions"): [],
    ("legal_requests", "targets"): [],
    ("legal_requests", "reviewed_by"): None,
    ("legal_requests", "approved_by"): None,
    ("legal_requests", "approved_again_by"): None,
    ("legal_requests", "checked_by"): None,
    ("legal_requests", "closed_at"): None,
    ("legal_secrecy_orders", "entry"): "ordered",
    ("legal_secrecy_orders", "change"): "set",
    ("legal_secrecy_orders", "actor_kind"): "officer",
    ("legal_secrecy_orders", "proposal_id"): None,
    ("legal_secrecy_orders", "proposed_by"): None,
    ("legal_holds", "filing_number"): None,
    ("legal_holds", "filed_at"): None,
    ("legal_holds", "filed_by"): None,
    ("legal_holds", "ended_at"): None,
    ("legal_holds", "ended_by"): None,
    ("legal_holds", "end_reason"): None,
    ("legal_holds", "end_note"): None,
    ("legal_notices", "kind"): "registration_data",
    ("legal_notices", "items"): ("name", "email"),
    ("legal_notices", "state"): "sent",
    ("legal_notices", "reason"): None,
    ("legal_notices", "due_at"): None,
    ("transparency_reports", "period"): "1991-H1",
    ("transparency_reports", "figures"): {
        "period": "1991-H1",
        "from": "1991-01-01",
        "to": "1991-06-30",
        "settled_at": "1991-07-31T03:00:00Z",
        "smallest_group": 10,
        **dict.fromkeys(("received", "customers_affected", "median_hours_to_answer")),
        **{name: [] for name in ("by_kind", "outcomes", "refused_by_reason")},
    },
    ("legal_packages", "state"): "released",
    ("legal_packages", "recipient"): "passphrase",
    ("legal_packages", "reissues"): [],
    ("legal_packages", "deleted_at"): None,
    ("legal_documents", "kind"): "annex",
    ("legal_documents", "order_id"): None,
    ("legal_documents", "uploaded_by_kind"): "officer",
    ("legal_documents", "verdict"): None,
    ("legal_documents", "assurance"): None,
    ("legal_documents", "report"): None,
    ("legal_steps", "origin"): "draft",
    ("legal_steps", "to"): "received",
    ("legal_steps", "actor_kind"): "staff",
    ("legal_steps", "reason"): "incomplete",
}
"""Columns that hold one of a few words, or nothing, by constraint or by meaning."""

_numbers = itertools.count(1)
_FIRST_MOMENT = datetime(1991, 1, 1, 1, 2, 3, 456789, UTC)
_FIRST_DAY = date(1931, 1, 1)
"""So long before that no day is one of those moments', however many canaries were made."""


@dataclass(frozen=True, slots=True)
class Canary:
    """One planted row: its values by column, and how each would look in an answer or a row."""

    table: str
    values: Mapping[str, Any]
    traces: Mapping[str, tuple[bytes, ...]]

    def found(self, column: str, content: bytes) -> bool:
        """Whether the column's value stands in `content`."""
        return any(trace in content for trace in self.traces[column])


async def plant(
    connection: AsyncConnection, table: Table, known: Mapping[str, Canary], **fixed: Any
) -> Canary:
    """Insert a row of canaries; foreign keys point at the rows in `known`, by table.

    `fixed` values are stored as they are, and are no canaries.
    """
    values: dict[str, Any] = {}
    traces: dict[str, tuple[bytes, ...]] = {}
    for column in table.columns:
        if column.name in fixed:
            values[column.name] = fixed[column.name]
        elif (table.name, column.name) in PLAIN:
            values[column.name] = PLAIN[table.name, column.name]
        elif column.foreign_keys:
            target = next(iter(column.foreign_keys)).column
            values[column.name] = known[target.table.name].values[target.name]
        else:
            value = values[column.name] = _value(table, column)
            if column.type.python_type is not bool:
                traces[column.name] = tuple(_traces(value))
    await connection.execute(insert(table).values(**values))
    return Canary(table.name, values, traces)


async def plant_everywhere(
    connection: AsyncConnection, fixed: Mapping[str, Mapping[str, Any]]
) -> dict[str, Canary]:
    """A row of canaries in each table; `fixed` values by table."""
    planted: dict[str, Canary] = {}
    for table in Base.metadata.sorted_tables:
        planted[table.name] = await plant(connection, table, planted, **fixed.get(table.name, {}))
    return planted


def _value(table: Table, column: Column[Any]) -> Any:
    number = next(_numbers)
    text = f"kqz{number:06d}z"
    kind = column.type
    made: Any
    if (table.name, column.name) in _SHAPED:
        made = _SHAPED[table.name, column.name](number, text)
    elif isinstance(kind, Names):
        made = (text,)
    elif isinstance(kind, JSON):
        made = {"contact_channel": text}
    elif isinstance(kind, String):
        assert (kind.length or SHORTEST) >= SHORTEST, f"name {table}.{column.name} in PLAIN"
        made = text
    elif isinstance(kind, Uuid):
        made = new_id()
    elif isinstance(kind, Date):
        made = _FIRST_DAY + timedelta(days=number)
    elif isinstance(kind, UtcDateTime):
        made = _FIRST_MOMENT + timedelta(hours=number)  # in the past, however many were made
    elif isinstance(kind, LargeBinary):
        made = hashlib.shake_128(text.encode()).digest(kind.length or 32)
    elif isinstance(kind, Boolean):
        made = False
    else:
        assert isinstance(kind, Integer), f"canaries know no {kind!r}: {table}.{column.name}"
        made = 700_000_000 + number
    return made


_SHAPED: Mapping[tuple[str, str], Callable[[int, str], str]] = {
    ("customers", "email"): lambda _, text: f"{text}@exemplo.com.br",
    ("logins", "email"): lambda _, text: f"{text}@exemplo.com.br",
    ("invitations", "email"): lambda _, text: f"{text}@exemplo.com.br",
    ("contact_requests", "email"): lambda _, text: f"{text}@exemplo.com.br",
    ("officers", "email"): lambda _, text: f"{text}@exemplo.com.br",
    ("officers", "tax_id"): lambda number, _: cpf(830000000 + number),
    ("agencies", "callback_phone"): lambda number, _: f"+55119{62000000 + number}",
    ("customers", "phone"): lambda number, _: f"+55119{61000000 + number}",
    ("customers", "tax_id"): lambda number, _: cpf(820000000 + number),
    ("recipients", "contact_email"): lambda _, text: f"{text}@exemplo.com.br",
    ("disclosures", "sent_to"): lambda _, text: f"{text}@exemplo.com.br",
    ("outbox_messages", "recipient"): lambda _, text: f"{text}@exemplo.com.br",
    ("legal_requests", "process_number"): lambda number, _: process_number(number),
    ("legal_requests", "age_recipient"): lambda number, _: f"age1{number:058}",
    ("legal_requests", "signer_tax_id"): lambda number, _: cpf(830000000 + number),
    ("customers", "postal_code"): lambda number, _: f"{69900000 + number}",
}


def _traces(value: Any) -> list[bytes]:
    if isinstance(value, dict):
        return [trace for inner in value.values() for trace in _traces(inner)]
    if isinstance(value, tuple):
        return [trace for inner in value for trace in _traces(inner)]
    if isinstance(value, datetime):
        day, time = value.strftime("%Y-%m-%d"), value.strftime("%H:%M:%S")
        return [f"{day}T{time}".encode(), f"{day} {time}".encode(), repr(value)[:40].encode()]
    if isinstance(value, date):
        return [value.isoformat().encode()]
    if isinstance(value, UUID):
        return [str(value).encode(), value.hex.encode()]
    if isinstance(value, bytes):
        urlsafe = base64.urlsafe_b64encode(value).rstrip(b"=")
        return [
            value,
            value.hex().encode(),
            base64.b64encode(value).rstrip(b"="),
            urlsafe,
            repr(value)[2:-1].encode(),
        ]
    return [str(value).encode()]
