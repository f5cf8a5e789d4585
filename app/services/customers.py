"""Reading, listing and changing customers, each as far as the caller's plan goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.documents import normalise_tax_id
from app.core.errors import Failure, FieldError, Refusal
from app.core.text import FieldRefused
from app.models import Customer, CustomerWord, Login
from app.projection.guard import read_changes
from app.projection.keys import address_key, city_key, name_key, name_words
from app.projection.plans import Plan, View
from app.projection.projection import Page, Shown
from app.schemas.customers import Address
from app.services import (
    consent_effects,
    consent_ledger,
    customer_changes,
    email_changes,
    pasted_secrets,
    records,
)
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.listings import find_page
from app.services.outgoing_texts import require_no_ask_in
from app.services.platform import Platform

RESOURCE = "customer"
Validate = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a guarded partial body to the values to store, by dotted field."""


async def read(platform: Platform, actor: Actor, customer_id: UUID) -> Shown:
    """One customer as the caller may see it; on record before it is returned.

    Raises `Refusal` without permission, purpose or reason, `Failure("not_found")` for a customer
    that does not exist or is outside the caller's rows.
    """
    action = f"{_door(actor)}:customer:read"
    return await records.read(platform, actor, action, RESOURCE, customer_id)


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the customers in the caller's rows, filtered and sorted by what they may read.

    On record, with every customer shown, before it is returned. Raises `Refusal` for a name the
    caller may not use, `Failure` for a value or cursor that does not fit.
    """
    action = "staff:customer:list"
    page, deed = await find_page(platform, actor, action, RESOURCE, parameters)
    shown = [item["id"] for item in page.items]
    await platform.audit.write(actor, replace(deed, subjects=shown))
    return page


async def change(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    customer_id: UUID,
    body: Mapping[str, Any],
    validate: Validate,
    if_match: Sequence[str],
) -> Shown:
    """Change fields of one customer; returns the record as the caller now sees it.

    `if_match` are the entity tags of which one must be the record's, as this caller sees it.
    Raises `Refusal` for a field the caller may not write, whatever its value, for a record outside
    the caller's rows (``not_found``), one that changed meanwhile (``precondition_failed``), and one
    that is closed for this caller (``account_closed``): each is on record. What staff write must
    not ask for a secret (``validation_failed``); customers' texts pass `screen` before. For another
    e-mail address `Failure` as `email_changes.settle` does, which says what becomes of it.
    """
    action = f"{_door(actor)}:customer:update"
    plan, changes = _guarded(platform, actor, action, body, validate)
    if actor.kind == "staff":
        require_no_ask_in(changes)
    if "status" in changes:  # before the account, as whoever says something for it
        await consent_ledger.hold(platform, connection, customer_id)
    before = await _locked(platform, connection, actor, plan, customer_id)
    if "*" not in if_match and platform.projection.show(plan, before).etag not in if_match:
        raise _refused("precondition_failed", action, customer_id)
    # An erased account stays as it is; a closed one is kept for the law, not for its owner to edit.
    if before["status"] in (("closed", "erased") if actor.kind == "login" else ("erased",)):
        raise _refused("account_closed", action, customer_id)
    if "email" in changes:
        wanted = changes.pop("email")
        changes |= await email_changes.settle(platform, connection, actor, before, wanted)
    now = platform.clock()
    differences = await _store(connection, customer_id, before, changes, now)
    await _begin_anew(platform, connection, actor, before, changes, now)
    await customer_changes.note(platform, connection, actor, customer_id, differences)
    await _follow_language(connection, actor, changes)
    after = await _locked(platform, connection, actor, plan, customer_id)
    await platform.audit.add(
        connection,
        actor,
        Deed(
            action,
            subject_type=RESOURCE,
            subject_id=customer_id,
            fields=tuple(sorted(changes)),
            rows=1,
        ),
        _reveal(f"{_door(actor)}:customer:read", customer_id, plan),
    )
    return platform.projection.show(plan, after)


async def screen(
    platform: Platform, actor: Actor, body: Mapping[str, Any], validate: Validate
) -> None:
    """What customers send `change` holds no password, theirs or another; before a transaction.

    Raises `Refusal` as `change` does for who asks and what is named, `Failure` as
    `pasted_secrets.require_no_secret_of`.
    """
    _, changes = _guarded(platform, actor, f"{_door(actor)}:customer:update", body, validate)
    texts = {field: changes.get(field) for field in pasted_secrets.OF_A_REGISTRATION}
    if actor.id is not None:
        await pasted_secrets.require_no_secret_of(platform, actor.id, texts, network=actor.network)


def columns_of(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted fields as columns, the keys that filters and sorts compare beside them."""
    columns = {field.rpartition(".")[2]: value for field, value in changes.items()}
    if "name" in columns:
        columns["name_key"] = name_key(columns["name"])
    if "email" in columns:
        columns["email_key"] = address_key(columns["email"])
    if "city" in columns:
        columns["city_key"] = city_key(columns["city"])
    return columns


def word_rows(customer_id: UUID, name: str) -> list[dict[str, Any]]:
    """The rows by which a customer is found by the words of the name."""
    return [{"word": word, "customer_id": customer_id} for word in name_words(name)]


def _guarded(
    platform: Platform, actor: Actor, action: str, body: Mapping[str, Any], validate: Validate
) -> tuple[Plan, dict[str, Any]]:
    """The caller's plan, and what they may change and do, by dotted field."""
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, RESOURCE)
    named = read_changes(plan, body, action)
    return plan, {field: value for field, value in validate(body).items() if field in named}


async def _store(
    connection: AsyncConnection,
    customer_id: UUID,
    before: View,
    changes: Mapping[str, Any],
    now: datetime,
) -> customer_changes.Differences:
    if "preferences" in changes:  # a merge patch of its own (RFC 7396)
        merged = _merged(before["preferences"], changes["preferences"])
        changes = {**changes, "preferences": merged}
    columns = columns_of(changes)
    if columns.get("tax_id") is not None:
        _demand_kind(columns["tax_id"], before["kind"])
    if any(field.startswith("address.") for field in changes):
        _demand_whole({**before["address"], **columns})
    if "status" in columns and columns["status"] != before["status"]:
        closed = columns["status"] == "closed"
        columns["closed_at"] = now if closed else None
    if columns:
        await connection.execute(
            update(Customer).where(Customer.id == customer_id).values(**columns)
        )
    if "name" in columns:
        await connection.execute(
            delete(CustomerWord).where(CustomerWord.customer_id == customer_id)
        )
        if rows := word_rows(customer_id, columns["name"]):
            await connection.execute(insert(CustomerWord), rows)
    return {field: (_value_of(before, field), value) for field, value in changes.items()}


async def _begin_anew(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    before: View,
    changes: Mapping[str, Any],
    now: datetime,
) -> None:
    """No yes outlives the closing of its account, with all that follows; nor does one come back.

    Of an account that opens again, yeses are ended that came with it, closed, from elsewhere.
    """
    after = changes.get("status", before["status"])
    if after == before["status"] or "closed" not in (after, before["status"]):
        return
    why = {"account_closed" if after == "closed" else "account_reopened": now.isoformat()}
    ended = await consent_ledger.end_all(platform, connection, actor, before["id"], now, why)
    await consent_effects.follow(platform, connection, *ended)


async def _follow_language(
    connection: AsyncConnection, actor: Actor, changes: Mapping[str, Any]
) -> None:
    """Whoever says which language they prefer is written to in it, too."""
    language = (changes.get("preferences") or {}).get("language")
    if actor.kind == "login" and language is not None:
        await connection.execute(
            update(Login).where(Login.id == actor.id).values(language=language)
        )


async def _locked(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    customer_id: UUID,
) -> View:
    """The record as the caller sees it, locked until the transaction ends."""
    values = platform.projection.scope(actor, platform.clock())
    statement = platform.projection.one(plan).with_for_update()
    row = (await connection.execute(statement, {**values, "id": customer_id})).first()
    if row is None:
        raise _refused("not_found", f"{_door(actor)}:customer:update", customer_id)
    return platform.projection.view(plan, row)


def _refused(code: str, action: str, customer_id: UUID) -> Refusal:
    return Refusal(code, action=action, subject_type=RESOURCE, subject_id=customer_id)


def _value_of(view: View, field: str) -> Any:
    """Of a field that the caller may write, and therefore sees as it is."""
    name, _, member = field.partition(".")
    return view[name][member] if member else view[name]


def _merged(before: Mapping[str, Any], patch: Mapping[str, Any] | None) -> dict[str, Any]:
    merged = {**before, **patch} if patch is not None else {}
    return {name: value for name, value in merged.items() if value is not None}


def _demand_kind(tax_id: str, kind: Literal["person", "company"]) -> None:
    try:
        normalise_tax_id(tax_id, kind)
    except FieldRefused as refused:
        error = FieldError("/tax_id", refused.code, refused.params)
        raise Failure("validation_failed", errors=[error]) from None


def _demand_whole(address: Mapping[str, Any]) -> None:
    """An address is there with everything that a registration demands of it, or not at all."""
    if all(address[part] is None for part in Address.model_fields):
        return
    errors = [
        FieldError(f"/address/{part}", "address_incomplete")
        for part, field in Address.model_fields.items()
        if field.is_required() and address[part] is None
    ]
    if errors:
        raise Failure("validation_failed", errors=errors)


def _door(actor: Actor) -> str:
    return "customer" if actor.kind == "login" else "staff"


def _reveal(action: str, customer_id: UUID, plan: Plan) -> Deed:
    return Deed(action, subject_type=RESOURCE, subject_id=customer_id, fields=plan.visible, rows=1)
