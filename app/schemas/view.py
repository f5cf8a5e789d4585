"""The base of every view: what may leave, documented from the visibility matrix itself."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core.core_schema import CoreSchema

from app.access.matrix import Row, Sight
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES


class View(BaseModel):
    """A projected record. It is made of mappings only, so that no row can slip through whole.

    `resource` names the matrix's table and `member` the object inside it that the view stands for.
    In the OpenAPI document each property says in ``x-visible-to`` who sees it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    resource: ClassVar[str] = ""
    member: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _only_mappings(cls, content: object) -> object:
        if not isinstance(content, Mapping):
            raise TypeError("a view is made of what the projection returns, never of a row")
        return content

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        body = handler.resolve_ref_schema(schema)
        rows = {row.field: row for row in RESOURCES[cls.resource].rows} if cls.resource else {}
        for name, described in body.get("properties", {}).items():
            field = f"{cls.member}.{name}" if cls.member else name
            if field in rows:
                described.update(_visibility(rows[field]))
            elif members := [row for other, row in rows.items() if other.startswith(f"{field}.")]:
                described["x-visible-to"] = _viewers(members)
        return schema


def _viewers(rows: list[Row]) -> list[Viewer]:
    """Who sees at least one of the fields; an object without a visible member is absent."""
    return [
        viewer
        for viewer in Viewer
        if any(row.cell(viewer).sight is not Sight.HIDDEN for row in rows)
    ]


def _visibility(row: Row) -> dict[str, Any]:
    sights = {viewer: row.cell(viewer).sight for viewer in Viewer}
    described: dict[str, Any] = {"x-visible-to": _viewers([row])}
    for word, sight in (
        ("masked", Sight.MASKED),
        ("consented", Sight.CONSENTED),
        ("lawful", Sight.LAWFUL),
    ):
        if viewers := [viewer for viewer, seen in sights.items() if seen is sight]:
            described[f"x-{word}-for"] = viewers
    if writers := [viewer for viewer in Viewer if row.cell(viewer).write]:
        described["x-writable-by"] = writers
    return described
