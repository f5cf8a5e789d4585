"""Signed documents through the pool: sound ones pass, bad ones do not, and none stops the rest."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from asn1crypto import cms, pem
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.validation.dss import DocumentSecurityStore

from app.core.errors import Failure
from app.security.document_pool import LARGEST_DOCUMENT, DocumentPool
from app.security.document_reports import DocumentReport
from app.security.document_signatures import Submission, verify
from app.security.document_trust import TrustFolder
from tests.security.bad_documents import BAD, Makings, Sample
from tests.security.painted_documents import POINT, added
from tests.support.signed_documents import ORDER, Change, detached, pdf, signed, stamped
from tests.support.signing import (
    COMPANY,
    DAY,
    NOW,
    OTHER,
    SIGNER,
    Certified,
    company,
    person,
    signer,
    stamper,
)

BOUND = 120.0
"""Seconds that nothing here may take, however busy the machine: a hang, not a measure."""


@pytest.fixture(scope="module")
def makings() -> Makings:
    return Makings.made()


@pytest.fixture(scope="module")
def trust(makings: Makings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return makings.trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture(scope="module")
def pool(trust: Path) -> Iterator[DocumentPool]:
    pool = DocumentPool(trust, workers=2, queue_length=100, memory_mib=768, seconds=60)
    yield pool
    pool.close()


async def verified(
    pool: DocumentPool, sample: Sample, signer_tax_id: str | None = SIGNER
) -> DocumentReport:
    async with asyncio.timeout(BOUND):
        return await pool.verify(
            sample.document,
            signature=sample.signature,
            signer_tax_id=signer_tax_id,
            at=NOW,
        )


def codes(report: DocumentReport) -> set[str]:
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_document_is_refused_for_what_is_wrong_with_it(
    pool: DocumentPool, makings: Makings, name: str
) -> None:
    expected, make = BAD[name]
    report = await verified(pool, await make(makings))
    assert codes(report) == expected
    assert report.verdict in ("rejected", "malformed")
    assert report.assurance == "none"


def test_there_are_enough_kinds_of_bad_documents() -> None:
    assert len(BAD) >= 24
    assert sum("covered_after_signing" in codes for codes, _ in BAD.values()) >= 3


async def test_a_signed_pdf_is_accepted_and_told_of(pool: DocumentPool, makings: Makings) -> None:
    document = await makings.order()
    report = await verified(pool, Sample(document))
    assert (report.verdict, report.findings) == ("accepted", ())
    assert (report.assurance, report.size) == ("icp_brasil_qualified", len(document))
    assert (report.checked_at, report.signature_sha256) == (NOW, None)
    [signature] = report.signatures
    assert (signature.kind, signature.coverage) == ("signature", "whole_file")
    assert (signature.name, signature.matches_declared) == ("MARIA DE AVILA", True)
    assert signature.masked_tax_id == f"***.{SIGNER[3:6]}.{SIGNER[6:9]}-**"
    assert (signature.signed_at_source, signature.company_seal) == ("declared", False)
    assert [link.authority for link in signature.chain] == [
        *(None, "AC de Teste", "AC Raiz de Teste"),
    ]


async def test_no_cpf_stands_in_a_report(pool: DocumentPool, makings: Makings) -> None:
    """The common name holds one, as those of ICP-Brasil do."""
    for sample in (
        Sample(await makings.order()),
        Sample(await signed(pdf(), signer(company(makings.world.intermediate)))),
        await BAD["another_signer_than_declared"][1](makings),
        await BAD["signed_by_an_authority"][1](makings),
    ):
        told = (await verified(pool, sample)).as_json().decode()
        assert not any(number in told for number in (SIGNER, OTHER, COMPANY))


async def test_a_report_is_plain_json(pool: DocumentPool, makings: Makings) -> None:
    report = await verified(pool, Sample(await makings.order()))
    record = report.as_record()
    assert json.loads(json.dumps(record)) == record == json.loads(report.as_json())
    assert record["verdict"] == "accepted"


async def test_two_sound_signatures_are_accepted(pool: DocumentPool, makings: Makings) -> None:
    first = await signed(pdf(), signer(makings.carlos), visible=True)
    report = await verified(
        pool, Sample(await signed(first, signer(makings.maria), field="Sig2", visible=True))
    )
    assert (report.verdict, codes(report)) == ("accepted", set())
    assert [each.matches_declared for each in report.signatures] == [False, True]
    assert [each.coverage for each in report.signatures] == ["revision", "whole_file"]


async def test_a_seal_beside_the_signers_own_signature_is_accepted(
    pool: DocumentPool, makings: Makings
) -> None:
    seal = signer(company(makings.world.intermediate))
    report = await verified(pool, Sample(await signed(await makings.order(), seal, field="Selo")))
    assert (report.verdict, codes(report)) == ("accepted", set())
    assert [each.company_seal for each in report.signatures] == [False, True]


@pytest.mark.parametrize("drawn", [None, b"", b"% DSBlank\n", b"q % nothing\rQ"])
async def test_a_later_signature_that_shows_nothing_is_accepted(
    pool: DocumentPool, makings: Makings, drawn: bytes | None
) -> None:
    """Signing programs give an invisible signature no drawing, or an empty one."""
    own = await signed(pdf(), signer(makings.maria), visible=True)
    later = await signed(
        own, signer(makings.carlos), field="Campo", prepared=True, change=added(POINT, drawn)
    )
    report = await verified(pool, Sample(later))
    assert (report.verdict, codes(report)) == ("accepted", set())
    assert [each.matches_declared for each in report.signatures] == [True, False]


async def test_what_is_painted_before_the_declared_signer_signs_is_theirs(
    pool: DocumentPool, makings: Makings
) -> None:
    """Maria signed twice: the second time, what Carlos had painted over the first."""
    painted = await BAD["a_second_visible_signature"][1](makings)
    again = await signed(painted.document, signer(makings.maria), field="Sig3", visible=True)
    report = await verified(pool, Sample(again))
    assert (report.verdict, codes(report)) == ("accepted", set())
    document = painted.document
    whole = Sample(document, await detached(document, signer(makings.maria)))
    assert codes(await verified(pool, whole)) == set()


async def test_the_seals_responsible_person_is_not_its_signer(
    pool: DocumentPool, makings: Makings
) -> None:
    """Her CPF stands in the company's certificate, and is no signature of hers."""
    seal = signer(company(makings.world.intermediate))
    by_another = await signed(pdf(), signer(makings.carlos))
    report = await verified(pool, Sample(await signed(by_another, seal, field="Selo")))
    assert codes(report) == {"signer_not_declared"}


async def test_gov_br_is_accepted_at_its_own_level(pool: DocumentPool, makings: Makings) -> None:
    who = person(makings.world.gov_intermediate)
    report = await verified(pool, Sample(await signed(pdf(), signer(who))))
    assert (report.verdict, report.assurance) == ("accepted", "gov_br_advanced")


async def test_a_timestamp_says_when_it_was_signed(pool: DocumentPool, makings: Makings) -> None:
    clock = stamper(makings.world.stamper)
    document = await signed(pdf(), signer(makings.maria), stamper=clock)
    report = await verified(pool, Sample(document))
    assert (report.verdict, codes(report)) == ("accepted", set())
    assert report.signatures[0].signed_at_source == "timestamp"
    assert report.signatures[0].signed_at == NOW
    whole = await verified(pool, Sample(await stamped(document, clock, change=_remember(makings))))
    assert (whole.verdict, codes(whole)) == ("accepted", set())
    assert [each.kind for each in whole.signatures] == ["signature", "timestamp"]


async def test_a_timestamp_alone_is_no_signature(pool: DocumentPool, makings: Makings) -> None:
    report = await verified(pool, Sample(await stamped(pdf(), stamper(makings.world.stamper))))
    assert codes(report) == {"not_signed"}


async def test_a_timestamp_does_not_cover_up_a_change(pool: DocumentPool, makings: Makings) -> None:
    changed = await BAD["a_page_changed_by_an_update"][1](makings)
    covered = await stamped(changed.document, stamper(makings.world.stamper))
    assert codes(await verified(pool, Sample(covered))) == {"changed_after_signing"}


async def test_detached_signatures_are_accepted(pool: DocumentPool, makings: Makings) -> None:
    der = await detached(ORDER, signer(makings.maria), stamper=stamper(makings.world.stamper))
    report = await verified(pool, Sample(ORDER, der))
    assert (report.verdict, report.assurance) == ("accepted", "icp_brasil_qualified")
    assert report.signatures[0].signed_at_source == "timestamp"
    armoured = Sample(ORDER, pem.armor("PKCS7", der))
    assert (await verified(pool, armoured)).verdict == "accepted"
    document = pdf()
    over_pdf = Sample(document, await detached(document, signer(makings.maria)))
    assert (await verified(pool, over_pdf)).verdict == "accepted"


async def test_content_that_is_attached_may_be_the_document_itself(
    pool: DocumentPool, makings: Makings
) -> None:
    message = await signer(makings.maria).async_sign_general_data(ORDER, "sha256", detached=False)
    assert (await verified(pool, Sample(ORDER, message.dump()))).verdict == "accepted"


async def test_every_signer_of_one_message_is_held_to_account(
    pool: DocumentPool, makings: Makings
) -> None:
    both = await _together(makings, makings.carlos)
    report = await verified(pool, Sample(ORDER, both))
    assert (report.verdict, len(report.signatures)) == ("accepted", 2)
    with_revoked = await verified(pool, Sample(ORDER, await _together(makings, makings.revoked)))
    assert codes(with_revoked) == {"certificate_revoked"}
    [finding] = with_revoked.findings
    revoked = [each for each in with_revoked.signatures if each.revoked_at is not None]
    assert [each.number for each in revoked] == [finding.signature]


async def test_without_a_declared_signer_any_person_will_do(
    pool: DocumentPool, makings: Makings
) -> None:
    report = await verified(pool, Sample(await makings.order()), signer_tax_id=None)
    assert (report.verdict, report.signatures[0].matches_declared) == ("accepted", None)
    sealed = await verified(pool, await BAD["the_seal_of_a_company"][1](makings), None)
    assert codes(sealed) == {"only_company_seal"}


async def test_files_may_be_given_by_their_paths(
    pool: DocumentPool, makings: Makings, tmp_path: Path
) -> None:
    document, message = tmp_path / "order.txt", tmp_path / "order.p7s"
    document.write_bytes(ORDER)
    message.write_bytes(await detached(ORDER, signer(makings.maria)))
    report = await pool.verify(document, signature=message, signer_tax_id=SIGNER, at=NOW)
    assert report.verdict == "accepted"
    with document.open("r+b") as file:
        file.truncate(LARGEST_DOCUMENT + 7)
    report = await pool.verify(document, signature=message, signer_tax_id=SIGNER, at=NOW)
    assert (codes(report), report.size) == ({"document_too_large"}, LARGEST_DOCUMENT + 7)
    assert report.sha256 is None
    with pytest.raises(OSError, match="No such file"):
        await pool.verify(tmp_path / "none", signer_tax_id=SIGNER, at=NOW)


async def test_the_moment_decides(pool: DocumentPool, makings: Makings) -> None:
    order = await makings.order()
    later = await pool.verify(order, signer_tax_id=SIGNER, at=NOW + 200 * DAY)
    assert codes(later) == {"revocation_stale"}
    earlier = await pool.verify(order, signer_tax_id=SIGNER, at=NOW - DAY)
    assert codes(earlier) == {"revocation_unknown", "signed_in_future"}


async def test_nobody_is_asked_over_the_network(pool: DocumentPool, makings: Makings) -> None:
    """The certificate names an address for its lists and authorities; nobody calls there."""
    calls: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(await reader.readline())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    who = person(makings.world.intermediate, address=f"http://127.0.0.1:{port}/ac.crl")
    async with server:
        sound = await verified(pool, Sample(await signed(pdf(), signer(who))))
        assert makings.of_listless.issuer is not None
        without = person(makings.of_listless.issuer, address=f"http://127.0.0.1:{port}/ac.crl")
        unsound = await verified(pool, Sample(await signed(pdf(), signer(without, chain=()))))
    assert (sound.verdict, codes(unsound), calls) == ("accepted", {"chain_unknown"}, [])


async def test_the_librarys_own_log_is_silent(
    trust: Path, makings: Makings, caplog: pytest.LogCaptureFixture
) -> None:
    """It names whom a certificate was issued to, with the CPF."""
    caplog.set_level(logging.DEBUG)
    sample = await BAD["a_revoked_certificate"][1](makings)
    submission = Submission(sample.document, None, SIGNER, NOW)
    caplog.clear()
    report = await verify(submission, TrustFolder(trust).read())
    assert codes(report) == {"certificate_revoked"}
    assert [record for record in caplog.records if record.name.startswith("pyhanko")] == []


async def test_sound_documents_go_through_while_hostile_ones_are_read(
    pool: DocumentPool, makings: Makings
) -> None:
    order = Sample(await makings.order())
    hostile = [
        await BAD[name][1](makings)
        for name in ("a_compression_bomb", "deep_nesting", "noise_that_begins_like_a_pdf")
    ]
    reports = await asyncio.gather(
        *(verified(pool, sample) for sample in (*hostile, order, *hostile, order))
    )
    verdicts = [report.verdict for report in reports]
    assert verdicts == [*["malformed"] * 3, "accepted", *["malformed"] * 3, "accepted"]


async def test_beyond_the_queue_it_is_busy(trust: Path, makings: Makings) -> None:
    pool = DocumentPool(trust, workers=1, queue_length=1, memory_mib=768, seconds=60)
    order = await makings.order()
    asked = [pool.verify(order, signer_tax_id=SIGNER, at=NOW) for _ in range(4)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    reports = [each for each in results if isinstance(each, DocumentReport)]
    assert [each.verdict for each in reports] == ["accepted", "accepted"]
    busy = [each for each in results if isinstance(each, Failure)]
    assert [(each.code, each.headers) for each in busy] == 2 * [
        ("documents_busy", {"Retry-After": "5"})
    ]
    pool.close()
    with pytest.raises(Failure, match="documents_busy"):
        await pool.verify(order, signer_tax_id=SIGNER, at=NOW)


def _remember(makings: Makings) -> Change:
    """Put the authorities into the document's security store, as long-term signatures do."""
    authorities = [each.asn1 for each in (makings.world.root, makings.world.intermediate)]

    def change(writer: IncrementalPdfFileWriter) -> None:
        DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=authorities)

    return change


async def _together(makings: Makings, other: Certified) -> bytes:
    """One message that Maria and another signed."""
    messages = [
        cms.ContentInfo.load(await detached(ORDER, signer(who))) for who in (makings.maria, other)
    ]
    first, second = (message["content"] for message in messages)
    first["signer_infos"] = [*first["signer_infos"], *second["signer_infos"]]
    first["certificates"] = [*first["certificates"], *second["certificates"]]
    return bytes(messages[0].dump(force=True))
