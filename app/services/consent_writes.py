"""The statements of the consent ledger, each compiled once, for any number of rows."""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Dialect, FromClause, and_, func, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

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
def closed(dialect: Dialect) -> RowSet:
    """Those of the subjects, by `id`, whose account was closed."""
    asked = given(dialect, id=SUBJECT.c.id.type)
    gone = and_(Customer.id == asked.c.id, Customer.closed_at.is_not(None))
    return prepare_set(select(asked.c.id).join_from(asked, Customer, gone), dialect)


@lru_cache(maxsize=2)
def standing(dialect: Dialect) -> RowSet:
    """What stands, where anything does: subject, purpose and recipient as asked, the state, and
    how far a yes goes."""
    asked = given(dialect, **{name: STATE.c[name].type for name in KEY})
    same = and_(*(STATE.c[name] == asked.c[name] for name in KEY))
    found = select(*asked.c, STATE.c.state, STATE.c.fields, STATE.c.expires_at)
    return prepare_set(found.join_from(asked, STATE, same), dialect)


@lru_cache(maxsize=2)
def write_events(dialect: Dialect) -> RowSet:
    """More events."""
    return insertion(EVENT, dialect)


@lru_cache(maxsize=2)
def let_stand(dialect: Dialect) -> RowSet:
    """Have events decide what stands: one for each subject, purpose and recipient."""
    rows = given_as(dialect, STATE)
    write = _insert(dialect)(STATE).from_select(_names(rows), select(rows).where(true()))
    others = {column.name for column in STATE.c} - set(KEY)
    settled = write.on_conflict_do_update(
        index_elements=list(KEY), set_={name: write.excluded[name] for name in sorted(others)}
    )
    return prepare_set(settled, dialect)


def _insert(dialect: Dialect) -> Any:
    return postgresql.insert if dialect.name == "postgresql" else sqlite.insert


def _names(rows: FromClause) -> list[str]:
    return [column.name for column in rows.c]
