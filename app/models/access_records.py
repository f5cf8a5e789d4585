"""The service's own access records (Marco Civil art. 15): apart from the audit log, six months."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime
from app.models.base import Base

_EVENTS: Final = (
    "'registration', 'sign_in', 'token_refresh', 'step_up', 'sign_out', 'session_ended', "
    "'password_changed', 'email_changed'"
)
_ONE_OF_THREE: Final = (
    "CASE WHEN login_id IS NULL THEN 0 ELSE 1 END + CASE WHEN officer_id IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN staff_id IS NULL THEN 0 ELSE 1 END = 1"
)


class AccessRecord(Base):
    """One use of the service from one address: by a login for an account, an officer or staff.

    `id` has the millisecond of `at`, so that ids are in the order of time. `ip` is sealed under the
    row's id; it and `source_port` are null where they are not known. There are no foreign keys on
    purpose: rows outlive the login and the account that they name, as the law wants, and whoever
    renews tokens locks neither of them.
    """

    __tablename__ = "access_records"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[str] = mapped_column(String(32))
    login_id: Mapped[UUID | None] = mapped_column()
    officer_id: Mapped[UUID | None] = mapped_column()
    staff_id: Mapped[UUID | None] = mapped_column()
    customer_id: Mapped[UUID | None] = mapped_column()
    session_id: Mapped[UUID | None] = mapped_column()
    ip: Mapped[bytes | None] = mapped_column(LargeBinary)
    source_port: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (
        Index(None, "customer_id", "id"),
        Index(None, "login_id", "id"),
        CheckConstraint(f"event IN ({_EVENTS})", name="event"),
        CheckConstraint(_ONE_OF_THREE, name="holder"),
        CheckConstraint("source_port BETWEEN 1 AND 65535", name="source_port"),
    )
