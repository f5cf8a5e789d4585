"""Versions of the privacy policy in the making: written by one, reviewed by another, published."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Query
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import PolicyDraftId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.patches import policy_draft_changes
from app.routers.preconditions import if_match
from app.routers.strict_route import guards_own_query
from app.schemas.fields import Language
from app.schemas.policies import PolicyDifference
from app.schemas.policy_drafts import (
    NewPolicyDraft,
    PolicyDraftPage,
    PolicyDraftPatch,
    PolicyDraftView,
    PolicyPublication,
    PolicyReview,
)
from app.services import policy_differences, policy_drafts, policy_publication, policy_reviews

router = APIRouter(prefix="/v1/staff/policies/drafts", tags=["staff"], route_class=StaffRoute)


@router.post(
    "",
    operation_id="staff_create_policy_draft",
    summary="Draft a new version of the policy",
    status_code=201,
    response_model=PolicyDraftView,
)
async def create_policy_draft(request: Request, form: NewPolicyDraft) -> Response:
    """In both languages, with what changes in plain words. Nobody else sees it yet."""
    claim = await claim_of(request)
    answer = await policy_drafts.create(platform_of(request), actor_of(request), form, claim)
    return answers.ready_json(
        answer, 201, {"Location": f"{router.prefix}/{orjson.loads(answer)['id']}"}
    )


@router.get(
    "",
    operation_id="staff_list_policy_drafts",
    summary="List the drafts of the policy",
    response_model=PolicyDraftPage,
    openapi_extra=dict(list_parameters("policy_draft")),
)
@guards_own_query
async def list_policy_drafts(request: Request) -> Response:
    """Newest first, published and discarded ones included; without their texts."""
    found = await policy_drafts.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.get(
    "/{draft_id:id}",
    operation_id="staff_read_policy_draft",
    summary="Read a draft of the policy",
    response_model=PolicyDraftView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_policy_draft(request: Request, draft_id: PolicyDraftId) -> Response:
    """With the `ETag` that a change, a review and the publishing start from."""
    draft = await policy_drafts.read(platform_of(request), actor_of(request), read_id(draft_id))
    return answers.shown(draft)


@router.get(
    "/{draft_id:id}/diff",
    operation_id="staff_compare_policy_draft",
    summary="See what a draft would change",
    response_model=PolicyDifference,
    openapi_extra={"x-problems": ["not_found", "validation_failed"]},
)
async def compare_policy_draft(
    request: Request,
    draft_id: PolicyDraftId,
    language: Annotated[Language, Query(description="Of the texts.")] = "pt-BR",
) -> Response:
    """What leads from the version in force to the draft, by lines and by words."""
    found = await policy_differences.show_draft(
        platform_of(request), actor_of(request), read_id(draft_id), language
    )
    return answers.ready_json(found)


@router.patch(
    "/{draft_id:id}",
    operation_id="staff_update_policy_draft",
    summary="Write at a draft of the policy",
    response_model=PolicyDraftView,
    openapi_extra={
        "x-body": PolicyDraftPatch.__name__,
        "x-problems": ["not_found", "policy_draft_state"],
    },
)
async def update_policy_draft(
    request: Request, draft_id: PolicyDraftId, body: Annotated[dict[str, Any], Body()]
) -> Response:
    """Until it is submitted. Whoever writes at it is one of its authors, and cannot approve it."""
    platform = platform_of(request)
    tags = if_match(request)
    async with platform.database.transaction() as connection:
        draft = await policy_drafts.change(
            platform,
            connection,
            actor_of(request),
            read_id(draft_id),
            body,
            policy_draft_changes,
            tags,
        )
    return answers.shown(draft)


@router.post(
    "/{draft_id:id}/submit",
    operation_id="staff_submit_policy_draft",
    summary="Submit a draft of the policy for review",
    response_model=PolicyDraftView,
    openapi_extra={"x-problems": ["not_found", "policy_draft_state"]},
)
async def submit_policy_draft(request: Request, draft_id: PolicyDraftId) -> Response:
    """Nobody writes at it from then on, unless it is sent back."""
    platform = platform_of(request)
    async with platform.database.transaction() as connection:
        draft = await policy_drafts.submit(
            platform, connection, actor_of(request), read_id(draft_id)
        )
    return answers.shown(draft)


@router.post(
    "/{draft_id:id}/review",
    operation_id="staff_review_policy_draft",
    summary="Approve a draft of the policy, or send it back",
    response_model=PolicyDraftView,
    openapi_extra={
        "x-problems": [
            "not_found",
            "step_up_required",
            "second_person_required",
            "policy_draft_state",
        ]
    },
)
async def review_policy_draft(
    request: Request, draft_id: PolicyDraftId, form: PolicyReview
) -> Response:
    """Approved by nobody who wrote at it, with a fresh proof of presence, as it was read.

    `If-Match` names what was read: `*` is answered 412.
    """
    tags = if_match(request)
    draft = await policy_reviews.review(
        platform_of(request), actor_of(request), read_id(draft_id), form, tags
    )
    return answers.shown(draft)


@router.post(
    "/{draft_id:id}/publish",
    operation_id="staff_publish_policy_draft",
    summary="Publish an approved draft as the policy's next version",
    response_model=PolicyDraftView,
    openapi_extra={
        "x-problems": ["not_found", "step_up_required", "policy_draft_state", "policy_pending"]
    },
)
async def publish_policy_draft(
    request: Request, draft_id: PolicyDraftId, form: PolicyPublication
) -> Response:
    """In force from now on, or from a moment to come. From here on nobody changes it.

    `If-Match` names what was read: `*` is answered 412.
    """
    tags = if_match(request)
    draft = await policy_publication.publish(
        platform_of(request), actor_of(request), read_id(draft_id), form.published_at, tags
    )
    return answers.shown(draft)


@router.post(
    "/{draft_id:id}/discard",
    operation_id="staff_discard_policy_draft",
    summary="Give a draft of the policy up",
    response_model=PolicyDraftView,
    openapi_extra={"x-problems": ["not_found", "policy_draft_state"]},
)
async def discard_policy_draft(request: Request, draft_id: PolicyDraftId) -> Response:
    """It is kept, and cannot be published any more."""
    platform = platform_of(request)
    async with platform.database.transaction() as connection:
        draft = await policy_drafts.discard(
            platform, connection, actor_of(request), read_id(draft_id)
        )
    return answers.shown(draft)
