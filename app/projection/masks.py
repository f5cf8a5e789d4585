"""Masks, computed in the database so that the value itself never enters the process.

Shapes: CPF ``***.456.789-**``; CNPJ ``**.ABC.345/01DE-**``; e-mail ``m***@dominio.com.br``;
phone ``****6040``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, String, case, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.models import ConsentEvent, CustomerChange, table_of

Mask = Callable[[ColumnElement[Any]], ColumnElement[Any]]


class position(FunctionElement[int]):  # noqa: N801 - named like the SQL function it stands for
    """``position(text, part)``: where the part begins, counted from one."""

    inherit_cache = True


@compiles(position, "postgresql")
def _strpos(element: position, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(position, "sqlite")
def _instr(element: position, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


def mask_tax_id(column: ColumnElement[Any]) -> ColumnElement[str]:
    """The middle of a CPF or CNPJ, in its printed form."""
    cpf = "***." + func.substr(column, 4, 3, type_=String) + "." + func.substr(column, 7, 3) + "-**"
    cnpj = (
        "**."
        + func.substr(column, 3, 3, type_=String)
        + "."
        + func.substr(column, 6, 3)
        + "/"
        + func.substr(column, 9, 4)
        + "-**"
    )
    return case((func.length(column) == 11, cpf), (func.length(column) == 14, cnpj))


def mask_email(column: ColumnElement[Any]) -> ColumnElement[str]:
    """The first letter and the domain of an e-mail address."""
    domain = func.substr(column, position(column, "@"), type_=String)
    return func.substr(column, 1, 1, type_=String) + "***" + domain


def mask_phone(column: ColumnElement[Any]) -> ColumnElement[str]:
    """The last four digits of a phone, whatever its length."""
    return "****" + func.substr(column, func.length(column) - 3, type_=String)


def of_own_people(kind: ColumnElement[str]) -> Mask:
    """Who or where it was when one of the account's own people acted; staff are the agency's
    matter."""
    return lambda column: case((kind == "login", column))


MASKS: Mapping[tuple[str, str], Mask] = {
    ("customer", "tax_id"): mask_tax_id,
    ("customer", "email"): mask_email,
    ("customer", "phone"): mask_phone,
    ("login", "email"): mask_email,
    ("invitation", "email"): mask_email,
    ("outbox_message", "recipient"): mask_email,
    ("customer_change", "session_id"): of_own_people(table_of(CustomerChange).c.actor_kind),
    ("consent_event", "actor_id"): of_own_people(table_of(ConsentEvent).c.actor_kind),
    ("consent_event", "session_id"): of_own_people(table_of(ConsentEvent).c.actor_kind),
}
"""(resource, field) → its mask. A masked cell without one stops start-up."""
