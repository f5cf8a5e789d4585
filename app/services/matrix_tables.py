"""The visibility matrix as text, for people: a table per resource, rows as the matrix has them."""

from app.access.matrix import COLUMNS, Resource
from app.access.scopes import row_scope
from app.access.visibility import INTERNAL, RESOURCES, matrix_hash

LEGEND = (
    "R read, W write, M masked read, C read while consent allows, "
    "L read as far as the legal basis allows, · hidden"
)


def render(*, markdown: bool) -> str:
    """Every resource with its rows and the rows' scope, and the hash that audit events carry."""
    shown = [resource for resource in RESOURCES.values() if resource not in INTERNAL]
    head = (
        f"# Visibility matrix\n\n{LEGEND}\n\nHash: `{matrix_hash()}`"
        if markdown
        else (f"Visibility matrix {matrix_hash()}\n{LEGEND}")
    )
    parts = [head, *(_table(resource, markdown=markdown) for resource in shown)]
    parts.append(_hidden(markdown=markdown))
    return "\n\n".join(parts) + "\n"


def _table(resource: Resource, *, markdown: bool) -> str:
    heading = [resource.name, *(viewer.value for viewer in COLUMNS.values()), "uses"]
    rows = [
        [
            row.field,
            *(str(row.cell(viewer)) for viewer in COLUMNS.values()),
            " ".join(sorted(row.uses)),
        ]
        for row in resource.rows
    ]
    rows.append(
        ["(rows)", *(row_scope(resource.name, viewer).value for viewer in COLUMNS.values()), ""]
    )
    if markdown:
        lines = [heading, ["---"] * len(heading), *rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
    widths = [max(len(line[place]) for line in [heading, *rows]) for place in range(len(heading))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [heading, *rows]
    )


def _hidden(*, markdown: bool) -> str:
    names = [resource.name for resource in INTERNAL]
    title = "Hidden from everyone, every column:"
    return (
        f"{title}\n\n" + "\n".join(f"- {name}" for name in names)
        if markdown
        else (f"{title} {', '.join(names)}")
    )
