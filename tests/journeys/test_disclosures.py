"""Nothing goes to a third party without a consent, and nothing without an entry in the ledger."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from app.access.processing import THIRD_PARTY_SHARING
from app.core.database import unavailable
from app.models import Disclosure, OutboxMessage, table_of
from app.services import (
    consent_expiry,
    consents,
    mail_message,
    outbox,
    outbox_grounds,
    outbox_leases,
)
from app.services.mail_message import SENT, Objection, Outcome
from app.services.mail_transport import open_transport
from app.services.outbox_leases import Settlement
from app.worker.delivery import Delivery
from tests.support.letters import Letter, letters_to
from tests.support.parties import (
    ALL,
    OWN,
    disclose,
    no,
    patch,
    present,
    proved_at,
    registered,
    said,
    say,
    settle_all,
    yes,
)
from tests.support.people import (
    CustomerPerson,
    StaffPerson,
    add_customer,
    add_member,
    add_staff,
    change_columns,
)
from tests.support.records import events, rows
from tests.support.service import Service
from tests.support.trust import code

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = UUID("01a19467-e800-7e96-9097-3b43b5d82b45")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def officer(house: Service) -> StaffPerson:
    return await present(house, "privacy_officer")


class Case:
    """A customer who consents to a third party of their own."""

    def __init__(self, house: Service, maria: CustomerPerson, party: UUID) -> None:
        self.house, self.maria, self.party = house, maria, party
        self.address = f"dados-{party.hex}@parceiro.exemplo.pt"

    async def letters(self, template: str) -> list[Letter]:
        return await letters_to(self.house.platform, self.address, template)

    async def delivery(self) -> str:
        """What the customer and staff are told of the newest disclosure to the third party."""
        director = await add_staff(self.house.platform, "director")
        told = []
        for path, headers in ((OWN, self.maria.headers), (ALL, director.headers)):
            params = {"recipient_id": str(self.party)}
            page = await self.house.client.get(path, params=params, headers=headers)
            told.append(page.json()["items"][0]["delivery"])
        assert len(set(told)) == 1
        return str(told[0])

    async def entries(self) -> list[Disclosure]:
        chosen = select(Disclosure).where(Disclosure.recipient_id == self.party)
        return await rows(self.house.platform, chosen.order_by(Disclosure.id))


@pytest_asyncio.fixture(loop_scope="module")
async def case(house: Service, officer: StaffPerson) -> Case:
    made = Case(house, await add_customer(house.platform), await registered(house, officer))
    changed = await patch(house, officer, made.party, contact_email=made.address)
    assert changed.status_code == 200
    await said(house, made.maria, yes(house, made.party))
    return made


async def test_just_the_consented_fields_leave_and_the_ledger_says_so(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    answer = await disclose(house, officer, case.maria.id, case.party)
    assert answer.status_code == 201, answer.text
    entry = answer.json()
    [letter] = await case.letters("disclosure")
    body = letter.secret["document"].encode()
    assert entry["sha256"] == hashlib.sha256(body).hexdigest() == letter.params["sha256"]
    assert (entry["bytes"], entry["message_id"]) == (len(body), str(letter.row.id))
    assert (entry["sent_to"], entry["delivery"]) == (case.address, "waiting")
    document = json.loads(body)
    assert document["customer"] == {
        "name": case.maria.row["name"],
        "email": case.maria.row["email"],
    }
    assert document["fields"] == entry["fields"] == ["customer.name", "customer.email"]
    assert document["disclosure_id"] == entry["id"]
    consents = await house.client.get("/v1/customer/consents/history", headers=case.maria.headers)
    assert entry["consent_event_id"] == consents.json()["items"][0]["id"]
    assert case.maria.row["email"] not in repr(letter.params)
    own = (await house.client.get(OWN, headers=case.maria.headers)).json()["items"]
    hidden = {"customer_id", "actor_id", "request_id", "message_id"}
    assert own == [{name: value for name, value in entry.items() if name not in hidden}]
    assert own[0]["recipient"]["status"] == "active"
    log = (await house.client.get("/v1/customer/access-log", headers=case.maria.headers)).json()
    told = next(item for item in log["items"] if item["action"] == "staff:disclosure:create")
    assert (told["role"], told["fields"]) == ("privacy_officer", entry["fields"])
    # What another third party is told of the same customer cannot be put together with this.
    other = await registered(house, officer)
    await said(house, case.maria, yes(house, other, "customer.name"))
    assert (await disclose(house, officer, case.maria.id, other, "customer.name")).is_success
    [second] = await rows(
        house.platform, select(OutboxMessage).where(OutboxMessage.relies_on_recipient_id == other)
    )
    assert second.params["reference"] != document["reference"]


async def test_the_mail_holds_the_very_bytes(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    await change_columns(house.platform, case.maria.id, name='Zé "do <b>Ó" \u2028 fim')
    entry = (await disclose(house, officer, case.maria.id, case.party)).json()
    [letter] = await case.letters("disclosure")
    mail = house.platform.mail_templates.render(
        "disclosure", "en", {**letter.params, **letter.secret}
    )
    line = next(line for line in mail.text.split("\n") if line.startswith("{"))
    assert hashlib.sha256(line.encode()).hexdigest() == entry["sha256"]
    assert "<b>" not in mail.html


async def test_without_a_consent_that_fits_nothing_leaves(
    house: Service, officer: StaffPerson, case: Case, later: Callable[..., None]
) -> None:
    stranger, unasked = await add_customer(house.platform), await registered(house, officer)
    for customer_id, party, fields in (
        (stranger.id, case.party, ("customer.name",)),
        (case.maria.id, unasked, ("customer.name",)),
        (case.maria.id, NOBODY, ("customer.name",)),
        (case.maria.id, case.party, ("customer.name", "customer.tax_id")),
    ):
        answer = await disclose(house, officer, customer_id, party, *fields)
        assert code(answer) == (403, "consent_missing")
    later(days=31)
    then = await present(house, "director")
    assert code(await disclose(house, then, case.maria.id, case.party)) == (
        403,
        "consent_missing",
    )
    later(days=0)
    await change_columns(house.platform, case.maria.id, status="closed", closed_at=house.clock())
    assert code(await disclose(house, officer, case.maria.id, case.party)) == (
        403,
        "consent_missing",
    ), "the partner's own rows know open accounts only"
    await change_columns(house.platform, case.maria.id, status="active", closed_at=None)
    await patch(house, officer, case.party, status="retired")
    assert code(await disclose(house, officer, case.maria.id, case.party)) == (
        403,
        "consent_missing",
    )
    assert await case.entries() == []
    assert await case.letters("disclosure") == []
    refused = await events(house.platform, subject_id=case.maria.id, outcome="refused")
    assert {row.action for row in refused} == {"staff:disclosure:create"}
    assert code(await disclose(house, officer, NOBODY, case.party)) == (404, "not_found")


async def test_an_order_wants_a_reason_presence_and_the_right_role(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    body = {"recipient_id": str(case.party), "purpose": THIRD_PARTY_SHARING}
    body |= {"fields": ["customer.name"]}  # type: ignore[dict-item]  # JSON
    path = f"/v1/staff/customers/{case.maria.id}/disclosures"
    answer = await house.client.post(path, json=body, headers=officer.headers)
    assert code(answer) == (422, "reason_required")
    tired = await add_staff(house.platform, "director")
    await proved_at(house, tired, timedelta(minutes=6))
    answer = await disclose(house, tired, case.maria.id, case.party)
    assert code(answer) == (401, "step_up_required")
    for role in ("systems_engineer", "support", "billing", "production", "marketing"):
        answer = await disclose(house, await present(house, role), case.maria.id, case.party)
        assert code(answer) == (403, "forbidden")
    assert await case.entries() == []
    director = await present(house, "director")
    assert (await disclose(house, director, case.maria.id, case.party)).status_code == 201


async def test_one_key_discloses_once(house: Service, officer: StaffPerson, case: Case) -> None:
    key = {"Idempotency-Key": f"entrega-{case.party}"}
    answers = await asyncio.gather(
        *(disclose(house, officer, case.maria.id, case.party, **key) for _ in range(4))
    )
    assert len({answer.content for answer in answers}) == 1
    assert len(await case.entries()) == len(await case.letters("disclosure")) == 1


async def test_lists_are_ones_own_and_are_filtered(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    other = await registered(house, officer)
    await said(house, case.maria, yes(house, other))
    first = (await disclose(house, officer, case.maria.id, case.party)).json()["id"]
    second = (await disclose(house, officer, case.maria.id, other)).json()["id"]
    trusted = await add_member(house.platform, case.maria.id, "consents")
    accountant = await add_member(house.platform, case.maria.id, "invoices")
    stranger = await add_customer(house.platform)
    assert code(await house.client.get(OWN, headers=accountant.headers)) == (403, "forbidden")
    assert (await house.client.get(OWN, headers=stranger.headers)).json()["items"] == []
    engineer = await add_staff(house.platform, "systems_engineer")
    maria = {"customer_id": str(case.maria.id)}
    for path, headers, fixed in (
        (OWN, trusted.headers, {}),
        (ALL, officer.headers, maria),
        (ALL, engineer.headers, maria),
    ):
        for query, expected in (
            ({}, [second, first]),
            ({"recipient_id": str(case.party)}, [first]),
            ({"purpose": THIRD_PARTY_SHARING}, [second, first]),
            ({"purpose": "marketing"}, []),
        ):
            page = await house.client.get(path, params=fixed | query, headers=headers)
            assert [item["id"] for item in page.json()["items"]] == expected
    unknown = await house.client.get(OWN, params=maria, headers=trusted.headers)
    assert code(unknown) == (422, "unknown_parameter")


async def test_a_withdrawal_holds_back_what_waits_and_nobody_else_hears_of_it(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    await disclose(house, officer, case.maria.id, case.party)
    other = await registered(house, officer)
    await said(house, case.maria, yes(house, other))
    await disclose(house, officer, case.maria.id, other)
    await said(house, case.maria, no(case.party))
    [letter] = await case.letters("disclosure")
    assert (letter.row.state, letter.row.reason) == ("suppressed", "consent_withdrawn")
    assert (letter.row.due_at, letter.row.sealed) == (None, None)
    assert letter.row.settled_at is not None
    assert await case.letters("consent_withdrawn_recipient") == [], "nothing had left"
    kept = select(OutboxMessage.state).where(OutboxMessage.relies_on_recipient_id == other)
    assert [row.state for row in await rows(house.platform, kept)] == ["queued"]
    # Accounted for as long as the ledger keeps its entry; other mails are not.
    house.clock.ahead = outbox.ACCOUNTED + timedelta(days=1)
    await outbox.purge(house.platform)
    house.clock.ahead = timedelta()
    assert len(await case.letters("disclosure")) == 1
    assert await case.delivery() == "held_back"


async def test_who_got_data_is_told_once_when_the_consent_ends(
    house: Service, officer: StaffPerson, case: Case, later: Callable[..., None]
) -> None:
    await disclose(house, officer, case.maria.id, case.party)
    [letter] = await case.letters("disclosure")
    await settle_all(house)
    for _ in range(2):
        await said(house, case.maria, no(case.party))
    [told] = await case.letters("consent_withdrawn_recipient")
    assert told.params["reference"] == letter.params["reference"]
    assert (told.params["expired"], told.language) == (False, "en")
    assert case.maria.row["name"] not in repr(told.params)
    await said(house, case.maria, yes(house, case.party, days=1))
    later(days=2)
    await consent_expiry.work(house.platform)
    [_, again] = await case.letters("consent_withdrawn_recipient")
    assert again.params["expired"] is True


async def test_what_a_worker_holds_is_asked_for_again_as_it_leaves(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    await settle_all(house)
    await disclose(house, officer, case.maria.id, case.party)
    [claimed] = await outbox_leases.claim(house.platform, 100)
    assert await outbox_grounds.hindrance(house.platform, claimed) is None
    await said(house, case.maria, no(case.party))
    outcome = await _worker(house)._attempt(claimed)
    assert outcome is not None
    assert (outcome.state, outcome.reason) == ("suppressed", "consent_withdrawn")
    await outbox_leases.settle(house.platform, [Settlement(claimed, outcome)])
    [letter] = await case.letters("disclosure")
    assert (letter.row.state, letter.row.sealed) == ("suppressed", None)
    # It may have been on its way when the customer withdrew: better told than not.
    assert len(await case.letters("consent_withdrawn_recipient")) == 1


async def test_a_no_said_while_a_mail_server_dawdles_still_counts(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    await settle_all(house)
    await said(house, case.maria, yes(house, case.party, days=1))
    await disclose(house, officer, case.maria.id, case.party)
    [claimed] = await outbox_leases.claim(house.platform, 100)
    worker = _worker(house)
    transport = worker._transport

    class Dawdling:
        connections = 1

        async def send(
            self, letter: mail_message.Letter, objection: Objection | None = None
        ) -> Outcome:
            await said(house, case.maria, no(case.party))
            return await transport.send(letter, objection)

        async def close(self) -> None:
            await transport.close()

    worker._transport = Dawdling()
    outcome = await worker._attempt(claimed)
    assert outcome == Outcome("suppressed", "consent_withdrawn")
    await outbox_leases.settle(house.platform, [Settlement(claimed, outcome)])


async def test_what_cannot_be_asked_waits(
    house: Service, officer: StaffPerson, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> bool:
        raise unavailable()

    await settle_all(house)
    await disclose(house, officer, case.maria.id, case.party)
    [claimed] = await outbox_leases.claim(house.platform, 100)
    monkeypatch.setattr(consents, "allows", away)
    assert await _worker(house)._attempt(claimed) is None


def _worker(house: Service) -> Delivery:
    return Delivery(house.platform, open_transport(house.platform.settings))


async def test_retiring_a_third_party_holds_back_what_waits_for_it(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    await disclose(house, officer, case.maria.id, case.party)
    await patch(house, officer, case.party, status="retired")
    [letter] = await case.letters("disclosure")
    assert (letter.row.state, letter.row.reason) == ("suppressed", "consent_withdrawn")


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (SENT, "sent"),
        (Outcome("bounced", "refused", 550), "bounced"),
        (Outcome("deferred", "refused_for_now", 451), "waiting"),
        (Outcome("abandoned", "not_composed"), "abandoned"),
        (Outcome("suppressed", outbox_grounds.WITHDRAWN), "held_back"),
    ],
)
async def test_what_became_of_a_disclosure_is_told(
    house: Service, officer: StaffPerson, case: Case, outcome: Outcome, word: str
) -> None:
    await settle_all(house)
    await disclose(house, officer, case.maria.id, case.party)
    [claimed] = await outbox_leases.claim(house.platform, 100)
    assert await case.delivery() == "waiting", "it is being sent"
    await outbox_leases.settle(house.platform, [Settlement(claimed, outcome)])
    assert await case.delivery() == word


async def test_what_no_mail_carries_is_not_said_to_have_left(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    await disclose(house, officer, case.maria.id, case.party)
    [letter] = await case.letters("disclosure")
    async with house.platform.database.transaction() as connection:
        gone = delete(OutboxMessage).where(OutboxMessage.id == letter.row.id)
        await connection.execute(gone)
    assert await case.delivery() == "unknown"


async def test_a_changed_contact_holds_back_what_waits_for_the_former_one(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    await settle_all(house)
    former, present_one = case.address, f"novo-{case.party.hex}@parceiro.exemplo.pt"
    await disclose(house, officer, case.maria.id, case.party)
    [held] = await outbox_leases.claim(house.platform, 100)
    await disclose(house, officer, case.maria.id, case.party)
    changed = await patch(house, officer, case.party, contact_email=present_one)
    assert changed.status_code == 200
    *_, waiting = await case.letters("disclosure")
    assert (waiting.row.state, waiting.row.reason) == ("suppressed", "contact_changed")
    outcome = await _worker(house)._attempt(held)
    assert outcome is not None
    assert (outcome.state, outcome.reason) == ("suppressed", "contact_changed")
    await outbox_leases.settle(house.platform, [Settlement(held, outcome)])
    assert await case.delivery() == "held_back"
    answer = await disclose(house, officer, case.maria.id, case.party)
    assert answer.json()["sent_to"] == present_one
    assert [entry.sent_to for entry in await case.entries()] == [former, former, present_one]
    case.address = present_one
    [released] = await case.letters("disclosure")
    assert released.row.state == "queued"
    # Another change of the register leaves what waits alone.
    await patch(house, officer, case.party, safeguards="Outro contrato.")
    [released] = await case.letters("disclosure")
    assert released.row.state == "queued"


async def test_each_address_that_data_went_to_is_told_of_the_end(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    await disclose(house, officer, case.maria.id, case.party)
    await settle_all(house)
    former, case.address = case.address, f"novo-{case.party.hex}@parceiro.exemplo.pt"
    await patch(house, officer, case.party, contact_email=case.address)
    await said(house, case.maria, no(case.party))
    assert len(await case.letters("consent_withdrawn_recipient")) == 1
    case.address = former
    assert len(await case.letters("consent_withdrawn_recipient")) == 1


async def test_newer_words_that_keep_no_older_yes_hold_back_what_waits(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    await disclose(house, officer, case.maria.id, case.party)
    now = house.clock()
    async with house.platform.database.transaction() as connection:
        await outbox_grounds.cancel_outdated(connection, now, {THIRD_PARTY_SHARING: 1})
        await outbox_grounds.cancel_outdated(connection, now, {"marketing": 9})
    [letter] = await case.letters("disclosure")
    assert letter.row.state == "queued", "a yes to version 1 still counts"
    async with house.platform.database.transaction() as connection:
        await outbox_grounds.cancel_outdated(connection, now, {THIRD_PARTY_SHARING: 2})
    [letter] = await case.letters("disclosure")
    assert letter.row.state == "suppressed"


async def test_disclosing_and_withdrawing_at_once_have_an_order(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    """Whatever comes first: no entry is younger than the withdrawal, no mail waits after it."""
    orders = [disclose(house, officer, case.maria.id, case.party) for _ in range(6)]
    answers = await asyncio.gather(*orders[:3], say(house, case.maria, no(case.party)), *orders[3:])
    ended = next(answer.json() for answer in answers if "sequence" in answer.json())
    made = Counter(answer.status_code for answer in answers if answer.json() != ended)
    assert made[201] + made[403] == 6
    entries = await case.entries()
    assert len(entries) == made[201]
    waiting = [letter.row.state for letter in await case.letters("disclosure")]
    assert waiting == ["suppressed"] * made[201]


async def test_a_message_that_relies_on_a_consent_says_whose(house: Service) -> None:
    message = outbox.Message(
        "disclosure",
        "dados@parceiro.exemplo.pt",
        "en",
        params={"recipient_name": "P", "reference": "r", "sha256": "0"},
        secret={"document": "{}"},
        relies_on=outbox.Reliance(THIRD_PARTY_SHARING),
    )
    async with house.platform.database.transaction() as connection:
        with pytest.raises(ValueError, match="whose consent"):
            await outbox.queue(house.platform, connection, message)


async def test_the_database_itself_keeps_what_was_entered(
    house: Service, officer: StaffPerson, case: Case
) -> None:
    assert (await disclose(house, officer, case.maria.id, case.party)).status_code == 201
    table = table_of(Disclosure)
    this = table.c.recipient_id == case.party
    for statement in (update(table).where(this).values(bytes=1), delete(table).where(this)):
        with pytest.raises(DBAPIError, match="append-only"):
            async with house.platform.database.transaction() as connection:
                await connection.execute(statement)
    assert len(await case.entries()) == 1
