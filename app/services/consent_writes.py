"""The statements of the consent ledger, each compiled once: they run all day long."""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Dialect, Select, String, Uuid, insert, select, true
from sqlalchemy.dialects import postgresql, sqlite

from app.core.columns import UtcDateTime
from app.core.statements import Prepared, bound, prepare
from app.models import ConsentEvent, ConsentState, ConsentSubject, Customer, Purpose, table_of

EVENT: Final = table_of(ConsentEvent)
STATE: Final = table_of(ConsentState)
SUBJECT: Final = table_of(ConsentSubject)
_KEY: Final = ("purpose", "recipient_id", "subject_id")


@lru_cache(maxsize=2)
def count_up(dialect: Dialect) -> Prepared:
    """The number of the subject's next event; others who want one wait until we are done."""
    row = {column.name: bound(column.name, column.type) for column in SUBJECT.c}
    write = _insert(dialect)(SUBJECT).values(row)
    counted = write.on_conflict_do_update(
        index_elements=["id"], set_={"events": SUBJECT.c.events + 1}
    )
    return prepare(counted.returning(SUBJECT.c.events), dialect)


@lru_cache(maxsize=2)
def heard(dialect: Dialect) -> Prepared:
    """The words of the purpose in force at a moment, what stands for the subject, and whether they
    closed their account."""
    return prepare(_heard(), dialect)


@lru_cache(maxsize=2)
def write_event(dialect: Dialect) -> Prepared:
    """One more event."""
    return prepare(insert(EVENT), dialect)


@lru_cache(maxsize=2)
def let_stand(dialect: Dialect) -> Prepared:
    """Have an event decide what stands for its purpose and recipient."""
    write = _insert(dialect)(STATE)
    others = {column.name for column in STATE.c} - set(_KEY)
    settled = write.on_conflict_do_update(
        index_elements=list(_KEY), set_={name: write.excluded[name] for name in sorted(others)}
    )
    return prepare(settled, dialect)


def _insert(dialect: Dialect) -> Any:
    return postgresql.insert if dialect.name == "postgresql" else sqlite.insert


def _heard() -> Select[Any]:
    standing = (
        select(STATE.c.state, STATE.c.fields, STATE.c.expires_at)
        .where(
            STATE.c.subject_id == bound("subject", Uuid()),
            STATE.c.purpose == bound("purpose", String()),
            STATE.c.recipient_id == bound("recipient", Uuid()),
        )
        .subquery("standing")
    )
    closed_at = (
        select(Customer.closed_at).where(Customer.id == bound("subject", Uuid())).scalar_subquery()
    )
    return (
        select(
            Purpose.key,
            Purpose.version,
            Purpose.hash,
            Purpose.title,
            Purpose.fields,
            standing.c.state,
            standing.c.fields,
            standing.c.expires_at,
            closed_at.label("closed_at"),
        )
        .outerjoin_from(Purpose, standing, true())
        .where(
            Purpose.key == bound("purpose", String()),
            Purpose.published_at <= bound("at", UtcDateTime()),
        )
        .order_by(Purpose.version.desc())
        .limit(1)
    )
