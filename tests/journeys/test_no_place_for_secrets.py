"""No column, member, parameter or option is there through which a secret could reach staff."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from app.access.matrix import Sight
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES
from app.main import create_app
from app.models import Base
from tests.support.commands import COMMANDS, HARMLESS_OPTIONS, PRINTS, SILENT
from tests.support.document import DOCUMENT
from tests.support.secrets import (
    HARMLESS_COLUMNS,
    LOOKS_SECRET,
    SECRET_COLUMNS,
    SHOWN_TO_STAFF,
    TAKEN_FROM_STAFF,
    staff_endpoints,
    suspicious_columns,
)

APP: Final = create_app()
ENDPOINTS: Final = staff_endpoints(DOCUMENT)


def members_shown(method: str, path: str) -> set[str]:
    """Of every answer of an operation, problems apart: they all have the same members."""
    shown: set[str] = set()
    for status, answer in DOCUMENT["paths"][path][method]["responses"].items():
        if status.startswith("2"):
            for content in answer.get("content", {}).values():
                shown |= set(members(content["schema"]))
    return shown


def members_taken(method: str, path: str) -> set[str]:
    """Of an operation's body, query and headers."""
    operation = DOCUMENT["paths"][path][method]
    taken = {parameter["name"] for parameter in operation.get("parameters", ())}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        taken |= set(members(content["schema"]))
    return taken


def members(schema: Any, within: tuple[str, ...] = ()) -> Iterator[str]:
    """The name of every member that a schema reaches."""
    if isinstance(schema, list):
        for inner in schema:
            yield from members(inner, within)
    elif isinstance(schema, dict):
        reference = schema.get("$ref")
        if reference is not None and reference not in within:
            target: Any = DOCUMENT
            for step in reference.removeprefix("#/").split("/"):
                target = target[step]
            yield from members(target, (*within, reference))
        properties = schema.get("properties", {})
        yield from properties
        yield from members(list(properties.values()), within)
        for name in ("items", "anyOf", "oneOf", "allOf", "additionalProperties"):
            yield from members(schema.get(name), within)


def test_every_column_that_could_hold_a_secret_is_judged() -> None:
    assert set(suspicious_columns()) == set(SECRET_COLUMNS) | set(HARMLESS_COLUMNS)
    assert not set(SECRET_COLUMNS) & set(HARMLESS_COLUMNS)


@pytest.mark.parametrize("place", SECRET_COLUMNS, ids=".".join)
def test_a_secret_column_is_hidden_from_everybody(place: tuple[str, str]) -> None:
    table, column = place
    resource = next(entry for entry in RESOURCES.values() if entry.table == table)
    row = next(row for row in resource.rows if row.column == column)
    assert all(row.cell(viewer).sight is Sight.HIDDEN for viewer in Viewer)
    assert not any(row.cell(viewer).write for viewer in Viewer)


def test_no_column_holds_a_password_or_token_as_it_is() -> None:
    named = {column.name for table in Base.metadata.sorted_tables for column in table.columns}
    assert not named & {"password", "token", "link", "pin", "secret_answer"}


def test_the_document_knows_every_route_of_the_staff_door() -> None:
    routed = {
        (method.lower(), path)
        for route in APP.routes
        for path in [getattr(route, "path_format", "")]
        for method in getattr(route, "methods", None) or ()
        if path.startswith("/v1/staff")
    }
    assert routed == set(ENDPOINTS)
    assert len(ENDPOINTS) >= 6


def suspicious(path: str, names: set[str]) -> set[tuple[str, str]]:
    return {(path, name) for name in names if LOOKS_SECRET.search(name)}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=" ".join)
def test_no_answer_to_staff_has_a_member_for_a_secret(endpoint: tuple[str, str]) -> None:
    assert suspicious(endpoint[1], members_shown(*endpoint)) <= set(SHOWN_TO_STAFF)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=" ".join)
def test_staff_can_send_no_secret_of_a_customer_s(endpoint: tuple[str, str]) -> None:
    assert suspicious(endpoint[1], members_taken(*endpoint)) <= set(TAKEN_FROM_STAFF)


def test_every_judgement_of_a_member_is_still_needed() -> None:
    shown = [suspicious(one[1], members_shown(*one)) for one in ENDPOINTS]
    taken = [suspicious(one[1], members_taken(*one)) for one in ENDPOINTS]
    assert set(SHOWN_TO_STAFF) == set().union(*shown)
    assert set(TAKEN_FROM_STAFF) == set().union(*taken)


def test_no_command_takes_a_secret_as_an_option_or_argument() -> None:
    assert set(COMMANDS) == set(PRINTS) | set(SILENT)
    for name, command in COMMANDS.items():
        for parameter in command.params:
            harmless = (name, parameter.name) in HARMLESS_OPTIONS
            assert harmless or not LOOKS_SECRET.search(parameter.name), f"{name} {parameter.name}"
