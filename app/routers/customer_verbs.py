"""Which verb each operation of the customer door asks for, for the OpenAPI document.

A route that is not here keeps the document from being made; a test asks each to see that it is so.
"""

from collections.abc import Mapping
from typing import Final

from app.access.permissions import OPEN_TO_THE_UNACCEPTING

VERBS: Final[Mapping[str, str]] = {
    "customer_accept_invitation": "customer:invitation:accept",
    "customer_accept_policy": "customer:policy_acceptance:create",
    "customer_add_passkey": "customer:authenticator:add",
    "customer_ask": "customer:contact_request:create",
    "customer_ask_passkey": "customer:authenticator:add",
    "customer_change_email": "customer:email:change",
    "customer_change_password": "customer:password:update",
    "customer_confirm_totp": "customer:authenticator:add",
    "customer_end_other_sessions": "customer:session:end",
    "customer_end_session": "customer:session:end",
    "customer_invite": "customer:invitation:create",
    "customer_leave": "customer:membership:leave",
    "customer_list_access_records": "customer:access_record:list",
    "customer_list_accounts": "customer:account:list",
    "customer_list_analytics_events": "customer:analytics_event:list",
    "customer_list_authenticators": "customer:authenticator:list",
    "customer_list_consent_events": "customer:consent:list",
    "customer_list_consents": "customer:consent:read",
    "customer_list_contact_requests": "customer:contact_request:list",
    "customer_list_disclosures": "customer:disclosure:list",
    "customer_list_legal_requests": "customer:legal_notice:list",
    "customer_list_interventions": "customer:intervention:list",
    "customer_list_invitations": "customer:invitation:list",
    "customer_list_invoices": "customer:invoice:list",
    "customer_list_members": "customer:membership:list",
    "customer_list_policy_acceptances": "customer:policy_acceptance:list",
    "customer_list_recipients": "customer:recipient:list",
    "customer_list_sessions": "customer:session:list",
    "customer_read_access_log": "customer:audit_event:list",
    "customer_read_authenticator": "customer:authenticator:read",
    "customer_read_consent_event": "customer:consent:read",
    "customer_read_consent_receipt": "customer:consent:read",
    "customer_read_intervention": "customer:intervention:read",
    "customer_read_invoice": "customer:invoice:read",
    "customer_read_login": "customer:login:read",
    "customer_read_member": "customer:membership:list",
    "customer_read_membership": "customer:membership:read",
    "customer_read_profile": "customer:customer:read",
    "customer_read_profile_history": "customer:customer_change:list",
    "customer_remove_authenticator": "customer:authenticator:remove",
    "customer_rename_authenticator": "customer:authenticator:update",
    "customer_renew_recovery_codes": "customer:recovery_code:renew",
    "customer_revoke_member": "customer:membership:revoke",
    "customer_say_consent": "customer:consent:record",
    "customer_send_email_verification": "customer:email:verify",
    "customer_start_totp": "customer:authenticator:add",
    "customer_update_member": "customer:membership:update",
    "customer_update_profile": "customer:customer:update",
    "customer_withdraw_invitation": "customer:invitation:withdraw",
}


def wants_acceptance(operation_id: str) -> bool:
    """Whether it is shut to a login that has yet to accept the policy in force."""
    return VERBS[operation_id] not in OPEN_TO_THE_UNACCEPTING
