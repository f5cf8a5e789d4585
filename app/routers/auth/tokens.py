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
from app.routers.identifiers import read_id
from app.routers.strict_route import FORM
from app.schemas.auth import RefreshRequest, TokenPair
from app.security.recovery_codes import LONGEST_TYPED
from app.services import sessions, sign_in
from app.services.second_factors import Code

router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=PublicRoute)

Username = Annotated[str, Form(max_length=320, description="The e-mail address.")]
Secret = Annotated[str, Form(max_length=1024, json_schema_extra={"format": "password"})]
Totp = Annotated[
    str | None, Form(max_length=16, description="Six digits from the authenticator app.")
]
RecoveryCode = Annotated[
    str | None,
    Form(max_length=LONGEST_TYPED, description="One of the ten, in place of `totp`. Works once."),
]


def _example(fields: Mapping[str, str]) -> dict[str, Any]:
    """A filled-in form, for the document."""
    return {"requestBody": {"content": {FORM: {"examples": {"usual": {"value": fields}}}}}}


@router.post(
    "/customer/token",
    operation_id="auth_customer_sign_in",
    summary="Sign in as a customer",
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
    grant_type: Annotated[Literal["password"] | None, Form()] = None,
) -> TokenPair:
    """E-mail and password; with a second factor, also `totp` or `recovery_code`.

    The answer to a failure is the same whatever was wrong; only that a code is missing is told, and
    only to who knows the password.
    """
    account = _account(customer_id)
    tokens = await sign_in.customer(
        platform_of(request),
        username,
        password,
        account,
        actor_of(request),
        _code(totp, recovery_code),
    )
    return _pair(tokens)


@router.post(
    "/staff/token",
    operation_id="auth_staff_sign_in",
    summary="Sign in as staff",
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
    grant_type: Annotated[Literal["password"] | None, Form()] = None,
) -> TokenPair:
    """E-mail, password and a code, `totp` or `recovery_code`: always all three."""
    code = _code(totp, recovery_code)
    if code is None:
        raise Failure("validation_failed", errors=[FieldError("/totp", "missing")])
    tokens = await sign_in.staff(platform_of(request), username, password, code, actor_of(request))
    return _pair(tokens)


@router.post("/refresh", operation_id="auth_refresh", summary="Renew the tokens")
async def refresh(request: Request, body: RefreshRequest) -> TokenPair:
    """A new pair for a refresh token, once. Using a spent one again ends the whole session."""
    tokens = await sessions.renew(platform_of(request), body.refresh_token, actor_of(request))
    if tokens is None:
        raise Failure("token_invalid")
    return _pair(tokens)


@router.post("/logout", operation_id="auth_logout", summary="Sign out", status_code=204)
async def logout(request: Request) -> Response:
    """End the session of the access token, of a customer or of staff. All its tokens die."""
    token = bearer_token(request)
    if token is None:
        raise Failure("unauthenticated")
    for audience in ("customer", "staff"):
        try:
            live = await living_session(request, token, audience)
        except Failure as failure:
            if failure.code == "token_invalid":
                continue
            raise
        await sessions.log_out(platform_of(request), live, actor_of(request))
        return Response(status_code=204)
    raise Failure("token_invalid")


def _pair(tokens: sessions.Tokens) -> TokenPair:
    return TokenPair(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        expires_in=tokens.expires_in,
        notices=list(tokens.notices),
    )


def _code(totp: str | None, recovery_code: str | None) -> Code | None:
    """The code that was sent, if any. Raises `Failure("validation_failed")` for two."""
    if totp is not None and recovery_code is not None:
        raise Failure("validation_failed", errors=[FieldError("/recovery_code", "one_proof_only")])
    code = Code(totp, recovery_code)
    return code or None


def _account(customer_id: str | None) -> UUID | None:
    """The account named, if any; one that cannot exist is answered like a wrong password."""
    if customer_id is None:
        return None
    try:
        return read_id(customer_id)
    except Failure:
        return UUID(int=0)
