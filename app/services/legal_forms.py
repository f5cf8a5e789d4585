"""Whether a request is one at all: what its form must hold, by its kind and its basis."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from app.access.legal_bases import BASES, ITEMS, LONGEST_PERIOD_DAYS, NAMED_PERSONS, Basis
from app.core.emails import email_key
from app.core.errors import Failure, FieldError
from app.core.mail_domains import domain_of, lies_in
from app.security import age_files
from app.services.legal_clocks import LONGEST_SECRECY


def require_whole(form: Mapping[str, Any], now: datetime) -> None:
    """Raise `Failure("validation_failed")` with all that is missing, or does not go together."""
    basis = BASES[form["basis"]]
    errors = [
        *_of_basis(form, basis),
        *_of_items(form),
        *_of_targets(form),
        *_of_period(form, now),
        *_of_moments(form, now),
        *_of_recipient(form),
    ]
    if errors:
        raise Failure("validation_failed", errors=errors)


def require_answerable(form: Mapping[str, Any], domains: Sequence[str]) -> None:
    """Raise `Failure("validation_failed")` unless the answer's key can go straight to the agency.

    To the public key that came with a paper, or to an address in one of the agency's `domains`:
    the passphrase never passes through anybody here.
    """
    code, email = None, form.get("answer_email")
    if email is None and form.get("age_recipient") is None:
        code = "needed_for_answer"
    elif email is not None and not lies_in(domain_of(email_key(email)), domains):
        code = "email_not_official"
    if code is not None:
        raise Failure("validation_failed", errors=[FieldError("/answer_email", code)])


def _of_basis(form: Mapping[str, Any], basis: Basis) -> Iterator[FieldError]:
    if form["kind"] not in basis.kinds:
        yield FieldError("/basis", "basis_not_for_kind", {"article": basis.article})
    if form["signer_office"] not in basis.offices:
        yield FieldError("/signer_office", "office_not_for_basis", {"article": basis.article})
    process, inquiry = form.get("process_number"), form.get("inquiry_number")
    if basis.number == "process" and process is None:
        yield FieldError("/process_number", "needed_for_basis", {"article": basis.article})
    if basis.number == "inquiry" and inquiry is None:
        yield FieldError("/inquiry_number", "needed_for_basis", {"article": basis.article})
    if basis.number == "either" and process is None and inquiry is None:
        yield FieldError("/process_number", "needed_for_basis", {"article": basis.article})
    if form["kind"] == "emergency" and form.get("risk_statement") is None:
        yield FieldError("/risk_statement", "needed_for_basis", {"article": basis.article})


def _of_items(form: Mapping[str, Any]) -> Iterator[FieldError]:
    for place, item in enumerate(form["items"]):
        if item in form["items"][:place]:
            yield FieldError(f"/items/{place}", "duplicate_item")


def _of_targets(form: Mapping[str, Any]) -> Iterator[FieldError]:
    """Named persons only: each by two identifiers, none twice."""
    for place, target in enumerate(form["targets"]):
        if len(target) < 2:
            yield FieldError(f"/targets/{place}", "target_generic", {"article": NAMED_PERSONS})
        if target in form["targets"][:place]:
            yield FieldError(f"/targets/{place}", "duplicate_item")


def _of_period(form: Mapping[str, Any], now: datetime) -> Iterator[FieldError]:
    """Records of what people did are asked for by period (Lei 12.965/2014, art. 22, III)."""
    start, end, zone = (form.get(name) for name in ("period_from", "period_to", "period_zone"))
    if start is None and end is None:
        if any(ITEMS[item].fields is None for item in form["items"]):
            yield FieldError("/period_from", "period_needed")
        return
    if start is None or end is None:
        yield FieldError("/period_to" if end is None else "/period_from", "period_needed")
        return
    if not start < end:
        yield FieldError("/period_to", "period_empty")
    elif end - start > timedelta(days=LONGEST_PERIOD_DAYS):
        yield FieldError("/period_to", "period_too_long", {"days": LONGEST_PERIOD_DAYS})
    if end > now:  # what is still to come cannot be certified as searched
        yield FieldError("/period_to", "date_not_past")
    if zone is None or zone not in available_timezones():
        yield FieldError("/period_zone", "unknown_zone")


def _of_moments(form: Mapping[str, Any], now: datetime) -> Iterator[FieldError]:
    due, until = form.get("due_at"), form.get("secrecy_until")
    if due is not None and due <= now:
        yield FieldError("/due_at", "date_not_future")
    if until is None:
        return
    if form.get("secrecy_basis") is None:
        yield FieldError("/secrecy_basis", "secrecy_needs_basis")
    if until <= now:
        yield FieldError("/secrecy_until", "date_not_future")
    elif until > now + LONGEST_SECRECY:
        yield FieldError("/secrecy_until", "date_too_far", {"years": 2})


def _of_recipient(form: Mapping[str, Any]) -> Iterator[FieldError]:
    if (recipient := form.get("age_recipient")) is None:
        return
    try:
        age_files.require_recipient(recipient)
    except age_files.AgeKeyRefused:
        yield FieldError("/age_recipient", "age_key_refused")
