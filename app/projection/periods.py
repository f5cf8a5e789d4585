"""What the period of an order means for the rows of a resource.

Most rows are something that happened at one moment, which the period has or has not. A consent is
said at a moment, and then it stands: until the next word on the same matter, or as long as it was
given for. A period has what was said within it, and each yes that was in force at some moment of
it, whenever it was said: a court that asks for March is told of the consent of January that was
used in March, though it was withdrawn in June. A no that was said before is not: nothing was done
by it in the period.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Table, and_, exists, or_

from app.core.statements import bound

Bound = BindParameter[Any] | None
Yes = Callable[[Table, BindParameter[Any]], ColumnElement[bool]]

HAPPENED: Final = "happened"
IN_FORCE: Final = "happened or in force"


def rule_of(resource: str) -> str:
    """How a period chooses among the resource's rows, in a manifest's words."""
    return IN_FORCE if resource in _IN_FORCE else HAPPENED


def moment_of(resource: str, moment: str | None) -> str | None:
    """The column that a period bounds, given the one that any caller's period would."""
    return "at" if resource in _IN_FORCE else moment


def within(
    resource: str, table: Table, moment: str | None, *, since: bool, until: bool
) -> list[ColumnElement[bool]]:
    """The conditions of a period whose bounds are bound as ``since`` (included) and ``until``
    (excluded), as far as there are any.

    Raises `ValueError` where the rows have no moment that a period could bound.
    """
    if not (since or until):
        return []
    name = moment_of(resource, moment)
    if name is None:
        raise ValueError(f"{resource} has no moment that a period could bound")
    column = table.c[name]
    conditions: list[ColumnElement[bool]] = []
    if since:
        beginning = bound("since", column.type)
        happened = column >= beginning
        in_force = _IN_FORCE.get(resource)
        conditions.append(
            happened if in_force is None else or_(happened, in_force(table, beginning))
        )
    if until:
        conditions.append(column < bound("until", column.type))
    return conditions


def _in_force(table: Table, beginning: BindParameter[Any]) -> ColumnElement[bool]:
    """A yes that had not expired when the period began."""
    expires = table.c.expires_at
    return and_(table.c.state == "granted", or_(expires.is_(None), expires > beginning))


def _not_superseded(table: Table, beginning: BindParameter[Any]) -> ColumnElement[bool]:
    """The same of the ledger, which has all that was ever said."""
    later = table.alias("later")
    followed = exists().where(
        later.c.subject_id == table.c.subject_id,
        later.c.purpose == table.c.purpose,
        later.c.recipient_id.is_not_distinct_from(table.c.recipient_id),
        later.c.sequence > table.c.sequence,
        later.c.at <= beginning,
    )
    return and_(_in_force(table, beginning), ~followed)


_IN_FORCE: Final[Mapping[str, Yes]] = {
    "consent_event": _not_superseded,
    "consent_state": _in_force,
}
