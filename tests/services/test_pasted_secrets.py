"""`app/services/pasted_secrets.py`: the writer's own password never stays in what they write."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.core.errors import Failure
from app.core.ids import new_id
from app.models import Login
from app.security.counters import MemoryCounters
from app.security.hashing_pool import HashingPool
from app.security.passwords import PasswordHasher, Verdict
from app.security.pasted import MARKERS, MOST_CANDIDATES
from app.security.throttling import Throttle
from app.services import pasted_secrets
from app.services.pasted_secrets import require_no_secret, require_no_secret_of
from app.services.platform import Platform
from tests.support.people import PASSWORD, add_customer
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PT, EN = MARKERS["pt-BR"], MARKERS["en"]


class CountingHasher(PasswordHasher):
    """Counts what costs."""

    tried = 0

    def verify(self, password: str, stored: str | None) -> Verdict:
        type(self).tried += 1
        return super().verify(password, stored)


async def redact(platform: Platform, login_id: UUID, text: str) -> str:
    return await pasted_secrets.redact(platform, login_id, text, network="203.0.113.0/24")


@contextmanager
def counting(platform: Platform) -> Iterator[Platform]:
    CountingHasher.tried = 0
    hasher = CountingHasher(time_cost=1, memory_cost_kib=8, parallelism=1)
    pool = HashingPool(hasher, workers=1, queue=4)
    yield replace(platform, hashing=pool)
    pool.close()


async def change(house: Service, login_id: Any, **columns: Any) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(update(Login).where(Login.id == login_id).values(**columns))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (f"Não consigo entrar, uso {PASSWORD} desde ontem", f"Não consigo entrar, uso {PT} desde"),
        (f"({PASSWORD})", f"({PT})"),
        (f"{PASSWORD}.", f"{PT}."),
        (f"«{PASSWORD}», {PASSWORD}", f"«{PT}», {PT}"),
        (f"senha: {PASSWORD}", f"senha: {PT}"),
        ("senha: outra-coisa-9", f"senha: {PT}"),
        ("uso Outra-coisa-99! no FTP", "uso Outra-coisa-99! no FTP"),
        ("bom dia", "bom dia"),
    ],
)
async def test_ones_own_password_is_taken_out(house: Service, sent: str, kept: str) -> None:
    person = await add_customer(house.platform)
    assert (await redact(house.platform, person.login_id, sent)).startswith(kept)
    assert PASSWORD not in await redact(house.platform, person.login_id, sent)


async def test_a_phrase_with_spaces_is_known_too(house: Service) -> None:
    phrase = "o gato, 7 telhados e a lua!"
    person = await add_customer(house.platform, password=phrase)
    for sent in (f"senha: {phrase}", f'digitei "{phrase}"', f"é esta:\n{phrase}\ne não entra"):
        assert phrase not in await redact(house.platform, person.login_id, sent)


async def test_a_password_is_the_same_in_every_composition(house: Service) -> None:
    person = await add_customer(house.platform, password="Coração-bobo-77")
    sent = "uso Corac\u0327a\u0303o-bobo-77 aqui"
    assert await redact(house.platform, person.login_id, sent) == f"uso {PT} aqui"


@pytest.mark.parametrize("salt", [None, "sal"])
async def test_an_account_of_the_old_system_is_tested_too(house: Service, salt: str | None) -> None:
    person = await add_customer(house.platform)
    digest = hashlib.md5(f"{salt or ''}gato1234".encode(), usedforsecurity=False).hexdigest()
    wrapped = await house.platform.hashing.wrap_md5(digest, salt)
    await change(house, person.login_id, password_hash=wrapped)
    assert await redact(house.platform, person.login_id, "a minha, gato1234, não vale") == (
        f"a minha, {PT}, não vale"
    )


async def test_the_marker_is_in_the_login_s_language(house: Service) -> None:
    person = await add_customer(house.platform)
    await change(house, person.login_id, language="en")
    assert await redact(house.platform, person.login_id, f"I use {PASSWORD}") == f"I use {EN}"


async def test_another_s_password_is_no_word_of_ours(house: Service) -> None:
    other = await add_customer(house.platform, password="Outra-senha-boa-88")
    sent = f"uso {PASSWORD} aqui"
    assert await redact(house.platform, other.login_id, sent) == sent


async def test_a_login_without_a_password_costs_nothing(house: Service) -> None:
    person = await add_customer(house.platform)
    await change(house, person.login_id, password_hash=None)
    with counting(house.platform) as platform:
        sent = f"uso {PASSWORD} aqui"
        assert await redact(platform, person.login_id, sent) == sent
        assert await redact(platform, new_id(), sent) == sent
    assert CountingHasher.tried == 0


async def test_only_a_handful_of_words_is_tried(house: Service) -> None:
    person = await add_customer(house.platform)
    many = " ".join(f"Palavra-{number:04d}!" for number in range(2_000))
    with counting(house.platform) as platform:
        assert await redact(platform, person.login_id, many) == many
        assert CountingHasher.tried == MOST_CANDIDATES
        assert await redact(platform, person.login_id, "só prosa, nada mais.") is not None
    assert CountingHasher.tried == MOST_CANDIDATES


async def test_nothing_is_let_through_unseen_when_hashing_is_busy(house: Service) -> None:
    person = await add_customer(house.platform)
    with counting(house.platform) as platform:
        platform.hashing.close()
        with pytest.raises(Failure, match="hashing_busy"):
            await redact(platform, person.login_id, f"uso {PASSWORD} aqui")


async def test_a_datum_is_refused_where_the_secret_stands(house: Service) -> None:
    person = await add_customer(house.platform)
    honest = {"name": "Ana Senha", "address.street": "Rua 7 de Abril, 12-B", "phone": None}
    await require_no_secret_of(house.platform, person.login_id, honest, network=None)
    for held in (PASSWORD, f"ap. 12, {PASSWORD}", "senha: outra-coisa-9"):
        texts = honest | {"address.complement": held}
        with pytest.raises(Failure) as caught:
            await require_no_secret_of(house.platform, person.login_id, texts, network=None)
        assert [(error.pointer, error.code) for error in caught.value.errors] == [
            ("/address/complement", "holds_secret")
        ]


async def test_of_all_the_data_only_a_handful_of_words_is_tried(house: Service) -> None:
    person = await add_customer(house.platform)
    many = {f"field{n}": f"Palavra-{n:04d}! Outra-{n:04d}!" for n in range(20)}
    with counting(house.platform) as platform:
        await require_no_secret_of(platform, person.login_id, many, network=None)
        assert CountingHasher.tried == MOST_CANDIDATES
        platform.hashing.close()
        with pytest.raises(Failure, match="hashing_busy"):
            await require_no_secret_of(platform, person.login_id, many, network=None)


async def test_a_password_that_comes_along_is_compared_as_it_is() -> None:
    require_no_secret({"address.street": "Rua do gato e da lua"}, "o gato e a lua")
    with pytest.raises(Failure, match="validation_failed"):
        require_no_secret({"address.street": "ah, o gato e a lua"}, "o gato e a lua")


async def test_texts_of_one_letter_are_looked_at_together(house: Service) -> None:
    person = await add_customer(house.platform)
    texts = {"subject": f"é {PASSWORD} mesmo", "message": "senha: outra-coisa-9"}
    kept = await pasted_secrets.redact_each(
        house.platform, person.login_id, texts, network="203.0.113.0/24"
    )
    assert kept == {"subject": f"é {PT} mesmo", "message": f"senha: {PT}"}


@pytest.mark.parametrize("spent", [False, True])
async def test_texts_have_a_pace_of_their_own_and_then_shape_decides(
    house: Service, spent: bool
) -> None:
    person = await add_customer(house.platform)
    throttle = Throttle(MemoryCounters(house.clock), None, b"k" * 32)
    tried = {"network": "203.0.113.0/24", "account": str(person.login_id)}
    texts = {"message": "o modelo é XPTO-2000", "subject": "bom dia"}
    with counting(replace(house.platform, throttle=throttle)) as platform:
        kept: dict[str, str] = {}
        for _ in range(20 if spent else 1):
            kept = await pasted_secrets.redact_each(
                platform, person.login_id, texts, network=tried["network"]
            )
        if spent:
            assert kept == {"message": f"o modelo é {PT}", "subject": "bom dia"}
            assert CountingHasher.tried < 20
            with pytest.raises(Failure, match="validation_failed"):
                await require_no_secret_of(
                    platform, person.login_id, {"company": "XPTO-2000"}, network=tried["network"]
                )
        else:
            assert kept == texts
        await throttle.attempt("own_password", **tried)
