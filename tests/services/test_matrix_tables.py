"""The matrix as people read it says every cell, in the viewers' full names."""

import pytest

from app.access.matrix import COLUMNS
from app.access.scopes import row_scope
from app.access.visibility import INTERNAL, RESOURCES, matrix_hash
from app.services.matrix_tables import LEGEND, render

VIEWERS = [viewer.value for viewer in COLUMNS.values()]


@pytest.mark.parametrize("markdown", [True, False])
def test_every_cell_stands_in_its_place(markdown: bool) -> None:
    text = render(markdown=markdown)
    assert text.endswith("\n")
    assert LEGEND in text
    assert matrix_hash() in text
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] if markdown else line.split()
        for line in text.splitlines()
    ]
    for resource in RESOURCES.values():
        if resource in INTERNAL:
            continue
        start = lines.index([resource.name, *VIEWERS, "uses"])
        body = lines[start + 2 :] if markdown else lines[start + 1 :]
        for row, line in zip(resource.rows, body, strict=False):
            cells = [str(row.cell(viewer)) for viewer in COLUMNS.values()]
            uses = sorted(row.uses)
            assert line[: len(cells) + 1] == [row.field, *cells]
            assert " ".join(line[len(cells) + 1 :]).split() == uses
        scopes = [row_scope(resource.name, viewer).value for viewer in COLUMNS.values()]
        assert body[len(resource.rows)][: len(scopes) + 1] == ["(rows)", *scopes]


@pytest.mark.parametrize("markdown", [True, False])
def test_what_is_hidden_from_everyone_is_named(markdown: bool) -> None:
    text = render(markdown=markdown)
    hidden = text.partition("Hidden from everyone")[2]
    assert INTERNAL
    assert all(resource.name in hidden for resource in INTERNAL)
    assert all(
        resource.name not in hidden.split("\n")
        for resource in RESOURCES.values()
        if resource not in INTERNAL
    )
