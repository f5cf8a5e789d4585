"""Logs: one JSON object a line in production, a readable console in development, always on stderr.

Nothing personal goes in: callers log codes, counts and ids. What slips through all the same is
caught twice: values under a sensitive key are blanked, and lines of other libraries lose their
exception texts, their second lines and whatever looks like an e-mail, a CPF, a CNPJ or a token.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, BinaryIO, Final, Literal

import orjson
import structlog

Level = Literal["debug", "info", "warning", "error"]

request_id: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)
"""The id of the request being served; stands in each log line and audit event it causes."""

REDACTED: Final = "[redacted]"

# fmt: off
_SENSITIVE_KEYS: Final = frozenset({
    "address", "attention_note", "body", "cnpj", "complement", "cpf", "district", "e_mail", "email",
    "jti", "name", "phone", "postal_code", "preferences", "q", "query", "street", "tax_id", "totp",
    "url", "username",
})
# fmt: on
_SENSITIVE_PARTS: Final = ("password", "secret", "token", "authorization", "cookie")
_LEVELS: Final = frozenset({"debug", "info", "warning", "error", "critical"})
_DEEPEST_CAUSE: Final = 4
_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS

_SCRUBBED: Final = re.compile(
    r"[^\s@<>'\"(]+@[^\s@<>'\")]+"  # e-mail addresses, and credentials in database URLs
    r"|\beyJ[\w-]+\.[\w-]*\.?[\w-]*"  # JSON web tokens
    r"|\b\d{3}\.?\d{3}\.?\d{3}-?\d{2}\b"  # CPF
    r"|\b[\dA-Z]{2}\.?[\dA-Z]{3}\.?[\dA-Z]{3}/?[\dA-Z]{4}-?\d{2}\b"  # CNPJ, letters since 2026
    r"|(?<=bearer )\S+",
    re.IGNORECASE,
)

Event = structlog.typing.EventDict


class _Sink:
    """Writes whole lines to `stream`, or to whatever stderr is at that moment."""

    def __init__(self, stream: BinaryIO | None) -> None:
        self._stream = stream

    def msg(self, line: bytes) -> None:
        # A log that cannot be written (closed pipe, full disk) must not break what it tells of.
        with suppress(OSError, ValueError):
            stream = self._stream or sys.stderr.buffer
            stream.write(line + b"\n")
            stream.flush()

    log = debug = info = warning = warn = error = err = critical = exception = fatal = msg


class _Bridge(logging.Handler):
    """Carries the lines of other libraries (uvicorn, asyncio, SQLAlchemy, …) over to our log."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except Exception:
            text = "unreadable log record"
        first_line = text.strip().partition("\n")[0]
        event: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[1] is not None:
            event |= describe(record.exc_info[1])
        level = record.levelname.lower()
        report = getattr(logger, level if level in _LEVELS else "info")
        report(_SCRUBBED.sub(REDACTED, first_line), **event)


logger: Final[structlog.typing.FilteringBoundLogger] = structlog.get_logger()
"""The service's log: ``logger.info("outbox_delivered", messages=3)``; names, not sentences."""

_request_lines: _Sink | None = None


def configure(*, production: bool, level: Level = "info", stream: BinaryIO | None = None) -> None:
    """Set up the process's logs; may be called again, the last call holds.

    `stream` takes the lines instead of stderr. uvicorn's own access log is silenced: it holds
    addresses and query strings (start it with ``log_config=None`` so that it leaves ours alone).
    """
    global _request_lines  # a process has one log by nature
    sink = _Sink(stream)
    number = logging.getLevelNamesMapping()[level.upper()]
    _request_lines = sink if production and number <= logging.INFO else None
    structlog.configure(
        processors=[
            _add_common,
            redact,
            _as_json if production else _as_console(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: sink,
        # Cached loggers would keep the first configuration, and the hot line does not come here.
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _Bridge) or type(handler) is logging.StreamHandler:
            root.removeHandler(handler)
    root.addHandler(_Bridge())
    root.setLevel(max(number, logging.WARNING))  # below it, SQL and its parameters are logged
    for name in ("uvicorn", "uvicorn.error", "alembic"):
        chatty = logging.getLogger(name)
        chatty.handlers = []
        chatty.propagate = True
        chatty.setLevel(max(number, logging.INFO))
    silenced = logging.getLogger("uvicorn.access")
    silenced.handlers = []
    silenced.propagate = False


def log_request(event: dict[str, Any]) -> None:
    """The one line that each request writes; `event` must hold nothing personal.

    In production it skips structlog's chain, which would cost three times the line itself.
    """
    if _request_lines is None:
        logger.info("request", **event)
        return
    line = {
        "event": "request",
        "level": "info",
        "at": datetime.now(UTC),
        "request_id": request_id.get(),
        **event,
    }
    _request_lines.msg(orjson.dumps(line, option=_OPTIONS))


def describe(error: BaseException, *, depth: int = 0) -> dict[str, Any]:
    """An exception as log values: types and places, never its text: it may hold what was sent."""
    described: dict[str, Any] = {
        "error": _type_name(error),
        "where": [
            f"{_short(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-12:]
        ],
    }
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth < _DEEPEST_CAUSE:
        described["caused_by"] = describe(cause, depth=depth + 1)
    if isinstance(error, BaseExceptionGroup):
        described["grouped"] = [_type_name(inner) for inner in error.exceptions[:8]]
    return described


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """Blank the values of sensitive keys, nested ones too: a last defence, not a licence."""
    for key, value in event.items():
        if key != "event" and _is_sensitive(key):
            event[key] = REDACTED
        elif isinstance(value, dict | list | tuple):
            event[key] = _redacted(value)
    return event


def _redacted(value: object) -> object:
    if isinstance(value, Mapping):
        return {
            key: REDACTED if _is_sensitive(str(key)) else _redacted(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_redacted(inner) for inner in value]
    return value


@lru_cache(maxsize=1024)
def _is_sensitive(key: str) -> bool:
    plain = key.lower().replace("-", "_")
    return plain in _SENSITIVE_KEYS or any(part in plain for part in _SENSITIVE_PARTS)


def _add_common(_logger: Any, method: str, event: Event) -> Event:
    event["level"] = method
    event["at"] = datetime.now(UTC)
    if (current := request_id.get()) is not None:
        event.setdefault("request_id", current)
    return event


def _as_json(_logger: Any, _method: str, event: Event) -> bytes:
    line = {"event": event.pop("event"), **event}
    try:
        return orjson.dumps(line, default=_type_name, option=_OPTIONS)
    except TypeError:  # text that is no Unicode, a number that is too large
        return json.dumps(line, default=_type_name).encode()


def _as_console() -> structlog.typing.Processor:
    render = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), timestamp_key="at", sort_keys=False
    )

    def encode(bound: Any, method: str, event: Event) -> bytes:
        event["at"] = event["at"].strftime("%H:%M:%S")
        return str(render(bound, method, event)).encode(errors="backslashreplace")

    return encode


def _type_name(value: object) -> str:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


def _short(path: str) -> str:
    """The end of a source path: which file it was, not where this machine keeps it."""
    return "/".join(path.replace("\\", "/").split("/")[-3:])
