"""Answers to legal requests for tests: the desk that gives them, and the officer who opens them."""

import io
import json
import zipfile
from typing import Any
from uuid import UUID

import httpx
import pyrage
from sqlalchemy import select, update

from app.models import LegalPackage, LegalRequest, OutboxMessage, Session
from app.services import legal_collection, legal_delivery
from tests.support.legal import DOOR, brought, sent, step
from tests.support.officers import OfficerPerson
from tests.support.people import StaffPerson
from tests.support.records import rows
from tests.support.service import Service


class Desk:
    """Reviewer, approver and checker: three people."""

    def __init__(self, reviewer: StaffPerson, approver: StaffPerson, checker: StaffPerson) -> None:
        self.reviewer, self.approver, self.checker = reviewer, approver, checker

    async def approve(self, house: Service, request_id: str, *, narrowed: bool = False) -> None:
        """Up to the director's word."""
        await brought(house, self.reviewer, request_id, "begin", "confirm")
        if narrowed:
            answer = await step(house, self.reviewer, request_id, "narrow", reason="beyond_basis")
            assert answer.status_code == 200, answer.text
        await brought(house, self.reviewer, request_id, "forward")
        await brought(house, self.approver, request_id, "approve")

    async def collect(self, house: Service, request_id: str, **options: Any) -> None:
        """Up to the second check."""
        await self.approve(house, request_id, **options)
        await legal_collection.work(house.platform)

    async def deliver(self, house: Service, request_id: str, **options: Any) -> None:
        """Up to the officer, who can open it."""
        await self.collect(house, request_id, **options)
        await brought(house, self.checker, request_id, "check")
        await legal_delivery.work(house.platform)


def problem(answer: httpx.Response) -> tuple[int, str]:
    """How a request was refused."""
    return answer.status_code, answer.json()["code"]


async def prove(house: Service, officer: OfficerPerson) -> None:
    """Have an officer just have proved to be there."""
    async with house.platform.database.transaction() as connection:
        proof = update(Session).where(Session.id == officer.session_id)
        await connection.execute(proof.values(proved_at=house.clock()))


async def fetch(
    house: Service, officer: OfficerPerson, request_id: str, part: str = "content"
) -> httpx.Response:
    """Download a part of the package."""
    await prove(house, officer)
    return await house.client.get(f"{DOOR}/{request_id}/package/{part}", headers=officer.headers)


async def status_of(house: Service, request_id: str) -> str:
    """Where a request stands."""
    [found] = await rows(
        house.platform, select(LegalRequest.status).where(LegalRequest.id == UUID(request_id))
    )
    return str(found.status)


async def package_of(house: Service, request_id: str) -> Any:
    """The newest one."""
    chosen = (
        select(LegalPackage.__table__)
        .where(LegalPackage.request_id == UUID(request_id))
        .order_by(LegalPackage.id.desc())
    )
    return (await rows(house.platform, chosen))[0]


async def passphrase_to(house: Service, email: str) -> str:
    """What the newest mail of its kind tells."""
    chosen = (
        select(OutboxMessage.id, OutboxMessage.sealed)
        .where(OutboxMessage.recipient == email, OutboxMessage.template == legal_delivery.TEMPLATE)
        .order_by(OutboxMessage.id.desc())
    )
    found = (await rows(house.platform, chosen))[0]
    told = json.loads(house.platform.mail_sealer.open(found.sealed, found.id.bytes))
    return str(told["passphrase"])


async def opened(house: Service, officer: OfficerPerson, request_id: str) -> bytes:
    """The ZIP, as the officer opens it: key, passphrase, package."""
    key = await fetch(house, officer, request_id, "key")
    assert key.status_code == 200, key.text
    passphrase = await passphrase_to(house, officer.email)
    identity = pyrage.passphrase.decrypt(key.content, passphrase).decode().strip()
    content = await fetch(house, officer, request_id)
    assert content.status_code == 200, content.text
    plain: bytes = pyrage.decrypt(content.content, [pyrage.x25519.Identity.from_str(identity)])
    return plain


async def answered_with_key(
    house: Service, desk: Desk, officer: OfficerPerson, **members: Any
) -> tuple[str, dict[str, bytes]]:
    """A request of an officer's that was answered to a key of theirs, and what they got.

    To a key, since a passphrase is made to cost much.
    """
    identity = pyrage.x25519.Identity.generate()
    members["age_recipient"] = str(identity.to_public())
    request = await sent(house, officer, **members)
    await desk.deliver(house, request["id"])
    return request["id"], read_zip(await decrypted(house, officer, request["id"], identity))


async def decrypted(
    house: Service, officer: OfficerPerson, request_id: str, identity: pyrage.x25519.Identity
) -> bytes:
    """The ZIP of a package that was made to a key."""
    answer = await fetch(house, officer, request_id)
    assert answer.status_code == 200, answer.text
    plain: bytes = pyrage.decrypt(answer.content, [identity])
    return plain


def read_zip(content: bytes) -> dict[str, bytes]:
    """The entries by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def lines(files: dict[str, bytes], name: str) -> list[Any]:
    """The rows of a category, with where they come from."""
    return [json.loads(line) for line in files[f"{name}.jsonl"].splitlines()]
