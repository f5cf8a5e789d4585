"""Coverage, signers and reports, each by itself."""

from datetime import UTC, datetime

import pytest

from app.core.documents import cpf_with_check_digits
from app.security.document_coverage import coverage_of
from app.security.document_reports import DocumentReport, Finding, malformed, report_from_json
from app.security.document_signers import signer_of
from tests.support.signing import OTHER, SIGNER, World, company, person

FILE = b"%PDF body <00ff00> tail"
HELD = bytes.fromhex("00ff00")
AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("byte_range", "coverage"),
    [
        ([0, 10, 18, 5], "whole_file"),
        ([0, 10, 18, 4], "revision"),
        ([0, 10, 18, 6], "partial"),  # beyond the end
        ([0, 9, 18, 5], "partial"),  # the hole is wider
        ([0, 10, 19, 4], "partial"),
        ([0, 11, 18, 5], "partial"),  # narrower
        ([0, 10, 17, 6], "partial"),
        ([1, 9, 18, 5], "partial"),
        ([1, 10, 18, 5], "partial"),
        ([0, 18, 10, 5], "partial"),
        ([0, 10, 18, 0], "partial"),
        ([0, 10, 18, -1], "partial"),
        ([0, 10, 18], "partial"),
        ([0, 10, 18, 2, 20, 3], "partial"),
        ([0, 10.0, 18, 5], "partial"),
        ([], "partial"),
    ],
)
def test_coverage_is_one_stretch_with_the_signature_alone_left_out(
    byte_range: list[int], coverage: str
) -> None:
    assert coverage_of(FILE, byte_range, HELD) == coverage


@pytest.mark.parametrize(
    ("file", "held"),
    [
        (b"%PDF body <00fe00> tail", HELD),  # another signature
        (b"%PDF body <00 f00> tail", b"\x00\xf0"),  # blanks
        (b"%PDF body (00ff00) tail", HELD),
        (b"%PDF body <00fg00> tail", HELD),
        (b"%PDF body <00\xff\xff00> tail", HELD),
    ],
)
def test_the_hole_holds_the_signature_and_nothing_besides(file: bytes, held: bytes) -> None:
    assert coverage_of(file, [0, 10, 18, 5], held) == "partial"


@pytest.fixture(scope="module")
def world() -> World:
    return World.made()


def test_a_person_is_known_by_the_other_name(world: World) -> None:
    signer = signer_of(person(world.intermediate).asn1)
    assert (signer.name, signer.tax_id, signer.company) == ("MARIA DE AVILA", SIGNER, False)
    assert signer.fault is None
    assert SIGNER not in repr(signer)


@pytest.mark.parametrize(
    ("tax_id", "fault"),
    [
        (None, "signer_tax_id_missing"),
        ("00000000000", "signer_tax_id_invalid"),
        ("11111111111", "signer_tax_id_invalid"),
        (SIGNER[:-1] + str(9 - int(SIGNER[-1])), "signer_tax_id_invalid"),
        ("1234567890X", "signer_tax_id_invalid"),
        (" " * 11, "signer_tax_id_invalid"),
    ],
)
def test_a_certificate_without_a_sound_cpf_has_no_signer(
    world: World, tax_id: str | None, fault: str
) -> None:
    signer = signer_of(person(world.intermediate, tax_id=tax_id).asn1)
    assert (signer.tax_id, signer.masked_tax_id, signer.fault) == (None, None, fault)


def test_two_people_in_one_certificate_are_nobody(world: World) -> None:
    signer = signer_of(person(world.intermediate, besides=OTHER).asn1)
    assert (signer.tax_id, signer.fault) == (None, "signer_tax_id_invalid")


def test_a_company_is_a_company_whoever_answers_for_it(world: World) -> None:
    signer = signer_of(company(world.intermediate).asn1)
    assert (signer.name, signer.company, signer.tax_id) == ("TRIBUNAL DE TESTE", True, None)


def test_a_person_who_is_also_a_company_is_a_company(world: World) -> None:
    signer = signer_of(person(world.intermediate, also_company=True).asn1)
    assert (signer.company, signer.tax_id) == (True, None)


@pytest.mark.parametrize("base", ["000000001", "123456789", "987654321"])
def test_the_mask_keeps_the_middle(world: World, base: str) -> None:
    tax_id = cpf_with_check_digits(base)
    signer = signer_of(person(world.intermediate, tax_id=tax_id).asn1)
    assert signer.masked_tax_id == f"***.{tax_id[3:6]}.{tax_id[6:9]}-**"


def test_a_finding_has_words() -> None:
    with pytest.raises(ValueError, match="without words"):
        Finding("no_such_code")
    with pytest.raises(ValueError, match="not a reason"):
        malformed("javascript", checked_at=AT, sha256=None, size=1)


def test_a_report_comes_back_from_json_as_it_went() -> None:
    report = malformed("document_empty", checked_at=AT, sha256="00", size=0)
    assert report_from_json(report.as_json()) == report
    for text in (b"", b"{}", b"[]", report.as_json().replace(b"document_empty", b"fine")):
        with pytest.raises(ValueError, match=r"."):
            report_from_json(text)


def test_reports_do_not_change_once_made() -> None:
    report = malformed("document_empty", checked_at=AT, sha256=None, size=0)
    with pytest.raises(AttributeError):
        report.verdict = "accepted"  # type: ignore[misc]  # the point
    assert isinstance(report, DocumentReport)
