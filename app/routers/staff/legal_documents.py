"""The files of a request at the desk: what came on paper is added, what came at all is read."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.routers import answers, uploads
from app.routers.admission import StaffRoute, actor_of, platform_of
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
    prefix="/v1/staff/legal-requests/{legal_request_id:id}/documents",
    tags=["staff"],
    route_class=StaffRoute,
)


@router.post(
    "",
    operation_id="staff_upload_legal_document",
    summary="Add a file to a request from paper or mail",
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
    """The file as the body, up to 20 MiB, ten at most; until who asks is confirmed.

    From then on nothing comes in unless the desk asks for it: what was looked at stays as it is.
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
    operation_id="staff_list_legal_documents",
    summary="The files of a request",
    response_model=LegalDocumentPage,
    openapi_extra={**list_parameters("legal_document"), "x-problems": ["not_found"]},
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
    operation_id="staff_delete_legal_document",
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


@router.get(
    "/{legal_document_id:id}/content",
    operation_id="staff_download_legal_document",
    summary="Download a file of a request",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            }
        }
    },
    openapi_extra={"x-problems": ["not_found"]},
)
async def download_legal_document(
    request: Request, legal_request_id: LegalRequestId, legal_document_id: LegalDocumentId
) -> Response:
    """As it was sent, to be saved and never to be shown by a browser: strangers made it."""
    file, content = await legal_documents.download(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        read_id(legal_document_id),
    )
    return answers.stored_file(file, content, "application/octet-stream")
