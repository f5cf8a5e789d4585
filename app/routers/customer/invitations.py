"""Asking trusted people in, and accepting while signed in."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.invitations import AcceptInvitation, InvitationPage, InvitationView, Invite
from app.schemas.members import AccountView
from app.services import invitation_acceptance, invitations

router = APIRouter(prefix="/v1/customer/invitations", tags=["customer"], route_class=CustomerRoute)


@router.post(
    "",
    operation_id="customer_invite",
    summary="Invite a trusted person",
    status_code=201,
    response_model=InvitationView,
    openapi_extra={
        "x-problems": [
            *("step_up_required", "too_many_requests", "beyond_own_permissions"),
            *("account_closed", "already_member"),
        ]
    },
)
async def invite(request: Request, form: Invite) -> Response:
    """The address is mailed a link that works once, for seven days; an earlier one dies.

    Whether the address has a login already makes no difference here. Nobody grants more than they
    hold, nor for longer; only owners grant `owner`.
    """
    claim = await claim_of(request)
    answer = await invitations.invite(platform_of(request), actor_of(request), form, claim)
    return answers.ready_json(answer, 201)


@router.get(
    "",
    operation_id="customer_list_invitations",
    summary="Who has been invited?",
    response_model=InvitationPage,
    openapi_extra=dict(list_parameters("invitation", Viewer.SELF)),
)
@guards_own_query
async def list_invitations(request: Request) -> Response:
    """Newest first, whatever became of them."""
    found = await invitations.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.delete(
    "/{invitation_id:id}",
    operation_id="customer_withdraw_invitation",
    summary="Withdraw an invitation",
    status_code=204,
    openapi_extra={"x-problems": ["not_found", "beyond_own_permissions", "conflict"]},
)
async def withdraw(
    request: Request,
    invitation_id: Annotated[
        str, Path(description="The invitation's id (UUID).", json_schema_extra={"format": "uuid"})
    ],
) -> Response:
    """Its link is good for nothing from now on."""
    await invitations.withdraw(platform_of(request), actor_of(request), read_id(invitation_id))
    return Response(status_code=204)


@router.post(
    "/accept",
    operation_id="customer_accept_invitation",
    summary="Accept an invitation with this login",
    status_code=201,
    response_model=AccountView,
    openapi_extra={
        "x-problems": [
            *("too_many_requests", "one_time_token_invalid", "invitation_for_another"),
            *("invitation_lapsed", "already_member"),
        ]
    },
)
async def accept(request: Request, body: AcceptInvitation) -> Response:
    """The login enters the account that invited its address: sign in with its `id` to act there."""
    answer = await invitation_acceptance.accept(platform_of(request), actor_of(request), body.token)
    return answers.ready_json(answer, 201)
