"""Third parties, as those who answer for disclosures register and retire them."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import RecipientId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.patches import recipient_changes
from app.routers.preconditions import if_match
from app.routers.strict_route import guards_own_query
from app.schemas.recipients import NewRecipient, RecipientPage, RecipientPatch, RecipientView
from app.services import recipients

router = APIRouter(prefix="/v1/staff/recipients", tags=["staff"], route_class=StaffRoute)


@router.get(
    "",
    operation_id="staff_list_recipients",
    summary="Third parties",
    response_model=RecipientPage,
    openapi_extra=dict(list_parameters("recipient")),
)
@guards_own_query
async def list_recipients(request: Request) -> Response:
    """Newest first, the retired ones too."""
    found = await recipients.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.post(
    "",
    operation_id="staff_register_recipient",
    summary="Register a third party",
    status_code=201,
    response_model=RecipientView,
    openapi_extra={"x-problems": ["step_up_required", "recipient_name_taken"]},
)
async def register_recipient(request: Request, form: NewRecipient) -> Response:
    """Customers can consent to it from now on; nothing goes there before one does."""
    claim = await claim_of(request)
    answer = await recipients.register(platform_of(request), actor_of(request), form, claim)
    return answers.ready_json(answer, 201)


@router.get(
    "/{recipient_id:id}",
    operation_id="staff_read_recipient",
    summary="Read one third party",
    response_model=RecipientView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_recipient(request: Request, recipient_id: RecipientId) -> Response:
    """With the `ETag` that a change starts from."""
    record = await recipients.read(platform_of(request), actor_of(request), read_id(recipient_id))
    return answers.shown(record)


@router.patch(
    "/{recipient_id:id}",
    operation_id="staff_update_recipient",
    summary="Correct or retire a third party",
    response_model=RecipientView,
    openapi_extra={
        "x-body": RecipientPatch.__name__,
        "x-problems": [
            "not_found",
            "step_up_required",
            "recipient_name_taken",
            "recipient_retired",
            "recipient_consented",
        ],
    },
)
async def update_recipient(
    request: Request, recipient_id: RecipientId, body: Annotated[dict[str, Any], Body()]
) -> Response:
    """Retired, it gets nothing more, for good. Who it is stays once somebody consented to it.

    What waits for its former contact address does not leave: order it again.
    """
    platform = platform_of(request)
    tags = if_match(request)
    async with platform.database.transaction() as connection:
        record = await recipients.change(
            platform,
            connection,
            actor_of(request),
            read_id(recipient_id),
            body,
            recipient_changes,
            tags,
        )
    return answers.shown(record)
