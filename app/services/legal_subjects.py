"""What hangs on a legal request: the subjects by which the audit log tells of it.

Whoever adds records to a request names them here, and its chain of custody tells of them, too.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect

from app.models import (
    LegalDocument,
    LegalHold,
    LegalNotice,
    LegalPackage,
    LegalRequest,
    LegalSecrecyOrder,
    LegalTarget,
)

SUBJECTS: Final[Mapping[str, Callable[[UUID], Select[Any]]]] = {
    "legal_request": lambda request_id: select(LegalRequest.id).where(
        LegalRequest.id == request_id
    ),
    "legal_document": lambda request_id: select(LegalDocument.id).where(
        LegalDocument.request_id == request_id
    ),
    "legal_hold": lambda request_id: select(LegalHold.id).where(LegalHold.request_id == request_id),
    "legal_notice": lambda request_id: select(LegalNotice.id).where(
        LegalNotice.request_id == request_id
    ),
    "legal_package": lambda request_id: select(LegalPackage.id).where(
        LegalPackage.request_id == request_id
    ),
    "legal_secrecy_order": lambda request_id: select(LegalSecrecyOrder.id).where(
        LegalSecrecyOrder.request_id == request_id
    ),
    "legal_target": lambda request_id: select(LegalTarget.id).where(
        LegalTarget.request_id == request_id
    ),
}
"""By the type of the subject: the ids of those that hang on one request."""


def subjects_of(request_id: UUID) -> CompoundSelect[Any]:
    """The ids of the request and of all that hangs on it."""
    return union_all(*(chosen(request_id) for chosen in SUBJECTS.values()))
