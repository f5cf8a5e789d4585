"""The OpenAPI document: what FastAPI derives, and what holds for whole doors.

Security, problem documents, headers and links are the same for every route of a kind, so they are
written once (here and in `contract.py`), and not in every route.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.core.messages import problem_words
from app.routers import contract
from app.routers.patches import patch_schemas
from app.routers.problems import MEDIA_TYPE, STATUS

Operation = dict[str, Any]

METHODS: Final = ("get", "put", "post", "patch", "delete")
_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}


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
        description=contract.DESCRIPTION,
        routes=app.routes,
        tags=contract.TAGS,
        separate_input_output_schemas=False,
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = contract.PROBLEM_SCHEMA
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(patch_schemas())
    components["securitySchemes"] = contract.SECURITY_SCHEMES
    components["headers"] = contract.HEADERS
    for path, method, operation in operations(made):
        _complete(path, method, operation)
    for name in _unused(made):
        del schemas[name]
    return made


def operations(made: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    """Each operation of a document, with its path and method."""
    for path, methods in made["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, method, methods[method]


def _complete(path: str, method: str, operation: Operation) -> None:
    extra = operation.pop("x-parameters", [])
    parameters = [*operation.get("parameters", []), *extra]
    parameters += contract.headers_taken(path, method)
    if parameters:
        operation["parameters"] = parameters
    if (scheme := contract.security_of(path)) is not None:
        operation["security"] = scheme
    if (body := operation.pop("x-body", None)) is not None:
        reference = {"schema": {"$ref": f"#/components/schemas/{body}"}}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": reference, "application/merge-patch+json": reference},
        }
    answers = operation["responses"]
    answers.pop("422", None)  # FastAPI's own; what we answer comes with the other problems
    for status, answer in answers.items():
        answer["headers"] = contract.headers_given(operation["operationId"], status)
        if status.startswith("2"):
            links = contract.LINKS.get(operation["operationId"])
            if links:
                answer["links"] = links
    codes = contract.problems_of(path, method, operation)
    operation.pop("x-problems", None)
    for status in sorted({STATUS[code] for code in codes}):
        _add_problem(answers, status, sorted(code for code in codes if STATUS[code] == status))


def _add_problem(answers: dict[str, Any], status: int, codes: list[str]) -> None:
    answer = answers.setdefault(str(status), {"description": ""})
    told = "Problem: " + ", ".join(f"`{code}`" for code in codes)
    answer["description"] = " ".join(filter(None, [answer["description"], told]))
    content = answer.setdefault("content", {})
    content[MEDIA_TYPE] = {
        "schema": _PROBLEM,
        "examples": {code: {"value": _example(code)} for code in codes},
    }
    names = sorted({name for code in codes for name in contract.headers_of_problem(code)})
    answer["headers"] = {
        name: {"$ref": f"#/components/headers/{name}"} for name in ["X-Request-ID", *names]
    }


def _example(code: str) -> dict[str, Any]:
    words = problem_words(code, "en", contract.PARAMETERS_OF_EXAMPLES)
    example: dict[str, Any] = {
        "type": f"urn:salvaguarda:problem:{code}",
        "title": words.title,
        "status": STATUS[code],
        "code": code,
        "detail": words.detail,
    }
    errors = contract.ERRORS_OF_EXAMPLES.get(code)
    return example if errors is None else {**example, "errors": errors}


def _unused(made: dict[str, Any]) -> set[str]:
    """Schemas that nothing refers to any more."""
    schemas = made["components"]["schemas"]
    used: set[str] = set()
    waiting = [made["paths"]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += node.values()
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name in schemas and name not in used:
                used.add(name)
                waiting.append(schemas[name])
        elif isinstance(node, list):
            waiting += node
    return set(schemas) - used
