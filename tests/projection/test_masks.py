"""Masks have their documented shapes on both databases, whatever the value."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import ColumnElement, String, literal, select

from app.core.database import Database
from app.projection.masks import mask_email, mask_phone, mask_tax_id

Mask = Callable[[ColumnElement[Any]], ColumnElement[str]]

SHAPES: dict[Mask, list[tuple[str, str | None]]] = {
    mask_tax_id: [
        ("52998224725", "***.982.247-**"),
        ("12345678909", "***.456.789-**"),
        ("12ABC34501DE35", "**.ABC.345/01DE-**"),
        ("11222333000181", "**.222.333/0001-**"),
        # A length that is no tax id shows nothing at all.
        ("123", None),
        ("", None),
    ],
    mask_email: [
        ("maria@dominio.com.br", "m***@dominio.com.br"),
        ("m@x.br", "m***@x.br"),
        ("Maria.Silva+loja@sub.dominio.com", "M***@sub.dominio.com"),
    ],
    mask_phone: [
        ("+5511912346040", "****6040"),
        ("+551130031234", "****1234"),
        ("+33123456789", "****6789"),
    ],
}


@pytest.fixture
async def database(shared_database_url: str) -> AsyncIterator[Database]:
    database = Database(shared_database_url)
    yield database
    await database.close()


@pytest.mark.parametrize("mask", SHAPES, ids=lambda mask: str(getattr(mask, "__name__", mask)))
async def test_a_mask_has_its_shape(database: Database, mask: Mask) -> None:
    async with database.transaction() as connection:
        for value, shown in SHAPES[mask]:
            statement = select(mask(literal(value, String)))
            assert (await connection.execute(statement)).scalar_one() == shown


@pytest.mark.parametrize("mask", SHAPES, ids=lambda mask: str(getattr(mask, "__name__", mask)))
async def test_nothing_masked_is_nothing(database: Database, mask: Mask) -> None:
    async with database.transaction() as connection:
        statement = select(mask(literal(None, String)))
        assert (await connection.execute(statement)).scalar_one() is None
