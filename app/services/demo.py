"""Made-up people in bulk, for newcomers and benchmarks: one password, hashed once."""

import json
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.processing import MARKETING
from app.access.viewers import STAFF_ROLES, Viewer
from app.core.documents import with_check_digits
from app.core.emails import email_key
from app.core.errors import Failure
from app.core.ids import coarse_id, new_id
from app.core.settings import Settings
from app.models import Customer, CustomerWord, Login, Membership, PolicyAcceptance
from app.security.keyfiles import make_private_folder
from app.services import (
    consent_ledger,
    demo_accountant,
    demo_authority,
    policies,
    policy_acceptances,
    purposes,
    staff,
)
from app.services.audit_log import Deed
from app.services.consent_sayings import Statement
from app.services.customers import columns_of, word_rows
from app.services.platform import Platform
from app.services.system import operator

PASSWORD = "Demonstra-2026!"  # noqa: S105 - public on purpose; refused in production
DOMAIN = "exemplo.com.br"
BATCH = 1000
FILE = "demo.json"
OFFICER = "officer"

Progress = Callable[[int], None]

FIRST_NAMES = [
    "Ana",
    "Antônia",
    "Beatriz",
    "Bruno",
    "Caio",
    "Camila",
    "Cecília",
    "Davi",
    "Débora",
    "Eduardo",
    "Elisa",
    "Fábio",
    "Felipe",
    "Flávia",
    "Gustavo",
    "Helena",
    "Heitor",
    "Inês",
    "Isabela",
    "João",
    "Joaquim",
    "Júlia",
    "Kátia",
    "Larissa",
    "Letícia",
    "Lúcio",
    "Luís",
    "Marina",
    "Mateus",
    "Nélson",
    "Olívia",
    "Otávio",
    "Patrícia",
    "Paulo",
    "Quitéria",
    "Rafael",
    "Renata",
    "Sebastião",
    "Sofia",
    "Tânia",
    "Tiago",
    "Úrsula",
    "Vinícius",
    "Vitória",
    "Wagner",
    "Yara",
    "Zélia",
]
LAST_NAMES = [
    "Almeida",
    "Araújo",
    "Assunção",
    "Barbosa",
    "Brandão",
    "Cardoso",
    "Carvalho",
    "Cavalcânti",
    "Conceição",
    "Correia",
    "D'Ávila",
    "Falcão",
    "Fernandes",
    "Ferreira",
    "Freitas",
    "Gonçalves",
    "Guimarães",
    "Lima",
    "Lopes",
    "Magalhães",
    "Martins",
    "Melo",
    "Moraes",
    "Müller",
    "Nakamura",
    "Nascimento",
    "Nunes",
    "Oliveira",
    "Peçanha",
    "Pereira",
    "Ramos",
    "Rocha",
    "Sant'Anna",
    "Santos",
    "Silva",
    "Simões",
    "Souza",
    "Teixeira",
    "Vasconcelos",
    "Vieira",
]
CITIES = (
    ("São Paulo", "SP", "01", "11"),
    ("Rio de Janeiro", "RJ", "20", "21"),
    ("Belo Horizonte", "MG", "30", "31"),
    ("Florianópolis", "SC", "88", "48"),
    ("Brasília", "DF", "70", "61"),
    ("Goiânia", "GO", "74", "62"),
    ("Maceió", "AL", "57", "82"),
    ("Macapá", "AP", "68", "96"),
    ("Salvador", "BA", "40", "71"),
    ("Curitiba", "PR", "80", "41"),
    ("Belém", "PA", "66", "91"),
    ("Niterói", "RJ", "24", "21"),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """What was loaded."""

    customers: int


async def load(
    platform: Platform, customers: int, progress: Progress, *, only_if_empty: bool = False
) -> Demo | None:
    """Add `customers` made-up customers with logins, and a staff member of each role.

    The first customer has an accountant (`demo_accountant.py`), and there is an officer of an
    agency (`demo_authority.py`). Continues after the customers that an earlier demo made. None when
    `only_if_empty` and the database has customers.
    """
    async with platform.database.transaction() as connection:
        someone = (await connection.execute(select(Customer.id).limit(1))).first()
        if only_if_empty and someone is not None:
            return None
        start = await _already(connection)
        version = await policies.current(connection, platform.clock)
    if version is None:
        raise Failure("policy_version_not_current")
    secrets = await _add_staff(platform)
    password_hash = await platform.hashing.hash(PASSWORD)
    await _add_officer(platform, password_hash, secrets)
    for first in range(start, start + customers, BATCH):
        numbers = range(first, min(first + BATCH, start + customers))
        async with platform.database.transaction() as connection:
            people = [_Person(number, platform.clock()) for number in numbers]
            await _insert(platform, connection, people, password_hash, version)
            if first == 1:
                await demo_accountant.add(
                    connection,
                    customer_id=people[0].customer_id,
                    invited_by=people[0].login_id,
                    password_hash=password_hash,
                    version=version,
                    now=platform.clock(),
                )
        progress(len(numbers))
    return Demo(customers)


def instructions(settings: Settings) -> list[str]:
    """How to sign in, for the terminal: the accounts, the one password, the TOTP secrets."""
    file = settings.var_dir / FILE
    if not file.exists():
        return []
    secrets: dict[str, str] = json.loads(file.read_text())
    officer = secrets.pop(OFFICER, None)
    return [
        "",
        f"Demo accounts, all with the password  {PASSWORD}",
        f"  customers   cliente1@{DOMAIN}, cliente2@{DOMAIN}, …",
        f"  accountant  {demo_accountant.EMAIL}: sees the invoices of cliente1, nothing else",
        "  staff       TOTP secret (for an authenticator)",
        *(f"  {role:<17} {role}@{DOMAIN:<16} {secret}" for role, secret in secrets.items()),
        *([f"  authority  {demo_authority.EMAIL}  {officer}"] if officer else []),
        "A code now:  .venv/bin/python -c 'import pyotp; print(pyotp.TOTP(\"SECRET\").now())'",
        "",
    ]


class _Person:
    """One made-up customer; the same number is always the same person."""

    def __init__(self, number: int, now: datetime) -> None:
        dice = random.Random(number)  # noqa: S311 - not for secrets
        self.number = number
        self.customer_id, self.login_id, self.membership_id = coarse_id(now), new_id(), new_id()
        self.name = (
            f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)} {dice.choice(LAST_NAMES)}"
        )
        self.email = f"cliente{number}@{DOMAIN}"
        self.tax_id = with_check_digits(f"{number % 10**9:09d}")
        city, state, postal, area = dice.choice(CITIES)
        self.phone = f"+55{area}9{80000000 + number % 10000000:08d}"
        self.address = {
            "street": f"Rua {dice.choice(LAST_NAMES)}",
            "number": str(dice.randrange(1, 3000)),
            "complement": dice.choice((None, "Sala 12", "Bloco B")),
            "district": dice.choice(("Centro", "Jardim América", "Vila Nova")),
            "city": city,
            "state": state,
            "postal_code": f"{postal}{dice.randrange(100000, 999999)}",
        }
        self.preferences = {"language": "pt-BR", "contact_channel": dice.choice(("email", "phone"))}
        self.created_at = now - timedelta(seconds=dice.randrange(1, 10 * 365 * 86400))
        self.status = dice.choices(("active", "suspended", "closed"), (90, 6, 4))[0]
        self.marketing = dice.choice((True, False, None))
        self.note = "Prefere contato pela manhã." if dice.random() < 0.1 else None


async def _insert(
    platform: Platform,
    connection: AsyncConnection,
    people: list[_Person],
    password_hash: str,
    version: policies.Version,
) -> None:
    now = platform.clock()
    await connection.execute(insert(Customer), [_customer_row(person) for person in people])
    await connection.execute(
        insert(CustomerWord),
        [row for person in people for row in word_rows(person.customer_id, person.name)],
    )
    await connection.execute(
        insert(Login),
        [
            {
                "id": person.login_id,
                "email": person.email,
                "email_key": email_key(person.email),
                "name": person.name,
                "status": "active",
                "password_hash": password_hash,
                "created_at": person.created_at,
            }
            for person in people
        ],
    )
    await connection.execute(
        insert(Membership),
        [
            {
                "id": person.membership_id,
                "login_id": person.login_id,
                "customer_id": person.customer_id,
                "permissions": ("owner",),
                "created_at": person.created_at,
            }
            for person in people
        ],
    )
    await connection.execute(
        insert(PolicyAcceptance),
        [
            policy_acceptances.row(person.login_id, version, at=now, network=None, channel="demo")
            for person in people
        ],
    )
    await consent_ledger.record_first(
        connection,
        list(_consents(people)),
        now,
        words=await purposes.in_force(connection, MARKETING, now),
        actor_kind="system",
    )
    deed = Deed("system:customer:load_demo", subject_type="customer", rows=len(people))
    await platform.audit.add(connection, operator(), deed)


def _customer_row(person: _Person) -> dict[str, Any]:
    return {
        "id": person.customer_id,
        "kind": "person",
        "status": person.status,
        "phone": person.phone,
        "tax_id": person.tax_id,
        "preferences": person.preferences,
        "attention_note": person.note,
        "created_at": person.created_at,
        "last_login_at": None,
        "closed_at": person.created_at if person.status == "closed" else None,
        **columns_of({"name": person.name, "email": person.email, **person.address}),
    }


def _consents(people: list[_Person]) -> Iterator[Statement]:
    for person in people:
        if person.marketing is not None:
            yield Statement(
                subject_id=person.customer_id,
                purpose=MARKETING,
                granted=person.marketing,
                channel="import",
                evidence={"source": "demo"},
            )


async def _already(connection: AsyncConnection) -> int:
    """The number of the next person: one after the last that an earlier demo made."""
    known = select(Login.email_key).where(Login.email_key.like(f"cliente%@{DOMAIN}"))
    keys = (await connection.execute(known)).scalars()
    numbers = (key.removeprefix("cliente").partition("@")[0] for key in keys)
    return max((int(number) for number in numbers if number.isdigit()), default=0) + 1


async def _add_officer(platform: Platform, password_hash: str, secrets: dict[str, str]) -> None:
    """The officer, whose secret is kept beside those of staff."""
    async with platform.database.transaction() as connection:
        secret = await demo_authority.add(
            platform,
            connection,
            entered_by=f"{Viewer.DIRECTOR}@{DOMAIN}",
            vetted_by=f"{Viewer.PRIVACY_OFFICER}@{DOMAIN}",
            password_hash=password_hash,
        )
    if secrets and secret is not None:
        secrets[OFFICER] = secret
        _keep(platform, secrets)


async def _add_staff(platform: Platform) -> dict[str, str]:
    """A member of each role; the secrets are kept in `var/`, to be printed at each start.

    None of them is told where an earlier demo made the members.
    """
    secrets: dict[str, str] = {}
    for role in STAFF_ROLES:
        try:
            added = await staff.add(
                platform,
                email=f"{role}@{DOMAIN}",
                name=f"Exemplo {role.replace('_', ' ').title()}",
                role=role,
                password=PASSWORD,
            )
        except Failure as failure:
            if failure.code != "email_taken":
                raise
            return {}
        secrets[role.value] = added.totp_secret
    _keep(platform, secrets)
    return secrets


def _keep(platform: Platform, secrets: dict[str, str]) -> None:
    _write_private(platform.settings.var_dir / FILE, json.dumps(secrets, indent=2) + "\n")


def _write_private(file: Path, text: str) -> None:
    make_private_folder(file.parent)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
