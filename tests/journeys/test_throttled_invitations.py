"""Invitations are mails to strangers: they are counted, and so are tries at their links."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.people import add_customer, add_member
from tests.support.post import mails
from tests.support.service import Service, serving
from tests.support.trust import accept, accept_as_new, code, invite, revoke, token_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def guarded(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """The service as it is in production, nothing counted yet."""
    folder = tmp_path_factory.mktemp("guarded")
    async with serving(shared_database_url, folder, throttle="on") as service:
        yield service


async def test_an_account_mails_so_many_strangers_and_then_waits(guarded: Service) -> None:
    maria, other = await add_customer(guarded.platform), await add_customer(guarded.platform)
    helper = await add_member(guarded.platform, maria.id, "owner")
    callers = [maria.headers, helper.headers] * 6
    answers = [
        await invite(guarded, headers, f"estranho-{number}@exemplo.com.br", "invoices")
        for number, headers in enumerate(callers)
    ]
    assert Counter(answer.status_code for answer in answers) == {201: 10, 429: 2}
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert len(await mails(guarded.platform, customer_id=maria.id)) == 10
    neighbour = await invite(guarded, other.headers, "estranho-x@exemplo.com.br", "invoices")
    assert neighbour.status_code == 201


async def test_links_are_not_tried_without_end(guarded: Service) -> None:
    maria = await add_customer(guarded.platform)
    answers = [await accept_as_new(guarded, f"palpite-{number}") for number in range(59)]
    answers += [await accept(guarded, maria.headers, "palpite") for _ in range(3)]
    assert Counter(code(answer) for answer in answers) == {
        (403, "one_time_token_invalid"): 60,
        (429, "too_many_requests"): 2,
    }


async def test_a_password_is_tried_at_an_invitation_as_often_as_at_sign_in(
    guarded: Service,
) -> None:
    maria = await add_customer(guarded.platform)
    member = await add_member(guarded.platform, maria.id, "invoices")
    await revoke(guarded, maria, member.id)
    await invite(guarded, maria.headers, member.email, "invoices")
    token = await token_of(guarded, member.email)
    answers = [
        await accept_as_new(guarded, token, password=f"Palpite-{number}-qualquer!")
        for number in range(7)
    ]
    assert [answer.status_code for answer in answers] == [409] * 5 + [429] * 2


async def test_a_note_is_no_place_to_guess_ones_password(guarded: Service) -> None:
    maria = await add_customer(guarded.platform)
    answers = [
        await invite(
            guarded, maria.headers, "nota@exemplo.com.br", "invoices", note=f"Palpite-{n:04d}! aqui"
        )
        for n in range(7)
    ]
    assert [answer.status_code for answer in answers] == [201] * 7
    kept = [f"Palpite-{n:04d}!" in answer.json()["note"] for n, answer in enumerate(answers)]
    assert kept == [True] * 5 + [False] * 2, "then whatever looks like one goes, right or wrong"
    change = {"current_password": "Outro-palpite-77!", "new_password": "viola-em-3-cacos!"}
    tried = await guarded.client.put("/v1/customer/password", json=change, headers=maria.headers)
    assert tried.status_code == 422, "no text keeps anybody from changing the password"
    prose = await invite(
        guarded, maria.headers, "nota@exemplo.com.br", "invoices", note="Bom dia, Carlos."
    )
    assert prose.status_code == 201, "what is no password's shape is no try"
