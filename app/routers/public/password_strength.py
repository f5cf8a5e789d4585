"""How good a password is, for forms that let one choose."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.core.language import Language
from app.core.messages import SUGGESTIONS, field_message
from app.core.passwords import PASSWORD_LIMITS
from app.projection.projection import to_json
from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.routers.problems import language_of
from app.schemas.passwords import PasswordStrength, PasswordToAssess
from app.security.password_strength import Strength
from app.security.personal_data import Person
from app.services import passwords

router = APIRouter(prefix="/v1/public/password-strength", tags=["public"], route_class=PublicRoute)


@router.post(
    "",
    operation_id="public_assess_password",
    summary="How good is this password?",
    response_model=PasswordStrength,
    openapi_extra={"x-problems": ["too_many_requests", "hashing_busy"]},
)
async def assess(request: Request, body: PasswordToAssess) -> Response:
    """The judgement that every new password must pass, with its reasons in words.

    Nothing of it is stored. Give what the form knows of its user: a password must not hold it.
    """
    person = Person.of(**body.model_dump(exclude={"password"}))
    strength = await passwords.assess(
        platform_of(request), actor_of(request), body.password.get_secret_value(), person
    )
    language = language_of(request.scope)
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    return answers.ready_json(to_json(_told(strength, language)), headers=headers)


def _told(strength: Strength, language: Language) -> dict[str, object]:
    reasons = [
        {"code": code, "message": field_message(code, language, PASSWORD_LIMITS)}
        for code in strength.reasons
    ]
    suggestions = [
        {"code": code, "message": SUGGESTIONS[code][language]} for code in strength.suggestions
    ]
    return {
        "score": strength.score,
        "acceptable": strength.acceptable,
        "reasons": reasons,
        "suggestions": suggestions,
    }
