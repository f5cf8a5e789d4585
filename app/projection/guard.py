"""The one guard for everything a client can name: filters, searches, sorts, cursors and writes.

A name that the viewer may not use and a name that does not exist get the same refusal, byte for
byte, whatever the value: it never repeats the name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from app.core.errors import Failure, FieldError, Refusal
from app.core.moments import parse_moment
from app.core.text import FieldRefused
from app.projection.keys import DEFAULT_SORTS, FILTER_KEYS, WORD_FILTERS, search_words
from app.projection.plans import Plan

Value = TypeVar("Value")

PAGE = 50
MAX_PAGE = 200


@dataclass(frozen=True, slots=True)
class Query:
    """A list as asked for, proven harmless: names of the plan only, values normalised.

    `filters` pairs a column with a value, or with a tuple of those that will do, `words` are
    prefixes of the words of a name, `sort` is a field of the plan (none: by id), `since` (included)
    and `until` (excluded) bound the time, `fields` are the only ones shown (none: all of the
    plan's).
    """

    filters: tuple[tuple[str, Any], ...]
    words: tuple[str, ...]
    sort: str | None
    descending: bool
    since: datetime | None
    until: datetime | None
    limit: int
    cursor: str | None
    fields: tuple[str, ...] = ()


def parameters(plan: Plan) -> tuple[str, ...]:
    """The query parameters that this viewer's lists understand, sorted."""
    names = {"limit", "cursor", *plan.filterable}
    if plan.sortable:
        names.add("sort")
    if plan.searchable:
        names.add("q")
    if plan.period:
        names |= {"since", "until"}
    return tuple(sorted(names))


def read_query(plan: Plan, pairs: Sequence[tuple[str, str]], action: str) -> Query:
    """Check the query parameters of a list.

    Raises `Refusal("unknown_parameter")` for a hidden, masked, unknown or repeated name,
    `Refusal("invalid_sort")` for a sort key that is not the viewer's, and
    `Failure("validation_failed")` for a value that a permitted name cannot take.
    """
    accepted = parameters(plan)
    given = dict(pairs)
    if len(given) != len(pairs) or not given.keys() <= set(accepted):
        raise Refusal(
            "unknown_parameter",
            action=action,
            fields=_known(plan, given),
            params={"accepted": ", ".join(accepted)},
        )
    sort, descending = _sort(plan, given.get("sort"), action)
    filters, found = _filters(plan, given)
    return Query(
        filters=filters,
        words=found,
        sort=sort,
        descending=descending,
        since=_checked("since", parse_moment, given),
        until=_checked("until", parse_moment, given),
        limit=_checked("limit", _limit, given) or PAGE,
        cursor=given.get("cursor"),
    )


def read_changes(plan: Plan, body: Mapping[str, Any], action: str) -> frozenset[str]:
    """The fields (dotted) that a partial body names, each of them writable by the viewer.

    Raises `Refusal("unknown_member")` for anything else, before any value is looked at.
    """
    objects = {field.partition(".")[0] for field in plan.writable if "." in field}
    named: set[str] = set()
    for name, value in body.items():
        if name in objects and isinstance(value, Mapping):
            named |= {f"{name}.{member}" for member in value}
        elif name in objects and value is None:
            named |= {field for field in plan.writable if field.startswith(f"{name}.")}
        else:
            named.add(name)
    if not named <= plan.writable | objects:
        raise Refusal(
            "unknown_member",
            action=action,
            fields=_known(plan, named),
            errors=[FieldError("", "unknown_member")],
        )
    return frozenset(named)


def _sort(plan: Plan, asked: str | None, action: str) -> tuple[str | None, bool]:
    if asked is None:
        for usual in DEFAULT_SORTS.get(plan.resource, ()):
            name = usual.removeprefix("-")
            if name in plan.sortable:
                return plan.sortable[name], usual.startswith("-")
        return None, True
    name = asked.removeprefix("-")
    if name not in plan.sortable:
        raise Refusal(
            "invalid_sort",
            action=action,
            fields=_known(plan, [name]),
            params={"accepted": ", ".join(sorted(plan.sortable))},
        )
    return plan.sortable[name], asked.startswith("-")


def _filters(
    plan: Plan, given: Mapping[str, str]
) -> tuple[tuple[tuple[str, Any], ...], tuple[str, ...]]:
    filters: list[tuple[str, Any]] = []
    found: list[str] = []
    for name, field in plan.filterable.items():
        if name not in given:
            continue
        if (plan.resource, field) in WORD_FILTERS:
            found += _checked(name, search_words, given) or ()
        else:
            column, normalise = FILTER_KEYS[plan.resource, field]
            filters.append((column, _checked(name, normalise, given)))
    if "q" in given:
        exact, prefixes = _search(plan, given)
        filters += exact
        found += prefixes
    return tuple(filters), tuple(dict.fromkeys(found))


def _search(plan: Plan, given: Mapping[str, str]) -> tuple[list[tuple[str, Any]], tuple[str, ...]]:
    """One box for everything: a whole e-mail, CPF, CNPJ or phone, or the beginnings of words."""
    for field in ("email", "tax_id", "phone"):
        if field not in plan.searchable:
            continue
        column, normalise = FILTER_KEYS[plan.resource, field]
        try:
            return [(column, normalise(given["q"]))], ()
        except FieldRefused:
            continue
    return [], _checked("q", search_words, given) or ()


def _checked(
    name: str, normalise: Callable[[str], Value], given: Mapping[str, str]
) -> Value | None:
    if name not in given:
        return None
    try:
        return normalise(given[name])
    except FieldRefused as refused:
        raise Failure(
            "validation_failed",
            errors=[FieldError("", refused.code, refused.params, parameter=name)],
        ) from None


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_PAGE):
        raise FieldRefused("number_out_of_range", min=1, max=MAX_PAGE)
    return int(text)


def _known(plan: Plan, names: Iterable[str]) -> tuple[str, ...]:
    """Which of the names are the resource's own: only those may stand on the audit log."""
    known = plan.every_field
    return tuple(sorted({known[name] for name in names if name in known}))
