"""The visibility matrix: which viewer sees which field of which resource (promises P11 to P13).

This is data. A change to it is a privacy decision, reviewed as one: the golden copy under
`openapi/` must change with it. The letters are explained in `access/matrix.py`.
"""

import hashlib
from collections.abc import Mapping

from app.access.matrix import Companion, Resource, Row, internal, resource
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
    pending_email       R    R   R   ·   ·   ·   ·   ·   ·   ·   ·
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
    network             ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

POLICY = resource(
    "policy",
    "policies",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   R   R   R   R   R   R   R
    version             R    R   R   R   R   R   R   R   R   R   R
    hash                R    R   R   R   R   R   R   R   R   R   R
    hash_en             R    R   R   R   R   R   R   R   R   R   R
    published_at        R    R   R   R   R   R   R   R   R   R   R
    announced_at        R    R   R   R   R   R   R   R   R   R   R
    withdrawn_at        R    R   R   R   R   R   R   R   R   R   R
    requires_acceptance R    R   R   R   R   R   R   R   R   R   R
    summary             R    R   R   R   R   R   R   R   R   R   R
    summary_en          R    R   R   R   R   R   R   R   R   R   R
    language            R    R   R   R   R   R   R   R   R   R   R
    text                R    R   R   R   R   R   R   R   R   R   R
    text_en             R    R   R   R   R   R   R   R   R   R   R
    """,
)

POLICY_DRAFT = resource(
    "policy_draft",
    "policy_drafts",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    status              ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·   | filter
    text                ·    RW  ·   RW  ·   ·   ·   ·   ·   ·   ·
    text_en             ·    RW  ·   RW  ·   ·   ·   ·   ·   ·   ·
    summary             ·    RW  ·   RW  ·   ·   ·   ·   ·   ·   ·
    summary_en          ·    RW  ·   RW  ·   ·   ·   ·   ·   ·   ·
    requires_acceptance ·    RW  ·   RW  ·   ·   ·   ·   ·   ·   ·
    authors             ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    created_at          ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    changed_at          ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    submitted_at        ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    reviewed_at         ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    reviewed_by         ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    review_note         ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    closed_at           ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    closed_by           ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    version             ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

POLICY_ACCEPTANCE = resource(
    "policy_acceptance",
    "policy_acceptances",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    version             R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    hash                R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    accepted_at         R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    channel             R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    network             R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    login_id            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

LOGIN = resource(
    "login",
    "logins",
    """
                          self dir eng dpo sup bil pro mkt par aut pub
    id                    R    R   R   R   R   ·   ·   ·   ·   L   ·
    name                  R    R   R   R   R   ·   ·   ·   ·   L   ·
    email                 R    R   R   M   R   ·   ·   ·   ·   L   ·
    email_verified_at     R    R   R   R   R   ·   ·   ·   ·   L   ·
    language              R    R   R   R   R   ·   ·   ·   ·   ·   ·
    status                R    R   R   R   R   ·   ·   ·   ·   L   ·
    created_at            R    R   R   R   R   ·   ·   ·   ·   L   ·
    last_login_at         R    R   R   ·   R   ·   ·   ·   ·   L   ·
    reset_required_at     R    R   R   R   R   ·   ·   ·   ·   ·   ·
    credential_changed_at R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    credential_flagged_at R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    email_key             ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    password_hash         ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

MEMBERSHIP = resource(
    "membership",
    "memberships",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   R   ·   ·   ·   ·   ·   ·
    permissions         RW   R   R   R   R   ·   ·   ·   ·   ·   ·
    invited_by          R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    created_at          R    R   R   R   R   ·   ·   ·   ·   ·   ·
    expires_at          RW   R   R   R   R   ·   ·   ·   ·   ·   ·
    suspended_at        RW   R   R   R   R   ·   ·   ·   ·   ·   ·
    revoked_at          R    R   R   R   R   ·   ·   ·   ·   ·   ·
    login_id            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    customer_id         ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

INVITATION = resource(
    "invitation",
    "invitations",
    """
                          self dir eng dpo sup bil pro mkt par aut pub
    id                    R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    email                 R    R   R   M   ·   ·   ·   ·   ·   ·   ·
    permissions           R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    note                  R    R   R   ·   ·   ·   ·   ·   ·   ·   ·
    invited_by            R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    created_at            R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    expires_at            R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    membership_expires_at R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    accepted_at           R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    withdrawn_at          R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    customer_id           ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    email_key             ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

SESSION = resource(
    "session",
    "sessions",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   R   R   R   R   ·   R   ·
    device              R    R   R   R   R   R   R   R   ·   R   ·
    network             R    R   R   R   R   R   R   R   ·   R   ·
    factors             R    R   R   R   R   R   R   R   ·   R   ·
    created_at          R    R   R   R   R   R   R   R   ·   R   ·
    last_used_at        R    R   R   R   R   R   R   R   ·   R   ·
    proved_at           R    R   R   R   R   R   R   R   ·   R   ·
    expires_at          R    R   R   R   R   R   R   R   ·   R   ·
    kind                ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    login_id            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    customer_id         ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    staff_id            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    officer_id          ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    ended_at            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    end_reason          ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

AUTHENTICATOR = resource(
    "authenticator",
    "authenticators",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   R   R   R   R   ·   R   ·
    kind                R    R   R   R   R   R   R   R   ·   R   ·
    name                RW   RW  RW  RW  RW  RW  RW  RW  ·   RW  ·
    created_at          R    R   R   R   R   R   R   R   ·   R   ·
    confirmed_at        R    R   R   R   R   R   R   R   ·   R   ·
    last_used_at        R    R   R   R   R   R   R   R   ·   R   ·
    login_id            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    staff_id            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    officer_id          ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    secret              ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    last_step           ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    credential_id       ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    public_key          ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    sign_count          ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    transports          ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

CUSTOMER_CHANGE = resource(
    "customer_change",
    "customer_changes",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   R   R   ·   ·   ·   ·   ·
    at                  R    R   R   R   R   R   ·   ·   ·   ·   ·   | period
    field               R    R   R   R   R   R   ·   ·   ·   ·   ·   | filter
    old_value           R    R   R   R   R   R   ·   ·   ·   ·   ·
    new_value           R    R   R   R   R   R   ·   ·   ·   ·   ·
    actor_kind          R    R   R   R   R   R   ·   ·   ·   ·   ·
    actor_name          R    R   R   R   R   R   ·   ·   ·   ·   ·
    role                R    R   R   R   R   R   ·   ·   ·   ·   ·
    actor_id            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    session_id          M    R   R   R   ·   ·   ·   ·   ·   ·   ·
    request_id          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    customer_id         ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

INTERVENTION = resource(
    "intervention",
    "interventions",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    login_id            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    incident_id         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    staff_id            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    role                R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    reason_code         R    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    language            R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    report              R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    created_at          R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

INCIDENT = resource(
    "incident",
    "incidents",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    title               ·    RW  RW  RW  ·   ·   ·   ·   ·   ·   ·
    status              ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    reason_code         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    reason_text         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    selection           ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    form                ·    RW  RW  RW  ·   ·   ·   ·   ·   ·   ·
    occurred_at         ·    RW  RW  RW  ·   ·   ·   ·   ·   ·   ·
    known_at            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    anpd_due_at         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    subjects_due_at     ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    supplement_due_at   ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    kept_until          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    created_at          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    created_by          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    confirmed_at        ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    confirmed_by        ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    confirmed_role      ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    finished_at         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    expected            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

OUTBOX_MESSAGE = resource(
    "outbox_message",
    "outbox_messages",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    batch               ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    template            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    language            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    recipient           ·    R   R   M   ·   ·   ·   ·   ·   ·   ·
    login_id            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    customer_id         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    state               ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    attempts            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    code                ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    reason              ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    created_at          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    due_at              ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    settled_at          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    key                 ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    params              ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    sealed              ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    staff_id            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    officer_id          ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    lease               ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    relies_on           ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    relies_on_recipient_id · ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    relies_on_fields    ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

# Marketing sees its leads as people wrote them, and a customer's by the id: their log tells of it
# too. Nobody gets from there to a record of a customer that is not in their rows anyway.
CONTACT_REQUEST = resource(
    "contact_request",
    "contact_requests",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   R   ·   ·   R   ·   L   ·
    reference           R    R   R   R   R   ·   ·   R   ·   L   ·   | filter
    topic               R    RW  R   RW  RW  ·   ·   RW  ·   L   ·   | filter
    status              R    RW  R   RW  RW  ·   ·   RW  ·   ·   ·   | filter
    name                R    R   R   R   R   ·   ·   R   ·   ·   ·
    email               R    R   R   R   R   ·   ·   R   ·   ·   ·   | filter
    phone               R    R   R   R   R   ·   ·   R   ·   ·   ·
    company             R    R   R   R   R   ·   ·   R   ·   ·   ·
    subject             R    R   R   R   R   ·   ·   R   ·   L   ·
    message             R    R   R   R   R   ·   ·   R   ·   L   ·
    language            R    R   R   R   R   ·   ·   R   ·   ·   ·
    customer_id         R    R   R   R   R   ·   ·   R   ·   ·   ·   | filter
    login_id            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    assigned_to         ·    RW  R   RW  RW  ·   ·   RW  ·   ·   ·   | filter
    answers             R    R   R   R   R   ·   ·   R   ·   L   ·
    spam_score          ·    R   R   R   R   ·   ·   R   ·   ·   ·
    spam_signs          ·    R   R   R   R   ·   ·   R   ·   ·   ·
    received_at         R    R   R   R   R   ·   ·   R   ·   L   ·   | period
    acknowledged_at     R    R   R   R   R   ·   ·   R   ·   ·   ·
    due_at              R    R   R   R   R   ·   ·   R   ·   ·   ·
    answered_at         R    R   R   R   R   ·   ·   R   ·   L   ·
    closed_at           R    R   R   R   R   ·   ·   R   ·   ·   ·
    closed_reason       R    RW  R   RW  RW  ·   ·   RW  ·   ·   ·
    kept_until          R    R   R   R   R   ·   ·   R   ·   ·   ·
    email_key           ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    mailbox_key         ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

INVOICE = resource(
    "invoice",
    "invoices",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   ·   ·   R   ·   ·   ·   ·   ·
    customer_id         R    R   R   ·   ·   R   ·   ·   ·   ·   ·
    number              R    R   R   ·   ·   R   ·   ·   ·   ·   ·
    description         R    R   R   ·   ·   R   ·   ·   ·   ·   ·
    amount_cents        R    R   R   ·   ·   R   ·   ·   ·   ·   ·
    currency            R    R   R   ·   ·   R   ·   ·   ·   ·   ·
    due_on              R    R   R   ·   ·   R   ·   ·   ·   ·   ·
    status              R    R   R   ·   ·   RW  ·   ·   ·   ·   ·   | filter
    issued_at           R    R   R   ·   ·   R   ·   ·   ·   ·   ·
    paid_at             R    R   R   ·   ·   R   ·   ·   ·   ·   ·
    """,
)

PURPOSE = resource(
    "purpose",
    "purposes",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    key                 R    R   R   R   R   R   R   R   R   R   R
    version             R    R   R   R   R   R   R   R   R   R   R
    hash                R    R   R   R   R   R   R   R   R   R   R
    published_at        R    R   R   R   R   R   R   R   R   R   R
    basis               R    R   R   R   R   R   R   R   R   R   R
    article             R    R   R   R   R   R   R   R   R   R   R
    withdrawable        R    R   R   R   R   R   R   R   R   R   R
    asked_of            R    R   R   R   R   R   R   R   R   R   R
    consent_kept_from   R    R   R   R   R   R   R   R   R   R   R
    title               R    R   R   R   R   R   R   R   R   R   R
    text                R    R   R   R   R   R   R   R   R   R   R
    categories          R    R   R   R   R   R   R   R   R   R   R
    fields              R    R   R   R   R   R   R   R   R   R   R
    retention           R    R   R   R   R   R   R   R   R   R   R
    recipients          R    R   R   R   R   R   R   R   R   R   R
    """,
)

CONSENT_EVENT = resource(
    "consent_event",
    "consent_events",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   ·   ·   ·   ·   ·   L   ·
    sequence            R    R   R   R   ·   ·   ·   ·   ·   L   ·
    purpose             R    R   R   R   ·   ·   ·   ·   ·   L   ·   | filter
    purpose_version     R    R   R   R   ·   ·   ·   ·   ·   L   ·
    purpose_hash        R    R   R   R   ·   ·   ·   ·   ·   L   ·
    state               R    R   R   R   ·   ·   ·   ·   ·   L   ·   | filter
    recipient_id        R    R   R   R   ·   ·   ·   ·   ·   L   ·   | filter
    fields              R    R   R   R   ·   ·   ·   ·   ·   L   ·
    expires_at          R    R   R   R   ·   ·   ·   ·   ·   L   ·
    language            R    R   R   R   ·   ·   ·   ·   ·   L   ·
    channel             R    R   R   R   ·   ·   ·   ·   ·   L   ·   | filter
    actor_kind          R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    actor_id            M    R   R   R   ·   ·   ·   ·   ·   ·   ·
    role                R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    session_id          M    R   R   R   ·   ·   ·   ·   ·   ·   ·
    network             R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    evidence            R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    at                  R    R   R   R   ·   ·   ·   ·   ·   L   ·   | period
    subject_id          R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

CONSENT_STATE = resource(
    "consent_state",
    "consent_states",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   R   ·   ·   R   ·   L   ·
    purpose             R    R   R   R   R   ·   ·   R   ·   L   ·
    recipient_id        R    R   R   R   R   ·   ·   ·   ·   L   ·
    purpose_version     R    R   R   R   R   ·   ·   R   ·   L   ·
    state               R    R   R   R   R   ·   ·   R   ·   L   ·
    fields              R    R   R   R   R   ·   ·   ·   ·   L   ·
    expires_at          R    R   R   R   R   ·   ·   R   ·   L   ·
    channel             R    R   R   R   R   ·   ·   R   ·   L   ·
    at                  R    R   R   R   R   ·   ·   R   ·   L   ·
    subject_id          ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

RECIPIENT = resource(
    "recipient",
    "recipients",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   R   ·   ·   R   ·   ·   ·
    name                R    RW  R   RW  R   ·   ·   R   ·   L   ·
    tax_id              R    RW  R   RW  ·   ·   ·   ·   ·   ·   ·
    country             R    RW  R   RW  R   ·   ·   R   ·   L   ·
    contact_email       R    RW  R   RW  ·   ·   ·   ·   ·   ·   ·
    safeguards          R    RW  R   RW  R   ·   ·   ·   ·   ·   ·
    status              R    RW  R   RW  R   ·   ·   R   ·   ·   ·   | filter
    created_at          R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    retired_at          R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    created_by          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

ANALYTICS_EVENT = resource(
    "analytics_event",
    "analytics_events",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    kind                R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    path                R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    referrer            R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    device              R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    network             R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    campaign            R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    at                  R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    day                 ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    subject_id          ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    customer_id         ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

DISCLOSURE = resource(
    "disclosure",
    "disclosures",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   R   R   ·   ·   ·   ·   ·   L   ·
    customer_id         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·   | filter
    recipient_id        R    R   R   R   ·   ·   ·   ·   ·   L   ·   | filter
    consent_event_id    R    R   R   R   ·   ·   ·   ·   ·   L   ·
    purpose             R    R   R   R   ·   ·   ·   ·   ·   L   ·   | filter
    fields              R    R   R   R   ·   ·   ·   ·   ·   L   ·
    bytes               R    R   R   R   ·   ·   ·   ·   ·   L   ·
    sha256              R    R   R   R   ·   ·   ·   ·   ·   L   ·
    content_type        R    R   R   R   ·   ·   ·   ·   ·   L   ·
    at                  R    R   R   R   ·   ·   ·   ·   ·   L   ·   | period
    actor_kind          R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    role                R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    actor_id            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    request_id          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    message_id          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    sent_to             R    R   R   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

# Nobody's daily work needs these (Marco Civil art. 15): people see their own, a judge's order opens
# an account's.
ACCESS_RECORD = resource(
    "access_record",
    "access_records",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    ·   ·   ·   ·   ·   ·   ·   ·   L   ·
    at                  R    ·   ·   ·   ·   ·   ·   ·   ·   L   ·   | period
    event               R    ·   ·   ·   ·   ·   ·   ·   ·   L   ·
    ip                  R    ·   ·   ·   ·   ·   ·   ·   ·   L   ·
    source_port         R    ·   ·   ·   ·   ·   ·   ·   ·   L   ·
    customer_id         R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    session_id          R    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    login_id            ·    ·   ·   ·   ·   ·   ·   ·   ·   L   ·
    officer_id          ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    staff_id            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

AGENCY = resource(
    "agency",
    "agencies",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   R   R   ·   ·   ·   ·   ·   R   R
    name                ·    RW  R   RW  ·   ·   ·   ·   ·   R   R
    kind                ·    RW  R   RW  ·   ·   ·   ·   ·   R   R   | filter
    jurisdiction        ·    RW  R   RW  ·   ·   ·   ·   ·   R   R   | filter
    domains             ·    RW  R   RW  ·   ·   ·   ·   ·   R   R
    callback_phone      ·    RW  R   RW  ·   ·   ·   ·   ·   ·   ·
    phone_source        ·    RW  R   RW  ·   ·   ·   ·   ·   ·   ·
    status              ·    RW  R   RW  ·   ·   ·   ·   ·   R   ·   | filter
    created_at          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    created_by          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    kind_set_by         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    phone_set_by        ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    domains_set_by      ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    confirmed_at        ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    confirmed_by        ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

OFFICER = resource(
    "officer",
    "officers",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    agency_id           ·    R   R   R   ·   ·   ·   ·   ·   R   ·   | filter
    name                ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    email               ·    R   R   R   ·   ·   ·   ·   ·   R   ·   | filter
    tax_id              ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    office              ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    registration_number ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    language            ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    status              ·    R   R   R   ·   ·   ·   ·   ·   R   ·   | filter
    created_at          ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    email_confirmed_at  ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    vettings            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    vetted_at           ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    vetted_by           ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    valid_until         ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    suspended_at        ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    suspended_reason    ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    last_login_at       ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    email_key           ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    password_hash       ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

LEGAL_REQUEST = resource(
    "legal_request",
    "legal_requests",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    reference           ·    R   R   R   ·   ·   ·   ·   ·   R   ·   | filter
    channel             ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    agency_id           ·    R   R   R   ·   ·   ·   ·   ·   R   ·   | filter
    officer_id          ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    entered_by          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    kind                ·    R   R   R   ·   ·   ·   ·   ·   R   ·   | filter
    basis               ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    process_number      ·    R   R   R   ·   ·   ·   ·   ·   R   ·   | filter
    inquiry_number      ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    issuing_body        ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    signer_name         ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    signer_tax_id       ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    signer_office       ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    motivation          ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    risk_statement      ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    items               ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    targets             ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    period_from         ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    period_to           ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    period_zone         ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    due_at              ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    legal_due_at        ·    R   R   R   ·   ·   ·   ·   ·   R   ·   | sort
    clock_stopped_at    ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    lapse_told_at       ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    age_recipient       ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    answer_email        ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    secrecy_basis       ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    secrecy_until       ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    language            ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    status              ·    R   R   R   ·   ·   ·   ·   ·   R   ·   | filter
    status_at           ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    documents_sha256    ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    findings            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    decisions           ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    reviewed_by         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    approved_by         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    approved_again_by   ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    checked_by          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    created_at          ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    submitted_at        ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    closed_at           ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    """,
)

LEGAL_STEP = resource(
    "legal_step",
    "legal_steps",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    at                  ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    deed                ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    origin              ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    to                  ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    actor_kind          ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    actor_id            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    role                ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    actor_name          ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    reason              ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    article             ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    message             ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    note                ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    documents_sha256    ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    request_id          ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    """,
)

LEGAL_DOCUMENT = resource(
    "legal_document",
    "legal_documents",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    kind                ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    order_id            ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    name                ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    media_type          ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    bytes               ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    sha256              ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    uploaded_at         ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    uploaded_by_kind    ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    uploaded_by         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    verdict             ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    assurance           ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    report              ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    verified_at         ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    request_id          ·    R   R   R   ·   ·   ·   ·   ·   R   ·
    file_id             ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

LEGAL_SECRECY_ORDER = resource(
    "legal_secrecy_order",
    "legal_secrecy_orders",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    request_id          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    number              ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    at                  ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    entry               ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    change              ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    secrecy_basis       ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    secrecy_until       ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    reference           ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    reason              ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    actor_kind          ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    actor_id            ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    proposal_id         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    proposed_by         ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

LEGAL_TARGET = resource(
    "legal_target",
    "legal_targets",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    position            ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    customer_id         ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    matched_by          ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    matched_at          ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    outcome             ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    candidate_count     ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    candidates          ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    chosen_by           ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    chosen_at           ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    choice_reason       ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    request_id          ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

LEGAL_HOLD = resource(
    "legal_hold",
    "legal_holds",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    request_id          ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    customer_id         ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    placed_at           ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    lapses_at           ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    filing_number       ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    filed_at            ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    filed_by            ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    ended_at            ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    end_reason          ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    ended_by            ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    end_note            ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

LEGAL_NOTICE = resource(
    "legal_notice",
    "legal_notices",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  R    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    reference           R    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    authority           R    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    kind                R    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    article             R    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    items               R    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    approved_at         R    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    sent_at             R    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    request_id          ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    customer_id         ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    state               ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    reason              ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    due_at              ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    """,
)

LEGAL_COLLEAGUE = resource(
    "legal_colleague",
    "legal_colleagues",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    officer_id          ·    ·   ·   ·   ·   ·   ·   ·   ·   R   ·
    added_at            ·    ·   ·   ·   ·   ·   ·   ·   ·   R   ·
    request_id          ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

AUDIT_SEAL = resource(
    "audit_seal",
    "audit_seals",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    number              ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    sealed_at           ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    events              ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    digest              ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    version             ·    R   R   R   ·   ·   ·   ·   ·   ·   ·
    first_id            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    last_id             ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    previous            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    kid                 ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    signature           ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

LEGAL_PACKAGE = resource(
    "legal_package",
    "legal_packages",
    """
                        self dir eng dpo sup bil pro mkt par aut pub
    id                  ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    request_id          ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    state               ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    recipient           ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    manifest            ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    zip_bytes           ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    zip_sha256          ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    bytes               ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    sha256              ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    made_at             ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    released_at         ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    downloaded_at       ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    downloads           ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    reissues            ·    R   ·   R   ·   ·   ·   ·   ·   ·   ·
    expires_at          ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    deleted_at          ·    R   ·   R   ·   ·   ·   ·   ·   R   ·
    file_id             ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    identity            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    key_file            ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    leased_until        ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """,
)

INTERNAL = (
    internal("customer_words", "word customer_id"),
    internal("legacy_customers", "legacy_id customer_id imported_at"),
    internal(
        "staff_members",
        "id email email_key name role status password_hash created_at last_login_at",
    ),
    internal("refresh_tokens", "digest session_id created_at expires_at spent_at"),
    internal("consent_subjects", "id kind events"),
    internal("outbox_batches", "batch template contents recipients created_at queued_at"),
    internal("audit_subjects", "subject_id event_id"),
    internal("idempotency_keys", "key request_digest answer created_at"),
    internal(
        "one_time_tokens", "digest purpose login_id subject_id created_at expires_at spent_at"
    ),
    internal("recovery_codes", "digest login_id staff_id officer_id created_at used_at"),
    internal(
        "challenges", "id purpose challenge login_id staff_id officer_id created_at expires_at"
    ),
    internal("pending_registrations", "id kind email_key form created_at expires_at"),
    internal(
        "email_changes",
        "id login_id customer_id moves_login moves_contact old_email new_email created_at "
        "confirmed_at withdrawn_at undone_at",
    ),
    internal("contact_forms", "id origin used_at expires_at"),
    internal("held_copies", "id hold_id resource record_id taken_at content"),
    internal("incident_targets", "incident_id login_id done_at failed_at failure"),
    internal("transparency_reports", "period published_at figures"),  # sums, told by their service
    internal(
        "stored_files",
        "id purpose name media_type bytes sha256 created_at completed_at deleted_at",
    ),
    internal("stored_file_chunks", "file_id number content"),
)

RESOURCES: Mapping[str, Resource] = {
    entry.name: entry
    for entry in (
        CUSTOMER,
        LOGIN,
        MEMBERSHIP,
        INVITATION,
        SESSION,
        AUTHENTICATOR,
        CUSTOMER_CHANGE,
        INTERVENTION,
        INCIDENT,
        OUTBOX_MESSAGE,
        INVOICE,
        CONTACT_REQUEST,
        AUDIT_EVENT,
        POLICY,
        PURPOSE,
        CONSENT_EVENT,
        CONSENT_STATE,
        RECIPIENT,
        POLICY_DRAFT,
        POLICY_ACCEPTANCE,
        ANALYTICS_EVENT,
        DISCLOSURE,
        ACCESS_RECORD,
        AGENCY,
        OFFICER,
        LEGAL_REQUEST,
        LEGAL_STEP,
        LEGAL_DOCUMENT,
        LEGAL_SECRECY_ORDER,
        LEGAL_TARGET,
        LEGAL_HOLD,
        LEGAL_NOTICE,
        LEGAL_COLLEAGUE,
        AUDIT_SEAL,
        LEGAL_PACKAGE,
        *INTERNAL,
    )
}
"""Every resource by name. Start-up fails when a column of the database is missing here."""


COMPANIONS: Mapping[str, Companion] = {
    "membership": Companion(
        "login", "login_id", ("id", "name", "email", "status", "last_login_at")
    ),
    "disclosure": Companion("recipient", "recipient_id", ("name", "country", "status")),
    "officer": Companion("agency", "agency_id", ("name", "kind", "jurisdiction", "status")),
    "legal_colleague": Companion("officer", "officer_id", ("name", "email", "office")),
}
"""Records that are shown within another one: a member is a membership and the login that has it,
a disclosure is shown with whom it went to, an officer with their agency, a colleague with who they
are."""


def matrix_text(resources: Mapping[str, Resource] = RESOURCES) -> str:
    """The whole matrix, row scopes included, in a canonical form: a line per fact, sorted."""
    lines: list[str] = []
    for name, entry in resources.items():
        lines += [f"{name} rows {viewer}={row_scope(name, viewer)}" for viewer in Viewer]
        lines += [f"{name}.{_row_text(row)}" for row in entry.rows]
    lines += [f"{name} shows {companion}" for name, companion in COMPANIONS.items()]
    return "\n".join(sorted(lines)) + "\n"


def _row_text(row: Row) -> str:
    cells = " ".join(f"{viewer}={row.cell(viewer)}" for viewer in Viewer)
    return f"{row.field} {cells} uses={','.join(sorted(row.uses))}"


def matrix_hash(resources: Mapping[str, Resource] = RESOURCES) -> str:
    """SHA-256 (hex) of the canonical matrix: names, on each audit row, what was in force."""
    return hashlib.sha256(matrix_text(resources).encode()).hexdigest()
