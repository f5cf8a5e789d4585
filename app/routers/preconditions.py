"""`If-Match` (RFC 9110, 13.1.1): changes name the state of the record that they were made from."""

import re

from starlette.requests import Request

from app.core.errors import Failure

_TAG = re.compile(r'"[\x21\x23-\x7e]*"')


def if_match(request: Request) -> tuple[str, ...]:
    """The strong tags named, ``*`` for any. Weak tags never match.

    Raises `Failure("precondition_required")` without the header.
    """
    header = request.headers.get("if-match")
    if header is None:
        raise Failure("precondition_required")
    if header.strip() == "*":
        return ("*",)
    members = [member.strip() for member in header.split(",")]
    return tuple(member for member in members if _TAG.fullmatch(member))


def if_match_given(request: Request) -> tuple[str, ...]:
    """The same where nobody must name a state: without the header, ``*``."""
    return if_match(request) if "if-match" in request.headers else ("*",)
