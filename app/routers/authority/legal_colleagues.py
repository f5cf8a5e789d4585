"""Who of an agency acts for a request beside its sender."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import AuthorityRoute, actor_of, platform_of
from app.routers.identifiers import LegalRequestId, OfficerId, read_id
from app.schemas.legal_colleagues import LegalColleagues, NewColleague
from app.services import legal_colleagues

router = APIRouter(
    prefix="/v1/authority/legal-requests/{legal_request_id:id}/colleagues",
    tags=["authority"],
    route_class=AuthorityRoute,
)
NOT_FOUND = {"x-problems": ["not_found"]}


@router.get(
    "",
    operation_id="authority_list_legal_colleagues",
    summary="Who acts for one of my requests",
    response_model=LegalColleagues,
    openapi_extra=dict(NOT_FOUND),
)
async def list_legal_colleagues(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Officers of your agency, beside the one who sent it."""
    found = await legal_colleagues.list_of_request(
        platform_of(request), actor_of(request), read_id(legal_request_id)
    )
    return answers.ready_json(found)


@router.post(
    "",
    operation_id="authority_add_legal_colleague",
    summary="Have a colleague act for one of my requests",
    response_model=LegalColleagues,
    openapi_extra=dict(NOT_FOUND),
)
async def add_legal_colleague(
    request: Request, legal_request_id: LegalRequestId, form: NewColleague
) -> Response:
    """They see it, and do what you may do. Whoever is no officer in office of your agency gets one
    and the same answer, whatever the reason."""
    found = await legal_colleagues.add(
        platform_of(request), actor_of(request), read_id(legal_request_id), form.email
    )
    return answers.ready_json(found)


@router.delete(
    "/{officer_id:id}",
    operation_id="authority_remove_legal_colleague",
    summary="Have a colleague act no more for one of my requests",
    status_code=204,
    openapi_extra=dict(NOT_FOUND),
)
async def remove_legal_colleague(
    request: Request, legal_request_id: LegalRequestId, officer_id: OfficerId
) -> Response:
    """From now on they do not see it. Who acts for it may step back in the same way."""
    await legal_colleagues.remove(
        platform_of(request), actor_of(request), read_id(legal_request_id), read_id(officer_id)
    )
    return Response(status_code=204)
