"""The caller's own second factors: the same routes behind every door with sign-in."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.projection.projection import to_json
from app.routers import answers
from app.routers.admission import actor_of, platform_of
from app.routers.identifiers import AuthenticatorId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.preconditions import if_match
from app.routers.strict_route import StrictRoute, guards_own_query
from app.schemas.authenticators import (
    AuthenticatorAdded,
    AuthenticatorPage,
    AuthenticatorView,
    PasskeyOptions,
    PasskeyRegistration,
    RecoveryCodes,
    Renaming,
    TotpConfirmation,
    TotpStarted,
)
from app.services import enrolments, own_authenticators
from app.services.owners import Door


def routes(door: Door, route_class: type[StrictRoute]) -> APIRouter:
    """The routes of one door."""
    router = APIRouter(prefix=f"/v1/{door}/authenticators", tags=[door], route_class=route_class)

    @router.get(
        "",
        operation_id=f"{door}_list_authenticators",
        summary="My second factors",
        response_model=AuthenticatorPage,
        openapi_extra=dict(list_parameters("authenticator")),
    )
    @guards_own_query
    async def list_authenticators(request: Request) -> Response:
        """Authenticator apps and passkeys, newest first."""
        found = await own_authenticators.list_page(
            platform_of(request), actor_of(request), request.query_params.multi_items()
        )
        return answers.page(found)

    @router.post(
        "/totp",
        operation_id=f"{door}_start_totp",
        summary="Set up an authenticator app",
        status_code=201,
        response_model=TotpStarted,
        openapi_extra={"x-problems": ["step_up_required", "too_many_authenticators"]},
    )
    async def start_totp(request: Request) -> Response:
        """A secret for the app. It opens nothing until a code of it is confirmed."""
        platform = platform_of(request)
        async with platform.database.transaction() as connection:
            started = await enrolments.start_totp(platform, connection, actor_of(request))
        body = {"id": started.id, "secret": started.secret, "uri": started.uri}
        return answers.ready_json(to_json(body), 201)

    @router.post(
        "/totp/{authenticator_id:id}/confirm",
        operation_id=f"{door}_confirm_totp",
        summary="Take an authenticator app into use",
        response_model=AuthenticatorAdded,
        openapi_extra={"x-problems": ["step_up_required", "not_found", "too_many_requests"]},
    )
    async def confirm_totp(
        request: Request, authenticator_id: AuthenticatorId, body: TotpConfirmation
    ) -> Response:
        """The code that is shown here opens nothing else. The first factor brings ten codes."""
        added = await enrolments.confirm_totp(
            platform_of(request), actor_of(request), read_id(authenticator_id), body.code, body.name
        )
        return _added(added, 200)

    @router.post(
        "/passkeys/options",
        operation_id=f"{door}_ask_passkey",
        summary="Ask the browser for a passkey",
        response_model=PasskeyOptions,
        openapi_extra={"x-problems": ["step_up_required", "too_many_authenticators"]},
    )
    async def ask_passkey(request: Request) -> Response:
        """Creation options: what the browser makes of them goes to `…/passkeys`."""
        platform = platform_of(request)
        async with platform.database.transaction() as connection:
            asked = await enrolments.ask_passkey(platform, connection, actor_of(request))
        return answers.asked(asked.challenge_id, asked.options)

    @router.post(
        "/passkeys",
        operation_id=f"{door}_add_passkey",
        summary="Take a passkey into use",
        status_code=201,
        response_model=AuthenticatorAdded,
        openapi_extra={
            "x-problems": ["step_up_required", "passkey_refused", "too_many_authenticators"]
        },
    )
    async def add_passkey(request: Request, body: PasskeyRegistration) -> Response:
        """A passkey counts as both factors. The first factor brings ten codes."""
        added = await enrolments.add_passkey(
            platform_of(request), actor_of(request), body.challenge_id, body.credential, body.name
        )
        return _added(added, 201)

    @router.post(
        "/recovery-codes",
        operation_id=f"{door}_renew_recovery_codes",
        summary="Make new recovery codes",
        response_model=RecoveryCodes,
        openapi_extra={"x-problems": ["step_up_required", "no_second_factor"]},
    )
    async def renew_recovery_codes(request: Request) -> Response:
        """Ten codes, told this once; the old ones work no more."""
        platform = platform_of(request)
        async with platform.database.transaction() as connection:
            codes = await own_authenticators.renew_codes(platform, connection, actor_of(request))
        return answers.ready_json(to_json({"recovery_codes": codes}))

    @router.get(
        "/{authenticator_id:id}",
        operation_id=f"{door}_read_authenticator",
        summary="One of my second factors",
        response_model=AuthenticatorView,
        openapi_extra={"x-problems": ["not_found"]},
    )
    async def read_authenticator(request: Request, authenticator_id: AuthenticatorId) -> Response:
        """With the tag that a change of its name wants."""
        record = await own_authenticators.read(
            platform_of(request), actor_of(request), read_id(authenticator_id)
        )
        return answers.shown(record)

    @router.patch(
        "/{authenticator_id:id}",
        operation_id=f"{door}_rename_authenticator",
        summary="Name one of my second factors",
        response_model=AuthenticatorView,
        openapi_extra={"x-problems": ["not_found"]},
    )
    async def rename_authenticator(
        request: Request, authenticator_id: AuthenticatorId, body: Renaming
    ) -> Response:
        """The name is for its owner alone."""
        platform = platform_of(request)
        tags = if_match(request)
        async with platform.database.transaction() as connection:
            record = await own_authenticators.rename(
                platform,
                connection,
                actor_of(request),
                read_id(authenticator_id),
                body.name,
                tags,
            )
        return answers.shown(record)

    problems = ["step_up_required", "not_found"]

    @router.delete(
        "/{authenticator_id:id}",
        operation_id=f"{door}_remove_authenticator",
        summary="Remove one of my second factors",
        status_code=204,
        openapi_extra={
            "x-problems": problems if door == "customer" else [*problems, "last_authenticator"]
        },
    )
    async def remove_authenticator(request: Request, authenticator_id: AuthenticatorId) -> Response:
        """It opens nothing any more. The last one of a member of staff or an officer stays."""
        platform = platform_of(request)
        async with platform.database.transaction() as connection:
            await own_authenticators.remove(
                platform, connection, actor_of(request), read_id(authenticator_id)
            )
        return Response(status_code=204)

    return router


def _added(added: enrolments.Added, status: int) -> Response:
    body = {"id": added.id, "recovery_codes": added.recovery_codes}
    return answers.ready_json(to_json(body), status)
