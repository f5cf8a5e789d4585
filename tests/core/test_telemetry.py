"""The log: one JSON object a line, the request's id in each, nothing personal in any."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from app.core import telemetry

CANARIES = ("maria.canario@exemplo.com.br", "529.982.247-25", "52998224725", "hunter2-canary")

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    """Leaves the process's logging as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    others = ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic")
    before = [
        (one, list(one.handlers), one.level, one.propagate)
        for one in map(logging.getLogger, others)
    ]
    yield
    telemetry.configure(production=False)
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
    for one, their_handlers, their_level, propagate in before:
        one.handlers, one.level, one.propagate = their_handlers, their_level, propagate


@pytest.fixture
def written() -> Lines:
    """Logs as in production; returns the lines written so far."""
    stream = io.BytesIO()
    telemetry.configure(production=True, stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_time_level_and_request(written: Lines) -> None:
    token = telemetry.request_id.set("request-0001")
    telemetry.logger.info("outbox_delivered", messages=3)
    telemetry.request_id.reset(token)
    telemetry.logger.warning("later")
    first, second = written()
    assert first["event"] == "outbox_delivered"
    assert first["level"] == "info"
    assert first["messages"] == 3
    assert first["request_id"] == "request-0001"
    assert first["at"].endswith("Z")
    assert "request_id" not in second


def test_levels_below_the_chosen_one_are_silent() -> None:
    stream = io.BytesIO()
    telemetry.configure(production=True, level="warning", stream=stream)
    telemetry.logger.info("unheard")
    telemetry.log_request({"status": 200})
    logging.getLogger("uvicorn.error").info("unheard")
    assert stream.getvalue() == b""
    telemetry.logger.warning("heard")
    assert b"heard" in stream.getvalue()


def test_the_last_configuration_holds(written: Lines) -> None:
    telemetry.logger.info("before")
    second = io.BytesIO()
    telemetry.configure(production=True, stream=second)
    telemetry.logger.info("after")
    logging.getLogger("uvicorn.error").info("bridged once")
    assert [line["event"] for line in written()] == ["before"]
    lines = [json.loads(line)["event"] for line in second.getvalue().splitlines()]
    assert lines == ["after", "bridged once"]


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "new_password",
        "Authorization",
        "refresh_token",
        "totp_secret",
        "Set-Cookie",
        "email",
        "name",
        "phone",
        "tax_id",
        "cpf",
        "street",
        "attention_note",
        "query",
    ],
)
def test_values_under_sensitive_keys_are_blanked_at_any_depth(written: Lines, key: str) -> None:
    canary = CANARIES[3]
    telemetry.logger.info("shallow", **{key: canary})
    telemetry.logger.info("deep", payload={"rows": [{"id": 1, key: canary}]}, pair=({key: canary},))
    shallow, deep = written()
    assert shallow[key] == telemetry.REDACTED
    assert deep["payload"]["rows"] == [{"id": 1, key: telemetry.REDACTED}]
    assert canary not in json.dumps([shallow, deep])


def test_an_exception_is_told_by_type_and_place_alone(written: Lines) -> None:
    def fails() -> None:
        try:
            raise ValueError(CANARIES[0])
        except ValueError as error:
            raise RuntimeError(CANARIES[1]) from error

    try:
        fails()
    except RuntimeError as error:
        telemetry.logger.error("unhandled", **telemetry.describe(error))
    (line,) = written()
    assert line["error"] == "RuntimeError"
    assert line["caused_by"]["error"] == "ValueError"
    assert line["where"][-1].startswith("tests/core/test_telemetry.py:")
    assert line["where"][-1].endswith(" fails")
    assert not any(canary in json.dumps(line) for canary in CANARIES)


def test_a_suppressed_cause_stays_untold() -> None:
    def fails() -> None:
        try:
            raise ValueError(CANARIES[0])
        except ValueError:
            raise RuntimeError from None

    with pytest.raises(RuntimeError) as caught:
        fails()
    assert "caused_by" not in telemetry.describe(caught.value)


def test_an_endless_chain_of_causes_ends() -> None:
    error: Exception = ValueError()
    for _ in range(50):
        outer = RuntimeError()
        outer.__cause__ = error
        error = outer
    assert json.dumps(telemetry.describe(error)).count("caused_by") < 10


def test_a_groups_members_are_named() -> None:
    group = ExceptionGroup(CANARIES[0], [ValueError(CANARIES[1]), KeyError(CANARIES[2])])
    told = telemetry.describe(group)
    assert told["grouped"] == ["ValueError", "KeyError"]
    assert not any(canary in json.dumps(told) for canary in CANARIES)


@pytest.mark.parametrize(
    "text",
    [
        "login of maria.canario@exemplo.com.br failed",
        "postgresql://app:hunter2-canary@db/main",
        "cpf 529.982.247-25",
        "cpf=52998224725.",
        "cnpj 11.222.333/0001-81",
        "token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
        "Authorization: Bearer hunter2-canary",
        "first line\nKey (email)=(maria.canario@exemplo.com.br) already exists",
    ],
)
def test_lines_of_other_libraries_are_scrubbed(written: Lines, text: str) -> None:
    logging.getLogger("some.library").error(text)
    (line,) = written()
    assert line["logger"] == "some.library"
    assert line["level"] == "error"
    told = json.dumps(line)
    for canary in (*CANARIES, "11.222.333/0001-81", "eyJhbGciOiJFUzI1NiJ9"):
        assert canary not in told


def test_exceptions_of_other_libraries_lose_their_text(written: Lines) -> None:
    try:
        raise ValueError(CANARIES[3])
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    (line,) = written()
    assert line["event"] == "Exception in ASGI application"
    assert line["error"] == "ValueError"
    assert CANARIES[3] not in json.dumps(line)


async def test_a_task_that_nobody_awaited_tells_no_text(written: Lines) -> None:
    async def fails() -> None:
        raise ValueError(CANARIES[3])

    task = asyncio.create_task(fails())
    await asyncio.wait([task])
    del task
    lines = written()
    assert [line["logger"] for line in lines] == ["asyncio"]
    assert CANARIES[3] not in json.dumps(lines)


def test_unreadable_records_of_other_libraries_are_survived(written: Lines) -> None:
    record = logging.LogRecord("some.library", 40, __file__, 1, "%d things", ("no number",), None)
    for handler in logging.getLogger().handlers:
        if not type(handler).__module__.startswith("_pytest"):  # pytest's own would fail the test
            handler.handle(record)
    assert written()[0]["event"] == "unreadable log record"


def test_sql_and_uvicorns_access_log_stay_out(written: Lines) -> None:
    logging.getLogger("sqlalchemy.engine.Engine").info("SELECT … [%s]", CANARIES[0])
    logging.getLogger("uvicorn.access").info('127.0.0.1 - "GET /?q=%s"', CANARIES[3])
    assert written() == []
    # uvicorn builds these lines only where somebody listens; pytest does, during tests.
    listening = logging.getLogger("uvicorn.access").handlers
    assert [one for one in listening if not type(one).__module__.startswith("_pytest")] == []
    assert not logging.getLogger("uvicorn.access").propagate


def test_what_json_cannot_hold_is_told_by_type(written: Lines) -> None:
    telemetry.logger.info("odd", value=object(), half="\ud800", huge=2**70)
    (line,) = written()
    assert line["value"] == "object"
    assert line["huge"] == 2**70


def test_a_log_that_cannot_be_written_breaks_nothing() -> None:
    closed = io.BytesIO()
    telemetry.configure(production=True, stream=closed)
    closed.close()
    telemetry.logger.info("unheard")
    telemetry.log_request({"status": 200})


def test_request_lines_carry_the_request(written: Lines) -> None:
    token = telemetry.request_id.set("request-0002")
    telemetry.log_request({"method": "GET", "status": 200})
    telemetry.request_id.reset(token)
    (line,) = written()
    assert (line["event"], line["level"], line["status"]) == ("request", "info", 200)
    assert line["request_id"] == "request-0002"
    assert line["at"].endswith("Z")


def test_development_gets_a_readable_console(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure(production=False)
    telemetry.logger.info("ready", port=8000, password=CANARIES[3])
    telemetry.log_request({"method": "GET", "status": 200})
    captured = capsys.readouterr()
    assert captured.out == ""  # stdout belongs to what a command prints
    first, second = captured.err.splitlines()
    assert "ready" in first
    assert "port=8000" in first
    assert CANARIES[3] not in first
    assert "status=200" in second


def test_the_stream_is_looked_up_at_each_line(monkeypatch: pytest.MonkeyPatch) -> None:
    telemetry.configure(production=True)
    other = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stderr", other)
    telemetry.logger.info("here")
    other.buffer.seek(0)
    assert b'"here"' in other.buffer.read()
