"""Whom a message to many may be for: people who sign in, and accounts, at their registered e-mail.

An account is the agency's correspondent, too: its address may be one that nobody signs in with.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.access.permissions import OWNER
from app.core.language import DEFAULT, LANGUAGES
from app.models import Customer, Login, Membership, OutboxMessage, table_of

_MAILS = table_of(OutboxMessage)


@dataclass(frozen=True, slots=True)
class Addressee:
    """How rows of one table are written to. `reference` is the column of a mail that names them."""

    reference: Literal["login_id", "customer_id"]
    table: Table
    infix: str
    language: ColumnElement[str]
    unreachable: ColumnElement[bool]

    def key(self, batch: str, row_id: ColumnElement[Any]) -> ColumnElement[str]:
        """The key of the one mail of a batch that is to a row."""
        return literal(f"{batch}:{self.infix}").concat(cast(row_id, String))


def _spoken(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A language, null where it is none that we write in."""
    return case(*((column == one, literal(one)) for one in LANGUAGES))


def _owners_language() -> ColumnElement[Any]:
    """The language of who has owned an account for longest."""
    return (
        select(Login.language)
        .join(Membership, Membership.login_id == Login.id)
        .where(
            Membership.customer_id == Customer.id,
            Membership.permissions == (OWNER,),  # which has no other permission beside it
            Membership.revoked_at.is_(None),
        )
        .order_by(Membership.created_at, Membership.id)
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )


def _taken_since(
    earlier: Any, whose: ColumnElement[Any], column: InstrumentedAttribute[Any]
) -> ColumnElement[bool]:
    """Whether the address that a mail did not reach has taken a later one to the same."""
    later = _MAILS.alias("taken")
    return (
        select(literal(1))
        .where(
            later.c[column.key] == whose,
            later.c.recipient == earlier.c.recipient,
            later.c.state == "sent",
            later.c.settled_at > earlier.c.settled_at,
        )
        .exists()
    )


def _unreachable_login() -> ColumnElement[bool]:
    """Disabled, or its address refused our last mail for good. It is not written to."""
    earlier, owner = _MAILS.alias("bounced"), table_of(Login).alias("owner")
    bounced = (
        select(earlier.c.login_id)
        .join(owner, owner.c.id == earlier.c.login_id)
        .where(
            earlier.c.state == "bounced",
            earlier.c.recipient == owner.c.email,
            ~_taken_since(earlier, earlier.c.login_id, OutboxMessage.login_id),
        )
    )
    return (Login.status != "active") | Login.id.in_(bounced)


def _unreachable_account() -> ColumnElement[bool]:
    """Its address refused a mail for good, whoever that was for, and took none since."""
    earlier, account = _MAILS.alias("bounced"), table_of(Customer).alias("account")
    bounced = (
        select(account.c.id)
        .join_from(earlier, account, account.c.email_key == func.lower(earlier.c.recipient))
        .where(
            earlier.c.state == "bounced",
            ~_taken_since(earlier, account.c.id, OutboxMessage.customer_id),
            ~_taken_since(earlier, earlier.c.login_id, OutboxMessage.login_id),
        )
    )
    return Customer.id.in_(bounced)


LOGINS: Final = Addressee(
    reference="login_id",
    table=table_of(Login),
    infix="",
    language=func.coalesce(_spoken(table_of(Login).c.language), DEFAULT),
    unreachable=_unreachable_login(),
)
ACCOUNTS: Final = Addressee(
    reference="customer_id",
    table=table_of(Customer),
    infix="customer:",
    language=func.coalesce(
        _spoken(Customer.preferences["language"].as_string()),
        _spoken(_owners_language()),
        DEFAULT,
    ),
    unreachable=_unreachable_account(),
)


def without_mail(batch: str) -> ColumnElement[bool]:
    """Of an account: no mail of the batch goes to its address, as its own or as another's.

    As that of a login or an account that has it now, or of one of its people who had it. Each way
    is asked by the key of that mail, so that it is found on an index, however many there are.
    """
    login, other, place = (table_of(model).alias() for model in (Login, Customer, Membership))
    theirs, its, former = (_MAILS.alias() for _ in range(3))
    by_login = select(literal(1)).where(
        login.c.email_key == Customer.email_key, theirs.c.key == LOGINS.key(batch, login.c.id)
    )
    by_account = select(literal(1)).where(
        other.c.email_key == Customer.email_key, its.c.key == ACCOUNTS.key(batch, other.c.id)
    )
    by_place = select(literal(1)).where(
        place.c.customer_id == Customer.id,
        former.c.key == LOGINS.key(batch, place.c.login_id),
        func.lower(former.c.recipient) == Customer.email_key,
    )
    return and_(~by_login.exists(), ~by_account.exists(), ~by_place.exists())
