"""What a browser did before somebody signed in from it, joined to their account if they agreed."""

from starlette.requests import Request

from app.core.errors import Failure
from app.core.telemetry import logger
from app.routers.admission import actor_of, platform_of
from app.routers.auth.delivery import is_own_page
from app.routers.visitors import visitor_of
from app.services import analytics_joins
from app.services.sessions import Tokens


async def join_history(request: Request, tokens: Tokens) -> None:
    """For the browser whose cookie came along with this sign-in. It never spoils the sign-in.

    Not for a page of elsewhere: it might have signed its own account in, to read the history there.
    """
    visitor = visitor_of(request)
    if visitor.id is None or not is_own_page(request):
        return
    platform = platform_of(request)
    try:
        live = await platform.sessions.customer(tokens.session_id)
        if live is not None:
            await analytics_joins.join(platform, actor_of(request), live, visitor)
    except Failure as failure:  # the next sign-in joins what this one did not
        logger.warning("history_not_joined", code=failure.code)
