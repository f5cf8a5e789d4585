"""Receipts of consents: what anybody can check later without asking us (ISO/IEC TS 27560).

A receipt is made when it is asked for, out of the event and the words that it names, neither of
which ever changes; only the moment of issue and the signature differ from one copy to the next.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Dialect, Uuid, and_, select

from app.access.actors import Actor
from app.core.language import DEFAULT
from app.core.statements import Prepared, Record, bound, prepare
from app.models import ConsentEvent, Purpose, Recipient, table_of
from app.projection.plans import View
from app.projection.projection import to_json
from app.security.compact_jws import JwsRefused
from app.security.receipts import read_receipt, sign_receipt
from app.services import purposes, records
from app.services.authorization import require
from app.services.platform import Platform

SCHEMA: Final = "ISO/IEC TS 27560:2023"
EVENT: Final = "consent_event"
RECIPIENT: Final = "recipient"
_HELD: Final = (
    "subject_id", "sequence", "state", "at", "expires_at", "channel", "actor_kind", "role",
    "network", "evidence", "purpose", "purpose_version", "purpose_hash", "fields", "recipient_id",
    "language",
)  # fmt: skip
KEYS_PATH: Final = "/v1/public/consent-receipts/keys"


async def issue_own(platform: Platform, actor: Actor, event_id: UUID) -> bytes:
    """The receipt of one event of the caller's account, as JSON; on record first.

    Raises `Refusal` without permission, `Failure("not_found")`.
    """
    return await _issue(platform, actor, "customer:consent:read", event_id)


async def issue(platform: Platform, actor: Actor, event_id: UUID) -> bytes:
    """The same of anybody's, for staff who must prove it: on record, with whose it is."""
    return await _issue(platform, actor, "staff:consent:list", event_id)


async def verify(platform: Platform, actor: Actor, text: str) -> bytes:
    """Whether this service signed the receipt, what it then says, and whether the ledger does too.

    A key that was stolen before it was retired can still sign: what it invents is not recorded.
    """
    require(actor, "public:consent_receipt:verify")
    try:
        receipt = read_receipt(platform.keyring, text)
    except JwsRefused as refused:
        fault: dict[str, Any] = {"authentic": False, "fault": str(refused)}
        return to_json(fault | {"kid": None, "recorded": None, "content": None})
    found = {"authentic": True, "fault": None, "kid": receipt.kid, "content": receipt.content}
    return to_json(found | {"recorded": await _is_recorded(platform, receipt.content)})


async def _is_recorded(platform: Platform, content: Mapping[str, Any]) -> bool:
    """Whether the ledger holds the event that a receipt is about, saying the same: who, what, when,
    how, to whom, how far and how long, and in the very words."""
    try:
        event_id = UUID(content["record_id"])
        event, processing = content["event"], content["pii_processing"]
        parties = content["party_identification"]
        said = {
            "subject_id": content["pii_principal_id"],
            "sequence": event["event_sequence"],
            "state": event["event_state"],
            "at": event["event_time"],
            "expires_at": event["valid_until"],
            "channel": event["channel"],
            "actor_kind": event["entity_kind"],
            "role": event["entity_role"],
            "network": event["network"],
            "evidence": event["evidence"],
            "purpose": processing["purpose_type"],
            "purpose_version": processing["purpose_version"],
            "purpose_hash": processing["purpose_hash"],
            "fields": processing["pii_information"],
            "text": processing.get("purpose_text"),
            "recipient_id": [one["party_id"] for one in parties if "party_id" in one],
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    rows = await platform.database.fetch(_recorded(platform.database.dialect), {"id": event_id})
    return any(_as_said(row) == said for row in rows)


def _as_said(row: Record) -> Any:
    """A row of `_recorded` as its receipt says it."""
    found = dict(zip(_HELD, row, strict=False))
    fields, text = row[len(_HELD) :]
    language = found.pop("language") or DEFAULT
    recipient = found["recipient_id"]
    told = {
        "fields": found["fields"] or fields,
        "text": text and text[language],
        "recipient_id": [] if recipient is None else [recipient],
    }
    return orjson.loads(to_json(found | told))


@lru_cache(maxsize=4)
def _recorded(dialect: Dialect) -> Prepared:
    """The event, and what the words that it names are about and say."""
    event, words = table_of(ConsentEvent), table_of(Purpose)
    named = and_(words.c.key == event.c.purpose, words.c.version == event.c.purpose_version)
    columns = [event.c[name] for name in _HELD]
    same = select(*columns, words.c.fields, words.c.text).join_from(
        event, words, named, isouter=True
    )
    return prepare(same.where(event.c.id == bound("id", Uuid())), dialect)


async def _issue(platform: Platform, actor: Actor, action: str, event_id: UUID) -> bytes:
    event = await records.view(platform, actor, action, EVENT, event_id, of="subject_id")
    words = await purposes.find(platform, actor, event["purpose"], event["purpose_version"])
    third_party = await _third_party(platform, actor, event["recipient_id"])
    content = _content(platform, event, words, third_party)
    receipt = sign_receipt(platform.keyring, content)
    keys_uri = f"{platform.settings.public_url}{KEYS_PATH}"
    return to_json({"receipt": receipt, "keys_uri": keys_uri})


async def _third_party(platform: Platform, actor: Actor, recipient_id: UUID | None) -> View | None:
    if recipient_id is None:
        return None
    plan = platform.projection.plan(actor, RECIPIENT)
    statement = platform.projection.selection(plan).where(Recipient.id == bound("id", Uuid()))
    values = platform.projection.scope(actor, platform.clock()) | {"id": recipient_id}
    rows = await platform.database.fetch(prepare(statement, platform.database.dialect), values)
    return platform.projection.view(plan, rows[0]) if rows else None


def _content(
    platform: Platform, event: View, words: View | None, third_party: View | None
) -> dict[str, Any]:
    """The sections of TS 27560: record and receipt, processing, parties, the event."""
    language = event["language"] or DEFAULT
    return {
        "schema": SCHEMA,
        "schema_version": 1,
        "receipt_id": event["id"],
        "record_id": event["id"],
        "issuer": platform.settings.public_url,
        "issued_at": platform.clock(),
        "pii_principal_id": event["subject_id"],
        "pii_processing": _processing(platform, event, words, language),
        "party_identification": _parties(platform, third_party),
        "event": {
            "event_id": event["id"],
            "event_sequence": event["sequence"],
            "event_type": "explicit",
            "event_state": event["state"],
            "event_time": event["at"],
            "valid_until": event["expires_at"],
            "channel": event["channel"],
            "entity_kind": event["actor_kind"],
            "entity_role": event["role"],
            "network": event["network"],
            "evidence": event["evidence"],
        },
    }


def _processing(
    platform: Platform, event: View, words: View | None, language: str
) -> dict[str, Any]:
    """The words as they were shown. Of what was said before the register they were not kept."""
    known = {
        "purpose_type": event["purpose"],
        "purpose_version": event["purpose_version"],
        "purpose_hash": event["purpose_hash"],
        "purpose_version_named": event["evidence"].get("version_named", True),
        "pii_information": event["fields"] if words is None else event["fields"] or words["fields"],
    }
    if words is None:
        return known
    page = f"/v1/public/purposes/{event['purpose']}/versions/{event['purpose_version']}"
    return known | {
        "purpose": words["title"][language],
        "purpose_text": words["text"][language],
        "language": language,
        "lawful_basis": words["basis"],
        "lawful_basis_article": words["article"],
        "pii_categories": words["categories"],
        "retention_period": words["retention"][language],
        "recipients": words["recipients"][language],
        "jurisdiction": "BR",
        "privacy_notice": f"{platform.settings.public_url}{page}",
        "withdrawal_method": f"POST {platform.settings.public_url}/v1/customer/consents",
        "privacy_rights": "LGPD art. 18",
    }


def _parties(platform: Platform, third_party: View | None) -> list[dict[str, Any]]:
    parties: list[dict[str, Any]] = [
        {"party_role": "PII controller", "party_name": platform.settings.agency_name}
    ]
    if third_party is not None:
        parties.append(
            {
                "party_role": "third party",
                "party_id": third_party["id"],
                "party_name": third_party["name"],
                "party_country": third_party["country"],
                "party_safeguards": third_party["safeguards"],
            }
        )
    return parties
