"""`app/services/registrations.py`: what stands in the tables once somebody registered."""

import asyncio
import dataclasses
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select

from app.core.errors import Failure
from app.models import (
    AuditEvent,
    ConsentEvent,
    Customer,
    CustomerWord,
    IdempotencyKey,
    Login,
    Membership,
    PolicyAcceptance,
)
from app.schemas.customers import Registration
from app.services import idempotency, policies
from app.services.registrations import register
from app.services.sessions import anonymous
from tests.support.letters import letters_to
from tests.support.people import PASSWORD
from tests.support.records import count, events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

TABLES = (Customer, CustomerWord, Login, Membership, PolicyAcceptance, ConsentEvent)


def form(email: str, **changed: Any) -> Registration:
    fit: dict[str, Any] = {
        "kind": "person",
        "name": "Maria D'Ávila",
        "email": email,
        "password": PASSWORD,
        "accepted_policy_version": 1,
    }
    return Registration.model_validate(fit | changed)


async def opened(house: Service, filled: Registration, request_id: str = "r") -> dict[str, Any]:
    answer = await register(house.platform, anonymous(request_id), filled, "pt-BR", None)
    assert answer.opened
    customer: dict[str, Any] = orjson.loads(answer.body)["customer"]
    return customer


async def test_an_account_a_login_and_ownership_are_made(house: Service) -> None:
    before = house.clock()
    shown = await opened(house, form("Maria.Avila@EXEMPLO.com.br"), "registered")
    customer_id = UUID(shown["id"])
    [login] = await rows(
        house.platform, select(Login).where(Login.email_key == "maria.avila@exemplo.com.br")
    )
    [customer] = await rows(house.platform, select(Customer).where(Customer.id == customer_id))
    [membership] = await rows(
        house.platform, select(Membership).where(Membership.customer_id == customer_id)
    )
    assert (customer.status, customer.kind, customer.closed_at) == ("active", "person", None)
    assert before <= customer.created_at <= house.clock()
    assert login.password_hash.startswith("$argon2id$")
    assert PASSWORD not in login.password_hash
    assert (membership.login_id, membership.permissions) == (login.id, ("owner",))
    assert membership.revoked_at is None
    words = select(CustomerWord.word).where(CustomerWord.customer_id == customer_id)
    assert {row[0] for row in await rows(house.platform, words)} >= {"maria"}
    [event] = await events(house.platform, request_id="registered")
    assert (event.action, event.subject_id) == ("public:customer:register", customer_id)
    assert (event.actor_kind, event.actor_id) == ("login", login.id)


async def test_the_id_tells_the_month_and_no_more(house: Service) -> None:
    first = UUID((await opened(house, form("um@exemplo.com.br")))["id"])
    second = UUID((await opened(house, form("dois@exemplo.com.br")))["id"])
    assert first.int >> 80 == second.int >> 80
    assert first.version == second.version == 7


async def test_the_acceptance_names_version_hash_and_moment(house: Service) -> None:
    before = house.clock()
    await opened(house, form("aceita@exemplo.com.br"))
    statement = select(PolicyAcceptance).join(Login, Login.id == PolicyAcceptance.login_id)
    [row] = await rows(house.platform, statement.where(Login.email == "aceita@exemplo.com.br"))
    async with house.platform.database.transaction() as connection:
        current = await policies.current(connection, house.clock)
    assert current == policies.Version(row.version, row.hash)
    assert before <= row.accepted_at <= house.clock()
    assert row.channel == "web"


@pytest.mark.parametrize("granted", [True, False])
async def test_each_consent_is_a_row_of_its_own(house: Service, granted: bool) -> None:
    choices = [{"purpose": "marketing", "granted": granted}]
    shown = await opened(house, form(f"consent-{granted}@exemplo.com.br", consents=choices))
    [row] = await rows(
        house.platform, select(ConsentEvent).where(ConsentEvent.subject_id == UUID(shown["id"]))
    )
    state = "granted" if granted else "denied"
    assert (row.purpose, row.state, row.channel) == ("marketing", state, "web")
    assert row.purpose_version == 1
    assert row.purpose_hash
    assert row.actor_kind == "login"
    assert row.actor_id is not None


async def test_a_yes_may_name_the_words_and_only_those_in_force(house: Service) -> None:
    named = [{"purpose": "marketing", "granted": True, "version": 1}]
    shown = await opened(house, form("palavras@exemplo.com.br", consents=named))
    said = select(ConsentEvent).where(ConsentEvent.subject_id == UUID(shown["id"]))
    [row] = await rows(house.platform, said)
    assert row.evidence == {"form": "registration"}
    old = [{"purpose": "marketing", "granted": True, "version": 2}]
    with pytest.raises(Failure) as refused:
        await opened(house, form("velhas@exemplo.com.br", consents=old))
    assert refused.value.code == "purpose_version_not_current"


async def test_who_was_not_asked_said_nothing(house: Service) -> None:
    shown = await opened(house, form("nada@exemplo.com.br"))
    statement = select(ConsentEvent).where(ConsentEvent.subject_id == UUID(shown["id"]))
    assert await rows(house.platform, statement) == []


async def test_a_refused_registration_leaves_nothing(house: Service) -> None:
    await opened(house, form("tomado@exemplo.com.br"))
    before = [await count(house.platform, table) for table in TABLES]
    for filled, code in (
        (form("TOMADO@exemplo.com.br"), "email_taken"),
        (form("nova@exemplo.com.br", accepted_policy_version=2), "policy_version_not_current"),
    ):
        with pytest.raises(Failure) as told:
            await opened(house, filled)
        assert told.value.code == code
    assert [await count(house.platform, table) for table in TABLES] == before


async def test_of_two_with_the_same_address_at_once_one_registers(house: Service) -> None:
    outcomes = await asyncio.gather(
        *(opened(house, form("corrida@exemplo.com.br")) for _ in range(3)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    assert [failure.code for failure in refused] == ["email_taken", "email_taken"]
    statement = select(Login).where(Login.email == "corrida@exemplo.com.br")
    assert len(await rows(house.platform, statement)) == 1


async def test_of_two_with_the_same_key_at_once_both_get_the_one_account(house: Service) -> None:
    claim = idempotency.claim_of(house.platform, "/registrations", "the-same-key", b"body")
    filled = form("chave@exemplo.com.br")
    first, second = await asyncio.gather(
        *(register(house.platform, anonymous("r"), filled, "pt-BR", claim) for _ in range(2))
    )
    assert first == second
    statement = select(Login).where(Login.email == "chave@exemplo.com.br")
    assert len(await rows(house.platform, statement)) == 1


async def test_a_refusal_does_not_spend_the_key(house: Service) -> None:
    before = await count(house.platform, IdempotencyKey)
    claim = idempotency.claim_of(house.platform, "/registrations", "refused-key", b"body")
    stale = form("chave2@exemplo.com.br", accepted_policy_version=7)
    with pytest.raises(Failure):
        await register(house.platform, anonymous("r"), stale, "pt-BR", claim)
    assert await count(house.platform, IdempotencyKey) == before
    filled = form("chave2@exemplo.com.br")
    answer = await register(house.platform, anonymous("r"), filled, "pt-BR", claim)
    assert b"chave2@" in answer.body


async def test_a_closed_door_says_so_and_makes_nothing(house: Service) -> None:
    settings = house.platform.settings.model_copy(update={"registration": "closed"})
    platform = dataclasses.replace(house.platform, settings=settings)
    before = await count(house.platform, Login), await count(house.platform, AuditEvent)
    with pytest.raises(Failure) as told:
        await register(platform, anonymous("r"), form("fechado@exemplo.com.br"), "pt-BR", None)
    assert told.value.code == "registration_closed"
    assert (await count(house.platform, Login), await count(house.platform, AuditEvent)) == before


@pytest.mark.parametrize(
    ("preferred", "language"), [(None, "en"), ({}, "en"), ({"language": "pt-BR"}, "pt-BR")]
)
async def test_the_login_is_written_to_in_the_language_that_was_asked_for(
    house: Service, preferred: dict[str, str] | None, language: str
) -> None:
    address = f"lingua-{preferred}@exemplo.com.br".translate({ord(c): "x" for c in "{}' :"})
    filled = form(address, preferences=preferred)
    await register(house.platform, anonymous("r"), filled, "en", None)
    [login] = await rows(house.platform, select(Login).where(Login.email == address))
    assert login.language == language
    [letter] = await letters_to(house.platform, address)
    assert (letter.template, letter.language) == ("email_verify", language)
