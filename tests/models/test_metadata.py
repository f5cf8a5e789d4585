"""`app/models/`: rules that hold for every table, those to come included."""

import pkgutil
from importlib import import_module

import pytest
from sqlalchemy import DateTime, Table, UniqueConstraint

import app.models
from app.models import Base

TABLES = [pytest.param(table, id=name) for name, table in sorted(Base.metadata.tables.items())]


def test_importing_the_package_maps_every_table() -> None:
    declared = {
        name
        for module in pkgutil.iter_modules(app.models.__path__, "app.models.")
        for name, value in vars(import_module(module.name)).items()
        if isinstance(value, type) and issubclass(value, Base) and value is not Base
    }
    assert declared <= set(app.models.__all__)
    assert len(declared) == len(Base.metadata.tables)


@pytest.mark.parametrize("table", TABLES)
def test_every_constraint_has_a_name(table: Table) -> None:
    unnamed = [constraint for constraint in table.constraints if constraint.name is None]
    assert unnamed == []


@pytest.mark.parametrize("table", TABLES)
def test_every_reference_can_be_followed_back_on_an_index(table: Table) -> None:
    """Deleting the row that is referred to would read the whole table otherwise."""
    led = {index.columns.keys()[0] for index in table.indexes}
    led |= {table.primary_key.columns.keys()[0]}
    led |= {
        constraint.columns.keys()[0]
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    }
    references = {key.parent.name for key in table.foreign_keys}
    assert references - led <= UNFOLLOWED.get(table.name, set())


UNFOLLOWED = {
    "agencies": {"created_by", "kind_set_by", "phone_set_by", "domains_set_by", "confirmed_by"},
    "legal_targets": {"chosen_by"},
    "officers": {"vetted_by"},
    "policy_acceptances": {"version"},  # versions are never deleted
    "policy_drafts": {"reviewed_by", "closed_by"},
    # nor are staff members
    "incidents": {"created_by", "confirmed_by"},
    "interventions": {"staff_id"},
    "outbox_messages": {"staff_id", "officer_id"},
    "recipients": {"created_by"},
    "legal_holds": {"filed_by", "ended_by"},
    "legal_packages": {"file_id"},  # nor is the row of a file that was ever complete
    "legal_requests": {
        *("entered_by", "reviewed_by", "approved_by", "approved_again_by", "checked_by"),
    },
    "disclosures": {"consent_event_id"},  # nor what is on record
}


@pytest.mark.parametrize("table", TABLES)
def test_every_moment_knows_its_zone(table: Table) -> None:
    """`UtcDateTime` wraps SQLAlchemy's own type, which forgets the zone on SQLite."""
    assert [column.name for column in table.columns if isinstance(column.type, DateTime)] == []
