"""Cookies: what a visitor without an account decides, and what stands for their browser."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.routers.auth.delivery import require_own_page
from app.routers.problems import language_of
from app.routers.visitors import remember, visitor_of
from app.schemas.cookie_consents import CookieChoices, CookieConsents
from app.services import cookie_consents

router = APIRouter(prefix="/v1/public/cookie-consents", tags=["public"], route_class=PublicRoute)


@router.get(
    "",
    operation_id="public_read_cookie_consents",
    summary="What does this browser allow?",
    response_model=CookieConsents,
)
async def read_cookie_consents(request: Request) -> Response:
    """Of the caller's own cookie `__Host-salvaguarda-visitor`; without one nothing was asked yet.

    Nothing is answered in advance. `Sec-GPC: 1` takes back what was allowed, as a refusal that is
    put on the ledger.
    """
    body = await cookie_consents.read(platform_of(request), actor_of(request), visitor_of(request))
    return answers.ready_json(body)


@router.post(
    "",
    operation_id="public_say_cookie_consents",
    summary="Allow or refuse cookies",
    response_model=CookieConsents,
    openapi_extra={
        "x-problems": [
            "csrf_refused",
            "too_many_requests",
            "unknown_purpose",
            "purpose_version_not_current",
        ]
    },
)
async def say_cookie_consents(request: Request, form: CookieChoices) -> Response:
    """One call refuses, allows or takes back everything; each choice is an event of the ledger.

    The answer sets a first-party cookie with a random id, so that the browser is not asked again
    for six months. Pages of listed origins call with `credentials: "include"`.

    `Sec-GPC: 1` (Global Privacy Control) is a no to everything, and has the last word: it takes
    back what was allowed before, and a yes that is said while it is sent is kept as what was said
    but never counts. Who means yes is to turn the signal off for your site and say so again. A no
    erases what was stored because of a yes.
    """
    require_own_page(request)
    language = form.language or language_of(request.scope)
    visitor_id, body = await cookie_consents.say(
        platform_of(request), actor_of(request), visitor_of(request), form.choices, language
    )
    return remember(request, answers.ready_json(body), visitor_id)
