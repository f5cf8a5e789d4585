"""Signing in, staying signed in, signing out."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import Failure, FieldError
from app.routers.admission import (
    PublicRoute,
    actor_of,
    bearer_token,
    living_session,
    platform_of,
)
from app.routers.auth.delivery import (
    CSRF_HEADER,
    REFRESH_COOKIE,
    DeliveryField,
    deliver,
    require_own_page,
    take_back,
    worthless,
)
from app.routers.auth.visitor_history import join_history
from app.routers.identifiers import read_id
from app.routers.strict_route import FORM, JSON
from app.schemas.auth import RefreshRequest, TokenPair
from app.schemas.authenticators import LONGEST_CODE
from app.services import renewals, sessions, sign_in
from app.services.second_factors import Code

router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=PublicRoute)

Username = Annotated[str, Form(max_length=320, description="The e-mail address.")]
Secret = Annotated[str, Form(max_length=1024, json_schema_extra={"format": "password"})]
Totp = Annotated[
    str | None, Form(max_length=16, description="Six digits from the authenticator app.")
]
RecoveryCode = Annotated[
    str | None,
    Form(max_length=LONGEST_CODE, description="One of the ten, in place of `totp`. Works once."),
]


def _example(fields: Mapping[str, str], media_type: str = FORM) -> dict[str, Any]:
    """A filled-in body, for the document."""
    return {"requestBody": {"content": {media_type: {"examples": {"usual": {"value": fields}}}}}}


@router.post(
    "/customer/token",
    operation_id="auth_customer_sign_in",
    summary="Sign in as a customer",
    response_model=TokenPair,
    openapi_extra=_example(
        {
            "grant_type": "password",
            "username": "maria@exemplo.com.br",
            "password": "quatro-gatos-7-telhados",
        }
    ),
)
async def customer_token(
    request: Request,
    username: Username,
    password: Secret,
    customer_id: Annotated[
        str | None, Form(max_length=64, description="Which account, for a login of several.")
    ] = None,
    totp: Totp = None,
    recovery_code: RecoveryCode = None,
    delivery: DeliveryField = None,
    grant_type: Annotated[Literal["password"] | None, Form()] = None,
) -> Response:
    """E-mail and password; with a second factor, also `totp` or `recovery_code`.

    The answer to a failure is the same whatever was wrong; only that a code is missing is told, and
    only to who knows the password.
    """
    if delivery == "cookie":
        require_own_page(request)
    account = _account(customer_id)
    tokens = await sign_in.customer(
        platform_of(request),
        username,
        password,
        account,
        actor_of(request),
        _code(totp, recovery_code),
    )
    await join_history(request, tokens)
    return deliver(request, tokens, delivery)


@router.post(
    "/staff/token",
    operation_id="auth_staff_sign_in",
    summary="Sign in as staff",
    response_model=TokenPair,
    openapi_extra=_example(
        {
            "grant_type": "password",
            "username": "ana@alainer.com.br",
            "password": "quatro-gatos-7-telhados",
            "totp": "123456",
        }
    ),
)
async def staff_token(
    request: Request,
    username: Username,
    password: Secret,
    totp: Totp = None,
    recovery_code: RecoveryCode = None,
    delivery: DeliveryField = None,
    grant_type: Annotated[Literal["password"] | None, Form()] = None,
) -> Response:
    """E-mail, password and a code, `totp` or `recovery_code`: always all three."""
    if delivery == "cookie":
        require_own_page(request)
    code = _demanded(totp, recovery_code)
    tokens = await sign_in.staff(platform_of(request), username, password, code, actor_of(request))
    return deliver(request, tokens, delivery)


@router.post(
    "/authority/token",
    operation_id="auth_authority_sign_in",
    summary="Sign in as an authority's officer",
    response_model=TokenPair,
    openapi_extra=_example(
        {
            "grant_type": "password",
            "username": "beatriz.nunes@promotoria.exemplo.gov.br",
            "password": "quatro-gatos-7-telhados",
            "totp": "123456",
        }
    ),
)
async def authority_token(
    request: Request,
    username: Username,
    password: Secret,
    totp: Totp = None,
    recovery_code: RecoveryCode = None,
    delivery: DeliveryField = None,
    grant_type: Annotated[Literal["password"] | None, Form()] = None,
) -> Response:
    """E-mail, password and a code, `totp` or `recovery_code`: always all three.

    Whoever shows all of them, and waits for the call-back, is told that by `officer_not_vetted`.
    """
    if delivery == "cookie":
        require_own_page(request)
    code = _demanded(totp, recovery_code)
    platform = platform_of(request)
    tokens = await sign_in.officer(platform, username, password, code, actor_of(request))
    return deliver(request, tokens, delivery)


@router.post(
    "/refresh",
    operation_id="auth_refresh",
    summary="Renew the tokens",
    response_model=TokenPair,
    openapi_extra=_example({"refresh_token": "Zm9yIG9uZSB1c2Ugb25seSwga2VlcCBpdCBzZWNyZXQ"}, JSON),
)
async def refresh(request: Request, body: RefreshRequest | None = None) -> Response:
    """A new pair for a refresh token, once. Using a spent one again ends the whole session.

    A browser that signed in with `delivery=cookie` sends no body: the token is in its cookie. The
    page adds the session's `csrf_token` as `X-CSRF-Token`; after it was reloaded it finds that in
    the cookie `__Host-salvaguarda-csrf`. For ten seconds the same cookie gets the same answer once
    more, since two tabs may ask at once. A session that renews all the time is told to wait.
    """
    platform, caller = platform_of(request), actor_of(request)
    if body is not None:
        tokens = await renewals.renew(platform, body.refresh_token, caller)
        if tokens is None:
            raise Failure("token_invalid")
        return deliver(request, tokens, "json")
    cookie = request.cookies.get(REFRESH_COOKIE)
    if cookie is None:
        raise Failure("token_invalid")
    require_own_page(request)
    csrf_token = request.headers.get(CSRF_HEADER, "")
    tokens = await renewals.renew_cookie(platform, cookie, csrf_token, caller)
    if tokens is None:
        raise worthless()
    return deliver(request, tokens, "cookie")


@router.post("/logout", operation_id="auth_logout", summary="Sign out", status_code=204)
async def logout(request: Request) -> Response:
    """End the session of the access token, of whichever door. All its tokens die.

    A browser's cookies are taken back.
    """
    token = bearer_token(request)
    if token is None:
        raise Failure("unauthenticated")
    for audience in ("customer", "staff", "authority"):
        try:
            live = await living_session(request, token, audience)
        except Failure as failure:
            if failure.code == "token_invalid":
                continue
            raise
        await sessions.log_out(platform_of(request), live, actor_of(request))
        return take_back(request, Response(status_code=204))
    raise Failure("token_invalid")


def _code(totp: str | None, recovery_code: str | None) -> Code | None:
    """The code that was sent, if any. Raises `Failure("validation_failed")` for two."""
    if totp is not None and recovery_code is not None:
        raise Failure("validation_failed", errors=[FieldError("/recovery_code", "one_proof_only")])
    code = Code(totp, recovery_code)
    return code or None


def _demanded(totp: str | None, recovery_code: str | None) -> Code:
    """The same, where a code is always sent."""
    code = _code(totp, recovery_code)
    if code is None:
        raise Failure("validation_failed", errors=[FieldError("/totp", "code_missing")])
    return code


def _account(customer_id: str | None) -> UUID | None:
    """The account named, if any; one that cannot exist is answered like a wrong password."""
    if customer_id is None:
        return None
    try:
        return read_id(customer_id)
    except Failure:
        return UUID(int=0)
