"""Questions about personal data, messages and requests for quotes, from anybody."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.problems import language_of
from app.schemas.contact_requests import ContactForm, ContactReceived, NewContactRequest
from app.services import contact_forms, contact_requests

router = APIRouter(prefix="/v1/public/contact-requests", tags=["public"], route_class=PublicRoute)


@router.get(
    "/form",
    operation_id="public_read_contact_form",
    summary="Fetch a form to be sent once",
    response_model=ContactForm,
    openapi_extra={"x-problems": ["too_many_requests"]},
)
async def read_form(request: Request) -> Response:
    """A token, and the work that sending it costs: a browser does it in about a tenth of a second.

    Count `work` up from 0 until SHA-256 of `form_token + ":" + work` begins with `bits` zero bits:

    ```js
    async function doWork({ form_token, bits }) {
      const zeros = (hash) => (new DataView(hash).getUint32(0) >>> (32 - bits)) === 0;
      for (let work = 0; ; work++) {
        const text = new TextEncoder().encode(`${form_token}:${work}`);
        if (zeros(await crypto.subtle.digest("SHA-256", text))) return String(work);
      }
    }
    ```

    It costs more (up to 18 bits, a few seconds) where a network has sent many within the hour. Send
    the form after `not_before` and before `expires_at`, and leave `website` empty.
    """
    return answers.ready_json(await contact_forms.issue(platform_of(request), actor_of(request)))


@router.post(
    "",
    operation_id="public_ask",
    summary="Ask about personal data, write to us, or ask for a quote",
    status_code=202,
    response_model=ContactReceived,
    openapi_extra={"x-problems": ["form_token_invalid", "too_many_requests"]},
)
async def ask(request: Request, form: NewContactRequest) -> Response:
    """The answer is the same whoever asks and whatever becomes of it. A mail confirms it, at most
    one a day; what was set apart as possible spam is not confirmed unless staff release it.

    A question about personal data (`privacy`) is never refused for its form, but set apart where
    that is not good; its deadline runs all the same. With other topics a token that is missing,
    expired, used or without its work is `form_token_invalid`: fetch another form, and send again.
    What looks like a password is taken out of subject and message before they are stored.
    """
    claim = await claim_of(request)
    answer = await contact_requests.ask(
        platform_of(request), actor_of(request), form, language_of(request.scope), claim
    )
    return answers.ready_json(answer, 202)
