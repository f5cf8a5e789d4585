"""The matrix is as the agency's director signed it, and its hash changes with every cell."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.access.matrix import HIDDEN, Cell, Resource, Row, Sight, Use
from app.access.scopes import Scope, row_scope
from app.access.viewers import STAFF_ROLES, Viewer
from app.access.visibility import (
    COMPANIONS,
    CUSTOMER,
    INTERNAL,
    RESOURCES,
    matrix_hash,
    matrix_text,
)

# As signed (promises P11 to P13), in the order of these columns. Never made from the code.
SIGNED_COLUMNS = (
    "self director systems_engineer privacy_officer support billing production marketing partner "
    "authority"
)
SIGNED = """
    id kind                                      R  R  R R R  R  R C C L
    status                                       R  RW R R R  R  R C C L
    name                                         RW RW R R R  R  R C C L
    email                                        RW RW R M R  R  R C C L
    pending_email                                R  R  R · ·  ·  · · · ·
    phone                                        RW RW R · RW R  M C C L
    tax_id                                       RW RW R · M  RW · · C L
    address.street address.number                RW RW R · ·  RW · · C L
    address.complement address.district          RW RW R · ·  RW · · C L
    address.postal_code                          RW RW R · ·  RW · · C L
    address.city address.state                   RW RW R · R  RW · C C L
    preferences                                  RW RW R · R  ·  R C · ·
    created_at                                   R  R  R R R  R  · · · L
    last_login_at                                R  R  R · R  ·  · · · L
    attention_note                               ·  RW R · RW ·  · · · ·
"""


def signed() -> Iterator[tuple[str, Viewer, str]]:
    viewers = SIGNED_COLUMNS.split()
    for line in SIGNED.split("\n"):
        words = line.split()
        fields, cells = words[: -len(viewers)], words[-len(viewers) :]
        for field in fields:
            for viewer, cell in zip(viewers, cells, strict=True):
                yield field, Viewer(viewer), cell


@pytest.mark.parametrize(("field", "viewer", "cell"), list(signed()))
def test_the_customer_is_shown_as_signed(field: str, viewer: Viewer, cell: str) -> None:
    (row,) = [row for row in CUSTOMER.rows if row.field == field]
    assert str(row.cell(viewer)) == cell


def test_nothing_else_of_a_customer_is_shown() -> None:
    fields = {field for field, _, _ in signed()}
    for row in CUSTOMER.rows:
        if row.field not in fields:
            assert {row.cell(viewer) for viewer in Viewer} == {HIDDEN}, row.field
        assert row.cell(Viewer.PUBLIC) == HIDDEN


@pytest.mark.parametrize("resource", INTERNAL, ids=lambda resource: str(resource.name))
def test_secrets_are_hidden_from_everyone(resource: Resource) -> None:
    for row in resource.rows:
        assert all(row.cell(viewer) == HIDDEN for viewer in Viewer)


def test_no_field_that_sounds_secret_is_shown() -> None:
    for resource in RESOURCES.values():
        for row in resource.rows:
            if (resource.name, row.field) == ("audit_seal", "digest"):
                continue  # a proof over the log, made to be shown
            if any(word in row.field for word in ("password", "secret", "token", "digest")):
                assert all(row.cell(viewer) == HIDDEN for viewer in Viewer), row.field


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda resource: str(resource.name))
def test_what_is_written_is_read_in_the_clear(resource: Resource) -> None:
    # A writer who sees a mask would send it back; one who sees nothing would write blindly.
    for row in resource.rows:
        for viewer in Viewer:
            cell = row.cell(viewer)
            assert not cell.write or cell.sight is Sight.CLEAR


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda resource: str(resource.name))
def test_consented_fields_are_shown_only_where_consent_decides_the_rows(
    resource: Resource,
) -> None:
    for row in resource.rows:
        for viewer in Viewer:
            if row.cell(viewer).sight is Sight.CONSENTED:
                scope = row_scope(resource.name, viewer)
                assert scope in (Scope.MARKETING_CONSENT, Scope.PARTNER_CONSENT)


def test_only_staff_roles_can_be_given() -> None:
    assert set(STAFF_ROLES) == set(Viewer) - {
        Viewer.SELF,
        Viewer.PARTNER,
        Viewer.AUTHORITY,
        Viewer.PUBLIC,
    }


def changed(row: Row) -> Iterator[Row]:
    """The row with each of its cells changed, and with other uses."""
    for viewer in Viewer:
        other = Cell(Sight.CLEAR, write=False) if row.cell(viewer).sight is Sight.HIDDEN else HIDDEN
        yield replace(row, cells={**row.cells, viewer: other})
    yield replace(row, uses=row.uses ^ {Use.FILTER})
    yield replace(row, field=row.field + "_")


def test_the_hash_changes_with_every_cell() -> None:
    seen = {matrix_hash()}
    count = 1
    for place, row in enumerate(CUSTOMER.rows):
        for other in changed(row):
            rows = (*CUSTOMER.rows[:place], other, *CUSTOMER.rows[place + 1 :])
            seen.add(matrix_hash({**RESOURCES, "customer": replace(CUSTOMER, rows=rows)}))
            count += 1
    assert len(seen) == count


def test_the_hash_names_the_row_scopes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    before = matrix_hash()
    monkeypatch.setattr("app.access.visibility.row_scope", lambda *_: Scope.ALL)
    assert matrix_hash() != before


def test_the_text_says_each_fact_once_in_order() -> None:
    lines = matrix_text().splitlines()
    assert lines == sorted(set(lines))
    facts = sum(len(resource.rows) + len(Viewer) for resource in RESOURCES.values())
    assert len(lines) == facts + len(COMPANIONS)
