"""Asking as a stranger does: a form fetched, its work done, sent."""

from typing import Any

import httpx
from sqlalchemy import select

from app.models import ContactRequest
from app.security import form_tokens
from app.services import contact_forms
from tests.support.people import StaffPerson
from tests.support.records import rows
from tests.support.service import Service

PUBLIC = "/v1/public/contact-requests"
OWN = "/v1/customer/contact-requests"
DESK = "/v1/staff/contact-requests"

MESSAGE = "Olá! Gostaria de saber como funciona a hospedagem de vocês."


async def form(house: Service) -> dict[str, Any]:
    """A form whose time has come, with its work done: members of a request."""
    answer = await house.client.get(f"{PUBLIC}/form")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    house.clock.ahead += contact_forms.LEAST_TIME
    work = form_tokens.do(told["form_token"], told["bits"])
    return {"form_token": told["form_token"], "work": work}


def body(email: str, topic: str = "contact", **members: Any) -> dict[str, Any]:
    """What is asked, without a form."""
    asked = {"topic": topic, "name": "Zé Ninguém", "email": email, "message": MESSAGE}
    return asked | {name: value for name, value in members.items() if value is not None}


async def post(
    house: Service, sent: dict[str, Any], headers: dict[str, str] | None = None
) -> httpx.Response:
    """The request as it stands."""
    return await house.client.post(PUBLIC, json=sent, headers=headers or {})


async def ask(house: Service, email: str, topic: str = "contact", **members: Any) -> str:
    """A good request, with a form of its own; its reference."""
    answer = await post(house, body(email, topic, **(await form(house) | members)))
    assert answer.status_code == 202, answer.text
    assert answer.json().keys() == {"reference"}
    return str(answer.json()["reference"])


async def stored(house: Service, reference: str) -> Any:
    """The request as it stands in the table."""
    [found] = await rows(
        house.platform, select(ContactRequest).where(ContactRequest.reference == reference)
    )
    return found


async def found(house: Service, who: StaffPerson, **filters: str) -> list[dict[str, Any]]:
    """What a member of staff is listed."""
    answer = await house.client.get(DESK, params=filters, headers=who.headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def change(
    house: Service, who: StaffPerson, request_id: Any, tag: str = "*", **members: Any
) -> httpx.Response:
    """A change of a request."""
    return await house.client.patch(
        f"{DESK}/{request_id}", json=members, headers=who.headers | {"If-Match": tag}
    )


async def reply(
    house: Service, who: StaffPerson, request_id: Any, text: str, **more: Any
) -> httpx.Response:
    """An answer to a request."""
    return await house.client.post(
        f"{DESK}/{request_id}/answers", json={"text": text, **more}, headers=who.headers
    )
