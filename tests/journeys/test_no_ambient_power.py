"""Nobody sees nothing, and nobody is more than they have shown: each door, verb and token."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from fastapi.routing import iter_route_contexts
from sqlalchemy import update

from app.access.actors import Actor
from app.access.permissions import may
from app.access.purposes import EVERY_PURPOSE, PURPOSES
from app.access.viewers import MUST_GIVE_REASON, STAFF_ROLES, Viewer
from app.core.errors import Refusal
from app.main import create_app
from app.models import Login, Membership, StaffMember
from app.security.tokens import Audience
from app.services import (
    access_records,
    accounts,
    agencies,
    audit_events,
    customer_changes,
    customers,
    email_change_links,
    email_changes,
    email_verifications,
    invitation_acceptance,
    invitations,
    invited_logins,
    invoices,
    member_changes,
    members,
    officer_registrations,
    officer_vettings,
    officers,
    pending_registrations,
    policies,
    registrations,
    visibility,
)
from app.services.platform import Platform
from tests.support.each import case
from tests.support.exercisers import EXERCISERS, door_of
from tests.support.people import (
    add_customer,
    add_staff,
    bearer,
    change_columns,
    end_session,
    open_customer_session,
)
from tests.support.stage import Stage, comparable, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN_TO_ALL = (
    *("/v1/public/", "/v1/auth/", "/health/", "/docs", "/.well-known/"),
    *("/metrics", "/openapi.json", "/favicon.ico"),
)
NEEDS_A_TOKEN = {
    ("POST", "/v1/auth/logout"),
    ("POST", "/v1/auth/step-up"),
    ("POST", "/v1/auth/step-up/options"),
}
"""Of whichever door."""
ANYBODY = UUID("01a19467-e800-7e96-9097-3b43b5d82b45")


def nobodys(path: str) -> str:
    """A path with an id that nothing has."""
    return re.sub(r"\{\w+_id\}", str(ANYBODY), path).replace("{version}", "999999999")


def guarded_routes() -> list[tuple[str, str]]:
    """Every route of the application, in the documents or not, that is not meant for anybody."""
    found = [
        (method, route.path_format or "")
        for route in iter_route_contexts(create_app().routes)
        for method in sorted(route.methods or ())
    ]
    return [
        (method, nobodys(path))
        for method, path in found
        if not path.startswith(OPEN_TO_ALL) or (method, path) in NEEDS_A_TOKEN
    ]


GUARDED = guarded_routes()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    async with staged(shared_database_url, tmp_path_factory.mktemp("stage")) as it:
        yield it


async def test_every_route_behind_a_door_is_known() -> None:
    for method, path in EXERCISERS:
        if door_of((method, path)) not in ("public", "auth"):
            assert (method.upper(), nobodys(path)) in GUARDED
    assert all("{" not in path for _, path in GUARDED)


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_without_a_principal_nothing_is_looked_at(
    stage: Stage, method: str, path: str
) -> None:
    plain = comparable(await stage.client.request(method, path))
    assert plain[0] == 401
    assert ("www-authenticate", "Bearer") in plain[1]
    if path == "/v1/auth/logout":
        return  # signing out is at a public door, which judges names first; there is nothing to see
    attempts: list[dict[str, Any]] = [
        {"params": {"inexistente": "x"}},
        {"params": {"tax_id": "x"}},
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"content": b"<x/>", "headers": {"Content-Type": "text/xml"}},
        {"headers": {"X-Purpose": "billing", "X-Reason": "curiosidade"}},
        {"headers": {"Authorization": "Basic ZGlyZWN0b3I6eA=="}},
        {"headers": {"Authorization": "Bearer "}},
        {"headers": {"Cookie": "access_token=" + stage.staff[Viewer.DIRECTOR].token}},
        {"headers": {"X-User": "director", "X-Role": "director"}},
    ]
    for sent in attempts:
        assert comparable(await stage.client.request(method, path, **sent)) == plain


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_a_token_of_another_door_or_nobodys_is_refused(
    stage: Stage, method: str, path: str
) -> None:
    issue = stage.platform.tokens.issue
    director = stage.staff[Viewer.DIRECTOR]
    door = path.split("/")[2]
    tokens = {
        "staff": director.token,
        "customer": stage.other.token,
        "authority": stage.officer.token,
    }
    foreign = [token for other, token in tokens.items() if other != door]
    audience: Audience = "customer"
    own, foreigner = stage.other.session_id, director.session_id
    if door == "staff":
        audience, own, foreigner = "staff", director.session_id, stage.other.session_id
    elif door == "authority":
        audience, own = "authority", stage.officer.session_id or ANYBODY
    if (method, path) in NEEDS_A_TOKEN:
        foreign = []
    forged: list[str] = [
        # Another's session under one's own name, and one's own under another's.
        issue(
            audience=audience,
            subject=ANYBODY,
            session=own,
            viewer="director",
            customer=None,
        ),
        issue(
            audience=audience,
            subject=director.id,
            session=foreigner,
            viewer="director",
            customer=stage.customer_id,
        ),
        issue(
            audience="partner",  # type: ignore[arg-type]  # no such door
            subject=director.id,
            session=director.session_id,
            viewer="director",
            customer=None,
        ),
        director.token[:-6] + "AAAAAA",
        "x",
    ]
    for token in foreign + forged:
        answer = await stage.client.request(method, path, headers=bearer(token))
        assert answer.status_code == 401, f"{token[:20]} opens {path}"


async def test_an_expired_token_is_refused(stage: Stage) -> None:
    for viewer, path in ((Viewer.SUPPORT, "/v1/staff/customers"), (Viewer.SELF, PROFILE)):
        headers = stage.headers(viewer)
        assert (await stage.client.get(path, headers=headers)).status_code == 200
        stage.service.clock.ahead = timedelta(minutes=15, seconds=1)
        try:
            answer = await stage.client.get(path, headers=headers)
        finally:
            stage.service.clock.ahead = timedelta()
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


PROFILE = "/v1/customer/profile"


async def change_row(stage: Stage, model: Any, key: UUID, **columns: Any) -> None:
    async with stage.platform.database.transaction() as connection:
        await connection.execute(update(model).where(model.id == key).values(**columns))


async def test_an_ended_session_opens_nothing(stage: Stage) -> None:
    member = await add_staff(stage.platform, "director")
    maria = await add_customer(stage.platform)
    for person, path in ((member, "/v1/staff/customers"), (maria, PROFILE)):
        assert (await stage.client.get(path, headers=person.headers)).status_code == 200
        await end_session(stage.platform, person.session_id)
        answer = await stage.client.get(path, headers=person.headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")


async def test_a_disabled_member_and_an_unknown_role_open_nothing(stage: Stage) -> None:
    for change in ({"status": "disabled"}, {"role": "self"}, {"role": "authority"}, {"role": "x"}):
        member = await add_staff(stage.platform, "director")
        await change_row(stage, StaffMember, member.id, **change)
        answer = await stage.client.get("/v1/staff/customers", headers=member.headers)
        assert answer.status_code == 401, change


async def test_the_role_of_today_counts_and_not_the_tokens(stage: Stage) -> None:
    member = await add_staff(stage.platform, "director")
    address = f"/v1/staff/customers/{stage.customer_id}"
    assert "tax_id" in (await stage.client.get(address, headers=member.headers)).json()
    await change_row(stage, StaffMember, member.id, role="production")
    stage.platform.sessions.forget(member.session_id)
    seen = (await stage.client.get(address, headers=member.headers)).json()
    own = (await stage.client.get(address, headers=stage.headers(Viewer.PRODUCTION))).json()
    assert seen == own


async def test_a_membership_that_ended_opens_nothing(stage: Stage) -> None:
    maria = await add_customer(stage.platform)
    joana = await add_customer(stage.platform)
    token = await open_customer_session(stage.platform, maria.login_id, joana.id)
    assert (await stage.client.get(PROFILE, headers=bearer(token))).json()["id"] == str(joana.id)
    async with stage.platform.database.transaction() as connection:
        await connection.execute(
            update(Membership)
            .where(Membership.login_id == maria.login_id, Membership.customer_id == joana.id)
            .values(revoked_at=stage.platform.clock())
        )
    stage.platform.sessions._known.clear()
    assert (await stage.client.get(PROFILE, headers=bearer(token))).status_code == 401
    # The other account of the same login is untouched.
    assert (await stage.client.get(PROFILE, headers=maria.headers)).status_code == 200


async def test_a_disabled_login_and_an_erased_account_open_nothing(stage: Stage) -> None:
    maria, joana = await add_customer(stage.platform), await add_customer(stage.platform)
    await change_row(stage, Login, maria.login_id, status="disabled")
    await change_columns(
        stage.platform, joana.id, status="erased", closed_at=stage.platform.clock()
    )
    for person in (maria, joana):
        assert (await stage.client.get(PROFILE, headers=person.headers)).status_code == 401


Deed = Callable[[Platform, Actor], Awaitable[Any]]
UNREAD: Any = None
"""A form that nobody may look at: whoever sends it is refused before."""


async def change(platform: Platform, actor: Actor) -> Any:
    async with platform.database.transaction() as connection:
        return await customers.change(
            platform, connection, actor, ANYBODY, {"name": "x"}, dict, ("*",)
        )


async def settle(platform: Platform, actor: Actor) -> Any:
    async with platform.database.transaction() as connection:
        return await invoices.settle(platform, connection, actor, ANYBODY, {}, dict, ("*",))


async def show_matrix(platform: Platform, actor: Actor) -> Any:
    return visibility.own(platform, actor)


async def register(platform: Platform, actor: Actor) -> Any:
    return await registrations.register(platform, actor, UNREAD, "en", None)


SERVICES: dict[str, tuple[Deed, bool]] = {
    "customer:read": (lambda platform, actor: customers.read(platform, actor, ANYBODY), True),
    "customer:update": (change, True),
    "staff:customer:list": (lambda platform, actor: customers.list_page(platform, actor, []), True),
    "staff:audit_event:list": (
        lambda platform, actor: audit_events.list_page(platform, actor, []),
        True,
    ),
    "customer:audit_event:list": (
        lambda platform, actor: audit_events.access_log(platform, actor, []),
        True,
    ),
    "customer:access_record:list": (lambda p, a: access_records.list_own(p, a, []), True),
    "customer:account:list": (accounts.list_own, True),
    "customer:membership:read": (members.read_own, True),
    "customer:membership:list": (lambda p, a: members.list_page(p, a, []), True),
    "staff:membership:list": (lambda p, a: members.list_of_customer(p, a, ANYBODY, []), True),
    "customer:membership:update": (
        lambda p, a: member_changes.change(p, a, ANYBODY, {}, dict, ("*",)),
        True,
    ),
    "customer:membership:revoke": (lambda p, a: member_changes.revoke(p, a, ANYBODY), True),
    "customer:membership:leave": (member_changes.leave, True),
    "customer:invitation:list": (lambda p, a: invitations.list_page(p, a, []), True),
    "customer:invitation:create": (lambda p, a: invitations.invite(p, a, UNREAD, None), True),
    "customer:invitation:withdraw": (lambda p, a: invitations.withdraw(p, a, ANYBODY), True),
    "customer:invitation:accept": (lambda p, a: invitation_acceptance.accept(p, a, "x"), False),
    "public:invitation:accept": (lambda p, a: invited_logins.accept(p, a, UNREAD), False),
    "staff:invoice:create": (lambda p, a: invoices.issue(p, a, ANYBODY, UNREAD, None), True),
    "staff:invoice:update": (settle, True),
    "staff:invoice:list": (lambda p, a: invoices.list_of_customer(p, a, ANYBODY, []), True),
    "customer:invoice:list": (lambda p, a: invoices.list_page(p, a, []), True),
    "customer:invoice:read": (lambda p, a: invoices.read(p, a, ANYBODY), True),
    "staff:visibility:read": (show_matrix, False),
    "public:policy:read": (policies.show_current, False),
    "public:customer:register": (register, False),
    "public:customer:confirm": (lambda p, a: pending_registrations.confirm(p, a, "x"), False),
    "customer_change:list": (lambda p, a: customer_changes.list_page(p, a, ANYBODY, []), True),
    "staff:agency:list": (lambda p, a: agencies.list_page(p, a, []), True),
    "staff:agency:read": (lambda p, a: agencies.read(p, a, ANYBODY), True),
    "staff:agency:create": (lambda p, a: agencies.enter(p, a, UNREAD, None), True),
    "staff:agency:update": (
        lambda p, a: agencies.change(p, a, ANYBODY, {}, dict, ("*",)),
        True,
    ),
    "public:agency:list": (lambda p, a: agencies.list_published(p, a, []), True),
    "staff:officer:list": (lambda p, a: officers.list_page(p, a, []), True),
    "staff:officer:read": (lambda p, a: officers.read(p, a, ANYBODY), True),
    "staff:officer:vet": (lambda p, a: officer_vettings.record(p, a, ANYBODY, UNREAD), True),
    "staff:officer:suspend": (lambda p, a: officers.suspend(p, a, ANYBODY), True),
    "staff:officer:reinstate": (lambda p, a: officers.reinstate(p, a, ANYBODY), True),
    "public:officer:register": (lambda p, a: officer_registrations.register(p, a, UNREAD), False),
    "public:officer:confirm": (lambda p, a: officer_registrations.confirm(p, a, "x"), False),
    "customer:email:change": (lambda p, a: email_changes.ask_for_login(p, a, "x", None), False),
    "customer:email:verify": (email_verifications.send, False),
    "public:email:verify": (lambda p, a: email_verifications.confirm(p, a, "x"), False),
    "public:email:change": (lambda p, a: email_change_links.confirm(p, a, "x"), False),
    "public:email:undo": (lambda p, a: email_change_links.undo(p, a, "x"), False),
}
KINDS = {Viewer.SELF: "login", Viewer.PUBLIC: "anonymous", Viewer.AUTHORITY: "officer"}


def allowed(verb: str, viewer: Viewer) -> bool:
    if verb.count(":") == 2:
        return may(viewer, verb)
    return may(viewer, f"{'customer' if viewer is Viewer.SELF else 'staff'}:{verb}")


def actor_of(viewer: Viewer, *, purpose: str | None = None, reason: str | None) -> Actor:
    return Actor(
        kind=KINDS.get(viewer, "staff"),
        viewer=viewer,
        purpose=PURPOSES[viewer][0] if purpose is None else purpose,
        request_id="x",
        customer_id=ANYBODY if viewer is Viewer.SELF else None,
        permissions=("owner",) if viewer is Viewer.SELF else (),
        reason=reason,
    )


@pytest.mark.parametrize("verb", SERVICES)
async def test_every_service_asks_the_table_itself(stage: Stage, verb: str) -> None:
    for viewer in Viewer:
        with case(viewer):
            await the_service_asks_the_table(stage, viewer, verb)


async def the_service_asks_the_table(stage: Stage, viewer: Viewer, verb: str) -> None:
    deed, with_grounds = SERVICES[verb]
    if not allowed(verb, viewer):
        with pytest.raises(Refusal) as refused:
            await deed(stage.platform, actor_of(viewer, reason="Por via das dúvidas"))
        assert refused.value.code == "forbidden"
        return
    if not with_grounds:
        return
    for purpose in {"", "x", *EVERY_PURPOSE} - set(PURPOSES[viewer]):
        with pytest.raises(Refusal) as refused:
            await deed(stage.platform, actor_of(viewer, purpose=purpose, reason="Um motivo"))
        assert refused.value.code == "purpose_not_allowed"
    if viewer in MUST_GIVE_REASON:
        with pytest.raises(Refusal) as refused:
            await deed(stage.platform, actor_of(viewer, reason=None))
        assert refused.value.code == "reason_required"


async def test_no_plan_is_found_for_a_purpose_that_is_not_the_viewers(stage: Stage) -> None:
    for viewer in Viewer:
        for purpose in EVERY_PURPOSE - set(PURPOSES[viewer]):
            with pytest.raises(KeyError):
                stage.platform.projection.plan(
                    actor_of(viewer, purpose=purpose, reason=None), "customer"
                )


async def test_what_a_member_signed_in_before_knows_is_not_shared(stage: Stage) -> None:
    # The same process serves all roles: one after the other, then again.
    address = f"/v1/staff/customers/{stage.customer_id}"
    first = {
        role: (await stage.client.get(address, headers=stage.headers(role))).content
        for role in STAFF_ROLES
    }
    for role in reversed(STAFF_ROLES):
        again = await stage.client.get(address, headers=stage.headers(role))
        assert again.content == first[role]
