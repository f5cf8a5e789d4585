"""The visibility matrix: which viewer sees which field of which resource (promises P11 to P13).

This is data. A change to it is a privacy decision, reviewed as one: the golden copy under
`openapi/` must change with it. The letters are explained in `access/matrix.py`.
"""

import hashlib
from collections.abc import Mapping

from app.access.matrix import Resource, Row, internal, resource
from app.access.scopes import row_scope
from app.access.viewers import Viewer

CUSTOMER = resource(
    "customer",
    "customers",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   R   R   R   C   C   L   ·
    kind                R    R   R   R   R   R   R   C   C   L   ·
    status              R    RW  R   R   R   R   R   C   C   L   ·   | filter
    name                RW   RW  R   R   R   R   R   C   C   L   ·   | filter sort search
    email               RW   RW  R   M   R   R   R   C   C   L   ·   | filter search
    phone               RW   RW  R   ·   RW  R   M   C   C   L   ·   | filter search
    tax_id              RW   RW  R   ·   M   RW  ·   ·   C   L   ·   | filter search
    address.street      RW   RW  R   ·   ·   RW  ·   ·   C   L   ·
    address.number      RW   RW  R   ·   ·   RW  ·   ·   C   L   ·
    address.complement  RW   RW  R   ·   ·   RW  ·   ·   C   L   ·
    address.district    RW   RW  R   ·   ·   RW  ·   ·   C   L   ·
    address.city        RW   RW  R   ·   R   RW  ·   C   C   L   ·   | filter sort
    address.state       RW   RW  R   ·   R   RW  ·   C   C   L   ·   | filter
    address.postal_code RW   RW  R   ·   ·   RW  ·   ·   C   L   ·
    preferences         RW   RW  R   ·   R   ·   R   C   ·   ·   ·
    created_at          R    R   R   R   R   R   ·   ·   ·   L   ·   | sort
    last_login_at       R    R   R   ·   R   ·   ·   ·   ·   L   ·
    attention_note      ·    RW  R   ·   RW  ·   ·   ·   ·   ·   ·
    closed_at           ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    name_key            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    email_key           ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    city_key            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

AUDIT_EVENT = resource(
    "audit_event",
    "audit_events",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    at                  R    R   R   R   ·   ·   ·   ·   ·   ·   ·   | period
    actor_kind          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    actor_id            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    role                R    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    session_id          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    request_id          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    action              R    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    subject_type        ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    subject_id          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    fields              R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    purpose             R    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    reason              ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    policy_hash         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    rows                ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    outcome             ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    """,
)

POLICY = resource(
    "policy",
    "policies",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    version             R    R   R   R   R   R   R   R   R   R   R
    hash                R    R   R   R   R   R   R   R   R   R   R
    published_at        R    R   R   R   R   R   R   R   R   R   R
    language            R    R   R   R   R   R   R   R   R   R   R
    text                R    R   R   R   R   R   R   R   R   R   R
    """,
)

INTERNAL = (
    internal("customer_words", "word customer_id"),
    internal("legacy_customers", "legacy_id customer_id imported_at"),
    internal(
        "logins",
        "id email email_key name status password_hash created_at last_login_at",
    ),
    internal("memberships", "id login_id customer_id permissions created_at revoked_at"),
    internal(
        "staff_members",
        "id email email_key name role status password_hash totp_secret totp_last_step "
        "created_at last_login_at",
    ),
    internal(
        "sessions",
        "id kind login_id staff_id customer_id created_at expires_at ended_at end_reason",
    ),
    internal("refresh_tokens", "digest session_id created_at expires_at spent_at"),
    internal("policy_acceptances", "login_id version hash accepted_at channel"),
    internal("consents", "id customer_id purpose granted at channel actor_kind actor_id"),
    internal("audit_subjects", "subject_id event_id"),
    internal(
        "audit_seals",
        "number sealed_at first_id last_id events digest previous kid signature",
    ),
    internal("idempotency_keys", "key request_digest answer created_at"),
)

RESOURCES: Mapping[str, Resource] = {
    entry.name: entry for entry in (CUSTOMER, AUDIT_EVENT, POLICY, *INTERNAL)
}
"""Every resource by name. Start-up fails when a column of the database is missing here."""


def matrix_text(resources: Mapping[str, Resource] = RESOURCES) -> str:
    """The whole matrix, row scopes included, in a canonical form: a line per fact, sorted."""
    lines: list[str] = []
    for name, entry in resources.items():
        lines += [f"{name} rows {viewer}={row_scope(name, viewer)}" for viewer in Viewer]
        lines += [f"{name}.{_row_text(row)}" for row in entry.rows]
    return "\n".join(sorted(lines)) + "\n"


def _row_text(row: Row) -> str:
    cells = " ".join(f"{viewer}={row.cell(viewer)}" for viewer in Viewer)
    return f"{row.field} {cells} uses={','.join(sorted(row.uses))}"


def matrix_hash(resources: Mapping[str, Resource] = RESOURCES) -> str:
    """SHA-256 (hex) of the canonical matrix: names, on each audit row, what was in force."""
    return hashlib.sha256(matrix_text(resources).encode()).hexdigest()
