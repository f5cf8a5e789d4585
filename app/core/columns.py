"""Column types that behave alike on SQLite and PostgreSQL."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC. SQLite has no time zones, so it keeps UTC without saying so."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time has no place in the database")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """None on PostgreSQL, whose driver answers in UTC whatever the server's time zone is."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)


class Names(TypeDecorator[tuple[str, ...]]):
    """A short list of names without commas (fields, permissions), kept as one text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str | None:
        return None if value is None else ",".join(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        if value is None:
            return None
        return tuple(value.split(",")) if value else ()


def key_text(length: int) -> String:
    """Text that is compared byte by byte, so that prefixes and cursors can walk its index."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def json_object() -> JSON:
    """A JSON document: `jsonb` on PostgreSQL."""
    variant: Any = JSONB()
    return JSON().with_variant(variant, "postgresql")


def json_value() -> JSON:
    """Any JSON value; None is stored as JSON's own null, so that the column is never empty."""
    variant: Any = JSONB()
    return JSON().with_variant(variant, "postgresql")
