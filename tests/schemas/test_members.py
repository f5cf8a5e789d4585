"""Bodies about trusted people and invoices: what is refused where."""

from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from app.access.permission_sets import LABELS, SETS
from app.core.messages import FIELDS
from app.schemas.body import Body
from app.schemas.invitations import AcceptAsNewLogin, AcceptInvitation, Invite
from app.schemas.invoices import InvoicePatch, NewInvoice
from app.schemas.members import MemberPatch

BODIES = (Invite, AcceptInvitation, AcceptAsNewLogin, MemberPatch, NewInvoice, InvoicePatch)
INVITE: dict[str, Any] = {"email": "carlos@exemplo.com.br", "permissions": ["invoices"]}
INVOICE: dict[str, Any] = {
    "number": "2026-1",
    "description": "Hospedagem",
    "amount_cents": 1,
    "due_on": "2026-12-10",
}


def errors(body: type[Body], sent: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        body.model_validate(sent)
    return {"/".join(map(str, error["loc"])): error["type"] for error in caught.value.errors()}


@pytest.mark.parametrize("body", BODIES)
def test_examples_are_true(body: type[Body]) -> None:
    schema = body.model_json_schema()
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    assert schema["examples"]
    for sent in schema["examples"]:
        body.model_validate(sent)
        assert validator.is_valid(sent)


@pytest.mark.parametrize("body", BODIES)
def test_unknown_members_are_refused(body: type[Body]) -> None:
    [sent, *_] = body.model_json_schema()["examples"]
    assert errors(body, sent | {"customer_id": "x"}) == {"customer_id": "extra_forbidden"}


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"permissions": []}, "permissions", "too_short"),
        ({"permissions": ["invoices", "invoices"]}, "permissions", "duplicate_item"),
        ({"permissions": ["owners"]}, "permissions/0", "literal_error"),
        ({"permissions": None}, "permissions", "list_type"),
        ({"permissions": "invoices"}, "permissions", "list_type"),
        ({"set": "financeiro"}, "", "either_or"),
        ({"email": "m***@exemplo.com.br"}, "email", "invalid_email"),
        ({"expires_at": "2027-01-01"}, "expires_at", "invalid_datetime"),
        ({"expires_at": 1798761599}, "expires_at", "string_type"),
        ({"note": "veja golpe.com.br"}, "note", "text_with_link"),
        ({"note": "x" * 201}, "note", "text_too_long"),
        ({"note": "duas\nlinhas"}, "note", "text_control_characters"),
        ({"note": "\ud800"}, "note", "text_not_unicode"),
        ({"note": "  "}, "note", "text_empty"),
    ],
)
def test_what_an_invitation_cannot_be(change: dict[str, Any], place: str, code: str) -> None:
    assert errors(Invite, INVITE | change) == {place: code}


def test_an_invitation_needs_a_list_or_a_set() -> None:
    assert errors(Invite, {"email": INVITE["email"]}) == {"": "either_or"}
    assert "either_or" in FIELDS
    assert Invite.model_validate(INVITE).granted == ["invoices"]
    for name, found in SETS.items():
        sent = {"email": INVITE["email"], "set": name}
        assert Invite.model_validate(sent).granted == found.permissions


def test_the_permissions_that_may_be_sent_are_those_that_there_are() -> None:
    sent = INVITE | {"permissions": list(LABELS)}
    assert tuple(Invite.model_validate(sent).granted) == tuple(LABELS)


def test_a_patch_says_what_it_names_and_nothing_else() -> None:
    for sent in ({}, {"expires_at": None}, {"suspended": False}, {"permissions": ["support"]}):
        assert MemberPatch.model_validate(sent).model_dump(exclude_unset=True) == sent
    assert errors(MemberPatch, {"suspended": None}) == {"suspended": "bool_type"}
    assert errors(MemberPatch, {"suspended": "true"}) == {"suspended": "bool_type"}
    assert errors(MemberPatch, {"permissions": None}) == {"permissions": "list_type"}


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"amount_cents": 0}, "amount_cents", "greater_than_equal"),
        ({"amount_cents": -1}, "amount_cents", "greater_than_equal"),
        ({"amount_cents": 10**11 + 1}, "amount_cents", "less_than_equal"),
        ({"amount_cents": 149.9}, "amount_cents", "int_from_float"),
        ({"amount_cents": "14990"}, "amount_cents", "invalid_integer"),
        ({"amount_cents": True}, "amount_cents", "invalid_integer"),
        ({"due_on": "2026-02-30"}, "due_on", "invalid_date"),
        ({"due_on": "2026-12-10T00:00:00Z"}, "due_on", "invalid_date"),
        ({"number": ""}, "number", "text_empty"),
        ({"number": "9" * 41}, "number", "text_too_long"),
        ({"description": "a\u0000b"}, "description", "text_control_characters"),
        ({"currency": "USD"}, "currency", "extra_forbidden"),
        ({"status": "paid"}, "status", "extra_forbidden"),
    ],
)
def test_what_an_invoice_cannot_be(change: dict[str, Any], place: str, code: str) -> None:
    assert errors(NewInvoice, INVOICE | change) == {place: code}


def test_an_invoice_is_not_opened_again() -> None:
    assert errors(InvoicePatch, {"status": "open"}) == {"status": "literal_error"}
    assert errors(InvoicePatch, {}) == {"status": "missing"}
