"""Second factors for tests, set up over HTTP by the people themselves."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import httpx
import pyotp

from tests.support.authenticator import HONEST, Authenticator, Tricks
from tests.support.people import CustomerPerson, StaffPerson
from tests.support.service import Service

Door = Literal["customer", "staff"]
STEP = timedelta(seconds=30)
ORIGIN = "http://localhost:8000"
"""Where the pages of a service in development live, as browsers want it for passkeys."""


@dataclass(slots=True)
class App:
    """An authenticator app. Three codes are good at a moment: of the step before, now and next."""

    secret: str

    def code(self, house: Service, step: int = 0) -> str:
        """The code of now, or of so many steps later."""
        return pyotp.TOTP(self.secret).at(house.clock() + step * STEP)


def early_in_a_step(house: Service) -> None:
    """Move the clock to where codes will not go stale for 28 seconds."""
    house.clock.ahead = timedelta()
    house.clock.ahead = timedelta(seconds=32 - house.clock().timestamp() % 30)


def door_of(person: CustomerPerson | StaffPerson) -> Door:
    """Where they sign in."""
    return "staff" if isinstance(person, StaffPerson) else "customer"


def place_of(person: CustomerPerson | StaffPerson, rest: str = "") -> str:
    """The path of their second factors."""
    return f"/v1/{door_of(person)}/authenticators{rest}"


async def add_app(house: Service, person: CustomerPerson | StaffPerson) -> tuple[App, Any]:
    """An authenticator app that is in use; the code of the step before is spent on that."""
    started = await house.client.post(place_of(person, "/totp"), headers=person.headers)
    assert started.status_code == 201, started.text
    app = App(started.json()["secret"])
    place = place_of(person, f"/totp/{started.json()['id']}/confirm")
    body = {"code": app.code(house, -1), "name": "Meu celular"}
    confirmed = await house.client.post(place, json=body, headers=person.headers)
    assert confirmed.status_code == 200, confirmed.text
    return app, confirmed.json()


async def ask_passkey(house: Service, person: CustomerPerson | StaffPerson) -> Any:
    """Creation options and the id of their challenge."""
    asked = await house.client.post(place_of(person, "/passkeys/options"), headers=person.headers)
    assert asked.status_code == 200, asked.text
    return asked.json()


async def offer_passkey(
    house: Service,
    person: CustomerPerson | StaffPerson,
    asked: Any,
    credential: Any,
    name: str = "Chave",
) -> httpx.Response:
    """What a page sends once the browser has made a passkey."""
    body = {"challenge_id": asked["challenge_id"], "credential": credential, "name": name}
    return await house.client.post(place_of(person, "/passkeys"), json=body, headers=person.headers)


async def add_passkey(
    house: Service, person: CustomerPerson | StaffPerson, phone: Authenticator
) -> Any:
    """A passkey of theirs, in use."""
    asked = await ask_passkey(house, person)
    added = await offer_passkey(house, person, asked, phone.create(asked["options"]))
    assert added.status_code == 201, added.text
    return added.json()


async def ask_sign_in(house: Service, door: Door) -> Any:
    """Request options for signing in, and the id of their challenge."""
    asked = await house.client.post(f"/v1/auth/{door}/passkey/options")
    assert asked.status_code == 200, asked.text
    return asked.json()


async def answer_sign_in(
    house: Service, door: Door, asked: Any, credential: Any, **more: Any
) -> httpx.Response:
    """What a page sends once the browser has answered."""
    body = {"challenge_id": asked["challenge_id"], "credential": credential, **more}
    return await house.client.post(f"/v1/auth/{door}/passkey/token", json=body)


async def sign_in_by_passkey(
    house: Service, door: Door, phone: Authenticator, tricks: Tricks = HONEST, **more: Any
) -> httpx.Response:
    """Both steps."""
    asked = await ask_sign_in(house, door)
    return await answer_sign_in(house, door, asked, phone.get(asked["options"], tricks), **more)


async def sign_in_by_password(
    house: Service, person: CustomerPerson | StaffPerson, **code: str
) -> httpx.Response:
    """With whatever code is given beside it."""
    form = {"username": person.email, "password": person.password, **code}
    return await house.client.post(f"/v1/auth/{door_of(person)}/token", data=form)


async def step_up(
    house: Service, person: CustomerPerson | StaffPerson, **proof: Any
) -> httpx.Response:
    """Prove to be there."""
    return await house.client.post("/v1/auth/step-up", json=proof, headers=person.headers)
