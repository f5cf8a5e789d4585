"""The OpenAPI document as the application makes it, made once: it takes as long as 500 requests."""

from collections.abc import Mapping
from typing import Any, Final

from app.main import create_app

DOCUMENT: Final[Mapping[str, Any]] = create_app().openapi()
"""Shared by all tests of a process: whoever wants to change something copies it first."""
