"""`app/services/sign_in.py`: the same work and the same answer, whatever is wrong."""

import asyncio
import dataclasses
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.core.errors import Failure
from app.core.ids import new_id
from app.models import Authenticator, Base, Customer, Login, Membership, StaffMember
from app.security.hashing_pool import HashingPool
from app.security.passwords import PasswordHasher
from app.services import sign_in
from app.services.platform import Platform
from app.services.second_factors import Code
from tests.support.people import (
    PASSWORD,
    CustomerPerson,
    StaffPerson,
    add_customer,
    add_staff,
    change_columns,
    stranger,
)
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHEAP = {"time_cost": 1, "memory_cost_kib": 8, "parallelism": 1}


class CountingHasher(PasswordHasher):
    """Counts what costs: evaluations of Argon2."""

    evaluations = 0

    def _argon2(self) -> Any:
        return _Counting(self, super()._argon2())


class _Counting:
    def __init__(self, hasher: CountingHasher, handler: Any) -> None:
        self._hasher, self._handler = hasher, handler
        self.needs_update = handler.needs_update

    def hash(self, secret: bytes) -> Any:
        type(self._hasher).evaluations += 1
        return self._handler.hash(secret)

    def verify(self, secret: bytes, encoded: str) -> Any:
        type(self._hasher).evaluations += 1
        return self._handler.verify(secret, encoded)


@contextmanager
def counted(platform: Platform) -> Iterator[Platform]:
    """The platform with a hasher that counts."""
    pool = HashingPool(CountingHasher(**CHEAP), 1, 8)
    CountingHasher.evaluations = 0
    yield dataclasses.replace(platform, hashing=pool)
    pool.close()


@asynccontextmanager
async def refused(code: str = "invalid_credentials") -> AsyncIterator[None]:
    with pytest.raises(Failure) as told:
        yield
    assert told.value.code == code
    assert told.value.params == {}
    assert told.value.errors == ()


async def store(house: Service, model: type[Base], row_id: UUID, **columns: Any) -> None:
    table: Any = model
    async with house.platform.database.transaction() as connection:
        await connection.execute(update(model).where(table.id == row_id).values(**columns))


async def stored_hash(house: Service, maria: CustomerPerson) -> str:
    statement = select(Login.password_hash).where(Login.id == maria.login_id)
    return str((await rows(house.platform, statement))[0][0])


async def enter(
    house: Service, maria: CustomerPerson, password: str = PASSWORD, account: UUID | None = None
) -> None:
    await sign_in.customer(house.platform, maria.email, password, account, stranger())


async def enter_staff(house: Service, who: StaffPerson, code: str, request_id: str = "") -> None:
    await sign_in.staff(
        house.platform, who.email, who.password, Code(totp=code), stranger(request_id or "test")
    )


async def test_the_right_password_opens_a_session_and_is_on_record(house: Service) -> None:
    maria = await add_customer(house.platform, last_login_at=None)
    tokens = await sign_in.customer(house.platform, maria.email, PASSWORD, None, stranger("in"))
    claims = house.platform.tokens.verify(tokens.access_token, "customer")
    assert (claims.subject, claims.customer) == (maria.login_id, maria.id)
    assert tokens.expires_in == house.platform.settings.access_token_seconds
    [event] = await events(house.platform, request_id="in")
    assert (event.action, event.outcome) == ("auth:customer:sign_in", "allowed")
    assert (event.actor_id, event.session_id) == (maria.login_id, claims.session)
    [login] = await rows(house.platform, select(Login).where(Login.id == maria.login_id))
    [customer] = await rows(house.platform, select(Customer).where(Customer.id == maria.id))
    assert login.last_login_at == customer.last_login_at is not None


async def test_an_address_is_known_in_every_spelling(house: Service) -> None:
    maria = await add_customer(house.platform, login_email="Maria.Silva@exemplo.com.br")
    for spelling in ("maria.silva@EXEMPLO.com.br", " MARIA.SILVA@exemplo.com.br "):
        tokens = await sign_in.customer(house.platform, spelling, PASSWORD, None, stranger())
        claims = house.platform.tokens.verify(tokens.access_token, "customer")
        assert claims.subject == maria.login_id


@pytest.mark.parametrize(
    "password", ["", "quatro-gatos-7-telhados!", PASSWORD + " ", "x" * 1024, "\ud800", "\0"]
)
async def test_a_wrong_password_is_refused_and_on_record(house: Service, password: str) -> None:
    maria = await add_customer(house.platform)
    request_id = str(new_id())
    async with refused():
        await sign_in.customer(house.platform, maria.email, password, None, stranger(request_id))
    [event] = await events(house.platform, request_id=request_id)
    assert (event.outcome, event.actor_kind, event.actor_id) == ("refused", "anonymous", None)
    assert (event.subject_type, event.subject_id) == ("login", maria.login_id)


@pytest.mark.parametrize("username", ["nobody@exemplo.com.br", "", "no-address", "\ud800@x.br"])
async def test_an_unknown_address_is_refused_alike(house: Service, username: str) -> None:
    request_id = str(new_id())
    async with refused():
        await sign_in.customer(house.platform, username, PASSWORD, None, stranger(request_id))
    [event] = await events(house.platform, request_id=request_id)
    assert (event.outcome, event.subject_id) == ("refused", None)


async def test_every_refusal_costs_as_much_as_an_entry(house: Service) -> None:
    maria = await add_customer(house.platform)
    joana = await add_customer(house.platform)
    closed = await add_customer(house.platform)
    wrapped = await add_customer(house.platform)
    await store(house, Login, joana.login_id, status="disabled")
    await store(house, Login, closed.login_id, password_hash=None)
    old = PasswordHasher(**CHEAP).wrap_md5(hashlib.md5(b"antiga").hexdigest(), None)  # noqa: S324
    await store(house, Login, wrapped.login_id, password_hash=old)

    async def cost(username: str, password: str) -> int:
        with counted(house.platform) as platform, suppress(Failure):
            await sign_in.customer(platform, username, password, None, stranger())
        return CountingHasher.evaluations

    entry = await cost(maria.email, PASSWORD)
    assert entry == 1
    for username, password in (
        (maria.email, "Errada-1234"),
        ("nobody@exemplo.com.br", PASSWORD),
        ("no-address", PASSWORD),
        (joana.email, PASSWORD),
        (joana.email, "Errada-1234"),
        (closed.email, PASSWORD),
        (wrapped.email, "Errada-1234"),
    ):
        assert await cost(username, password) == entry


async def test_every_refusal_of_staff_costs_as_much_as_an_entry(house: Service) -> None:
    ana, bia = (
        await add_staff(house.platform, "support"),
        await add_staff(house.platform, "billing"),
    )
    await store(house, StaffMember, bia.id, status="disabled")

    async def cost(username: str, password: str, code: str) -> int:
        with counted(house.platform) as platform, suppress(Failure):
            await sign_in.staff(platform, username, password, Code(totp=code), stranger())
        return CountingHasher.evaluations

    for username, password, code in (
        (ana.email, PASSWORD, "000000"),
        (ana.email, PASSWORD, ""),
        (ana.email, "Errada-1234", ana.code()),
        ("nobody@alainer.com.br", PASSWORD, ana.code()),
        (bia.email, PASSWORD, bia.code()),
        (ana.email, PASSWORD, ana.code()),
    ):
        assert await cost(username, password, code) == 1


async def test_a_disabled_login_and_one_without_password_are_refused(house: Service) -> None:
    maria = await add_customer(house.platform)
    await store(house, Login, maria.login_id, status="disabled")
    async with refused():
        await enter(house, maria)
    await store(house, Login, maria.login_id, status="active", password_hash=None)
    async with refused():
        await enter(house, maria)


@pytest.mark.parametrize("salt", [None, "3d8a9"])
async def test_an_old_systems_password_works_and_its_hash_is_replaced(
    house: Service, salt: str | None
) -> None:
    maria = await add_customer(house.platform)
    old = hashlib.md5(((salt or "") + "senha antiga").encode()).hexdigest()  # noqa: S324
    wrapped = PasswordHasher(**CHEAP).wrap_md5(old, salt)
    await store(house, Login, maria.login_id, password_hash=wrapped)
    async with refused():
        await enter(house, maria, "senha errada")
    assert await stored_hash(house, maria) == wrapped
    await enter(house, maria, "senha antiga")
    replaced = await stored_hash(house, maria)
    assert replaced.startswith("$argon2id$")
    await enter(house, maria, "senha antiga")
    assert await stored_hash(house, maria) == replaced


async def test_a_hash_of_another_cost_is_renewed_at_sign_in(house: Service) -> None:
    maria, ana = await add_customer(house.platform), await add_staff(house.platform, "support")
    other = [PasswordHasher(2, 8, 1).hash(PASSWORD), PasswordHasher(1, 16, 1).hash(PASSWORD)]
    for dearer in other:
        await store(house, Login, maria.login_id, password_hash=dearer)
        await enter(house, maria)
        assert "$m=8,t=1,p=1$" in await stored_hash(house, maria)
    await store(house, StaffMember, ana.id, password_hash=other[0])
    await enter_staff(house, ana, ana.code())
    statement = select(StaffMember.password_hash).where(StaffMember.id == ana.id)
    assert "$m=8,t=1,p=1$" in (await rows(house.platform, statement))[0][0]


async def test_a_login_of_several_accounts_enters_the_oldest_or_the_one_it_names(
    house: Service,
) -> None:
    maria, other = await add_customer(house.platform), await add_customer(house.platform)
    foreign = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Membership)
            .where(Membership.customer_id == other.id)
            .values(login_id=maria.login_id, created_at=house.clock() + timedelta(seconds=1))
        )

    async def account(wanted: UUID | None) -> UUID | None:
        tokens = await sign_in.customer(house.platform, maria.email, PASSWORD, wanted, stranger())
        return house.platform.tokens.verify(tokens.access_token, "customer").customer

    assert await account(None) == maria.id
    assert await account(other.id) == other.id
    assert await account(maria.id) == maria.id
    for wanted in (foreign.id, new_id(), UUID(int=0)):
        async with refused():
            await account(wanted)


async def test_who_has_no_account_left_is_refused_like_a_wrong_password(house: Service) -> None:
    maria, joana = await add_customer(house.platform), await add_customer(house.platform)
    await change_columns(house.platform, maria.id, status="erased", closed_at=house.clock())
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Membership)
            .where(Membership.login_id == joana.login_id)
            .values(revoked_at=house.clock())
        )
    for person in (maria, joana):
        async with refused():
            await enter(house, person)


@pytest.mark.parametrize("status", ["suspended", "closed"])
async def test_a_closed_account_can_still_be_entered_by_its_owner(
    house: Service, status: str
) -> None:
    closed_at = house.clock() if status == "closed" else None
    maria = await add_customer(house.platform, status=status, closed_at=closed_at)
    await enter(house, maria)


async def test_staff_enter_with_password_and_code(house: Service) -> None:
    ana = await add_staff(house.platform, "marketing")
    tokens = await sign_in.staff(
        house.platform, ana.email, PASSWORD, Code(totp=ana.code()), stranger("ana")
    )
    claims = house.platform.tokens.verify(tokens.access_token, "staff")
    assert (claims.subject, claims.viewer, claims.customer) == (ana.id, "marketing", None)
    [event] = await events(house.platform, request_id="ana")
    assert (event.action, event.role) == ("auth:staff:sign_in", "marketing")
    assert event.outcome == "allowed"


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "12345", "1234567", "１２３４５６"])
async def test_staff_never_enter_without_the_right_code(house: Service, code: str) -> None:
    ana = await add_staff(house.platform, "support")
    if ana.code() == code:
        pytest.fail("one in a million: run again")
    request_id = str(new_id())
    async with refused():
        await enter_staff(house, ana, code, request_id)
    [event] = await events(house.platform, request_id=request_id)
    assert (event.outcome, event.subject_type, event.subject_id) == (
        "refused",
        "staff_member",
        ana.id,
    )


async def test_a_code_is_good_once(house: Service) -> None:
    ana = await add_staff(house.platform, "support")
    code = ana.code(house.clock())
    await enter_staff(house, ana, code)
    async with refused():
        await enter_staff(house, ana, code)
    try:
        house.clock.ahead = timedelta(seconds=60)
        await enter_staff(house, ana, ana.code(house.clock()))
    finally:
        house.clock.ahead = timedelta()


async def test_of_two_that_use_a_code_at_once_one_enters(house: Service) -> None:
    ana = await add_staff(house.platform, "support")
    code = ana.code(house.clock())
    outcomes = await asyncio.gather(
        *(enter_staff(house, ana, code) for _ in range(4)), return_exceptions=True
    )
    assert outcomes.count(None) == 1


async def test_a_code_with_a_wrong_password_is_not_spent(house: Service) -> None:
    ana = await add_staff(house.platform, "support")
    code = ana.code(house.clock())
    async with refused():
        await sign_in.staff(house.platform, ana.email, "Errada-1234", Code(totp=code), stranger())
    await enter_staff(house, ana, code)


@pytest.mark.parametrize("columns", [{"status": "disabled"}, {"role": "intern"}])
async def test_staff_who_may_not_act_cannot_enter(house: Service, columns: dict[str, Any]) -> None:
    ana = await add_staff(house.platform, "support")
    await store(house, StaffMember, ana.id, **columns)
    async with refused():
        await enter_staff(house, ana, ana.code())


async def store_secret(house: Service, who: StaffPerson, secret: bytes) -> None:
    async with house.platform.database.transaction() as connection:
        theirs = update(Authenticator).where(Authenticator.staff_id == who.id)
        await connection.execute(theirs.values(secret=secret))


async def test_a_damaged_secret_opens_nothing(house: Service) -> None:
    ana = await add_staff(house.platform, "support")
    await store_secret(house, ana, b"damaged")
    async with refused():
        await enter_staff(house, ana, ana.code())


async def test_a_secret_copied_from_another_member_opens_nothing(house: Service) -> None:
    ana, bia = (
        await add_staff(house.platform, "support"),
        await add_staff(house.platform, "director"),
    )
    statement = select(Authenticator.secret).where(Authenticator.staff_id == ana.id)
    await store_secret(house, bia, (await rows(house.platform, statement))[0][0])
    async with refused():
        await enter_staff(house, bia, ana.code())


async def test_customers_and_staff_do_not_enter_each_others_doors(house: Service) -> None:
    maria, ana = await add_customer(house.platform), await add_staff(house.platform, "support")
    async with refused():
        await sign_in.staff(
            house.platform, maria.email, PASSWORD, Code(totp=ana.code()), stranger()
        )
    async with refused():
        await sign_in.customer(house.platform, ana.email, PASSWORD, None, stranger())


async def test_too_many_at_once_are_told_to_come_back(house: Service) -> None:
    pool = HashingPool(PasswordHasher(**CHEAP), 1, 1)
    platform = dataclasses.replace(house.platform, hashing=pool)
    pool.close()
    async with refused("hashing_busy"):
        await sign_in.customer(platform, "nobody@exemplo.com.br", PASSWORD, None, stranger())
