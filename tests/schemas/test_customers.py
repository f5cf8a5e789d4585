"""Registration and merge patches: what is refused where, and what a patch says."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.access.processing import ASKED_OF_ACCOUNTS
from app.schemas.body import Body
from app.schemas.customers import (
    Address,
    AddressPatch,
    ConsentChoice,
    CustomerPatch,
    Preferences,
    Registration,
    changes,
)
from tests.support.formats import CNPJS, CPFS

BODIES = (Address, AddressPatch, ConsentChoice, CustomerPatch, Preferences, Registration)
ADDRESS = {
    "street": "Rua D'Ávila",
    "number": "S/N",
    "district": "Centro",
    "city": "São Paulo",
    "state": "SP",
    "postal_code": "01310-100",
}
PERSON: dict[str, Any] = {
    "kind": "person",
    "name": "Maria D'Ávila",
    "email": "maria@exemplo.com.br",
    "password": "quatro-gatos-7-telhados",
    "accepted_policy_version": 1,
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
    assert errors(body, sent | {"is_admin": True}) == {"is_admin": "extra_forbidden"}


class TestRegistration:
    @pytest.mark.parametrize("member", ["phone", "tax_id", "address", "preferences", "consents"])
    def test_the_rest_may_be_missing_or_null(self, member: str) -> None:
        least = Registration.model_validate(PERSON)
        assert getattr(least, member) is None
        assert Registration.model_validate(PERSON | {member: None}) == least

    @pytest.mark.parametrize("member", sorted(PERSON))
    def test_these_must_be_there(self, member: str) -> None:
        sent = {name: value for name, value in PERSON.items() if name != member}
        assert errors(Registration, sent) == {member: "missing"}
        assert list(errors(Registration, PERSON | {member: None})) == [member]

    @given(cpf=CPFS, cnpj=CNPJS)
    def test_the_tax_id_is_of_the_kind(self, cpf: str, cnpj: str) -> None:
        company = PERSON | {"kind": "company"}
        for right, wrong in (
            (PERSON | {"tax_id": cpf}, PERSON | {"tax_id": cnpj}),
            (company | {"tax_id": cnpj}, company | {"tax_id": cpf}),
        ):
            assert Registration.model_validate(right).tax_id == right["tax_id"]
            assert errors(Registration, wrong) == {"tax_id": "tax_id_not_of_kind"}

    def test_the_schema_knows_which_tax_id_is_whose(self) -> None:
        validator = jsonschema_rs.validator_for(Registration.model_json_schema())
        assert validator.is_valid(PERSON | {"tax_id": "529.982.247-25"})
        assert validator.is_valid(PERSON | {"tax_id": None})
        assert not validator.is_valid(PERSON | {"tax_id": "12ABC34501DE35"})
        assert not validator.is_valid(PERSON | {"kind": "company", "tax_id": "52998224725"})

    def test_a_wrong_kind_is_its_own_error(self) -> None:
        sent = PERSON | {"kind": "robot", "tax_id": "52998224725"}
        assert errors(Registration, sent) == {"kind": "literal_error"}

    def test_an_address_is_whole(self) -> None:
        assert Registration.model_validate(PERSON | {"address": ADDRESS}).address is not None
        for member in ADDRESS:
            part = {name: value for name, value in ADDRESS.items() if name != member}
            sent = PERSON | {"address": part}
            assert errors(Registration, sent) == {f"address/{member}": "missing"}

    @pytest.mark.parametrize(
        ("consents", "expected"),
        [
            (
                [{"purpose": "espionage", "granted": True}],
                {"consents/0/purpose": "unknown_purpose"},
            ),
            ([{"purpose": "marketing", "granted": 1}], {"consents/0/granted": "bool_type"}),
            ([{"purpose": "marketing", "granted": "true"}], {"consents/0/granted": "bool_type"}),
            ([{"purpose": "marketing"}], {"consents/0/granted": "missing"}),
            (
                [{"purpose": "marketing", "granted": True}] * (len(ASKED_OF_ACCOUNTS) + 1),
                {"consents": "too_long"},
            ),
        ],
    )
    def test_consent_is_a_clear_answer(self, consents: object, expected: dict[str, str]) -> None:
        assert errors(Registration, PERSON | {"consents": consents}) == expected

    @pytest.mark.parametrize("version", [False, True, "1", 1.5, 0, -1, 2**31, 10**400, None])
    def test_the_policy_version_is_a_number(self, version: object) -> None:
        sent = PERSON | {"accepted_policy_version": version}
        assert list(errors(Registration, sent)) == ["accepted_policy_version"]

    def test_nothing_sent_is_quoted(self) -> None:
        secret = "Segredo-\u0000-1234"
        sent = PERSON | {"name": secret, "email": secret, "password": secret, "phone": secret}
        with pytest.raises(ValidationError) as caught:
            Registration.model_validate(sent)
        assert "Segredo" not in str(caught.value)
        assert "Segredo" not in repr(caught.value)
        assert "telhados" not in repr(Registration.model_validate(PERSON))


class TestPatch:
    def test_only_what_is_named(self) -> None:
        patch = CustomerPatch.model_validate(
            {
                "name": "Ana",
                "phone": None,
                "address": {"city": " São  Paulo ", "complement": None},
                "preferences": {"language": None, "contact_channel": "mail"},
            }
        )
        assert changes(patch) == {
            "name": "Ana",
            "phone": None,
            "address.city": "São Paulo",
            "address.complement": None,
            "preferences": {"language": None, "contact_channel": "mail"},
        }

    def test_nothing_named_nothing_changed(self) -> None:
        assert changes(CustomerPatch()) == {}
        assert changes(CustomerPatch.model_validate({"address": {}})) == {}
        assert changes(CustomerPatch.model_validate({"preferences": {}})) == {"preferences": {}}

    def test_null_clears_the_whole(self) -> None:
        cleared = changes(CustomerPatch.model_validate({"address": None, "preferences": None}))
        assert cleared == {f"address.{member}": None for member in Address.model_fields} | {
            "preferences": None
        }

    @pytest.mark.parametrize("member", ["phone", "tax_id", "attention_note"])
    def test_what_may_be_missing_can_be_cleared(self, member: str) -> None:
        assert changes(CustomerPatch.model_validate({member: None})) == {member: None}

    @pytest.mark.parametrize("member", ["name", "email", "status"])
    def test_what_must_be_there_cannot(self, member: str) -> None:
        assert list(errors(CustomerPatch, {member: None})) == [member]

    @pytest.mark.parametrize("member", sorted(ADDRESS))
    def test_an_address_keeps_its_parts(self, member: str) -> None:
        sent = {"address": {member: None}}
        assert list(errors(CustomerPatch, sent)) == [f"address/{member}"]

    @pytest.mark.parametrize("member", ["id", "kind", "created_at", "password", "email_key"])
    def test_the_rest_cannot_be_patched(self, member: str) -> None:
        assert errors(CustomerPatch, {member: "x"}) == {member: "extra_forbidden"}

    def test_an_address_has_the_same_parts_whole_and_patched(self) -> None:
        assert list(AddressPatch.model_fields) == list(Address.model_fields)

    def test_statuses(self) -> None:
        for status in ("active", "suspended", "closed"):
            assert changes(CustomerPatch.model_validate({"status": status})) == {"status": status}
        assert errors(CustomerPatch, {"status": "erased"}) == {"status": "literal_error"}

    def test_a_note_has_lines(self) -> None:
        sent = {"attention_note": " Cuidado:\r\n\tcão bravo \n"}
        assert changes(CustomerPatch.model_validate(sent)) == {
            "attention_note": "Cuidado:\n\tcão bravo"
        }
        assert errors(CustomerPatch, {"attention_note": "x" * 2001}) == {
            "attention_note": "text_too_long"
        }

    @given(
        named=st.fixed_dictionaries(
            {},
            optional={
                "name": st.just("Ana"),
                "phone": st.sampled_from([None, "+5511912345678"]),
                "tax_id": st.sampled_from([None, "52998224725"]),
                "attention_note": st.sampled_from([None, "cuidado"]),
                "status": st.just("closed"),
            },
        )
    )
    def test_stored_values_are_a_patch_that_says_just_them(self, named: dict[str, object]) -> None:
        assert changes(CustomerPatch.model_validate(named)) == named
