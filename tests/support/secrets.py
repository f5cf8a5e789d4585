"""What must never leave to staff: the table of every secret, and a hoard of real ones.

Columns and members are not listed because somebody thought of them: whatever looks as if it could
hold a secret, by its name or type, must be judged here, or a test fails.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import httpx
import orjson
from sqlalchemy import Column, LargeBinary, Table, select

from app.core.columns import UtcDateTime
from app.models import Base, OutboxMessage
from app.services.platform import Platform
from tests.support.records import rows

Place = tuple[str, str]

LOOKS_SECRET: Final = re.compile(
    r"passw|senha|hash|secret|token|digest|sealed|totp|otp|credential|signature|challenge|answer"
    r"|link|uri|codes?$|key$|form$|cookie|pin$|proof",
    re.IGNORECASE,
)
"""Names under which a secret could hide."""

SECRET_COLUMNS: Final[Mapping[Place, str]] = {
    ("logins", "password_hash"): "a customer's password, hashed",
    ("staff_members", "password_hash"): "a colleague's password, hashed",
    ("officers", "password_hash"): "an officer's password, hashed",
    ("authenticators", "secret"): "what makes somebody's codes, sealed",
    ("recovery_codes", "digest"): "a recovery code, digested",
    ("refresh_tokens", "digest"): "a refresh token, digested",
    ("one_time_tokens", "digest"): "a link's token, digested",
    ("outbox_messages", "sealed"): "links on their way, sealed",
    ("legal_packages", "identity"): "what opens a package that is not released yet, sealed",
    ("pending_registrations", "form"): "a registration with its password's hash, sealed",
    ("held_copies", "content"): "what a held customer's rows were, sealed",
    ("idempotency_keys", "key"): "what a caller repeats a request with, digested",
    ("idempotency_keys", "answer"): "an answer to somebody else, sealed",
}
"""Every column that holds a secret in some form. No viewer sees any of them, its owner neither."""

HARMLESS_COLUMNS: Final[Mapping[Place, str]] = {
    ("authenticators", "credential_id"): "a passkey's name: it signs nothing",
    ("access_records", "ip"): "from where somebody came, sealed: it opens nothing",
    ("authenticators", "public_key"): "public by nature",
    ("challenges", "challenge"): "worth nothing without the passkey that answers it",
    ("customers", "name_key"): "a name, folded for sorting",
    ("customers", "email_key"): "an address, folded for finding",
    ("customers", "city_key"): "a city, folded for sorting",
    ("customers", "postal_code"): "where somebody lives",
    ("logins", "email_key"): "an address, folded for finding",
    ("staff_members", "email_key"): "an address, folded for finding",
    ("officers", "email_key"): "an address, folded for finding",
    ("agencies", "jurisdiction"): "where an agency acts",
    ("legal_requests", "answer_email"): "where an authority takes its answer",
    ("invitations", "email_key"): "an address, folded for finding",
    ("pending_registrations", "email_key"): "an address, folded for finding",
    ("contact_requests", "email_key"): "an address, folded for finding",
    ("contact_requests", "mailbox_key"): "an address, folded for counting",
    ("contact_requests", "answers"): "what people were answered, who see it too",
    ("legal_packages", "key_file"): "sealed, and behind a passphrase that is kept nowhere",
    ("stored_file_chunks", "content"): "sealed to its file and place",
    ("contact_forms", "origin"): "a mark of a network, which tells nobody which",
    ("incidents", "reason_code"): "why, in one word",
    ("interventions", "reason_code"): "why, in one word",
    ("incidents", "form"): "what ANPD is told",
    ("outbox_messages", "key"): "which event the mail is about",
    ("outbox_messages", "code"): "what the mail server answered",
    ("idempotency_keys", "request_digest"): "tells equal requests from others",
    ("audit_events", "policy_hash"): "which matrix was in force",
    ("audit_seals", "digest"): "a proof over the log, made to be shown",
    ("audit_seals", "previous"): "a proof over the log, made to be shown",
    ("audit_seals", "signature"): "a proof over the log, made to be shown",
    ("policies", "hash"): "of a text that everybody may read",
    ("purposes", "key"): "a purpose's name",
    ("purposes", "hash"): "of a text that everybody may read",
    ("consent_events", "purpose_hash"): "of a text that everybody may read",
    ("policies", "hash_en"): "of a text that everybody may read",
    ("policy_acceptances", "hash"): "of a text that everybody may read",
}
"""Columns whose name or type is suspicious, and why they hold no secret."""

_CUSTOMER = "/v1/staff/customers/{customer_id}"
_INTERVENTIONS = "/v1/staff/interventions"
_INCIDENT = "/v1/staff/incidents/{incident_id}"
_INCIDENTS = (
    *("/v1/staff/incidents", _INCIDENT),
    *(f"{_INCIDENT}/confirm", f"{_INCIDENT}/cancel", f"{_INCIDENT}/retry"),
)
_CONTACT = "/v1/staff/contact-requests/{contact_request_id}"
_CONTACTS = ("/v1/staff/contact-requests", _CONTACT, f"{_CONTACT}/answers")
_ANPD = f"{_INCIDENT}/anpd-form"
_DRAFTS = "/v1/staff/policies/drafts"
_WITHDRAWAL = "/v1/staff/policies/{version}/withdraw"
_AGENCIES = "/v1/staff/agencies"
_AGENCY = f"{_AGENCIES}/{{agency_id}}"
_SHOWS_AGENCIES = (_AGENCIES, _AGENCY, f"{_AGENCY}/confirm")
_OFFICER = "/v1/staff/officers/{officer_id}"
_SHOWS_OFFICERS = (
    *("/v1/staff/officers", _OFFICER),
    *(f"{_OFFICER}/{deed}" for deed in ("vettings", "suspend", "reinstate", "recoveries")),
)
_LEGAL = "/v1/staff/legal-requests"
_LEGAL_ONE = f"{_LEGAL}/{{legal_request_id}}"
_SHOWS_LEGAL = (
    *(_LEGAL, _LEGAL_ONE),
    *(f"{_LEGAL_ONE}/{deed}" for deed in ("steps", "filings", "releases")),
)
_DOCUMENTS = f"{_LEGAL_ONE}/documents"
_FACTORS = "/v1/staff/authenticators"
_CONFIRM = f"{_FACTORS}/totp/{{authenticator_id}}/confirm"

SHOWN_TO_STAFF: Final[Mapping[Place, str]] = {
    ("/v1/staff/customers", "postal_code"): "where somebody lives",
    (_CUSTOMER, "postal_code"): "where somebody lives",
    ("/v1/staff/audit-events", "policy_hash"): "which matrix was in force",
    ("/v1/staff/visibility", "policy_hash"): "which matrix is in force",
    **dict.fromkeys(
        [(path, "reason_code") for path in (_INTERVENTIONS, *_INCIDENTS)],
        "why passwords were disabled, in one word",
    ),
    **dict.fromkeys([(path, "form") for path in (*_INCIDENTS, _ANPD)], "what ANPD is told"),
    **dict.fromkeys(
        [(path, name) for path in _CONTACTS for name in ("answers", "answered_at")],
        "what people were answered, who see it too",
    ),
    (f"{_INCIDENT}/deliveries", "code"): "what the mail server answered",
    ("/v1/staff/policies/{version}/deliveries", "code"): "what the mail server answered",
    ("/v1/staff/messages", "code"): "what the mail server answered",
    (f"{_CUSTOMER}/consents/history", "purpose_hash"): "of a text that everybody may read",
    ("/v1/staff/consents/{consent_event_id}/receipt", "keys_uri"): "where public keys are",
    **dict.fromkeys(
        [
            ("/v1/staff/legal-requests/{legal_request_id}/custody", name)
            for name in ("sealed_at", "digest")
        ],
        "a proof over the log, made to be shown",
    ),
    **dict.fromkeys(
        [(_WITHDRAWAL, "hash"), (_WITHDRAWAL, "hash_en"), (f"{_DRAFTS}/{{draft_id}}/diff", "hash")],
        "of a text that everybody may read, or will",
    ),
    **dict.fromkeys([(path, "jurisdiction") for path in _SHOWS_AGENCIES], "where it acts"),
    **dict.fromkeys([(path, "answer_email") for path in _SHOWS_LEGAL], "where it is answered"),
    **dict.fromkeys([(path, "jurisdiction") for path in _SHOWS_OFFICERS], "where an agency acts"),
    **dict.fromkeys(
        [(path, "answered_by") for path in _SHOWS_OFFICERS], "who answered an agency's phone"
    ),
    **dict.fromkeys([(path, "code") for path in _SHOWS_LEGAL], "what speaks against a request"),
    **dict.fromkeys(
        [(_DOCUMENTS, name) for name in ("code", "signature", "signatures", "signature_sha256")],
        "what was found of a document's signatures",
    ),
    (_DOCUMENTS, "digest"): "the name of a signature's algorithm",
    (f"{_FACTORS}/totp", "secret"): "the caller's own, told once",
    (f"{_FACTORS}/totp", "uri"): "the caller's own, told once",
    (_CONFIRM, "recovery_codes"): "the caller's own, told once",
    (f"{_FACTORS}/passkeys", "recovery_codes"): "the caller's own, told once",
    (f"{_FACTORS}/recovery-codes", "recovery_codes"): "the caller's own, told once",
    (f"{_FACTORS}/passkeys/options", "challenge_id"): "worth nothing without a passkey's answer",
}
"""Suspicious members of what the staff door answers, by path, and why each tells nobody's secret
but the reader's own."""

TAKEN_FROM_STAFF: Final[Mapping[Place, str]] = {
    (_CUSTOMER, "postal_code"): "where somebody lives",
    (f"{_CUSTOMER}/invoices", "Idempotency-Key"): "the client's own name for one request",
    (f"{_CUSTOMER}/consents", "Idempotency-Key"): "the client's own name for one request",
    (f"{_CUSTOMER}/disclosures", "Idempotency-Key"): "the client's own name for one request",
    ("/v1/staff/recipients", "Idempotency-Key"): "the client's own name for one request",
    (_LEGAL, "Idempotency-Key"): "the client's own name for one request",
    (_DOCUMENTS, "Idempotency-Key"): "the client's own name for one request",
    (_LEGAL, "answer_email"): "where an authority takes its answer",
    (_AGENCIES, "Idempotency-Key"): "the client's own name for one request",
    **dict.fromkeys([(path, "jurisdiction") for path in (_AGENCIES, _AGENCY)], "where it acts"),
    (f"{_OFFICER}/vettings", "answered_by"): "who answered an agency's phone",
    **dict.fromkeys(
        [(path, "reason_code") for path in (_INTERVENTIONS, "/v1/staff/incidents")],
        "why passwords are disabled, in one word",
    ),
    **dict.fromkeys(
        [(path, "Idempotency-Key") for path in (_INTERVENTIONS, "/v1/staff/incidents")],
        "what the caller repeats a request with",
    ),
    (f"{_CONTACT}/answers", "Idempotency-Key"): "what the caller repeats a request with",
    **dict.fromkeys(
        [(path, "form") for path in ("/v1/staff/incidents", _INCIDENT)], "what ANPD is told"
    ),
    (_DRAFTS, "Idempotency-Key"): "what the caller repeats a request with",
    (_CONFIRM, "code"): "the caller's own",
    (f"{_FACTORS}/passkeys", "challenge_id"): "worth nothing without a passkey's answer",
    (f"{_FACTORS}/passkeys", "credential"): "a passkey's public half: it signs nothing",
    ("/v1/staff/password", "current_password"): "the caller's own",
    ("/v1/staff/password", "new_password"): "the caller's own",
}
"""Suspicious members of what the staff door takes, by path, and why none is a customer's secret."""


def staff_endpoints(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Method and path of everything behind the staff door."""
    return sorted(
        (method, path)
        for path, operations in document["paths"].items()
        for method in operations
        if path.startswith("/v1/staff")
    )


def suspicious_columns() -> Iterator[Place]:
    """Every column that could hold a secret, by its name or type."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if _could_hold_a_secret(table, column):
                yield table.name, column.name


def _could_hold_a_secret(table: Table, column: Column[Any]) -> bool:
    if isinstance(column.type, UtcDateTime) or column.foreign_keys:
        return False
    return isinstance(column.type, LargeBinary) or bool(LOOKS_SECRET.search(column.name))


SEALED_FOR_BREVITY: Final = frozenset({"contact_answer"})
"""Mails whose sealed part staff wrote and see elsewhere: it is sealed to leave no second copy."""


@dataclass(slots=True)
class Hoard:
    """Real secrets, each with whose it is and what. Told about a leak, it names no value."""

    kept: dict[str, tuple[str, str]] = field(default_factory=dict)
    opened: set[UUID] = field(default_factory=set)
    """The mails that were looked into."""
    _traces: list[tuple[str, str, bytes, bytes]] = field(default_factory=list)
    """Whose each is and what, and how it would look in an answer and in an address."""

    def learn(self, owner: str, what: str, secret: str) -> None:
        """Remember a secret; whoever had it first stays its owner."""
        assert len(secret) >= 6, f"{what} is too short to be told from other text"
        if secret not in self.kept:
            self.kept[secret] = (owner, what)
            self._traces.append((owner, what, secret.encode(), quote(secret).encode()))

    def learn_answer(self, owner: str, answer: httpx.Response) -> None:
        """Remember every secret that stands in an answer to its owner, cookies included."""
        for name, value in answer.cookies.items():
            self.learn(owner, name, value)
        try:
            document = answer.json()
        except ValueError:
            return
        for name, value in _members(document):
            if SECRET_MEMBERS.fullmatch(name):
                self.learn(owner, name, value)

    async def learn_mails(self, platform: Platform) -> None:
        """Remember what is sealed in the outbox: the links and tokens of every mail."""
        chosen = select(
            OutboxMessage.id,
            OutboxMessage.template,
            OutboxMessage.sealed,
            OutboxMessage.staff_id,
        ).where(OutboxMessage.sealed.is_not(None))
        for message_id, template, sealed, staff_id in await rows(platform, chosen):
            if message_id in self.opened or template.startswith("kqz"):  # a canary: sealed by none
                continue
            if template in SEALED_FOR_BREVITY:
                continue
            self.opened.add(message_id)
            owner = "customer" if staff_id is None else str(staff_id)
            opened = orjson.loads(platform.mail_sealer.open(sealed, message_id.bytes))
            for name, value in opened.items():
                self.learn(owner, f"{name} of {template}", value)
                if token := _TOKEN.search(value):
                    self.learn(owner, f"token of {template}", token[1])

    def told_in(self, template: str) -> str:
        """The token of the only mail of a template that was learned."""
        [found] = [s for s, (_, what) in self.kept.items() if what == f"token of {template}"]
        return found

    def leaks(self, content: bytes, to: str = "") -> list[str]:
        """What stands in `content` though it is a secret of somebody other than `to`."""
        return [
            f"{what} of {owner}"
            for owner, what, plain, quoted in self._traces
            if owner != to and (plain in content or quoted in content)
        ]


SECRET_MEMBERS: Final = re.compile(
    r"(access_|refresh_|csrf_)?token|(totp_)?secret|(otpauth_|provisioning_)?uri|(recovery_)?codes"
)
"""Members of answers in which a caller is told a secret of their own."""
_TOKEN: Final = re.compile(r"#token=([\w-]{43})$")


def _members(document: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(document, dict):
        for inner_name, inner in document.items():
            yield from _members(inner, inner_name)
    elif isinstance(document, list):
        for inner in document:
            yield from _members(inner, name)
    elif isinstance(document, str):
        yield name, document
