"""The people who may enter the account."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.identifiers import read_id
from app.routers.list_parameters import list_parameters
from app.routers.patches import member_changes as changes_of_member
from app.routers.preconditions import if_match
from app.routers.strict_route import guards_own_query
from app.schemas.members import MemberPage, MemberPatch, MemberView
from app.services import member_changes, members

router = APIRouter(prefix="/v1/customer/members", tags=["customer"], route_class=CustomerRoute)

MembershipId = Annotated[
    str, Path(description="The membership's id (UUID).", json_schema_extra={"format": "uuid"})
]
_RULES = ["step_up_required", "not_found", "own_membership", "beyond_own_permissions", "last_owner"]


@router.get(
    "",
    operation_id="customer_list_members",
    summary="Who may enter this account?",
    response_model=MemberPage,
    openapi_extra=dict(list_parameters("membership", Viewer.SELF)),
)
@guards_own_query
async def list_members(request: Request) -> Response:
    """Newest first, the suspended and expired among them."""
    found = await members.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.get(
    "/{membership_id:id}",
    operation_id="customer_read_member",
    summary="Read one member",
    response_model=MemberView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_member(request: Request, membership_id: MembershipId) -> Response:
    """What `GET /v1/customer/members` shows of them, with the `ETag` that a change starts from."""
    record = await members.read(platform_of(request), actor_of(request), read_id(membership_id))
    return answers.shown(record)


@router.patch(
    "/{membership_id:id}",
    operation_id="customer_update_member",
    summary="Change what a member may do",
    response_model=MemberView,
    openapi_extra={"x-body": MemberPatch.__name__, "x-problems": _RULES},
)
async def update_member(
    request: Request, membership_id: MembershipId, body: Annotated[dict[str, Any], Body()]
) -> Response:
    """Permissions, end and pause; never beyond what the caller holds. The member is mailed."""
    tags = if_match(request)
    record = await member_changes.change(
        platform_of(request),
        actor_of(request),
        read_id(membership_id),
        body,
        changes_of_member,
        tags,
    )
    return answers.shown(record)


@router.delete(
    "/{membership_id:id}",
    operation_id="customer_revoke_member",
    summary="Take a member's access away",
    status_code=204,
    openapi_extra={"x-problems": _RULES},
)
async def revoke_member(request: Request, membership_id: MembershipId) -> Response:
    """Their sessions in this account end at once. They can be invited again."""
    await member_changes.revoke(platform_of(request), actor_of(request), read_id(membership_id))
    return Response(status_code=204)
