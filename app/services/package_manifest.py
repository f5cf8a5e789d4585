"""The manifest of a package: what it holds, on whose decision, and how it was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from app.services.package_contents import Collected, DataFile
from app.services.package_orders import PackageOrder
from app.services.package_rows import AuditPosition

FORMAT: Final = "salvaguarda-disclosure-package"
VERSION: Final = 1
COLLECTOR: Final = "salvaguarda/2"
"""Who made the package. The number changes with how packages are made."""
_CANONICAL: Final = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


@dataclass(frozen=True, slots=True)
class Making:
    """What the making itself adds to the order."""

    collected_from: datetime
    collected_until: datetime
    position: AuditPosition
    fingerprint: str
    """SHA-256 of the certificate that signs the manifest."""


def manifest(
    order: PackageOrder,
    collected: Sequence[Collected],
    files: Sequence[DataFile],
    making: Making,
) -> bytes:
    """Canonical JSON (RFC 8785: names are ASCII and sorted, no number has a fraction).

    Every entry of the ZIP but the manifest and its signature is among the files.
    """
    position = making.position
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "collector": COLLECTOR,
        "package_id": order.package_id,
        "request": {
            "id": order.request_id,
            "reference": order.reference,
            "agency": order.agency,
            "kind": order.kind,
            "issuing_body": order.issuing_body,
            "process_number": order.process_number,
            "inquiry_number": order.inquiry_number,
        },
        "basis": {"code": order.basis, "article": order.article},
        "scope": {
            "categories": [each.category.name for each in collected],
            "period_from": order.period_from,
            "period_to": order.period_to,
            "period_zone": order.period_zone,
        },
        "people": {
            "reviewed_by": order.reviewed_by,
            "approved_by": order.approved_by,
            "checked_by": order.checked_by,
        },
        "moments": {
            "requested_at": order.requested_at,
            "approved_at": order.approved_at,
            "collected_from": making.collected_from,
            "collected_until": making.collected_until,
        },
        "audit": {
            "event_id": position.event_id,
            "seal_number": position.seal_number,
            "seal_digest": position.seal_digest,
        },
        "categories": [_category(each) for each in collected],
        "refused": [
            {
                "category": each.category,
                "field": each.field,
                "reason_code": each.reason_code,
                "article": each.article,
            }
            for each in order.refused
        ],
        "preserved": order.preserved,
        "files": [_file(each) for each in files],
        "certificate_sha256": making.fingerprint,
    }
    return orjson.dumps(content, default=str, option=_CANONICAL)


def _category(each: Collected) -> dict[str, Any]:
    category = each.category
    return {
        "name": category.name,
        "title": category.title,
        "title_en": category.title_en,
        "items": category.items,
        "fields": category.fields,
        "marks": category.marks,
        "collector": category.collector,
        "query": category.query,
        "holding": each.holding,
        "rows": each.rows,
        "preserved": each.preserved,
        "files": [file.entry.name for file in each.files],
    }


def _file(each: DataFile) -> dict[str, Any]:
    return {
        "name": each.entry.name,
        "bytes": each.entry.bytes,
        "sha256": each.entry.sha256,
        "media_type": each.media_type,
        "rows": each.rows,
    }
