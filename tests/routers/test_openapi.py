"""The document that every client is written from: complete, valid, and true to the code."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from app.access.viewers import Viewer
from app.access.visibility import RESOURCES
from app.routers.problems import STATUS
from tests.support.document import DOCUMENT
from tests.support.exercisers import EXERCISERS

Node = Any
METHODS = {"get", "put", "post", "patch", "delete", "head", "options", "trace"}
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """As callers get it: through JSON."""
    made: dict[str, Any] = json.loads(json.dumps(DOCUMENT))
    return made


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def nodes(node: Node, place: str = "#") -> Iterator[tuple[str, Node]]:
    """Every part of the document with its place."""
    yield place, node
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from nodes(inner, f"{place}/{name}")
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from nodes(inner, f"{place}/{index}")


def resolved(document: Mapping[str, Any], node: Node) -> Node:
    """What a reference stands for; anything else is itself."""
    while isinstance(node, dict) and "$ref" in node:
        target: Node = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def validator(document: Mapping[str, Any], schema: Node) -> Any:
    """A validator of a schema of the document."""
    whole = {**schema, "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(whole)


def test_every_operation_is_described_for_people(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, operation in operations(document):
        place = f"{method} {path}"
        assert operation["operationId"].isidentifier(), place
        assert 5 <= len(operation["summary"]) <= 60, place
        assert len(operation["description"]) > 20, place
        assert set(operation["tags"]) <= tags, place
        assert len(operation["tags"]) == 1, place
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (place, parameter["name"])
            assert parameter["schema"], (place, parameter["name"])


def test_every_operation_says_what_it_answers(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        place = f"{method} {path}"
        answers = operation["responses"]
        assert [status for status in answers if status.startswith("2")], place
        for status, answer in answers.items():
            assert answer["description"], (place, status)
            assert "X-Request-ID" in answer["headers"], (place, status)
            if status in {"202", "204"} and "content" not in answer:
                continue
            assert status != "204", place
            for media_type, content in answer["content"].items():
                if media_type != "text/plain":
                    assert content["schema"], (place, status)
            if not status.startswith("2") and not path.startswith("/health"):
                assert set(answer["content"]) == {PROBLEM}, (place, status)
        assert {"400", "422", "500"} <= answers.keys(), place


def test_every_problem_is_shown_by_its_status_with_an_example(document: dict[str, Any]) -> None:
    shape = validator(document, {"$ref": "#/components/schemas/Problem"})
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            shown = answer.get("content", {}).get(PROBLEM)
            if shown is None:
                continue
            assert resolved(document, shown["schema"])["type"] == "object"
            assert shown["examples"], (path, method, status)
            for code, example in shown["examples"].items():
                value = example["value"]
                shape.validate(value)
                assert value["code"] == code
                assert value["status"] == int(status) == STATUS[code]
                assert "{" not in value["detail"]
                assert code in answer["description"]


def test_the_codes_of_the_catalogue_are_the_documented_ones(document: dict[str, Any]) -> None:
    assert set(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) == set(
        STATUS
    )


def test_every_json_body_and_main_answer_has_an_example_that_fits(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        bodies = [operation.get("requestBody", {})]
        bodies += [of for status, of in operation["responses"].items() if status.startswith("2")]
        for body in bodies:
            for media_type, content in body.get("content", {}).items():
                if "json" not in media_type and "form" not in media_type:
                    continue
                schema = resolved(document, content["schema"])
                examples = list(schema.get("examples", ()))
                examples += [each["value"] for each in content.get("examples", {}).values()]
                assert examples, (path, method, media_type)
                for example in examples:
                    validator(document, content["schema"]).validate(example)


def test_every_component_has_examples_that_fit_it(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        for example in schema.get("examples", ()):
            validator(document, schema).validate(example)


def test_every_parameter_example_fits(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if "example" in parameter:
                fits = validator(document, parameter["schema"]).is_valid(parameter["example"])
                assert fits, (path, method, parameter["name"])


def test_every_reference_leads_somewhere_and_every_component_is_used(
    document: dict[str, Any],
) -> None:
    used = set()
    for place, node in nodes(document):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            assert node["$ref"].startswith("#/components/"), place
            resolved(document, node)  # KeyError where it leads nowhere
            used.add(node["$ref"])
    for kind in ("schemas", "headers"):
        for name in document["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, f"nothing refers to {kind}/{name}"


def test_each_door_names_its_own_security(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    used: set[str] = set()
    doors = {"staff", "customer", "authority"}
    for path, method, operation in operations(document):
        named = {name for requirement in operation.get("security", ()) for name in requirement}
        assert named <= schemes.keys()
        used |= named
        door = path.split("/")[2] if path.startswith("/v1/") else ""
        if door in doors:
            assert named & doors == {door}
        else:
            either = path == "/v1/auth/logout" or path.startswith("/v1/auth/step-up")
            assert not named or either, (path, method)
        assert bool(named) == ("401" in operation["responses"]) or path.startswith("/v1/auth/")
    assert used == schemes.keys()
    paths = document["paths"]
    for name in doors:
        flow = schemes[name]["flows"]["password"]
        assert "post" in paths[flow["tokenUrl"]]
        assert "post" in paths[flow["refreshUrl"]]


def test_links_lead_to_operations_and_parameters_that_are_there(document: dict[str, Any]) -> None:
    by_id = {operation["operationId"]: operation for _, _, operation in operations(document)}
    found = 0
    for _, _, operation in operations(document):
        for answer in operation["responses"].values():
            for link in answer.get("links", {}).values():
                found += 1
                target = by_id[link["operationId"]]
                known = {f"{each['in']}.{each['name']}" for each in target["parameters"]}
                assert set(link.get("parameters", {})) <= known
    assert found


def test_every_schema_is_valid_json_schema(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        jsonschema_rs.meta.validate({**schema, "components": document["components"]})
        assert schema.get("description") or schema.get("title"), name
    for _, _, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            jsonschema_rs.meta.validate(parameter["schema"])


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    """The structure that the OpenAPI 3.1 metaschema demands, of the parts that we use."""
    assert document["openapi"].startswith("3.1.")
    assert document["info"].keys() >= {"title", "version", "summary", "description"}
    allowed = {
        "openapi": {"openapi", "info", "paths", "components", "tags", "servers", "security"},
        "operation": {
            *("tags", "summary", "description", "operationId", "parameters", "requestBody"),
            *("responses", "security", "deprecated", "callbacks", "servers", "externalDocs"),
        },
        "parameter": {
            *("name", "in", "description", "required", "schema", "example", "examples"),
            *("style", "explode", "deprecated", "allowReserved", "allowEmptyValue", "content"),
        },
        "response": {"description", "headers", "content", "links"},
    }
    assert document.keys() <= allowed["openapi"]
    for path, item in document["paths"].items():
        assert path.startswith("/")
        assert item.keys() <= METHODS
        placeholders = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for operation in item.values():
            assert operation.keys() <= allowed["operation"]
            named = set()
            for parameter in operation.get("parameters", ()):
                assert parameter.keys() <= allowed["parameter"]
                assert parameter["in"] in {"path", "query", "header", "cookie"}
                assert (parameter["in"], parameter["name"]) not in named
                named.add((parameter["in"], parameter["name"]))
                assert parameter["in"] != "path" or parameter["required"] is True
            assert {name for place, name in named if place == "path"} == placeholders
            for status, answer in operation["responses"].items():
                assert status.isdigit()
                assert answer.keys() <= allowed["response"]
                for header in answer["headers"].values():
                    assert "schema" in resolved(document, header)


def test_each_property_of_a_record_says_who_sees_it(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, resource in (("CustomerView", "customer"), ("AuditEventView", "audit_event")):
        columns = {row.field.partition(".")[0] for row in RESOURCES[resource].rows}
        for member, described in schemas[name]["properties"].items():
            assert member in columns
            assert described["x-visible-to"], (name, member)
            assert set(described["x-visible-to"]) <= {viewer.value for viewer in Viewer}


def test_bodies_say_who_may_write_what(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    rows = {row.field: row for row in RESOURCES["customer"].rows}
    for member, described in schemas["CustomerPatch"]["properties"].items():
        parts = [row for field, row in rows.items() if field.partition(".")[0] == member]
        writers = {viewer for viewer in Viewer if any(row.cell(viewer).write for row in parts)}
        assert set(described["x-writable-by"]) == writers
    own = set(schemas["ProfilePatch"]["properties"])
    writable = {
        field.partition(".")[0] for field, row in rows.items() if row.cell(Viewer.SELF).write
    }
    assert own == writable


def test_a_reason_is_required_where_every_role_must_give_one(document: dict[str, Any]) -> None:
    required = {
        (method, path)
        for path, method, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "X-Reason" and parameter["required"]
    }
    package = "/v1/staff/legal-requests/{legal_request_id}/package"
    files = {("get", f"{package}/content"), ("get", f"{package}/key")}  # show no record
    assert required - files == {route for route, entry in EXERCISERS.items() if entry.reasoned}
    assert files <= required


def test_nothing_of_this_machine_stands_in_it(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for trace in (str(Path.cwd()), str(Path.home()), "site-packages"):
        assert trace not in text
