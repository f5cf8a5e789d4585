"""The doors' own authentication: who may come in, decided before anything they sent is looked at.

Each door has a route class, so that no route behind it can be without.
"""

from typing import cast

from starlette.requests import Request

from app.access.actors import Actor
from app.access.purposes import EVERY_PURPOSE, PURPOSES
from app.access.viewers import Viewer
from app.core.devices import device_label
from app.core.errors import Failure
from app.core.networks import address_of, network_of, port_of
from app.core.text import FieldRefused, clean_line
from app.routers.strict_route import StrictRoute
from app.security.tokens import TokenRefused
from app.services.authorization import LONGEST_REASON, SHORTEST_REASON
from app.services.platform import Platform
from app.services.session_watch import LiveSession
from app.services.sessions import anonymous


def platform_of(request: Request) -> Platform:
    """The service's parts."""
    return cast(Platform, request.app.state.platform)


def actor_of(request: Request) -> Actor:
    """The caller, as the door found them."""
    return cast(Actor, request.state.actor)


def live_session_of(request: Request) -> LiveSession:
    """The caller's session, behind a door with sign-in."""
    return cast(LiveSession, request.state.live_session)


async def admit_anybody(request: Request) -> None:
    """The public doors: the caller is nobody in particular."""
    request.state.actor = anonymous(
        request.state.request_id,
        network_of(request.client),
        device_of(request),
        address=address_of(request.client),
        source_port=source_port_of(request),
    )


async def admit_staff(request: Request) -> None:
    """A living staff session. The purpose and the reason of a read come in headers."""
    live = await _session(request, "staff")
    request.state.live_session = live
    request.state.actor = Actor(
        kind="staff",
        viewer=live.viewer,
        purpose=_purpose(request, live.viewer),
        request_id=request.state.request_id,
        id=live.holder,
        session_id=live.id,
        reason=_reason(request),
        network=network_of(request.client),
        address=address_of(request.client),
        source_port=source_port_of(request),
    )


async def admit_customer(request: Request) -> None:
    """A living session of a customer login, acting for one account."""
    live = await _session(request, "customer")
    request.state.live_session = live
    request.state.actor = Actor(
        kind="login",
        viewer=Viewer.SELF,
        purpose=PURPOSES[Viewer.SELF][0],
        request_id=request.state.request_id,
        id=live.holder,
        session_id=live.id,
        customer_id=live.customer_id,
        permissions=live.permissions,
        network=network_of(request.client),
        address=address_of(request.client),
        source_port=source_port_of(request),
        owes_acceptance=live.owes_acceptance,
    )


async def admit_authority(request: Request) -> None:
    """A living session of an officer, who may act now, of an agency that may."""
    live = await _session(request, "authority")
    request.state.live_session = live
    request.state.actor = Actor(
        kind="officer",
        viewer=Viewer.AUTHORITY,
        purpose=PURPOSES[Viewer.AUTHORITY][0],
        request_id=request.state.request_id,
        id=live.holder,
        session_id=live.id,
        network=network_of(request.client),
        address=address_of(request.client),
        source_port=source_port_of(request),
    )


async def admit_signed_in(request: Request) -> None:
    """A living session of whichever kind."""
    for admit in (admit_staff, admit_customer):
        try:
            return await admit(request)
        except Failure as failure:
            if failure.code != "token_invalid":
                raise
    return await admit_authority(request)


def device_of(request: Request) -> str | None:
    """The coarse label of the caller's program, None for one that says nothing of itself."""
    return device_label(request.headers.get("user-agent"))


def source_port_of(request: Request) -> int | None:
    """The port that the caller came from, as far as it is known."""
    header = platform_of(request).settings.source_port_header
    return port_of(request.client, request.headers.get(header) if header else None)


def bearer_token(request: Request) -> str | None:
    """The token of an ``Authorization: Bearer`` header (RFC 6750), None without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def living_session(request: Request, token: str, audience: str) -> LiveSession:
    """The session behind a token. Raises `Failure` with ``token_invalid`` or ``session_ended``."""
    platform = platform_of(request)
    try:
        claims = platform.tokens.verify(token, audience)
    except TokenRefused:
        raise Failure("token_invalid") from None
    watch = platform.sessions
    looks = {"staff": watch.staff, "customer": watch.customer, "authority": watch.authority}
    live = await looks[audience](claims.session)
    if live is None or live.holder != claims.subject:
        raise Failure("session_ended")
    return live


async def _session(request: Request, audience: str) -> LiveSession:
    token = bearer_token(request)
    if token is None:
        raise Failure("unauthenticated")
    return await living_session(request, token, audience)


def _purpose(request: Request, viewer: Viewer) -> str:
    """The purpose named, else the viewer's usual one; empty for one that is none of ours.

    One that is not the viewer's own is refused where it matters, and put on record.
    """
    named = request.headers.get("x-purpose")
    if named is None:
        return PURPOSES[viewer][0]
    return named if named in EVERY_PURPOSE else ""


def _reason(request: Request) -> str | None:
    """The reason given, None without one; empty for one that is unfit to be put on record."""
    raw = request.headers.get("x-reason")
    if raw is None:
        return None
    try:
        text = raw.encode("latin-1").decode()  # UTF-8, as browsers and curl send it
    except UnicodeDecodeError:
        text = raw  # as older clients do
    try:
        return clean_line(text, LONGEST_REASON, SHORTEST_REASON)
    except FieldRefused:
        return ""


class PublicRoute(StrictRoute):
    """A route that anybody may call."""

    admit = staticmethod(admit_anybody)


class StaffRoute(StrictRoute):
    """A route for signed-in staff."""

    admit = staticmethod(admit_staff)


class CustomerRoute(StrictRoute):
    """A route for signed-in customers and those they trust."""

    admit = staticmethod(admit_customer)


class AuthorityRoute(StrictRoute):
    """A route for signed-in officers of authorities."""

    admit = staticmethod(admit_authority)


class SignedInRoute(StrictRoute):
    """A route for whoever has signed in, at whichever door."""

    admit = staticmethod(admit_signed_in)
