"""Statements that are given any number of rows of values.

PostgreSQL takes all of them at once, as an array for each column; SQLite has no arrays, and runs
the statement for each row.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Dialect,
    FromClause,
    Select,
    String,
    Table,
    Update,
    UpdateBase,
    column,
    func,
    insert,
    select,
)
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.sql.visitors import ExternallyTraversible, iterate, replacement_traverse

from app.core.statements import Prepared, Record, bound, prepare
from app.core.transactions import Transaction, run

_NAME: Final = "given"


@dataclass(frozen=True, slots=True)
class RowSet:
    """A statement over `given` rows, and over `shared` values that are the same for all of them."""

    prepared: Prepared
    at_once: bool
    shared: frozenset[str] = frozenset()

    async def run(
        self, transaction: Transaction, rows: Sequence[Mapping[str, Any]]
    ) -> list[Record]:
        """What it returns for all rows, in no order; nothing is run for none.

        Raises `KeyError` for a row without one of the values, else what the driver does.
        """
        found: list[Record] = []
        for values in self.calls(rows):
            found += await run(transaction, self.prepared, values)
        return found

    def calls(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """What the statement is run with, once or for each row. Rows hold the shared values too."""
        if not self.at_once:
            yield from rows
        elif rows:
            first, names = rows[0], self.prepared.names
            each = {name: [row[name] for row in rows] for name in names if name not in self.shared}
            yield each | {name: first[name] for name in self.shared}


def given(dialect: Dialect, **columns: TypeEngine[Any]) -> FromClause:
    """The rows that a statement is given, to be selected from: their columns by name and type."""
    if dialect.name == "postgresql":
        arrays = [
            bound(name, ARRAY(_of_any_length(type_), dimensions=1))
            for name, type_ in columns.items()
        ]
        named = [column(name, type_) for name, type_ in columns.items()]
        return func.unnest(*arrays).table_valued(*named, name=_NAME).render_derived(name=_NAME)
    return select(*(bound(name, type_).label(name) for name, type_ in columns.items())).subquery(
        _NAME
    )


def given_as(dialect: Dialect, table: Table) -> FromClause:
    """Rows as they stand in a table, whole."""
    return given(dialect, **{each.name: each.type for each in table.columns})


def _of_any_length(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """PostgreSQL would cut a text down to the array's type, and say nothing."""
    return String() if isinstance(type_, String) else type_


def prepare_set(statement: Select[Any] | UpdateBase, dialect: Dialect) -> RowSet:
    """Compile a statement that selects from `given`, and binds nothing else."""
    return RowSet(prepare(statement, dialect), at_once=dialect.name == "postgresql")


def insertion(table: Table, dialect: Dialect) -> RowSet:
    """An INSERT of rows as they stand in a table, whole."""
    rows = given_as(dialect, table)
    names = [each.name for each in rows.c]
    return prepare_set(insert(table).from_select(names, select(rows)), dialect)


def for_each(
    statement: Select[Any] | Update, dialect: Dialect, *, shared: Collection[str] = ()
) -> RowSet:
    """Compile a statement of one row of bound values so that it runs for any number of them.

    A SELECT returns the rows found for each, together. Values named in `shared` stay single: it
    must be those that are bound within subqueries of their own.
    """
    if dialect.name != "postgresql":
        return prepare_set(statement, dialect)

    def is_given(element: Any) -> bool:  # unique ones are our constants
        return (
            isinstance(element, BindParameter) and not element.unique and element.key not in shared
        )

    binds = [cast(BindParameter[Any], each) for each in iterate(statement) if is_given(each)]
    rows = given(dialect, **{each.key: each.type for each in binds})

    def column_for(element: ExternallyTraversible, **_: Any) -> ExternallyTraversible | None:
        return rows.c[cast(BindParameter[Any], element).key] if is_given(element) else None

    lifted = cast(Update, replacement_traverse(statement, {}, column_for))
    return RowSet(prepare(lifted, dialect), at_once=True, shared=frozenset(shared))
