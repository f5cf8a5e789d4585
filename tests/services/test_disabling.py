"""`app/services/disabling.py`: what is done to a login, all of it or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import event, insert, select, update

from app.access.viewers import Viewer
from app.core.ids import new_id
from app.models import (
    Authenticator,
    Challenge,
    Intervention,
    Login,
    OneTimeToken,
    OutboxMessage,
    RecoveryCode,
    RefreshToken,
    Session,
)
from app.security.opaque import digest
from app.services import disabling, one_time_tokens
from app.services.disabling import Disabled
from app.services.intervention_reports import Cause
from app.services.new_passwords import INTERVENTION
from app.services.password_mails import NEW_PASSWORD_PAGE
from app.services.platform import Platform
from app.services.second_factor_removal import RECENT
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "Na noite de ontem alguém tentou entrar.\nPor isso agimos."


@pytest_asyncio.fixture(loop_scope="module")
async def director(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "director")


def cause(director: StaffPerson, **more: Any) -> Cause:
    text = {"pt-BR": TEXT, "en": "Somebody tried to get in."}
    return Cause(director.id, Viewer.DIRECTOR, "suspected_breach", text, **more)  # type: ignore[arg-type]  # plain texts


async def disable(platform: Platform, why: Cause, *logins: UUID) -> Disabled:
    async with platform.database.transaction() as connection:
        return await disabling.disable(platform, connection, why, logins)


async def row(platform: Platform, model: Any, **columns: Any) -> Any:
    """The one row with these values."""
    wanted = [getattr(model, name) == value for name, value in columns.items()]
    found = await rows(platform, select(model).where(*wanted))
    assert len(found) == 1
    return found[0]


async def link_of(platform: Platform, login_id: UUID) -> str:
    """The link as the mail's reader will see it."""
    mail = await row(platform, OutboxMessage, login_id=login_id)
    opened: str = orjson.loads(platform.mail_sealer.open(mail.sealed, mail.id.bytes))["link"]
    return opened


@contextmanager
def counted(platform: Platform) -> Iterator[list[str]]:
    """The statements that are executed inside."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engine = platform.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


async def test_the_password_is_gone_and_every_session_with_it(
    house: Service, director: StaffPerson
) -> None:
    platform = house.platform
    maria, other = await add_customer(platform), await add_customer(platform)
    before = platform.clock()
    done = await disable(platform, cause(director), maria.login_id)
    assert done.sessions == (maria.session_id,)
    login = await row(platform, Login, id=maria.login_id)
    assert login.password_hash is None
    assert before <= login.reset_required_at <= platform.clock()
    session = await row(platform, Session, id=maria.session_id)
    assert (session.ended_at, session.end_reason) == (login.reset_required_at, "intervention")
    token = await row(platform, RefreshToken, digest=digest(maria.refresh_token))
    assert token.spent_at is not None

    untouched = await row(platform, Login, id=other.login_id)
    assert untouched.password_hash is not None
    assert untouched.reset_required_at is None
    assert (await row(platform, Session, id=other.session_id)).ended_at is None
    assert (await row(platform, RefreshToken, digest=digest(other.refresh_token))).spent_at is None


async def test_what_was_begun_cannot_be_finished(house: Service, director: StaffPerson) -> None:
    platform = house.platform
    maria = await add_customer(platform)
    now = platform.clock()
    half, whole = new_id(), new_id()
    async with platform.database.transaction() as connection:
        open_link = await one_time_tokens.issue(
            platform,
            connection,
            "password_reset",
            lifetime=timedelta(minutes=30),
            login_id=maria.login_id,
        )
        long_ago = now - RECENT - timedelta(seconds=10)
        for factor, confirmed in ((half, None), (whole, long_ago)):
            await connection.execute(
                insert(Authenticator).values(
                    id=factor,
                    login_id=maria.login_id,
                    kind="totp",
                    name="Celular",
                    secret=b"sealed",
                    created_at=long_ago,
                    confirmed_at=confirmed,
                )
            )
        await connection.execute(
            insert(Challenge).values(
                id=new_id(),
                purpose="enrol",
                challenge=b"c" * 32,
                login_id=maria.login_id,
                created_at=now,
                expires_at=now + timedelta(minutes=5),
            )
        )
    await disable(platform, cause(director), maria.login_id)
    async with platform.database.transaction() as connection:
        assert (
            await one_time_tokens.spend(platform, connection, open_link, "password_reset") is None
        )
    factors = await rows(
        platform, select(Authenticator.id).where(Authenticator.login_id == maria.login_id)
    )
    assert [factor.id for factor in factors] == [whole]
    challenges = select(Challenge).where(Challenge.login_id == maria.login_id)
    assert await rows(platform, challenges) == []


async def protect(platform: Platform, login_id: UUID, added: timedelta, used: timedelta) -> UUID:
    """An authenticator that was started and taken into use so long ago, with a recovery code."""
    factor, now = new_id(), platform.clock()
    async with platform.database.transaction() as connection:
        await connection.execute(
            insert(Authenticator).values(
                id=factor,
                login_id=login_id,
                kind="totp",
                name="Celular",
                secret=b"sealed",
                created_at=now - added,
                confirmed_at=now - used,
            )
        )
        await connection.execute(
            insert(RecoveryCode).values(
                digest=factor.bytes * 2, login_id=login_id, created_at=now - added
            )
        )
    return factor


async def test_second_factors_of_the_last_month_go_and_older_ones_stay(
    house: Service, director: StaffPerson
) -> None:
    platform = house.platform
    both, young, other = [await add_customer(platform) for _ in range(3)]
    minute, day = timedelta(minutes=1), timedelta(days=1)
    old = await protect(platform, both.login_id, RECENT + minute, RECENT + minute)
    await protect(platform, both.login_id, RECENT - minute, RECENT - minute)
    await protect(platform, both.login_id, RECENT + minute, RECENT - minute)
    await protect(platform, young.login_id, day, day)
    async with platform.database.transaction() as connection:  # from a factor that is gone since
        await connection.execute(
            update(RecoveryCode)
            .where(RecoveryCode.login_id == young.login_id)
            .values(created_at=platform.clock() - 2 * RECENT)
        )
    theirs = await protect(platform, other.login_id, day, day)
    await disable(platform, cause(director), both.login_id, young.login_id)
    for person, left, codes in ((both, [old], 2), (young, [], 0), (other, [theirs], 1)):
        mine = select(Authenticator.id).where(Authenticator.login_id == person.login_id)
        assert [factor.id for factor in await rows(platform, mine)] == left
        found = select(RecoveryCode).where(RecoveryCode.login_id == person.login_id)
        assert len(await rows(platform, found)) == codes


async def test_the_customer_gets_a_link_that_works_once_within_a_day(
    house: Service, director: StaffPerson
) -> None:
    platform = house.platform
    maria, late = await add_customer(platform), await add_customer(platform)
    await disable(platform, cause(director), maria.login_id, late.login_id)
    link = await link_of(platform, maria.login_id)
    page, _, token = link.partition("#token=")
    assert page == f"{platform.settings.area_url}/{NEW_PASSWORD_PAGE}"
    for expected in (maria.login_id, None):
        async with platform.database.transaction() as connection:
            spent = await one_time_tokens.spend(platform, connection, token, INTERVENTION)
        assert (spent and spent.login_id) == expected
    token = (await link_of(platform, late.login_id)).partition("#token=")[2]
    kept = await row(platform, OneTimeToken, digest=digest(token))
    assert kept.expires_at - kept.created_at == timedelta(hours=24)


async def test_the_link_stands_nowhere_in_clear(house: Service, director: StaffPerson) -> None:
    platform = house.platform
    maria = await add_customer(platform)
    await disable(platform, cause(director), maria.login_id)
    token = (await link_of(platform, maria.login_id)).partition("#token=")[2]
    mail = await row(platform, OutboxMessage, login_id=maria.login_id)
    report = await row(platform, Intervention, login_id=maria.login_id)
    assert len(token) == 43
    assert token not in repr(tuple(mail))
    assert token not in repr(tuple(report))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "pt-BR",
            [
                "RELATÓRIO DO QUE FIZEMOS",
                "direção da agência",
                "Na noite de ontem",
                "criados nos últimos 30 dias foram removidos",
                "Confira os demais.",
                "confira quem é membro da conta",
            ],
        ),
        (
            "en",
            [
                "REPORT OF WHAT WE DID",
                "the agency's management",
                "Somebody tried to get in.",
                "added in the last 30 days were removed",
                "Look at the rest.",
                "look at who is a member",
            ],
        ),
        ("xx", ["RELATÓRIO DO QUE FIZEMOS", "A sessão que estava aberta foi encerrada."]),
    ],
)
async def test_the_report_is_in_the_customers_language(
    house: Service, director: StaffPerson, language: str, said: list[str]
) -> None:
    platform = house.platform
    maria = await add_customer(platform)
    async with platform.database.transaction() as connection:
        await connection.execute(
            update(Login).where(Login.id == maria.login_id).values(language=language)
        )
    done = await disable(platform, cause(director), maria.login_id)
    kept = await row(platform, Intervention, login_id=maria.login_id)
    assert kept.id == done.interventions[maria.login_id]
    assert (kept.staff_id, kept.role, kept.reason_code) == (
        director.id,
        "director",
        "suspected_breach",
    )
    for words in said:
        assert words in kept.report
    mail = await row(platform, OutboxMessage, login_id=maria.login_id)
    assert mail.language == kept.language
    assert mail.recipient == maria.email
    assert mail.params["name"] == maria.row["name"]


async def test_one_that_belongs_to_no_incident_is_counted_under_none(
    house: Service, director: StaffPerson
) -> None:
    platform = house.platform
    maria = await add_customer(platform)
    await disable(platform, cause(director), maria.login_id)
    mail = await row(platform, OutboxMessage, login_id=maria.login_id)
    assert (mail.key, mail.batch) == (None, None)
    report = (await row(platform, Intervention, login_id=maria.login_id)).report
    assert "Soubemos do ocorrido em" not in report


async def test_a_login_without_a_password_is_dealt_with_all_the_same(
    house: Service, director: StaffPerson
) -> None:
    platform = house.platform
    maria = await add_customer(platform)
    async with platform.database.transaction() as connection:
        await connection.execute(
            update(Login).where(Login.id == maria.login_id).values(password_hash=None)
        )
    done = await disable(platform, cause(director), maria.login_id)
    assert done.sessions == (maria.session_id,)
    assert (await row(platform, Login, id=maria.login_id)).reset_required_at is not None
    assert await link_of(platform, maria.login_id)


async def test_whoever_is_not_there_is_passed_over(house: Service, director: StaffPerson) -> None:
    platform = house.platform
    maria = await add_customer(platform)
    assert await disable(platform, cause(director)) == Disabled({}, ())
    assert await disable(platform, cause(director), new_id()) == Disabled({}, ())
    done = await disable(platform, cause(director), new_id(), maria.login_id)
    assert list(done.interventions) == [maria.login_id]


async def test_all_of_it_or_nothing(house: Service, director: StaffPerson) -> None:
    platform = house.platform
    maria = await add_customer(platform)

    async def torn() -> None:
        async with platform.database.transaction() as connection:
            await disabling.disable(platform, connection, cause(director), [maria.login_id])
            raise LookupError

    with pytest.raises(LookupError):
        await torn()
    assert (await row(platform, Login, id=maria.login_id)).password_hash is not None
    assert (await row(platform, Session, id=maria.session_id)).ended_at is None
    for model in (Intervention, OutboxMessage, OneTimeToken):
        found = select(model).where(model.login_id == maria.login_id)
        assert await rows(platform, found) == []


async def test_many_logins_take_as_many_statements_as_one(
    house: Service, director: StaffPerson
) -> None:
    platform = house.platform
    people: list[CustomerPerson] = [await add_customer(platform) for _ in range(25)]
    with counted(platform) as alone:
        await disable(platform, cause(director), people[0].login_id)
    with counted(platform) as together:
        done = await disable(platform, cause(director), *(each.login_id for each in people[1:]))
    assert len(done.interventions) == len(done.sessions) == 24
    assert len(together) == len(alone)


async def test_this_process_refuses_the_ended_sessions_at_once(
    house: Service, director: StaffPerson
) -> None:
    platform = house.platform
    maria = await add_customer(platform)
    answer = await house.client.get("/v1/customer/profile", headers=maria.headers)
    assert answer.status_code == 200
    (await disable(platform, cause(director), maria.login_id)).forget(platform)
    answer = await house.client.get("/v1/customer/profile", headers=maria.headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
