"""The one place where errors become answers: RFC 9457 problem documents, in the caller's language.

A body holds nothing that varies between two callers with the same rights who made the same
mistake: no request id, no name they sent. So a hidden field and one that does not exist are refused
alike, to the byte; the request id goes out as a header.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from app.core import telemetry
from app.core.errors import Failure, FieldError, Refusal
from app.core.language import Language, negotiate
from app.core.messages import FIELDS, field_message, problem_words, translate_each
from app.routers.pointers import pointer_of

MEDIA_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 50
"""More than these help nobody, and would let one megabyte in bring many megabytes out."""

RecordRefusal = Callable[[Request, Refusal], Awaitable[None]]
Translate = Callable[[Exception], Failure | None]

STATUS: Final[Mapping[str, int]] = {
    "malformed_json": 400,
    "malformed_request": 400,
    "unauthenticated": 401,
    "token_invalid": 401,
    "session_ended": 401,
    "invalid_credentials": 401,
    "second_factor_required": 401,
    "stronger_proof_required": 401,
    "step_up_required": 401,
    "one_time_token_invalid": 403,
    "form_token_invalid": 403,
    "officer_not_vetted": 403,
    "passkey_refused": 403,
    "csrf_refused": 403,
    "forbidden": 403,
    "purpose_not_allowed": 403,
    "beyond_own_permissions": 403,
    "own_membership": 403,
    "invitation_for_another": 403,
    "registration_closed": 403,
    "https_required": 403,
    "second_person_required": 403,
    "policy_acceptance_required": 403,
    "consent_missing": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "body_too_slow": 408,
    "email_taken": 409,
    "conflict": 409,
    "account_closed": 409,
    "invitation_lapsed": 409,
    "login_exists": 409,
    "already_member": 409,
    "last_owner": 409,
    "invoice_number_taken": 409,
    "recipient_name_taken": 409,
    "agency_name_taken": 409,
    "officer_state": 409,
    "callback_missing": 409,
    "recipient_retired": 409,
    "recipient_consented": 409,
    "count_changed": 409,
    "incident_not_draft": 409,
    "legal_request_state": 409,
    "legal_package_state": 409,
    "secrecy_proposal_over": 409,
    "nothing_granted": 409,
    "nothing_refused": 409,
    "must_be_narrowed": 409,
    "target_ambiguous": 409,
    "document_missing": 409,
    "documents_full": 409,
    "signature_unsound": 409,
    "policy_draft_state": 409,
    "policy_pending": 409,
    "policy_in_force": 409,
    "no_second_factor": 409,
    "last_authenticator": 409,
    "too_many_authenticators": 409,
    "precondition_failed": 412,
    "payload_too_large": 413,
    "uri_too_long": 414,
    "unsupported_media_type": 415,
    "validation_failed": 422,
    "unknown_parameter": 422,
    "unknown_member": 422,
    "invalid_sort": 422,
    "invalid_cursor": 422,
    "reason_required": 422,
    "purpose_version_not_current": 409,
    "account_without_owner": 409,
    "policy_version_not_current": 422,
    "unknown_purpose": 422,
    "idempotency_key_reused": 422,
    "idempotency_key_invalid": 422,
    "precondition_required": 428,
    "too_many_requests": 429,
    "request_head_too_large": 431,
    "internal_error": 500,
    "hashing_busy": 503,
    "documents_busy": 503,
    "database_unavailable": 503,
    "audit_unavailable": 503,
}

# What a code always brings along; a failure's own headers come on top.
_HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    "unauthenticated": {"WWW-Authenticate": "Bearer"},
    "invalid_credentials": {"WWW-Authenticate": "Bearer"},
    "token_invalid": {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    "session_ended": {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    "second_factor_required": {"WWW-Authenticate": "Bearer"},
    "stronger_proof_required": {"WWW-Authenticate": "Bearer"},
    "step_up_required": {
        "WWW-Authenticate": 'Bearer error="insufficient_user_authentication", max_age="300"'
    },
    "too_many_requests": {"Retry-After": "60"},
    "hashing_busy": {"Retry-After": "1"},
    "documents_busy": {"Retry-After": "5"},
    "database_unavailable": {"Retry-After": "5"},
    "audit_unavailable": {"Retry-After": "5"},
}

# Starlette's and FastAPI's own refusals, by status.
_CODE_OF_STATUS: Final[Mapping[int, str]] = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    412: "precondition_failed",
    413: "payload_too_large",
    414: "uri_too_long",
    415: "unsupported_media_type",
    422: "validation_failed",
    428: "precondition_required",
    429: "too_many_requests",
    503: "database_unavailable",
}


def install(app: FastAPI, *, translate_failure: Translate | None = None) -> None:
    """Answer every error of `app` with a problem document.

    `translate_failure` names the failure behind a library's exception (a database that went away,
    say) or None where it is a fault of ours. Set ``app.state.record_refusal`` to have every
    `Refusal` on record before it is answered; a `Failure` raised there is answered instead.
    """
    app.state.translate_failure = translate_failure
    # Any: Starlette's types want handlers of every exception, though it dispatches by type.
    handlers: dict[type[Exception], Any] = {
        Failure: on_failure,
        RequestValidationError: on_invalid,
        HTTPException: on_http,
        Exception: on_unexpected,  # only reached without the envelope, which catches before it
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def problem_response(
    scope: Scope,
    code: str,
    *,
    params: Mapping[str, str | int] | None = None,
    errors: Iterable[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The problem `code` as an answer to `scope`; `errors` are finished entries.

    KeyError for a code outside the catalogue. To HEAD the headers are the same and the body empty.
    """
    language = language_of(scope)
    words = problem_words(code, language, params or {})
    document: dict[str, Any] = {
        "type": f"urn:salvaguarda:problem:{code}",
        "title": words.title,
        "status": STATUS[code],
        "code": code,
        "detail": words.detail,
    }
    if listed := list(errors):
        document["errors"] = listed
    scope.setdefault("state", {})["problem"] = code  # for the request's log line
    body = orjson.dumps(document)
    answer = {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Content-Language": language,
        "Vary": "Accept-Language",
        **_HEADERS.get(code, {}),
        **(headers or {}),
    }
    return Response(b"" if scope["method"] == "HEAD" else body, STATUS[code], answer)


def always_sent(code: str) -> tuple[str, ...]:
    """The headers, beside those of every problem, that an answer with this code brings along."""
    return tuple(_HEADERS.get(code, ()))


def language_of(scope: Scope) -> Language:
    """The language in which `scope`'s caller wants to be told."""
    for name, value in scope["headers"]:
        if name == b"accept-language":
            return negotiate(value.decode("latin-1"))
    return negotiate(None)


async def on_failure(request: Request, error: Failure) -> Response:
    """Answer a `Failure`; a `Refusal` goes on record first: if it cannot, that is the answer."""
    record: RecordRefusal | None = getattr(request.app.state, "record_refusal", None)
    if isinstance(error, Refusal) and record is not None:
        try:
            await record(request, error)
        except Failure as instead:
            error = instead
    return _answer(request.scope, error)


async def on_invalid(request: Request, error: RequestValidationError) -> Response:
    """Answer what Pydantic refused: where, and by which rule; never what was sent."""
    return _answer_invalid(request.scope, error.errors(), error.body)


async def on_http(request: Request, error: HTTPException) -> Response:
    """Answer what Starlette and FastAPI refuse by themselves: no such route, no such method, …"""
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=error.headers)
    fallback = "malformed_request" if error.status_code < 500 else "internal_error"
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_at(request)) or headers.get("Allow", "GET, HEAD")
    code = _CODE_OF_STATUS.get(error.status_code, fallback)
    return problem_response(request.scope, code, headers=headers)


async def on_unexpected(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw; see `unexpected`."""
    return unexpected(request.scope, error)


def unexpected(scope: Scope, error: Exception) -> Response:
    """The answer to an exception that nobody handled: 500, or the failure behind it.

    It is logged by type and place. Its text stays out of log and answer: it may hold values.
    """
    app = scope.get("app")
    translate_failure: Translate | None = getattr(
        getattr(app, "state", None), "translate_failure", None
    )
    failure = error if isinstance(error, Failure) else None
    if failure is None and translate_failure is not None:
        failure = translate_failure(error)
    if failure is not None:
        telemetry.logger.warning(failure.code, **telemetry.describe(error))
        return _answer(scope, failure)
    telemetry.logger.error("unhandled", **telemetry.describe(error))
    return problem_response(scope, "internal_error")


def _answer(scope: Scope, failure: Failure) -> Response:
    if failure.code not in STATUS:
        telemetry.logger.error("unknown_problem_code", code=failure.code)
        return problem_response(scope, "internal_error")
    language = language_of(scope)
    return problem_response(
        scope,
        failure.code,
        params=failure.params,
        errors=[_entry(error, language) for error in failure.errors[:MOST_ERRORS]],
        headers=failure.headers,
    )


def _entry(error: FieldError, language: Language) -> dict[str, Any]:
    code = error.code if error.code in FIELDS else "invalid_value"
    message = field_message(code, language, error.params)
    entry = {"pointer": error.pointer, "code": code, "message": message}
    return entry if error.parameter is None else {**entry, "parameter": error.parameter}


def _answer_invalid(scope: Scope, errors: Sequence[Any], body: object) -> Response:
    if any(error["type"] == "json_invalid" for error in errors):
        return problem_response(scope, "malformed_json")
    unknown = {error["loc"][:-1] for error in errors if error["type"] == "extra_forbidden"}
    if any(parent[0] != "body" for parent in unknown):
        return problem_response(scope, "unknown_parameter", params={"accepted": "-"})
    language = language_of(scope)
    if unknown:
        # Names come before values: what else is wrong with the body is not looked at, so that a
        # name is refused alike whatever it was sent with. Its own name is never told.
        parents = sorted({pointer_of(parent[1:], body) for parent in unknown})
        refused = [FieldError(parent, "unknown_member") for parent in parents[:MOST_ERRORS]]
        entries = [_entry(error, language) for error in refused]
        return problem_response(scope, "unknown_member", errors=entries)
    told = [
        _invalid_entry(error["loc"], code, params, body, language)
        for error in errors[:MOST_ERRORS]
        for code, params in translate_each(error["type"], error.get("ctx") or {})
    ]
    return problem_response(scope, "validation_failed", errors=told[:MOST_ERRORS])


def _invalid_entry(
    location: Sequence[Any],
    code: str,
    params: Mapping[str, str | int],
    body: object,
    language: Language,
) -> dict[str, Any]:
    place, *location = location
    message = field_message(code, language, params)
    if place == "body":
        pointer = pointer_of(location, body, absent=code == "missing")
        return {"pointer": pointer, "code": code, "message": message}
    # Path, query, header or cookie: a name that the route itself declares.
    entry = {"pointer": "", "code": code, "message": message}
    return {**entry, "parameter": str(location[0])} if location else entry


def _methods_at(request: Request) -> list[str]:
    """Every method that some route has for this path; Starlette tells only the first route's."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.methods and route.path_regex.match(path):
            methods |= route.methods
    return sorted(methods)
