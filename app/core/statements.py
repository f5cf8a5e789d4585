"""Statements compiled once, with what is needed to bind values and read rows without SQLAlchemy."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Dialect,
    Select,
    UpdateBase,
    Uuid,
    any_,
    bindparam,
    literal,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

Record = Sequence[Any]
Processors = tuple[tuple[int, Callable[[Any], Any]], ...]
"""The places of values that the driver does not take or give as they are, and what mends them."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """SQL text in the driver's own paramstyle, its parameters in order, and value processors."""

    sql: str
    names: tuple[str, ...]
    defaults: Mapping[str, Any]
    """What the compiler itself binds (SQLite's OFFSET); everything else must be given."""
    binders: Processors
    readers: Processors

    def arguments(self, values: Mapping[str, Any]) -> Sequence[Any]:
        """The driver's positional arguments. Raises `KeyError` for a missing value."""
        if self.defaults:
            values = {**self.defaults, **values}
        return processed(self.binders, [values[name] for name in self.names])

    def records(self, rows: list[Record]) -> list[Record]:
        """The rows with Python values: aware times, UUIDs, documents."""
        if not self.readers:  # the driver's records can be used as they come
            return rows
        return [processed(self.readers, row) for row in rows]


def bound(name: str, type_: TypeEngine[Any]) -> BindParameter[Any]:
    """A value that comes with each call, by name."""
    return bindparam(name, None, type_=type_, required=False)


def prepare(statement: Select[Any] | UpdateBase, dialect: Dialect) -> Prepared:
    """Compile a statement for a dialect.

    Constants of our own are written into the text, so that planners see them and nobody sends
    them; parameters made by `bound` are bound at each call. An INSERT without values takes every
    column of its table, by name.
    """
    fixed = cast(Select[Any], replacement_traverse(statement, {}, _constant))
    compiled = fixed.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - SQL compiles to nothing else
    names = tuple(compiled.positiontup or ())
    return Prepared(
        sql=compiled.string,
        names=names,
        defaults={key: value for key, value in compiled.params.items() if value is not None},
        binders=binders([compiled.binds[name].type for name in names], dialect),
        readers=_present(
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in statement.exported_columns
        ),
    )


def among(column: Any, ids: Sequence[UUID], dialect: Dialect) -> ColumnElement[bool]:
    """Whether a column of ids is one of these, however many: on PostgreSQL one bound value.

    A list of hundreds would be written out anew for each statement, which takes milliseconds.
    """
    if dialect.name == "postgresql":
        found: ColumnElement[bool] = column == any_(literal(list(ids), ARRAY(Uuid())))
        return found
    listed: ColumnElement[bool] = column.in_(ids)
    return listed


def binders(types: Iterable[TypeEngine[Any]], dialect: Dialect) -> Processors:
    """What makes values of these types, in this order, fit for the driver."""
    return _present(type_.dialect_impl(dialect).bind_processor(dialect) for type_ in types)


def processed(processors: Processors, values: Sequence[Any]) -> Sequence[Any]:
    """The values with the processors applied at their places."""
    if not processors:
        return values
    result = list(values)
    for place, process in processors:
        result[place] = process(result[place])
    return result


def _present(processors: Iterable[Callable[[Any], Any] | None]) -> Processors:
    return tuple((place, each) for place, each in enumerate(processors) if each is not None)


def _constant(element: ExternallyTraversible, **_: Any) -> ExternallyTraversible | None:
    if isinstance(element, BindParameter) and element.unique:
        return element.render_literal_execute()
    return None
