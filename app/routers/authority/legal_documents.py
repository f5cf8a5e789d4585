"""The files of a request: the signed order, its detached signature, what goes with them."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers, uploads
from app.routers.admission import AuthorityRoute, actor_of, platform_of
from app.routers.idempotency_key import claimer_of
from app.routers.identifiers import LegalDocumentId, LegalRequestId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.problems import language_of
from app.routers.strict_route import guards_own_query, takes_files
from app.schemas.fields import SentId, line
from app.schemas.legal_documents import (
    LONGEST_NAME,
    DocumentKind,
    LegalDocumentPage,
    LegalDocumentView,
)
from app.services import legal_documents

router = APIRouter(
    prefix="/v1/authority/legal-requests/{legal_request_id:id}/documents",
    tags=["authority"],
    route_class=AuthorityRoute,
)


@router.post(
    "",
    operation_id="authority_upload_legal_document",
    summary="Add a file to one of my requests",
    status_code=201,
    response_model=LegalDocumentView,
    openapi_extra={
        "requestBody": dict(uploads.BODY),
        "x-problems": ["not_found", "legal_request_state", "documents_full"],
    },
)
@takes_files
async def upload_legal_document(
    request: Request,
    legal_request_id: LegalRequestId,
    kind: Annotated[
        DocumentKind,
        Query(description="`signature`: a detached one, of an order that is already here."),
    ],
    name: Annotated[
        str, line(LONGEST_NAME, "oficio-4711.pdf"), Query(description="The file's name.")
    ],
    order_id: Annotated[
        SentId | None, Query(description="Of a detached signature: the order that it signs.")
    ] = None,
) -> Response:
    """The file as the body, up to 20 MiB; while it is a draft, or information is owed.

    Once the request is sent, an order is verified within a minute. Ten files at most.
    """
    sent = legal_documents.Upload(
        kind, name, uploads.media_type_of(request), order_id, request.stream()
    )
    answer = await legal_documents.upload(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        sent,
        claimer_of(request),
        language_of(request.scope),
    )
    return answers.ready_json(answer, 201)


@router.get(
    "",
    operation_id="authority_list_legal_documents",
    summary="The files of one of my requests",
    response_model=LegalDocumentPage,
    openapi_extra={
        **list_parameters("legal_document", Viewer.AUTHORITY),
        "x-problems": ["not_found"],
    },
)
@guards_own_query
async def list_legal_documents(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Newest first, each with the report of its verification, once there is one."""
    found = await legal_documents.list_page(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        request.query_params.multi_items(),
        language_of(request.scope),
    )
    return answers.page(found)


@router.delete(
    "/{legal_document_id:id}",
    operation_id="authority_delete_legal_document",
    summary="Take a file out of a draft",
    status_code=204,
    openapi_extra={"x-problems": ["not_found", "legal_request_state"]},
)
async def delete_legal_document(
    request: Request, legal_request_id: LegalRequestId, legal_document_id: LegalDocumentId
) -> Response:
    """With an order, the detached signatures of it go too. While information is owed, an order that
    was not accepted can be taken out as well."""
    await legal_documents.remove(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        read_id(legal_document_id),
    )
    return Response(status_code=204)
