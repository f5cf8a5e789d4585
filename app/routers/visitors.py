"""The visitor's cookie: it makes a browser known again, and says nothing of who uses it.

A first-party cookie, ``__Host-`` (no other host of our domain can plant one), which no script reads
and no page of another site has sent along (`SameSite=Lax`). The agency's sites, as origins that are
listed in the settings, reach it if they are of this service's own site (``www.exemplo.com.br`` and
``api.exemplo.com.br``), with `credentials: "include"`, which `navigator.sendBeacon` does by itself.
A site of another domain puts this service behind a path of its own; its visitors are then others.
There is no other way to carry the id: a page's script that held it could hand it on, and one id for
several sites would follow people from one to the other.
"""

from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from app.routers.admission import platform_of
from app.services.visitors import LIFETIME, Visitor

COOKIE: Final = "__Host-salvaguarda-visitor"
SIGNAL: Final = "sec-gpc"


def visitor_of(request: Request) -> Visitor:
    """Which browser calls. A cookie that we did not make is as good as none."""
    mark = request.cookies.get(COOKIE)
    known = None if mark is None else platform_of(request).visitor_marks.read(mark)
    said = ",".join(request.headers.getlist(SIGNAL)).split(",")  # a proxy may have joined several
    return Visitor(known, signals="1" in map(str.strip, said))


def remember(request: Request, response: Response, visitor_id: UUID) -> Response:
    """Have the browser bring its id along for six months from now."""
    response.set_cookie(
        COOKIE,
        platform_of(request).visitor_marks.write(visitor_id),
        max_age=round(LIFETIME.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return response
