"""People who change their e-mail address, over HTTP, and what stands afterwards."""

import itertools
from typing import Any

import httpx
from sqlalchemy import select

from app.models import Customer, Login, Membership
from tests.support.letters import token_to
from tests.support.people import (
    PASSWORD,
    CustomerPerson,
    add_customer,
    bearer,
    open_customer_session,
)
from tests.support.records import rows
from tests.support.service import Service

PROFILE = "/v1/customer/profile"
OWN_LOGIN = "/v1/customer/email-changes"
CONFIRM = "/v1/public/email-changes/confirm"
UNDO = "/v1/public/email-changes/undo"
CONFIRM_MAIL, NOTICE, TAKEN = "email_change_confirm", "email_change_notice", "email_change_taken"
AWAITING = {"status": "awaiting_confirmation", "expires_in": 86400}
REFUSED = (403, "one_time_token_invalid")

_numbers = itertools.count(1)


def address(word: str = "nova") -> str:
    """One that nobody has."""
    return f"{word}-{next(_numbers)}@exemplo.com.br"


async def alike(house: Service, **columns: Any) -> CustomerPerson:
    """A customer whose account and login have the same address, as registration makes them."""
    email = address("maria")
    return await add_customer(house.platform, login_email=email, email=email, **columns)


async def wish(
    house: Service, maria: CustomerPerson, email: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    return await house.client.patch(
        PROFILE,
        json={"email": email},
        headers={**(headers or maria.headers), "If-Match": "*"},
    )


async def open_link(house: Service, path: str, token: str) -> httpx.Response:
    return await house.client.post(path, json={"token": token})


async def changed(house: Service, maria: CustomerPerson, email: str) -> None:
    """Wish for an address and confirm it."""
    assert (await wish(house, maria, email)).status_code == 200
    token = await token_to(house.platform, email, CONFIRM_MAIL)
    answer = await open_link(house, CONFIRM, token)
    assert (answer.status_code, answer.content) == (204, b""), answer.text


async def emails(house: Service, maria: CustomerPerson) -> tuple[str, str | None, str]:
    """The account's address, the pending one, and the login's."""
    [row] = await rows(
        house.platform,
        select(Customer.email, Customer.pending_email, Login.email.label("login"))
        .join(Membership, Membership.customer_id == Customer.id)
        .join(Login, Login.id == Membership.login_id)
        .where(Customer.id == maria.id, Login.id == maria.login_id),
    )
    return row.email, row.pending_email, row.login


async def signs_in(house: Service, email: str) -> bool:
    form = {"username": email, "password": PASSWORD}
    answer = await house.client.post("/v1/auth/customer/token", data=form)
    return answer.status_code == 200


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def member(
    house: Service, maria: CustomerPerson, *permissions: str
) -> tuple[CustomerPerson, dict[str, str]]:
    """Somebody with permissions in her account, and the headers of their session there."""
    other = await alike(house)
    token = await open_customer_session(house.platform, other.login_id, maria.id, permissions)
    return other, bearer(token)
