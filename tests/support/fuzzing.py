"""Runs schemathesis (its whole engine, as its command line does) against the service in process."""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.support.formats import FORMATS

T = TypeVar("T")
Headers = list[tuple[bytes, bytes]]
Fresh = Callable[[str], Coroutine[Any, Any, str]]
"""From a path to the token of somebody who may call there, and was never seen before."""

SEED: Final = 20261122
PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "positive_data_acceptance",
    "negative_data_rejection",
    "use_after_free",
    "ensure_resource_availability",
    "missing_required_header",
    "ignored_auth",
    "object_level_authorization",
    "unsupported_method",
    "allow_header_conformance",
)

# Well-formed, and refused for what stands in the database at that moment: no schema can tell.
OF_THE_MOMENT: Final = frozenset(
    {
        "precondition_failed",
        "precondition_required",  # of some deeds of many
        "policy_version_not_current",
        "invalid_cursor",
        "idempotency_key_reused",
        "tax_id_not_of_kind",
        "reason_required",  # of every role, for a disclosure
        "invalid_tax_id",  # in a query, where values are taken over from elsewhere
        "invalid_process_number",  # the same
        "tax_id_not_of_country",
        "recipient_missing",
        "unknown_colleague",
        "report_not_published",
        "not_a_candidate",
        "unknown_agency",
        "age_key_refused",
        "document_empty",
        "needed_for_signature",
        "only_for_signature",
        "unknown_order",
        "email_not_official",
        "phone_not_of_directory",
        "not_for_this",
        "unknown_recipient",
        "date_too_far",
        "address_incomplete",
        "duplicate_item",
        "code_incorrect",
        "form_token_invalid",
        "reason_when_closed",
        "unknown_assignee",
        "date_not_past",
        "month_not_over",
        "month_too_old",
        "date_not_future",
        "text_with_link",
        "date_too_old",
        "period_empty",
        "period_needed",
        "period_too_long",
        "basis_not_for_kind",
        "office_not_for_basis",
        "needed_for_basis",
        "unknown_zone",
        "secrecy_needs_basis",
        "no_secrecy",
        "needed_for_answer",
        "needed_for_deed",
        "reason_not_for_deed",
        "unknown_login",
        "password_common",
        "password_incorrect",
        "password_unchanged",
        "password_guessable",
        "password_personal",
    }
)

MISSING_HEADER: Final = ["401", "403", "422", "428"]
"""What answers a missing header; 428 is RFC 6585's own for `If-Match`."""

ENDING: Final = (
    "/v1/auth/logout",
    "/v1/customer/password",
    "/v1/customer/sessions",
    "/v1/authority/password",
    "/v1/authority/sessions",
    "/v1/staff/password",
    "/v1/staff/sessions",
)
"""Where sessions of the caller end, or the password that the document's examples sign in with."""

NEGATIVE: Final = ["400", "401", "403", "404", "405", "412", "413", "415", "422", "428"]
"""What answers data that the document does not allow: never a 2xx, never a 5xx."""

LONG: Final = 4000
"""Characters from which a text's pattern costs far more with its length in it than without.

Below, the length stays in: else too much of what is made is thrown away for being too long.
"""

NEVER_LONG: Final = frozenset({"idn-email", "mail-domain", "ip-network"})
"""Formats of which no value here comes near the greatest length.

schemathesis would look for one anew in each place, for 2 to 3 s of processor time: as long as that,
and a character less. One character more it looks for just as long, and then sends so many times the
letter ``a``, which is none of them at any length. A password it may be: theirs stay.
"""

for _name, _values in FORMATS.items():
    schemathesis.openapi.format(_name, _values)


class Loop:
    """An event loop in a thread of its own: the service's, whose connections belong to one loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="service")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` returns, done over there."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)

    async def borrow(self, work: Coroutine[Any, Any, T]) -> T:
        """The same, awaited from another loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    @contextmanager
    def started(self) -> Iterator["Loop"]:
        """Runs inside the block."""
        self._thread.start()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    @contextmanager
    def entered(self, manager: Any) -> Iterator[Any]:
        """An asynchronous context manager, entered and left in one task over there."""
        ready, leave = threading.Event(), asyncio.Event()
        found: list[Any] = []

        async def hold() -> None:
            async with manager as value:
                found.append(value)
                ready.set()
                await leave.wait()

        task = asyncio.run_coroutine_threadsafe(hold(), self._loop)
        task.add_done_callback(lambda _: ready.set())
        ready.wait()
        try:
            if task.done():
                task.result()
            yield found[0]
        finally:
            self._loop.call_soon_threadsafe(leave.set)
            task.result(60)


def over_there(app: ASGIApp, loop: Loop, fresh: Fresh) -> ASGIApp:
    """`app`, which lives on `loop`, for callers on any other; requests and answers go whole.

    Where somebody's sessions or password would end, they are those of a `fresh` token's: the run's
    own must live on.
    """

    async def bridge(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if scope["path"].startswith(ENDING):
            renewed = _with_fresh_token(scope["headers"], fresh(scope["path"]))
            scope["headers"] = await loop.borrow(renewed)
        for sent in await loop.borrow(_whole(app, {**scope, "state": {}}, body)):
            await send(sent)

    return bridge


async def _with_fresh_token(headers: Headers, fresh: Coroutine[Any, Any, str]) -> Headers:
    token = dict(headers).get(b"authorization", b"")
    if token.count(b".") != 2:
        fresh.close()
        return headers
    others = [pair for pair in headers if pair[0] != b"authorization"]
    return [*others, (b"authorization", b"Bearer " + (await fresh).encode())]


async def _whole(app: ASGIApp, scope: Scope, body: bytes) -> list[Message]:
    sent: list[Message] = []
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if pending:
            return pending.pop()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


@dataclass(slots=True)
class Findings:
    """What a run found, and how much it did."""

    failures: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, dict[int, int]] = field(default_factory=dict)

    def __str__(self) -> str:
        return "\n\n".join(self.failures.values())


def fuzz(
    document: Mapping[str, Any],
    app: ASGIApp,
    *,
    headers: Mapping[str, str],
    examples: int,
    phases: tuple[str, ...] = PHASES,
    seed: int = SEED,
) -> Findings:
    """Send what the document allows, and what it does not, to every operation of it.

    `headers` go with each request. The same seed sends the same requests.
    """
    generation = {"max-examples": examples, "database": "none", "no-shrink": True}
    config = SchemathesisConfig.from_dict(
        {
            "headers": dict(headers),
            "continue-on-failure": True,
            # How many drafts Hypothesis throws away says nothing of the service.
            "suppress-health-check": ["filter_too_much", "too_slow"],
            "generation": generation,
            "phases": {name: {"enabled": name in phases} for name in PHASES},
            "checks": {name: {"enabled": True} for name in CHECKS}
            | {
                "missing_required_header": {"expected-statuses": MISSING_HEADER},
                "negative_data_rejection": {"expected-statuses": NEGATIVE},
            },
            "seed": seed,
        }
    )
    schema = schemathesis.openapi.from_dict(_cheaper(document), config=config)
    schema.app = app
    found = Findings()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(found, event)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            told = f"schemathesis itself: {getattr(event, 'value', None) or event!r}"
            found.failures[told] = told
    return found


def _cheaper(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the document without the greatest lengths of what is `NEVER_LONG`, and in which the
    patterns of long texts stand beside their lengths.

    schemathesis writes a length into the pattern (``[^x]*`` becomes ``[^x]{0,4000}``), which takes
    up to 150 ms to compile, in hundreds of validators. It leaves alone what begins with a
    lookahead, and an empty one changes nothing.
    """

    def held(member: dict[str, Any]) -> dict[str, Any]:
        if member.get("format") in NEVER_LONG:
            return {name: value for name, value in member.items() if name != "maxLength"}
        if "pattern" in member and member.get("maxLength", 0) >= LONG:
            return member | {"pattern": f"(?=){member['pattern']}"}
        return member

    made: dict[str, Any] = json.loads(json.dumps(document), object_hook=held)
    return made


def with_any_tag(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with ``If-Match: *`` as the one allowed value: guessed tags are all stale."""
    made: dict[str, Any] = json.loads(json.dumps(document))
    for methods in made["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "If-Match":
                    parameter["schema"] = {"type": "string", "enum": ["*"]}
                    parameter["example"] = "*"
    return made


def narrowed(document: Mapping[str, Any], own: Mapping[str, Any], page: str) -> dict[str, Any]:
    """The document as it holds for one role, by what ``GET /v1/staff/visibility`` tells it.

    Without that, half of what the document allows is refused for half of the roles. `page` is the
    resource whose list and edits are narrowed.
    """
    made: dict[str, Any] = json.loads(json.dumps(document))
    seen = own["resources"][page]
    for path, methods in made["paths"].items():
        for operation in methods.values():
            kept = []
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "X-Purpose":
                    parameter["schema"]["enum"] = own["purposes"]
                    parameter["example"] = own["purposes"][0]
                if parameter["name"] == "X-Reason":
                    parameter["required"] |= own["viewer"] == "systems_engineer"
                if path == f"/v1/staff/{page}s" and parameter["in"] == "query":
                    if parameter["name"] not in seen["parameters"]:
                        continue
                    if parameter["name"] == "sort":
                        sortable = {
                            field["name"].rpartition(".")[2]
                            for field in seen["fields"]
                            if field["sortable"]
                        }
                        parameter["schema"]["enum"] = [
                            key for key in parameter["schema"]["enum"] if key.strip("-") in sortable
                        ]
                kept.append(parameter)
            if "parameters" in operation:
                operation["parameters"] = kept
    writable = {field["name"] for field in seen["fields"] if field["writable"]}
    schemas = made["components"]["schemas"]
    _keep(schemas["CustomerPatch"], {name.partition(".")[0] for name in writable})
    _keep(schemas["AddressPatch"], {name.rpartition(".")[2] for name in writable})
    return made


def _keep(schema: dict[str, Any], names: set[str]) -> None:
    properties = schema["properties"]
    schema["properties"] = {name: properties[name] for name in properties if name in names}
    schema["examples"] = [
        example for example in schema.get("examples", ()) if example.keys() <= names
    ]


def _note(found: Findings, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is None:
            continue
        case = recorder.cases[case_id].value
        of_operation = found.statuses.setdefault(case.operation.label, {})
        status = interaction.response.status_code
        of_operation[status] = of_operation.get(status, 0) + 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            interaction = recorder.interactions[case_id]
            response = interaction.response
            case = recorder.cases[case_id].value
            text = response.content.decode(errors="replace") if response is not None else ""
            if check.name == "positive_data_acceptance" and _codes(text) & OF_THE_MOMENT:
                continue
            request = interaction.request
            key = f"{case.operation.label} {check.name} {sorted(_codes(text))} {event.phase}"
            found.failures.setdefault(
                key,
                f"{key}\n{check.failure_info.failure.title}: {check.failure_info.failure.message}\n"
                f"{request.method} {request.uri} {dict(request.headers)}\n{request.body!r}\n"
                f"-> {response.status_code if response is not None else None} {text[:600]}",
            )


def _codes(text: str) -> set[str]:
    """The code of a problem document, and those of its errors."""
    try:
        problem = json.loads(text)
        return {problem["code"], *(error["code"] for error in problem.get("errors", ()))}
    except (ValueError, KeyError, TypeError):
        return set()
