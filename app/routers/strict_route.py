"""The route class of every door: what a request may bring is looked at before the route sees it.

Query parameters that the route does not declare, the wrong media type, and bodies that can be read
in two ways are refused here; Pydantic then judges the values. What a route accepts is worked out
once, when it is made.
"""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from inspect import iscoroutinefunction
from types import UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from urllib.parse import unquote_to_bytes

from fastapi import params
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import Failure, FieldError
from app.routers import uploads
from app.routers.json_body import parse

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
PLAIN: Final = "text/plain"

LARGEST_FORM: Final = 16 * 1024
"""Bytes; a name and a password at their longest fit, and reading it takes milliseconds."""
MOST_FIELDS: Final = 100
"""Fields of a form, or parameters of a query."""

LARGEST_BEACON: Final = 64 * 1024
"""Bytes: more than that no browser sends by `navigator.sendBeacon`."""

_GUARDS_OWN_QUERY: Final = "__guards_own_query__"
_TAKES_BEACONS: Final = "__takes_beacons__"
_TAKES_FILES: Final = "__takes_files__"


def guards_own_query(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint that judges parameter names itself, because they depend on the viewer.

    It must refuse with ``Failure("unknown_parameter")``, as the route class does elsewhere.
    """
    setattr(endpoint, _GUARDS_OWN_QUERY, True)
    return endpoint


def takes_beacons(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint whose JSON may come as plain text too, at most `LARGEST_BEACON` of it.

    `navigator.sendBeacon` sends text to another origin without asking it first, JSON only after
    (CORS-safelisted types, Fetch standard).
    """
    setattr(endpoint, _TAKES_BEACONS, True)
    return endpoint


def takes_files(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint whose body is a file, which it reads as a stream: see `uploads.py`."""
    setattr(endpoint, _TAKES_FILES, True)
    return endpoint


class JsonRequest(Request):
    """A request whose JSON body has been read, strictly."""

    document: Any = PydanticUndefined
    """What FastAPI, too, takes for a body that was not sent."""

    async def json(self) -> Any:
        """The document that the route class has read."""
        return self.document


@dataclass(frozen=True, slots=True)
class _Accepted:
    """What one route takes."""

    parameters: frozenset[str]
    repeatable: frozenset[str]
    body: Literal["none", "json", "form", "files", "stream"]
    media_types: frozenset[str]
    largest: int | None
    form_fields: frozenset[str]


class StrictRoute(APIRoute):
    """An APIRoute that refuses unknown and repeated parameters, wrong types and malformed bodies.

    Parameters declared by ``include_router(dependencies=…)`` are not known here: declare them on
    the router itself.
    """

    @staticmethod
    async def admit(request: Request) -> None:
        """Let the caller in before anything they sent is looked at: doors put their own in place.

        It raises `Failure`, or leaves what it found in ``request.state``.
        """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As an APIRoute; a ready endpoint is served without FastAPI's scaffolding around it."""
        super().__init__(*args, **kwargs)
        if _is_ready(self):
            self.app = _serve(self.get_route_handler())

    def get_route_handler(self) -> Handler:
        """The checks, then the endpoint itself if it is ready, otherwise FastAPI's own handler."""
        handle = _call(self) if _is_ready(self) else super().get_route_handler()
        accepted = _accepted(self)
        guarded = hasattr(self.endpoint, _GUARDS_OWN_QUERY)
        admit = self.admit

        async def strict(request: Request) -> Response:
            await admit(request)
            if request.scope["query_string"]:
                _check_query(request, None if guarded else accepted)
            if accepted.body == "json":
                request = await _with_json(request, accepted)
            elif accepted.body == "form":
                await _check_form(request, accepted)
            elif accepted.body in ("files", "stream"):
                _check_media_type(request.headers.get("content-type", ""), accepted)
            return await handle(request)

        return strict


def _is_ready(route: APIRoute) -> bool:
    """Whether nothing is left for FastAPI to do, whose dispatch costs more than our whole read.

    Such an endpoint takes the request, plain text out of the path and perhaps a JSON body as one
    parameter, and returns a `Response`.
    """
    dependant = route.dependant
    declared = (
        dependant.query_params,
        dependant.header_params,
        dependant.cookie_params,
        dependant.dependencies,
    )
    answer = get_type_hints(route.endpoint).get("return")
    return (
        iscoroutinefunction(route.endpoint)
        and not any(declared)
        and dependant.request_param_name is not None
        and all(_is_any_text(parameter) for parameter in dependant.path_params)
        and _is_plain_body(route)
        and isinstance(answer, type)
        and issubclass(answer, Response)
    )


def _is_any_text(parameter: Any) -> bool:
    return parameter.field_info.annotation is str and not parameter.field_info.metadata


def _is_plain_body(route: APIRoute) -> bool:
    """Whether the body is none at all, or JSON that is one parameter's, as a whole."""
    field = route.body_field
    return field is None or (
        field in route.dependant.body_params and not isinstance(field.field_info, params.Form)
    )


def _call(route: APIRoute) -> Handler:
    endpoint, name = route.endpoint, route.dependant.request_param_name or ""
    fields = route.dependant.body_params

    async def call(request: Request) -> Response:
        body = await _validated(request, fields) if fields else {}
        response: Response = await endpoint(**{name: request}, **request.path_params, **body)
        return response

    return call


async def _validated(request: Request, fields: list[ModelField]) -> dict[str, Any]:
    """The body as the endpoint's argument: judged, and refused, as FastAPI does it."""
    document = cast(JsonRequest, request).document
    values, errors = await request_body_to_args(fields, document, embed_body_fields=False)
    if errors:
        raise RequestValidationError(errors, body=document)
    return values


def _serve(handle: Handler) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handle(Request(scope, receive, send))
        await response(scope, receive, send)

    return serve


def _check_query(request: Request, accepted: _Accepted | None) -> None:
    query: bytes = request.scope["query_string"]
    if query.count(b"&") >= MOST_FIELDS or not _is_utf8(query):
        raise Failure("malformed_request")
    if accepted is None:
        return
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in accepted.parameters or (name in seen and name not in accepted.repeatable):
            listed = ", ".join(sorted(accepted.parameters)) or "-"
            raise Failure("unknown_parameter", params={"accepted": listed})
        seen.add(name)


async def _with_json(request: Request, accepted: _Accepted) -> Request:
    sent_type = request.headers.get("content-type")
    if sent_type is not None:
        _check_media_type(sent_type, accepted)
    scope = request.scope
    if PLAIN in accepted.media_types:  # FastAPI reads only what is called JSON
        others = [pair for pair in scope["headers"] if pair[0] != b"content-type"]
        scope = {**scope, "headers": [*others, (b"content-type", JSON.encode())]}
    strict = JsonRequest(scope, request.receive)
    if body := await strict.body():
        if sent_type is None:
            raise _wrong_media_type(accepted)
        if accepted.largest is not None and len(body) > accepted.largest:
            raise Failure("payload_too_large", params={"limit": accepted.largest})
        strict.document = parse(body)
    return strict


async def _check_form(request: Request, accepted: _Accepted) -> None:
    sent_type = request.headers.get("content-type")
    if sent_type is not None:
        _check_media_type(sent_type, accepted)
    body = await request.body()
    if body and sent_type is None:
        raise _wrong_media_type(accepted)
    if len(body) > LARGEST_FORM:
        raise Failure("payload_too_large", params={"limit": LARGEST_FORM})
    if body.count(b"&") >= MOST_FIELDS or not _is_utf8(body):
        raise Failure("malformed_request")
    names = [name for name, _ in (await request.form()).multi_items()]
    if not accepted.form_fields.issuperset(names):
        raise Failure("unknown_member", errors=[FieldError("", "unknown_member")])
    if len(set(names)) != len(names):
        raise Failure("malformed_request")


def _check_media_type(sent: str, accepted: _Accepted) -> None:
    if sent in accepted.media_types:
        return
    media_type, *parameters = (part.strip().lower() for part in sent.split(";"))
    charsets = [part[8:].strip('"') for part in parameters if part.startswith("charset=")]
    if media_type not in accepted.media_types or any(name != "utf-8" for name in charsets):
        raise _wrong_media_type(accepted)


def _wrong_media_type(accepted: _Accepted) -> Failure:
    return Failure(
        "unsupported_media_type", headers={"Accept": ", ".join(sorted(accepted.media_types))}
    )


def _is_utf8(encoded: bytes) -> bool:
    """Whether percent-encoded text is ASCII outside and UTF-8 inside."""
    if not encoded.isascii():
        return False
    if b"%" not in encoded:
        return True
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return False
    return True


def _accepted(route: APIRoute) -> _Accepted:
    queries = dict(_fields(route.dependant, "query_params"))
    body = dict(_fields(route.dependant, "body_params"))
    kind: Literal["none", "json", "form", "files", "stream"] = "none"
    media_types: set[str] = set()
    if hasattr(route.endpoint, _TAKES_FILES):
        kind, media_types = "stream", set(uploads.MEDIA_TYPES)
    if route.body_field is not None:
        if isinstance(route.body_field.field_info, params.File):
            kind, media_types = "files", {MULTIPART}
        elif isinstance(route.body_field.field_info, params.Form):
            kind, media_types = "form", {FORM}
        else:
            kind = "json"
            media_types = {JSON, MERGE_PATCH} if "PATCH" in (route.methods or ()) else {JSON}
    beacons = hasattr(route.endpoint, _TAKES_BEACONS)
    if beacons:
        media_types.add(PLAIN)
    return _Accepted(
        parameters=frozenset(queries),
        repeatable=frozenset(name for name, many in queries.items() if many),
        body=kind,
        media_types=frozenset(media_types),
        largest=LARGEST_BEACON if beacons else None,
        form_fields=frozenset(body),
    )


def _fields(
    dependant: Dependant, kind: Literal["query_params", "body_params"]
) -> Iterator[tuple[str, bool]]:
    """Each declared name of the route and of what it depends on, and whether it may be repeated."""
    for field in getattr(dependant, kind):
        annotation = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, inner in annotation.model_fields.items():
                yield inner.alias or name, _is_sequence(inner.annotation)
        else:
            yield field.alias, _is_sequence(annotation)
    for inner_dependant in dependant.dependencies:
        yield from _fields(inner_dependant, kind)


def _is_sequence(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Annotated or origin in (Union, UnionType):
        return any(_is_sequence(inner) for inner in get_args(annotation))
    return origin in (list, tuple, set, frozenset) or annotation in (list, tuple, set, frozenset)
