"""Statements compiled once, with what is needed to bind values and read rows without SQLAlchemy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import BindParameter, Dialect, Select, bindparam
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

Record = Sequence[Any]
Processor = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """SQL text in the driver's own paramstyle, its parameters in order, and value processors."""

    sql: str
    names: tuple[str, ...]
    defaults: Mapping[str, Any]
    """What the compiler itself binds (SQLite's OFFSET); everything else must be given."""
    binders: tuple[Processor, ...]
    readers: tuple[Processor, ...]
    plain: bool
    """Whether no column needs a reader, so that the driver's records can be used as they come."""

    def arguments(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The driver's positional arguments. Raises `KeyError` for a missing value."""
        defaults = self.defaults
        return tuple(
            binder(value) if binder is not None else value
            for binder, value in (
                (binder, values[name] if name in values else defaults[name])
                for binder, name in zip(self.binders, self.names, strict=True)
            )
        )

    def records(self, rows: Sequence[Record]) -> list[Record]:
        """The rows with Python values: aware times, UUIDs, documents."""
        if self.plain:
            return list(rows)
        readers = self.readers
        return [
            [
                reader(value) if reader is not None else value
                for reader, value in zip(readers, row, strict=True)
            ]
            for row in rows
        ]


def bound(name: str, type_: TypeEngine[Any]) -> BindParameter[Any]:
    """A value that comes with each call, by name."""
    return bindparam(name, None, type_=type_, required=False)


def prepare(statement: Select[Any], dialect: Dialect) -> Prepared:
    """Compile a statement for a dialect.

    Constants of our own are written into the text, so that planners see them and nobody sends
    them; parameters made by `bound` are bound at each call.
    """
    fixed = cast(Select[Any], replacement_traverse(statement, {}, _constant))
    compiled = fixed.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - a SELECT compiles to nothing else
    names = tuple(compiled.positiontup or ())
    binders = tuple(
        compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names
    )
    readers = tuple(
        column.type.dialect_impl(dialect).result_processor(dialect, None)
        for column in statement.selected_columns
    )
    return Prepared(
        sql=compiled.string,
        names=names,
        defaults={key: value for key, value in compiled.params.items() if value is not None},
        binders=binders,
        readers=readers,
        plain=not any(readers),
    )


def _constant(element: ExternallyTraversible, **_: Any) -> ExternallyTraversible | None:
    if isinstance(element, BindParameter) and element.unique:
        return element.render_literal_execute()
    return None
