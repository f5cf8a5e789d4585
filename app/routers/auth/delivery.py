"""How tokens reach their client: in the answer, or, for the browser application, as a cookie.

A page keeps the access token in memory, for minutes. The refresh token, which is good for a month,
is better off where no script can read it: in a cookie that goes nowhere but to `/v1/auth`. Since a
browser sends cookies along whoever made it ask, renewing by cookie wants the session's CSRF token
in a header, and neither that nor a sign-in that sets the cookie is done for a page of elsewhere.

The CSRF token stands in the answer, and in a cookie of its own that the page may read after it was
reloaded. That one has the prefix ``__Host-``: no other host of our domain can plant another.
"""

from typing import Annotated, Final, Literal

from fastapi import Form
from pydantic import MISSING
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import Failure
from app.routers import answers
from app.routers.admission import platform_of
from app.schemas.auth import TokenPair
from app.services.sessions import Tokens

Delivery = Literal["json", "cookie"]
DeliveryField = Annotated[
    Delivery | None,
    Form(description="`cookie`, for a page in a browser: see `POST /v1/auth/refresh`."),
]

REFRESH_COOKIE: Final = "__Secure-salvaguarda-refresh"
REFRESH_PATH: Final = "/v1/auth"
CSRF_COOKIE: Final = "__Host-salvaguarda-csrf"
CSRF_HEADER: Final = "X-CSRF-Token"

_DAY: Final = 86_400


def require_own_page(request: Request) -> None:
    """Raise `Failure("csrf_refused")` for what the browser says was asked by a page of elsewhere.

    What is no browser says nothing of it, and gets through: it has no cookies of anybody.
    """
    if not is_own_page(request):
        raise Failure("csrf_refused")


def is_own_page(request: Request) -> bool:
    """Whether nothing says that a page of elsewhere asks."""
    origin = request.headers.get("origin")
    ours = origin is None or origin.lower() in platform_of(request).settings.page_origins
    return ours and request.headers.get("sec-fetch-site") != "cross-site"


def deliver(request: Request, tokens: Tokens, delivery: Delivery | None) -> Response:
    """The answer to a sign-in or a renewal: both tokens in it, or one of them in a cookie."""
    if delivery != "cookie":
        return _answer(tokens, refresh_token=tokens.refresh_token)
    platform = platform_of(request)
    csrf_token = platform.csrf.of(tokens.session_id)
    response = _answer(tokens, csrf_token=csrf_token)
    seconds = platform.settings.refresh_token_days * _DAY
    _set(response, REFRESH_COOKIE, tokens.refresh_token, seconds)
    _set(response, CSRF_COOKIE, csrf_token, seconds)
    return response


def take_back(request: Request, response: Response) -> Response:
    """Have a browser that sent our cookies forget them."""
    for name in (REFRESH_COOKIE, CSRF_COOKIE):
        if name in request.cookies:
            _set(response, name, "", 0)
    return response


def worthless() -> Failure:
    """The refusal of a cookie's token; the browser is told to keep it no longer."""
    response = Response()
    _set(response, REFRESH_COOKIE, "", 0)
    return Failure("token_invalid", headers={"Set-Cookie": response.headers["set-cookie"]})


def _set(response: Response, name: str, value: str, seconds: int) -> None:
    secret = name == REFRESH_COOKIE
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=REFRESH_PATH if secret else "/",
        secure=True,
        httponly=secret,
        samesite="strict",
    )


def _answer(
    tokens: Tokens, refresh_token: str | MISSING = MISSING, csrf_token: str | MISSING = MISSING
) -> Response:
    pair = TokenPair(
        access_token=tokens.access_token,
        expires_in=tokens.expires_in,
        refresh_token=refresh_token,
        csrf_token=csrf_token,
        notices=list(tokens.notices),
    )
    return answers.ready_json(pair.model_dump_json().encode())
