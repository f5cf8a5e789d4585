"""The privacy policy: every version that was announced, and what changed between two."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.routers.identifiers import PolicyVersion, read_version
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.fields import Language
from app.schemas.policies import PolicyDifference, PolicyPage, PolicyView
from app.services import policies, policy_differences

router = APIRouter(prefix="/v1/public/policies", tags=["public"], route_class=PublicRoute)


@router.get(
    "/current",
    operation_id="public_read_current_policy",
    summary="Read the privacy policy in force",
    response_model=PolicyView,
)
async def read_current_policy(request: Request) -> Response:
    """The version, its texts in Markdown, and their hashes (SHA-256 of the text in UTF-8)."""
    return answers.shown(await policies.show_current(platform_of(request), actor_of(request)))


@router.get(
    "",
    operation_id="public_list_policies",
    summary="List the versions of the privacy policy",
    response_model=PolicyPage,
    openapi_extra=dict(list_parameters("policy", Viewer.PUBLIC)),
)
@guards_own_query
async def list_policies(request: Request) -> Response:
    """Newest first, those that are still to come in force included; without their texts."""
    found = await policies.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.get(
    "/{version:version}",
    operation_id="public_read_policy",
    summary="Read one version of the privacy policy",
    response_model=PolicyView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_policy(request: Request, version: PolicyVersion) -> Response:
    """As it was announced: it never changes, but that it can be withdrawn before its moment."""
    found = await policies.show(platform_of(request), actor_of(request), read_version(version))
    return answers.shown(found)


@router.get(
    "/{version:version}/diff/{other:version}",
    operation_id="public_compare_policies",
    summary="See what changed between two versions",
    response_model=PolicyDifference,
    openapi_extra={"x-problems": ["not_found", "validation_failed"]},
)
async def compare_policies(
    request: Request,
    version: PolicyVersion,
    other: PolicyVersion,
    language: Annotated[Language, Query(description="Of the texts.")] = "pt-BR",
) -> Response:
    """What leads from `version` to `other`, by lines and by words, as data."""
    found = await policy_differences.show(
        platform_of(request),
        actor_of(request),
        read_version(version),
        read_version(other),
        language,
    )
    return answers.ready_json(found)
