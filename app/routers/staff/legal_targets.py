"""Who the persons are whom a legal request names."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.identifiers import LegalRequestId, LegalTargetId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.legal_targets import LegalTargetPage, LegalTargetView, TargetChoice
from app.services import legal_choices, legal_targets

router = APIRouter(
    prefix="/v1/staff/legal-requests/{legal_request_id:id}/targets",
    tags=["staff"],
    route_class=StaffRoute,
)


@router.get(
    "",
    operation_id="staff_list_legal_targets",
    summary="Who the named persons are",
    response_model=LegalTargetPage,
    openapi_extra={**list_parameters("legal_target"), "x-problems": ["not_found"]},
)
@guards_own_query
async def list_legal_targets(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Which customer each person is, by two identifiers at least. The sender is never told."""
    found = await legal_targets.list_page(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)


@router.post(
    "/{legal_target_id:id}/choice",
    operation_id="staff_choose_legal_target",
    summary="Say which candidate a named person is",
    response_model=LegalTargetView,
    openapi_extra={"x-problems": ["not_found", "legal_request_state", "step_up_required"]},
)
async def choose_legal_target(
    request: Request,
    legal_request_id: LegalRequestId,
    legal_target_id: LegalTargetId,
    form: TargetChoice,
) -> Response:
    """Where two identifiers lead to several customers, until a director is asked to approve.

    Nobody but those who have two of the identifiers can be chosen, and whoever chooses does not
    approve.
    """
    target = await legal_choices.choose(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        read_id(legal_target_id),
        form,
    )
    return answers.shown(target)
