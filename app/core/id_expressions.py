"""Ids that the database makes: a fresh UUIDv7 for each row that a statement writes.

A default of Python's would be worked out once for all of them.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Dialect, String, Uuid, cast, func, literal, type_coerce

from app.core.ids import id_at


def fresh_ids(moment: datetime, dialect: Dialect) -> ColumnElement[UUID]:
    """An expression with another value in each row: UUIDv7 (RFC 9562) of one millisecond.

    What follows the time is all random, so that rows of one statement have no order.
    """
    if dialect.name == "postgresql":  # version and variant stand where version 4 has them
        head, tail = str(id_at(moment))[:15], func.substr(cast(func.gen_random_uuid(), String), 16)
        return cast(literal(head).concat(tail), Uuid())
    # 32 hexadecimal digits, as SQLAlchemy keeps them there; the 17th is the variant's.
    head = id_at(moment).hex[:13]
    digits = func.lower(func.hex(func.randomblob(9)))
    made = literal(head).concat(func.substr(digits, 1, 3)).concat("8")
    return type_coerce(made.concat(func.substr(digits, 4, 15)), Uuid())
