"""Transparency reports: published once by the worker, read by everybody, and never changed.

A report is stored as it is published: what is erased or decided later cannot be seen by comparing
two readings of it, and reading one costs a single row.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, FieldError
from app.models import LegalRequest, LegalStep, LegalTarget, TransparencyReport
from app.services import transparency_figures
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.platform import Platform
from app.services.system import operator
from app.services.transparency_figures import Figures, Received, Step
from app.services.transparency_groups import SMALLEST
from app.services.transparency_periods import Period

RESOURCE: Final = "transparency_report"
READ: Final = "public:transparency_report:read"
PUBLISH: Final = "system:transparency_report:publish"
Report = Mapping[str, Any]


async def read(platform: Platform, actor: Actor, asked: str | None) -> Report:
    """The report of a period; without one, of the half-year published last.

    Raises `Failure("not_found")` for a period without a report, and ``validation_failed`` for what
    is no period (a year, or a half of one) or not published yet.
    """
    require(actor, READ)
    period = None if asked is None else _period(platform, asked)
    chosen = select(TransparencyReport.figures)
    if period is None:  # `2026-H2` comes behind `2026`
        chosen = chosen.order_by(TransparencyReport.period.desc()).limit(1)
    else:
        chosen = chosen.where(TransparencyReport.period == str(period))
    async with platform.database.snapshot() as connection:
        found: Report | None = (await connection.execute(chosen)).scalar()
    if found is None:
        raise Failure("not_found")
    return found


def as_csv(report: Report) -> str:
    """The report as a table (RFC 4180): a line per figure, nothing where it is not told."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("period", "figure", "group", "within", "value"))

    def line(figure: str, value: Any, group: str = "", within: str = "") -> None:
        writer.writerow((report["period"], figure, group, within, "" if value is None else value))

    line("received", report["received"])
    for kind in report["by_kind"]:
        line("received_by_kind", kind["requests"], kind["kind"])
        for basis in kind["by_basis"]:
            line("received_by_basis", basis["requests"], basis["basis"], kind["kind"])
    for outcome in report["outcomes"]:
        line("outcome", outcome["requests"], outcome["outcome"])
    for reason in report["refused_by_reason"]:
        line("refused_by_reason", reason["requests"], reason["reason"], "refused")
    line("customers_affected", report["customers_affected"])
    line("median_hours_to_answer", report["median_hours_to_answer"])
    return out.getvalue()


async def publish(platform: Platform) -> None:
    """Publish the report of every period that is settled and has none yet, from the first request.

    The halves of a year come before it. Of two workers at once, the second finds it done.
    """
    async with platform.database.snapshot() as connection:
        first = select(func.min(LegalRequest.submitted_at))
        began = (await connection.execute(first)).scalar()
        chosen = select(TransparencyReport.period)
        there = set((await connection.execute(chosen)).scalars())
    if began is None:
        return
    half = Period.half_of(began)
    if half.half == 2:  # the first half of that year has a report, too: the year is made of both
        half = Period(half.year, 1)
    now = platform.clock()
    while half.settles_at <= now:
        due = [half] if half.half == 1 else [half, Period(half.year)]
        for period in due:
            if str(period) not in there:
                await _publish(platform, period)
        half = half.next


async def _publish(platform: Platform, period: Period) -> None:
    async with platform.database.transaction() as connection:
        await platform.database.take_turns(connection, RESOURCE)
        if await _stored(connection, period) is not None:
            return
        if period.half is not None:
            figures = transparency_figures.of_half(await _received(connection, period))
        else:
            first, second = period.halves
            published = await _stored(connection, first), await _stored(connection, second)
            assert published[0] is not None and published[1] is not None  # noqa: S101, PT018 - they come before it
            figures = transparency_figures.of_whole_year(
                (published[0], published[1]),
                (await _received(connection, first), await _received(connection, second)),
            )
        now = platform.clock()
        report = {
            "period": str(period),
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "settled_at": period.settles_at.isoformat().replace("+00:00", "Z"),
            "smallest_group": SMALLEST,
            **figures,
        }
        values = {"period": str(period), "published_at": now, "figures": report}
        await connection.execute(insert(TransparencyReport).values(**values))
        deed = Deed(PUBLISH, subject_type=RESOURCE, fields=("figures",), rows=1)
        await platform.audit.add(connection, operator(), deed)


async def _stored(connection: AsyncConnection, period: Period) -> Figures | None:
    chosen = select(TransparencyReport.figures).where(TransparencyReport.period == str(period))
    found: Figures | None = (await connection.execute(chosen)).scalar()
    return found


async def _received(connection: AsyncConnection, half: Period) -> list[Received]:
    """The requests of a half-year, with what had happened to them when it was settled."""
    chosen = (
        select(LegalRequest.id, LegalRequest.kind, LegalRequest.basis, LegalRequest.submitted_at)
        .where(
            LegalRequest.submitted_at >= half.starts_at, LegalRequest.submitted_at < half.ends_at
        )
        .order_by(LegalRequest.id)
    )
    requests = (await connection.execute(chosen)).all()
    ids = select(LegalRequest.id).where(
        LegalRequest.submitted_at >= half.starts_at, LegalRequest.submitted_at < half.ends_at
    )
    steps: dict[UUID, list[Step]] = defaultdict(list)
    taken = (
        select(
            LegalStep.request_id, LegalStep.deed, LegalStep.origin, LegalStep.at, LegalStep.reason
        )
        .where(LegalStep.request_id.in_(ids), LegalStep.at < half.settles_at)
        .order_by(LegalStep.id)
    )
    for row in await connection.execute(taken):
        steps[row.request_id].append(Step(row.deed, row.origin, row.at, row.reason))
    customers: dict[UUID, set[UUID]] = defaultdict(set)
    led = select(LegalTarget.request_id, LegalTarget.customer_id).where(
        LegalTarget.request_id.in_(ids), LegalTarget.customer_id.is_not(None)
    )
    for target in await connection.execute(led):
        customers[target.request_id].add(target.customer_id)
    return [
        Received(
            row.kind,
            row.basis,
            row.submitted_at,
            steps[row.id],
            frozenset(customers[row.id]),
        )
        for row in requests
    ]


def _period(platform: Platform, asked: str) -> Period:
    try:
        period = Period.parse(asked)
    except ValueError:
        raise _refused("invalid_report_period") from None
    if period.settles_at > platform.clock():
        raise _refused("report_not_published", settles=period.settles_at.date().isoformat())
    return period


def _refused(code: str, **params: str) -> Failure:
    error = FieldError("", code, params, parameter="period")
    return Failure("validation_failed", errors=[error])
