"""`app/services/held_tables.py`: no table that hangs on a customer is forgotten."""

from sqlalchemy import Table

from app.models import Base
from app.services.held_tables import COPIED, ENDURING, LEFT_OUT, WITHHELD
from tests.support.secrets import SECRET_COLUMNS

PEOPLE = {"customers", "logins"}
NAMING = {"customer_id", "login_id", "subject_id"}
"""Columns that say whose a row is, foreign keys or not."""


def hangs_on_somebody(table: Table) -> bool:
    referred = {key.column.table.name for key in table.foreign_keys}
    return table.name in PEOPLE or bool(referred & PEOPLE) or bool(NAMING & set(table.c.keys()))


def test_every_table_about_a_customer_is_judged_once() -> None:
    tables = Base.metadata.tables
    about = {name for name, table in tables.items() if hangs_on_somebody(table)}
    copied = [table.name for table, _ in COPIED]
    judged = [*copied, *ENDURING, *LEFT_OUT]
    assert len(judged) == len(set(judged))
    assert about <= set(judged), "is it copied when a customer is held, and if not, why?"
    assert set(copied) <= about


def test_no_copy_holds_a_secret() -> None:
    copied = {table.name for table, _ in COPIED}
    assert {place for place in SECRET_COLUMNS if place[0] in copied} == WITHHELD


def test_every_copied_table_is_paged_by_its_id() -> None:
    assert all(list(table.primary_key.columns.keys()) == ["id"] for table, _ in COPIED)
