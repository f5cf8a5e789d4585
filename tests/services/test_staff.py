"""`app/services/staff.py`: adding the agency's own people."""

import pyotp
import pytest
from sqlalchemy import select

from app.access.viewers import STAFF_ROLES
from app.core.errors import Failure
from app.core.text import FieldRefused
from app.models import Authenticator, StaffMember
from app.services import sign_in, staff
from app.services.second_factors import Code
from tests.support.people import stranger
from tests.support.records import count, events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "Chave-Boa-77!"


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_a_new_member_of_each_role_can_sign_in(house: Service, role: str) -> None:
    email = f"{role}@alainer.com.br"
    added = await staff.add(
        house.platform, email=email, name="Nova Pessoa", role=role, password=PASSWORD
    )
    authenticator = pyotp.parse_uri(added.totp_uri)
    assert isinstance(authenticator, pyotp.TOTP)
    code = authenticator.now()
    tokens = await sign_in.staff(house.platform, email, PASSWORD, Code(totp=code), stranger("new"))
    assert house.platform.tokens.verify(tokens.access_token, "staff").viewer == role


async def test_what_is_kept_is_sealed_and_hashed_and_on_record(house: Service) -> None:
    added = await staff.add(
        house.platform,
        email=" Ana.Lima@ALAINER.com.br",
        name="  Ana   Lima ",
        role="support",
        password=PASSWORD,
    )
    [row] = await rows(house.platform, select(StaffMember).where(StaffMember.id == added.id))
    assert (row.email, row.name) == ("Ana.Lima@alainer.com.br", "Ana Lima")
    assert (row.email_key, row.status) == ("ana.lima@alainer.com.br", "active")
    assert row.password_hash.startswith("$argon2id$")
    theirs = select(Authenticator).where(Authenticator.staff_id == added.id)
    [factor] = await rows(house.platform, theirs)
    assert (factor.kind, factor.login_id) == ("totp", None)
    assert factor.confirmed_at is not None
    assert added.totp_secret.encode() not in factor.secret
    assert added.totp_secret in added.totp_uri
    [event] = await events(house.platform, subject_id=added.id)
    assert (event.action, event.actor_kind) == ("system:staff_member:add", "system")
    assert event.fields == ("email", "name", "role")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"email": "no-address"}, "invalid_email"),
        ({"name": "  "}, "text_empty"),
    ],
)
async def test_an_unfit_value_adds_nobody(
    house: Service, changed: dict[str, str], code: str
) -> None:
    fit = {"email": "x@alainer.com.br", "name": "X Y", "role": "support", "password": PASSWORD}
    before = await count(house.platform, StaffMember)
    with pytest.raises(FieldRefused) as told:
        await staff.add(house.platform, **(fit | changed))
    assert told.value.code == code
    assert await count(house.platform, StaffMember) == before


@pytest.mark.parametrize(
    ("password", "reasons"),
    [
        ("short-1!", ["password_too_short", "password_common"]),
        ("Senha@2026", ["password_common"]),
        ("Quirina-9-cabras!", ["password_personal"]),
        ("9-cabras-aniriuq!", ["password_personal"]),
        ("quirino.q-9-cabras!", ["password_personal"]),
    ],
)
async def test_a_weak_password_adds_nobody(
    house: Service, password: str, reasons: list[str]
) -> None:
    before = await count(house.platform, StaffMember)
    with pytest.raises(Failure) as told:
        await staff.add(
            house.platform,
            email="quirino.q@alainer.com.br",
            name="Quirina Qualquer",
            role="support",
            password=password,
        )
    assert told.value.code == "validation_failed"
    assert [(error.pointer, error.code) for error in told.value.errors] == [
        ("/password", reason) for reason in reasons
    ]
    assert await count(house.platform, StaffMember) == before


@pytest.mark.parametrize("role", ["", "Support", "self", "public", "authority"])
async def test_an_unknown_role_adds_nobody(house: Service, role: str) -> None:
    with pytest.raises(ValueError, match="roles are: director, systems_engineer"):
        await staff.add(
            house.platform, email="r@alainer.com.br", name="R", role=role, password=PASSWORD
        )


async def test_an_address_is_taken_in_any_spelling(house: Service) -> None:
    await staff.add(
        house.platform, email="bia@alainer.com.br", name="Bia", role="billing", password=PASSWORD
    )
    before = await count(house.platform, StaffMember)
    with pytest.raises(Failure) as told:
        await staff.add(
            house.platform, email="BIA@Alainer.com.br", name="B", role="support", password=PASSWORD
        )
    assert told.value.code == "email_taken"
    assert await count(house.platform, StaffMember) == before
