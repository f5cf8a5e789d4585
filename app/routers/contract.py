"""What holds for whole doors, as data for the OpenAPI document: see `openapi.py`."""

from collections.abc import Mapping
from typing import Any, Final

from app.access.legal_workflow import READ_FIRST
from app.access.purposes import PURPOSES
from app.access.viewers import MUST_GIVE_REASON, STAFF_ROLES
from app.core.text import UNSAFE, UNSEEN
from app.routers.customer_verbs import wants_acceptance
from app.routers.problems import STATUS, always_sent
from app.routers.uploads import MEDIA_TYPES
from app.services.authorization import LONGEST_REASON, SHORTEST_REASON
from app.services.idempotency import FORM

DESCRIPTION: Final = """\
Salvaguarda keeps a web agency's promise about customers' data.

There are five kinds of caller, each with a door of its own:

* **Anybody**: `/v1/public`, and `/v1/auth` to sign in. Read the policy in force
  (`GET /v1/public/policies/current`), then register with its `version`. Pages ask visitors about
  cookies at `/v1/public/cookie-consents` and report what these allow to
  `/v1/public/analytics/events`.
* **Customers**: sign in at `POST /v1/auth/customer/token`, send `Authorization: Bearer …` to
  `/v1/customer`. They see their whole account, and who looked at it. Who has a second factor is
  asked for it (401 `second_factor_required`), or signs in by passkey alone.
  A page in a browser adds `delivery=cookie`: see `POST /v1/auth/refresh`.
  People whom they trust come by the same door with a login of their own, and get just what their
  permissions open (`GET /v1/customer/membership`). Whoever has yet to accept the policy in force is
  answered 403 `policy_acceptance_required`, but where they accept, read and correct their own data,
  ask about it or what the policy means, withdraw consent, protect themselves or leave. Who enters
  several accounts (`GET /v1/customer/accounts`) names one at sign-in as `customer_id`.
* **Staff**: sign in at `POST /v1/auth/staff/token` with password and TOTP code, or by passkey, use
  `/v1/staff`.
  Each role sees only its fields: a hidden member is *absent*, and naming it is answered like naming
  one that does not exist. `x-visible-to` on each property says who sees it;
  `GET /v1/staff/visibility` tells callers their own part. `X-Purpose` names the purpose of a read;
  engineers state `X-Reason`.
* **Authorities**: an officer registers with an address of their agency
  (`POST /v1/public/authority-registrations`), is called back, signs in at
  `POST /v1/auth/authority/token` with password and TOTP code, and uses `/v1/authority`.
* **Partners**: their door (`/v1/partner`) is not open yet.

Errors are problem documents (RFC 9457) with a stable `code`, in Portuguese, or in English by
`Accept-Language`; they never hold what was sent. A method that a path does not know is answered
405 with `Allow`, a body of more than one megabyte 413, a file of more than twenty, and one that
comes too slowly 408. Lists answer `{"items": […], "next_cursor": …}`; give the cursor back with the
same parameters. Changes need `If-Match` with the `ETag` that was read. Sensitive deeds want a proof
of presence of the last five minutes: 401 `step_up_required`, then `POST /v1/auth/step-up`, then
again (RFC 9470).
"""

TAGS: Final = [
    {"name": "public", "description": "For anybody."},
    {"name": "auth", "description": "Signing in, staying signed in, signing out."},
    {"name": "customer", "description": "For customers, about their own account."},
    {"name": "staff", "description": "For staff, each role with its own fields."},
    {"name": "authority", "description": "For officers of authorities."},
    {"name": "health", "description": "For whoever runs the service."},
]

SECURITY_SCHEMES: Final[dict[str, Any]] = {
    door: {
        "type": "oauth2",
        "description": description,
        "flows": {
            "password": {
                "tokenUrl": f"/v1/auth/{door}/token",
                "refreshUrl": "/v1/auth/refresh",
                "scopes": {},
            }
        },
    }
    for door, description in (
        (
            "customer",
            "A customer's login: e-mail and password; with a second factor, `totp` or "
            "`recovery_code` too, a form field beside the usual two.",
        ),
        ("staff", "A staff member: e-mail, password, and `totp` or `recovery_code`, always."),
        ("authority", "An authority's officer: the same three, always."),
    )
} | {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of any kind.",
    }
}

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457. Never holds what was sent.",
    "required": ["type", "title", "status", "code", "detail"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "enum": sorted(STATUS), "description": "Stable."},
        "detail": {"type": "string", "description": "What to do next."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "additionalProperties": False,
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901)."},
                    "parameter": {"type": "string", "description": "The query parameter."},
                    "code": {"type": "string", "description": "Stable."},
                    "message": {"type": "string"},
                },
            },
        },
    },
}

PARAMETERS_OF_EXAMPLES: Final[Mapping[str, str | int]] = {
    "accepted": "cursor, limit",
    "limit": 1024 * 1024,
    "count": 1201,
    "min": SHORTEST_REASON,
    "max": LONGEST_REASON,
}
ERRORS_OF_EXAMPLES: Final[Mapping[str, list[dict[str, str]]]] = {
    "validation_failed": [
        {"pointer": "/email", "code": "invalid_email", "message": "Not an e-mail address."}
    ],
    "unknown_member": [
        {"pointer": "", "code": "unknown_member", "message": "This member is not accepted."}
    ],
}


def _told(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": {"type": "string"} | schema}


HEADERS: Final[dict[str, Any]] = {
    "X-Request-ID": _told("Names this exchange in logs and audit events."),
    "ETag": _told("The state of the record, for `If-Match`."),
    "Location": _told("Where the new record is."),
    "Retry-After": _told("Seconds to wait.", pattern="^[0-9]+$"),
    "WWW-Authenticate": _told("`Bearer`, with the error if there was a token (RFC 6750)."),
    "Accept": _told("The media types that are taken (RFC 9110, 15.5.16)."),
    "Set-Cookie": _told(
        "At a sign-in with `delivery=cookie`: the refresh token, the CSRF token. At a decision "
        "about cookies: the browser's random id."
    )
    | {"required": False},
}

_WITH_TAG: Final = frozenset(
    {
        "authority_read_authenticator",
        "authority_read_login",
        "authority_rename_authenticator",
        "customer_read_authenticator",
        "customer_read_consent_event",
        "customer_read_invoice",
        "customer_read_member",
        "customer_read_membership",
        "customer_read_intervention",
        "customer_read_login",
        "customer_read_profile",
        "customer_rename_authenticator",
        "customer_update_member",
        "customer_update_profile",
        "public_read_current_policy",
        "public_read_purpose_version",
        "public_read_policy",
        "staff_read_agency",
        "staff_read_authenticator",
        "staff_read_customer",
        "staff_read_invoice",
        "staff_read_officer",
        "staff_read_recipient",
        "staff_rename_authenticator",
        "staff_settle_invoice",
        "staff_update_agency",
        "staff_update_customer",
        "staff_update_recipient",
        "staff_read_legal_request",
        "staff_advance_legal_request",
        "staff_read_incident",
        "staff_update_incident",
        "staff_confirm_agency",
        "staff_confirm_incident",
        "staff_cancel_incident",
        "staff_retry_incident",
        "staff_read_contact_request",
        "staff_update_contact_request",
        "staff_read_policy_draft",
        "staff_update_policy_draft",
        "staff_submit_policy_draft",
        "staff_review_policy_draft",
        "staff_publish_policy_draft",
        "staff_discard_policy_draft",
        "staff_withdraw_policy",
    }
)

_TAG: Final = "$response.header.ETag"
_RENEW: Final = {
    "renew": {
        "operationId": "auth_refresh",
        "requestBody": {"refresh_token": "$response.body#/refresh_token"},
        "description": "Before `expires_in` has passed.",
    }
}
LINKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "auth_customer_sign_in": _RENEW,
    "auth_staff_sign_in": _RENEW,
    "auth_authority_sign_in": _RENEW,
    "auth_refresh": _RENEW,
    "customer_invite": {
        "withdraw": {
            "operationId": "customer_withdraw_invitation",
            "parameters": {"path.invitation_id": "$response.body#/id"},
        }
    },
    "customer_say_consent": {
        "prove": {
            "operationId": "customer_read_consent_receipt",
            "parameters": {"path.consent_event_id": "$response.body#/id"},
        }
    },
    "customer_list_invoices": {
        "first": {
            "operationId": "customer_read_invoice",
            "parameters": {"path.invoice_id": "$response.body#/items/0/id"},
        }
    },
    "customer_read_profile": {
        "change": {
            "operationId": "customer_update_profile",
            "parameters": {"header.If-Match": _TAG},
        }
    },
    "staff_list_customers": {
        "first": {
            "operationId": "staff_read_customer",
            "parameters": {"path.customer_id": "$response.body#/items/0/id"},
        }
    },
    "staff_read_customer": {
        "change": {
            "operationId": "staff_update_customer",
            "parameters": {
                "path.customer_id": "$request.path.customer_id",
                "header.If-Match": _TAG,
            },
        }
    },
}
"""What an answer is good for next, by operation id."""


_SIGNED_IN: Final = ("/v1/staff", "/v1/customer", "/v1/authority")
"""The doors with sign-in."""


def security_of(path: str) -> list[dict[str, list[str]]] | None:
    """What a path asks of its callers; None where anybody may come."""
    if path.startswith(_SIGNED_IN):
        return [{path.split("/")[2]: []}, {"bearer": []}]
    signed_in = path == "/v1/auth/logout" or path.startswith("/v1/auth/step-up")
    return [{"bearer": []}] if signed_in else None


def headers_taken(path: str, method: str) -> list[dict[str, Any]]:
    """The request headers that an operation reads, the caller's token apart."""
    taken: list[dict[str, Any]] = []
    if path.startswith("/v1"):
        taken.append(_header("Accept-Language", "`pt-BR` (default) or `en`.", "en"))
    if path.startswith("/v1/staff"):
        taken.append(_purpose())
    if path.startswith("/v1/staff") and path != "/v1/staff/visibility":
        taken.append(_reason(required=(method, path) in _REASONED))
    if method == "patch" or (method, path) in _FROM_A_STATE | _DEEDS:
        example = '"3f7a0c51e9d24b86a1f0c2d4e6b8a097"'
        meaning = "The `ETag` that was read; `*` for whatever stands there."
        if (method, path) in _FROM_A_STATE:
            meaning = "The `ETag` that was read. `*` is answered 412: nobody has read that."
        if (method, path) in _DEEDS:
            named = " and ".join(f"`{deed}`" for deed in sorted(READ_FIRST))
            meaning = f"The `ETag` that was read. Required to {named}, where `*` is answered 412."
        required = (method, path) not in _DEEDS
        taken.append(_header("If-Match", meaning, example, required=required))
    if path == "/v1/auth/refresh":
        taken.append(
            _header("X-CSRF-Token", "The session's `csrf_token`; with a cookie.", "bWFkZQ")
        )
    if (method, path) in _IDEMPOTENT:
        meaning = (
            "The same key and body gets the same answer once more, for a day; another body 422."
        )
        example = "5a0c7c1e-6f0b-4b0e-9a51-0f5d8c1f2b3a"
        taken.append(_header("Idempotency-Key", meaning, example, pattern=f"^{FORM.pattern}$"))
    return taken


_IDEMPOTENT: Final = frozenset(
    {
        ("post", "/v1/public/registrations"),
        ("post", "/v1/customer/email-changes"),
        ("post", "/v1/customer/invitations"),
        ("post", "/v1/staff/customers/{customer_id}/invoices"),
        ("post", "/v1/customer/consents"),
        ("post", "/v1/staff/customers/{customer_id}/consents"),
        ("post", "/v1/staff/interventions"),
        ("post", "/v1/staff/incidents"),
        ("post", "/v1/staff/recipients"),
        ("post", "/v1/staff/legal-requests"),
        ("post", "/v1/authority/legal-requests"),
        ("post", "/v1/staff/agencies"),
        ("post", "/v1/staff/legal-requests"),
        ("post", "/v1/authority/legal-requests"),
        ("post", "/v1/public/contact-requests"),
        ("post", "/v1/customer/contact-requests"),
        ("post", "/v1/staff/contact-requests/{contact_request_id}/answers"),
        ("post", "/v1/staff/policies/drafts"),
        ("post", "/v1/staff/customers/{customer_id}/disclosures"),
        ("post", "/v1/authority/legal-requests/{legal_request_id}/documents"),
        ("post", "/v1/staff/legal-requests/{legal_request_id}/documents"),
    }
)
"""Operations that take an `Idempotency-Key`."""

_REASONED: Final = frozenset(
    {
        ("post", "/v1/staff/customers/{customer_id}/disclosures"),
        ("post", "/v1/staff/officers/{officer_id}/suspend"),
        ("post", "/v1/staff/officers/{officer_id}/reinstate"),
        ("post", "/v1/staff/officers/{officer_id}/recoveries"),
        ("get", "/v1/staff/legal-requests/{legal_request_id}/package/content"),
        ("get", "/v1/staff/legal-requests/{legal_request_id}/package/key"),
    }
)
"""Operations that want an `X-Reason` of every role (`authorization.require_reason`)."""

_FROM_A_STATE: Final = frozenset(
    {
        ("post", "/v1/staff/agencies/{agency_id}/confirm"),
        ("post", "/v1/staff/policies/drafts/{draft_id}/review"),
        ("post", "/v1/staff/policies/drafts/{draft_id}/publish"),
    }
)
"""Deeds, beside the edits, that name in `If-Match` what their caller has read."""

_DEEDS: Final = frozenset({("post", "/v1/staff/legal-requests/{legal_request_id}/steps")})
"""Operations of many deeds, some of which name it, too."""


_WITH_COOKIE: Final = frozenset(
    {
        "auth_customer_sign_in",
        "auth_staff_sign_in",
        "auth_authority_sign_in",
        "auth_refresh",
        "public_say_cookie_consents",
    }
)
_WITH_LOCATION: Final = frozenset({"public_register", "public_confirm_registration"})


def headers_given(operation_id: str, status: str) -> dict[str, Any]:
    """The response headers of an operation that went well, with this status."""
    names = ["X-Request-ID"]
    if operation_id in _WITH_TAG:
        names.append("ETag")
    if operation_id in _WITH_COOKIE:
        names.append("Set-Cookie")
    if operation_id in {"public_register", "staff_create_incident", "staff_create_policy_draft"}:
        names.append("Location")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def headers_of_problem(code: str) -> tuple[str, ...]:
    """The response headers of a problem, the request id apart."""
    return ("Accept",) if code == "unsupported_media_type" else always_sent(code)


def problems_of(path: str, method: str, operation: Mapping[str, Any]) -> set[str]:
    """The codes of the problems that an operation may answer with.

    A route names its own beside itself: ``openapi_extra={"x-problems": ["count_changed"]}``.
    """
    codes = {"malformed_request", "unknown_parameter", "internal_error"}
    if path.startswith("/v1"):
        codes |= {"https_required", "database_unavailable", "audit_unavailable"}
    if "requestBody" in operation:
        codes |= {"payload_too_large", "body_too_slow"}
        codes |= {"unsupported_media_type", "validation_failed"}
        if operation["requestBody"]["content"].keys() != MEDIA_TYPES:
            codes |= {"malformed_json", "unknown_member"}
    if path.startswith("/v1/auth/"):
        codes |= _AUTH[path.removeprefix("/v1/auth/")]
    if path == "/v1/public/registrations":
        codes |= _REGISTRATION
    if (method, path) in _IDEMPOTENT:
        codes |= {"idempotency_key_invalid", "idempotency_key_reused"}
    if path == "/v1/public/policies/current":
        codes |= {"not_found"}
    if security_of(path) is not None:
        codes |= {"unauthenticated", "token_invalid", "session_ended"}
    if path.startswith(_SIGNED_IN):
        codes |= {"forbidden", "purpose_not_allowed"}
    if path.startswith("/v1/staff") and path != "/v1/staff/visibility":
        codes |= {"reason_required"}
    if path.startswith("/v1/customer") and wants_acceptance(operation["operationId"]):
        codes |= {"policy_acceptance_required"}
    if path.endswith(("/profile", "/{customer_id}")):
        codes |= {"not_found"}
    elif any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ())):
        codes |= {"validation_failed", "invalid_sort", "invalid_cursor"}
    if method == "patch" or (method, path) in _FROM_A_STATE | _DEEDS:
        codes |= {"precondition_failed", "precondition_required"}
    return codes | set(operation.get("x-problems", ()))


_AUTH: Final[Mapping[str, set[str]]] = {
    "customer/token": {
        "csrf_refused",
        "invalid_credentials",
        "second_factor_required",
        "too_many_requests",
        "hashing_busy",
    },
    "staff/token": {"csrf_refused", "invalid_credentials", "too_many_requests", "hashing_busy"},
    "authority/token": {
        "csrf_refused",
        "invalid_credentials",
        "officer_not_vetted",
        "too_many_requests",
        "hashing_busy",
    },
    "customer/passkey/options": {"too_many_requests"},
    "customer/passkey/token": {"csrf_refused", "invalid_credentials", "too_many_requests"},
    "staff/passkey/options": {"too_many_requests"},
    "staff/passkey/token": {"csrf_refused", "invalid_credentials", "too_many_requests"},
    "step-up": {
        "invalid_credentials",
        "stronger_proof_required",
        "too_many_requests",
        "hashing_busy",
    },
    "step-up/options": {"too_many_requests"},
    "refresh": {"token_invalid", "csrf_refused", "too_many_requests"},
    "logout": set(),
}
_REGISTRATION: Final = {
    "registration_closed",
    "email_taken",
    "policy_version_not_current",
    "purpose_version_not_current",
    "too_many_requests",
    "hashing_busy",
}


def _header(
    name: str, description: str, example: str, *, required: bool = False, **schema: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", **schema},
        "example": example,
    }


def _purpose() -> dict[str, Any]:
    purposes = sorted({purpose for role in STAFF_ROLES for purpose in PURPOSES[role]})
    meaning = "Why the caller reads; without it the role's own purpose counts."
    return _header("X-Purpose", meaning, "legal_obligation", enum=purposes)


def _reason(*, required: bool) -> dict[str, Any]:
    seen = f"[^{UNSAFE}{UNSEEN}]"
    between = f"{{{SHORTEST_REASON - 2},{LONGEST_REASON - 2}}}"
    whose = "every role" if required else ", ".join(sorted(MUST_GIVE_REASON))
    meaning = f"{SHORTEST_REASON} to {LONGEST_REASON} characters, in UTF-8. Required of: {whose}."
    pattern = f"^{seen}[^{UNSAFE}]{between}{seen}$"
    example = "Incidente 42: conferir o cadastro"
    return _header("X-Reason", meaning, example, required=required, pattern=pattern)
