"""The statements of the consent ledger, each compiled once, for any number of rows."""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Dialect,
    FromClause,
    Uuid,
    and_,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from app.access.processing import OURSELVES
from app.core.columns import UtcDateTime
from app.core.row_sets import RowSet, given, given_as, insertion, prepare_set
from app.models import ConsentEvent, ConsentState, ConsentSubject, Customer, Purpose, table_of
from app.services.purposes import WORDS

EVENT: Final = table_of(ConsentEvent)
STATE: Final = table_of(ConsentState)
SUBJECT: Final = table_of(ConsentSubject)
KEY: Final = ("subject_id", "purpose", "recipient_id")
"""What something stands for."""


@lru_cache(maxsize=2)
def count_up(dialect: Dialect) -> RowSet:
    """The number of each subject's last event, `events` more of them counted in.

    Others who want one wait until we are done. Takes a subject once, and all of them by id: two
    who take many would else wait for each other.
    """
    rows = given_as(dialect, SUBJECT)
    write = _insert(dialect)(SUBJECT).from_select(_names(rows), select(rows).where(true()))
    counted = write.on_conflict_do_update(
        index_elements=["id"], set_={"events": SUBJECT.c.events + write.excluded.events}
    )
    return prepare_set(counted.returning(SUBJECT.c.id, SUBJECT.c.events), dialect)


@lru_cache(maxsize=2)
def words(dialect: Dialect) -> RowSet:
    """For each `purpose` and moment (`at`) its words that were in force."""
    asked = given(dialect, purpose=Purpose.key.type, at=UtcDateTime())
    other = aliased(Purpose)
    newest = (
        select(func.max(other.version))
        .where(other.key == asked.c.purpose, other.published_at <= asked.c.at)
        .scalar_subquery()
    )
    in_force = and_(Purpose.key == asked.c.purpose, Purpose.version == newest)
    found = select(asked.c.purpose, asked.c.at, *WORDS).join_from(asked, Purpose, in_force)
    return prepare_set(found, dialect)


@lru_cache(maxsize=2)
def standing(dialect: Dialect) -> RowSet:
    """Subject, purpose and recipient as asked, and what stands: the state, if anything does, how
    far a yes goes, and whether the subject is an account that was closed."""
    asked = given(dialect, **{name: STATE.c[name].type for name in KEY})
    same = and_(*(STATE.c[name] == asked.c[name] for name in KEY))
    closed = Customer.closed_at.is_not(None)
    found = (
        select(*asked.c, STATE.c.state, STATE.c.fields, STATE.c.expires_at, closed)
        .join_from(asked, STATE, same, isouter=True)
        .join(Customer, Customer.id == asked.c.subject_id, isouter=True)
    )
    return prepare_set(found, dialect)


@lru_cache(maxsize=2)
def write(dialect: Dialect) -> tuple[RowSet, ...]:
    """More events, each of which may decide what stands (`stands`): one for each subject, purpose
    and recipient. On PostgreSQL that is one statement, elsewhere two."""
    columns = {column.name: column.type for column in EVENT.c}
    if dialect.name != "postgresql":
        rows = given(dialect, **columns, stands=Boolean())
        return insertion(EVENT, dialect), prepare_set(_settling(dialect, rows), dialect)
    rows = select(given(dialect, **columns, stands=Boolean())).cte("said")
    named = [rows.c[name] for name in columns]
    written = insert(EVENT).from_select(list(columns), select(*named)).cte("written")
    return (prepare_set(_settling(dialect, rows).add_cte(written), dialect),)


def _settling(dialect: Dialect, rows: FromClause) -> Any:
    """What is to stand after these events, by column of `consent_states`."""
    values = [
        func.coalesce(rows.c.recipient_id, literal(OURSELVES, Uuid()))
        if column.name == "recipient_id"
        else rows.c[column.name]
        for column in STATE.c
    ]
    chosen = select(*values).where(rows.c.stands)
    settling = _insert(dialect)(STATE).from_select([column.name for column in STATE.c], chosen)
    others = {column.name for column in STATE.c} - set(KEY)
    return settling.on_conflict_do_update(
        index_elements=list(KEY), set_={name: settling.excluded[name] for name in sorted(others)}
    )


def _insert(dialect: Dialect) -> Any:
    return postgresql.insert if dialect.name == "postgresql" else sqlite.insert


def _names(rows: FromClause) -> list[str]:
    return [column.name for column in rows.c]
