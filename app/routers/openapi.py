"""The OpenAPI document: what FastAPI derives, and what holds for whole doors.

Security, problem documents, and headers are the same for every route behind a door, so they are
written here once, and not in every route.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.access.purposes import PURPOSES
from app.access.viewers import MUST_GIVE_REASON, STAFF_ROLES
from app.routers.problems import STATUS
from app.schemas.customers import CustomerPatch

Operation = dict[str, Any]

METHODS: Final = ("get", "put", "post", "patch", "delete")
PROBLEM: Final = "application/problem+json"

DESCRIPTION: Final = """\
Salvaguarda keeps a web agency's promise about customers' data.

There are four kinds of caller, each with a door of its own:

* **Anybody**: `/v1/public`, and `/v1/auth` to sign in. Read the policy in force
  (`GET /v1/public/policies/current`), then register with its `version`.
* **Customers**: sign in at `POST /v1/auth/customer/token`, send `Authorization: Bearer …` to
  `/v1/customer`. They see their whole account, and who looked at it.
* **Staff**: sign in at `POST /v1/auth/staff/token` with password and TOTP code, use `/v1/staff`.
  Each role sees only its fields: a hidden member is *absent*, and naming it is answered like naming
  one that does not exist. `x-visible-to` on each property says who sees it;
  `GET /v1/staff/visibility` tells callers their own part. `X-Purpose` names the purpose of a read;
  engineers state `X-Reason`.
* **Partners and authorities**: their doors (`/v1/partner`, `/v1/authority`) are not open yet.

Errors are problem documents (RFC 9457) with a stable `code`, in Portuguese, or in English by
`Accept-Language`. Lists answer `{"items": […], "next_cursor": …}`; give the cursor back with the
same parameters. Changes need `If-Match` with the `ETag` that was read.
"""

TAGS: Final = [
    {"name": "public", "description": "For anybody."},
    {"name": "auth", "description": "Signing in, staying signed in, signing out."},
    {"name": "customer", "description": "For customers, about their own account."},
    {"name": "staff", "description": "For staff, each role with its own fields."},
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
        ("customer", "A customer's login: e-mail and password."),
        (
            "staff",
            "A staff member: e-mail, password and `totp`, a form field beside the usual two.",
        ),
    )
} | {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of either kind.",
    }
}

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457. Never holds what was sent.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(STATUS), "description": "Stable."},
        "detail": {"type": "string", "description": "What to do next."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901)."},
                    "parameter": {"type": "string", "description": "The query parameter."},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
    "examples": [
        {
            "type": "urn:salvaguarda:problem:not_found",
            "title": "Não encontrado",
            "status": 404,
            "code": "not_found",
            "detail": "Confira o endereço e tente de novo.",
        }
    ],
}


def install(app: FastAPI) -> None:
    """Make `app.openapi()` give the whole document; it is made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def document(app: FastAPI) -> dict[str, Any]:
    """The document of the app's routes."""
    made = get_openapi(
        title="Salvaguarda",
        version=app.version,
        summary="Customers' data, as promised.",
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        separate_input_output_schemas=False,
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    patch = CustomerPatch.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(patch.pop("$defs", {}))
    schemas[CustomerPatch.__name__] = patch
    components["securitySchemes"] = SECURITY_SCHEMES
    for path, operation in _operations(made):
        _complete(path, operation)
    return made


def _operations(made: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, methods in made["paths"].items():
        for method in METHODS:
            if method in methods:
                methods[method]["x-method"] = method
                yield path, methods[method]


def _complete(path: str, operation: Operation) -> None:
    method = operation.pop("x-method")
    parameters = operation.setdefault("parameters", [])
    statuses = {400, 406, 422, 500, 503} if path.startswith("/v1") else set()
    if path.startswith("/v1"):
        parameters.append(_header("Accept-Language", "`pt-BR` (default) or `en`.", example="en"))
    if path.startswith(("/v1/staff", "/v1/customer")):
        operation["security"] = [{path.split("/")[2]: []}, {"bearer": []}]
        statuses |= {401, 403, 404}
    if path == "/v1/auth/logout":
        operation["security"] = [{"bearer": []}]
    if path.startswith("/v1/auth"):
        statuses |= {401}
    if path.startswith("/v1/staff") and path != "/v1/staff/visibility":
        parameters += _grounds()
    if method == "patch":
        parameters.append(
            _header("If-Match", "The `ETag` that was read.", required=True, example='"5f1d…"')
        )
        statuses |= {412, 428}
    if path == "/v1/public/registrations":
        parameters.append(
            _header("Idempotency-Key", "8 to 128 visible ASCII characters; kept for a day.")
        )
        statuses |= {403, 409}
    if path == "/v1/public/policies/current":
        statuses |= {404}
    if "requestBody" in operation:
        statuses |= {413, 415}
    if (body := operation.pop("x-body", None)) is not None:
        reference = {"schema": {"$ref": f"#/components/schemas/{body}"}}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": reference, "application/merge-patch+json": reference},
        }
    parameters += operation.pop("x-parameters", [])
    if not parameters:
        del operation["parameters"]
    _answers(operation, statuses)


def _answers(operation: Operation, statuses: set[int]) -> None:
    answers = operation["responses"]
    for status in sorted(statuses):
        codes = sorted(code for code, of in STATUS.items() if of == status)
        answers[str(status)] = {
            "description": "Problem: " + ", ".join(f"`{code}`" for code in codes),
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    if not statuses and "422" in answers:
        del answers["422"]


def _header(
    name: str, description: str, *, required: bool = False, example: str | None = None
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }
    return made | ({"example": example} if example is not None else {})


def _grounds() -> list[dict[str, Any]]:
    purposes = sorted({purpose for role in STAFF_ROLES for purpose in PURPOSES[role]})
    return [
        _header(
            "X-Purpose",
            "Why the caller reads; without it the role's own purpose counts. One of: "
            + ", ".join(f"`{purpose}`" for purpose in purposes)
            + ".",
        ),
        _header(
            "X-Reason",
            "5 to 500 characters. Required of: " + ", ".join(sorted(MUST_GIVE_REASON)) + ".",
            example="Incidente 42: conferir o cadastro",
        ),
    ]
