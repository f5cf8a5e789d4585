"""The caller's own view of the matrix names what they see, and nothing that is hidden from them."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from app.access.matrix import Sight, Use
from app.access.purposes import PURPOSES
from app.access.scopes import row_scope
from app.access.viewers import STAFF_ROLES, Viewer
from app.access.visibility import COMPANIONS, RESOURCES, matrix_hash
from app.models import Base
from app.schemas.view import View
from app.services import visibility
from tests.support.document import DOCUMENT
from tests.support.people import StaffPerson, add_staff
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = "/v1/staff/visibility"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    async with serving(shared_database_url, tmp_path_factory.mktemp("service")) as it:
        yield it


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=STAFF_ROLES)
async def member(request: pytest.FixtureRequest, service: Service) -> StaffPerson:
    return await add_staff(service.platform, request.param)


async def test_ones_own_view_is_the_matrix_and_no_more(
    service: Service, member: StaffPerson
) -> None:
    viewer = member.role
    seen = (await service.client.get(ADDRESS, headers=member.headers)).json()
    assert seen["viewer"] == viewer
    assert seen["purposes"] == list(PURPOSES[viewer])
    assert seen["policy_hash"] == matrix_hash()
    shown = {Sight.CLEAR: "clear", Sight.CONSENTED: "clear", Sight.MASKED: "masked"}
    expected = {}
    for name, resource in RESOURCES.items():
        fields = []
        for row in resource.rows:
            cell = row.cell(viewer)
            if cell.sight in shown:
                comparable = shown[cell.sight] == "clear"
                fields.append(
                    {
                        "name": row.field,
                        "sight": shown[cell.sight],
                        "writable": cell.write,
                        "filterable": comparable and Use.FILTER in row.uses,
                        "sortable": comparable and Use.SORT in row.uses,
                        "searchable": comparable and Use.SEARCH in row.uses,
                    }
                )
        if name in COMPANIONS and fields:
            companion = COMPANIONS[name]
            fields += [
                {
                    "name": f"{companion.resource}.{row.field}",
                    "sight": shown[row.cell(viewer).sight],
                    "writable": False,
                    "filterable": False,
                    "sortable": False,
                    "searchable": False,
                }
                for row in RESOURCES[companion.resource].rows
                if row.field in companion.fields and row.cell(viewer).sight in shown
            ]
        if fields:
            expected[name] = (row_scope(name, viewer), fields)
    assert {
        name: (told["rows"], told["fields"]) for name, told in seen["resources"].items()
    } == expected


def words_in(content: Any) -> Iterator[str]:
    """Every text of a document, whole and by its dotted parts; its own member names are none."""
    if isinstance(content, dict):
        for inner in content.values():
            yield from words_in(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from words_in(inner)
    elif isinstance(content, str):
        yield from (content, *content.split("."))


async def test_nothing_hidden_is_named(service: Service, member: StaffPerson) -> None:
    answer = await service.client.get(ADDRESS, headers=member.headers)
    seen = {
        field["name"]
        for resource in answer.json()["resources"].values()
        for field in resource["fields"]
    }
    leaves = {name.rpartition(".")[2] for name in seen}
    said = set(words_in(answer.json()))
    for table in Base.metadata.tables.values():
        assert table.name in leaves or table.name not in said
        for column in table.columns:
            assert column.name in leaves or column.name not in said


async def test_the_parameters_named_are_the_ones_that_work(
    service: Service, member: StaffPerson
) -> None:
    seen = (await service.client.get(ADDRESS, headers=member.headers)).json()["resources"]
    lists = {"customer": "/v1/staff/customers", "audit_event": "/v1/staff/audit-events"}
    everything = {name for other in RESOURCES["customer"].rows for name in (other.column,)}
    for resource, path in lists.items():
        named = set(seen.get(resource, {}).get("parameters", []))
        for name in everything | named | {"q", "sort"}:
            answer = await service.client.get(f"{path}?{name}=", headers=member.headers)
            known = answer.json()["code"] not in ("unknown_parameter", "forbidden")
            assert known == (name in named), f"{name}: {answer.text}"


async def test_the_whole_is_every_cell_of_every_resource() -> None:
    whole = visibility.whole()
    assert whole["hash"] == matrix_hash()
    assert whole["viewers"] == list(Viewer)
    assert set(whole["resources"]) == set(RESOURCES)
    for name, resource in RESOURCES.items():
        told = whole["resources"][name]
        assert told["rows"] == {viewer: row_scope(name, viewer) for viewer in Viewer}
        assert list(told["fields"]) == [row.field for row in resource.rows]
        for row in resource.rows:
            cells = told["fields"][row.field]["cells"]
            assert cells == {viewer: str(row.cell(viewer)) for viewer in Viewer}
            assert set(told["fields"][row.field]["uses"]) == row.uses


def all_views(base: type[View] = View) -> Iterator[type[View]]:
    """Every view of a resource."""
    for view in base.__subclasses__():
        if view.resource:
            yield view
        yield from all_views(view)


async def test_each_property_of_a_view_says_who_sees_it() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    views = {view.__name__: view for view in all_views() if view.__name__ in schemas}
    documented: set[tuple[str, str]] = set()
    for schema, view in views.items():
        name, member = view.resource, view.member
        rows = {row.field: row for row in RESOURCES[name].rows}
        for leaf, described in schemas[schema]["properties"].items():
            field = f"{member}.{leaf}" if member else leaf
            of_it = [row for other, row in rows.items() if f"{other}.".startswith(f"{field}.")]
            if not of_it:  # something beside the record itself
                assert "x-visible-to" not in described
                continue
            viewers = [
                viewer
                for viewer in Viewer
                if any(row.cell(viewer).sight is not Sight.HIDDEN for row in of_it)
            ]
            assert described["x-visible-to"] == viewers, field
            assert described["x-visible-to"], f"{field} is shown to nobody"
            if field in rows:
                documented.add((name, field))
    # And the other way round: whatever somebody sees of any resource is a property of its view,
    # but for what leaves for authorities alone: that stands in packages.
    packed = (Sight.HIDDEN, Sight.LAWFUL)
    shown = {
        (name, row.field)
        for name, resource in RESOURCES.items()
        for row in resource.rows
        if any(row.cell(viewer).sight not in packed for viewer in Viewer)
    }
    assert documented == shown
    with_views = {
        name
        for name, schema in schemas.items()
        if any("x-visible-to" in one for one in schema.get("properties", {}).values())
    }
    assert with_views == set(views), "a view says of which resource it is"
