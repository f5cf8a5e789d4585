"""Documents that must not be accepted, each made by a function that says how it is bad.

`BAD` maps their names to the codes that their reports must hold, no more and no less, and to who
makes them.
"""

import os
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from app.security.document_pool import LARGEST_DOCUMENT
from tests.support.signed_documents import ORDER, detached, pdf, signed, stamped, updated
from tests.support.signing import (
    DAY,
    NOW,
    OTHER,
    SIGNER,
    Certified,
    World,
    authority,
    closed,
    company,
    person,
    revocation_list,
    signer,
    stamper,
    time_authority,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What is sent in."""

    document: bytes
    signature: bytes | None = None


@dataclass(frozen=True)
class Makings:
    """The world, and authorities and people in it that something is wrong with."""

    world: World
    maria: Certified
    carlos: Certified
    revoked: Certified
    of_revoked: Certified
    of_expired: Certified
    of_listless: Certified
    of_stale: Certified
    of_past_root: Certified
    strangers: World

    @classmethod
    def made(cls) -> "Makings":
        world = World.made()
        strangers = World.made()
        return cls(
            world,
            person(world.intermediate),
            person(world.intermediate, tax_id=OTHER),
            person(world.intermediate),
            person(authority("AC Revogada", world.root)),
            person(authority("AC Expirada", world.root, until=NOW - DAY)),
            person(authority("AC Sem Lista", world.root)),
            person(authority("AC Lista Vencida", world.root)),
            person(authority("AC Raiz Antiga", until=NOW - DAY)),
            strangers,
        )

    def revoked_ones(self) -> list[Certified]:
        assert self.of_revoked.issuer is not None
        return [self.revoked, self.of_revoked.issuer]

    def trust(self, folder: Path) -> Path:
        """Fill the folder with the world's roots and lists, and those of the others."""
        self.world.trust(folder, self.revoked_ones())
        revoked, expired = self.of_revoked.issuer, self.of_expired.issuer
        stale, past = self.of_stale.issuer, self.of_past_root.issuer
        assert revoked and expired and stale and past  # noqa: PT018 - each has one
        (folder / "icp-brasil" / "past.pem").write_bytes(past.pem)
        for name, content in (
            ("revoked.crl", revocation_list(revoked)),
            ("expired.crl", revocation_list(expired)),
            ("past.crl", revocation_list(past)),
            ("stale.crl", revocation_list(stale, made=NOW - 3 * DAY, until=NOW - DAY)),
        ):
            (folder / "crls" / name).write_bytes(content)
        return closed(folder)

    async def order(self) -> bytes:
        """A sound one."""
        return await signed(pdf(), signer(self.maria))


Maker = Callable[[Makings], Awaitable[Sample]]
BAD: Final[dict[str, tuple[frozenset[str], Maker]]] = {}


def bad(*codes: str) -> Callable[[Maker], Maker]:
    def put(maker: Maker) -> Maker:
        BAD[maker.__name__] = frozenset(codes), maker
        return maker

    return put


async def by(who: Certified, document: bytes | None = None) -> Sample:
    return Sample(await signed(pdf() if document is None else document, signer(who)))


# Changed bytes.


@bad("content_changed")
async def a_byte_flipped(makings: Makings) -> Sample:
    return Sample((await makings.order()).replace(b"4711/2026", b"4712/2026"))


@bad("signature_invalid")
async def a_bit_of_the_signature_flipped(makings: Makings) -> Sample:
    document = await makings.order()
    digits = document.partition(b"/Contents <")[2].partition(b">")[0]
    message = cms.ContentInfo.load(bytes.fromhex(digits.decode()))
    value = message["content"]["signer_infos"][0]["signature"].native
    flipped = value[:-1] + bytes((value[-1] ^ 1,))
    changed = digits.lower().replace(_hex(value), _hex(flipped))
    return Sample(document.replace(digits, changed))


@bad("not_whole_file")
async def junk_appended(makings: Makings) -> Sample:
    return Sample(await makings.order() + b"\n% junk\n")


@bad("changed_after_signing", "not_whole_file")
async def a_page_changed_by_an_update(makings: Makings) -> Sample:
    drawn = b"BT /F1 18 Tf 72 700 Td (Requisita tudo.) Tj ET"
    changed = b"<</Length %d>>stream\n%b\nendstream" % (len(drawn), drawn)
    return Sample(updated(await makings.order(), {4: changed}))


@bad("changed_after_signing")
async def a_page_changed_and_signed_over_by_another(makings: Makings) -> Sample:
    first = (await a_page_changed_by_an_update(makings)).document
    return Sample(await signed(first, signer(makings.carlos), field="Sig2"))


@bad("changed_after_signing")
async def a_page_changed_between_a_timestamp_and_the_signature(makings: Makings) -> Sample:
    whole = await stamped(pdf(), stamper(makings.world.stamper))
    drawn = b"BT /F1 18 Tf 72 700 Td (Requisita tudo.) Tj ET"
    changed = b"<</Length %d>>stream\n%b\nendstream" % (len(drawn), drawn)
    return Sample(await signed(updated(whole, {4: changed}), signer(makings.maria)))


@bad("changed_after_signing", "not_whole_file")
async def a_note_laid_over_the_page(makings: Makings) -> Sample:
    document = await signed(pdf(more={6: b"[]"}), signer(makings.maria))
    note = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 595 842]/Contents(Tudo)/DA(/F1 9 Tf)>>"
    return Sample(updated(document, {50: note, 6: b"[50 0 R]"}))


@bad("changed_after_signing", "not_whole_file")
async def a_shadow_brought_to_light(makings: Makings) -> Sample:
    """The hidden text was in the file, unused, when it was signed; an update shows it."""
    drawn = b"BT /F1 18 Tf 72 700 Td (Requisita tudo.) Tj ET"
    hidden = b"<</Length %d>>stream\n%b\nendstream" % (len(drawn), drawn)
    document = await signed(pdf(more={6: hidden}), signer(makings.maria))
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 6 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>"
    )
    return Sample(updated(document, {3: page}))


@bad("changed_after_signing")
async def a_form_filled_in_after_signing(makings: Makings) -> Sample:
    field = b"<</FT/Tx/T(alvo)/V(Ana)/Type/Annot/Subtype/Widget/Rect[50 600 200 620]/P 3 0 R>>"
    form = pdf(more={6: field}, catalog=b"/AcroForm<</Fields[6 0 R]>>")
    changed = updated(await signed(form, signer(makings.maria)), {6: field.replace(b"Ana", b"Eva")})
    return Sample(await signed(changed, signer(makings.carlos), field="Sig2"))


@bad("document_unreadable")
async def truncated(makings: Makings) -> Sample:
    return Sample((await makings.order())[:-900])


# Coverage.


@bad("changed_after_signing", "not_whole_file")
async def signed_over_a_part_of_the_file(makings: Makings) -> Sample:
    return await _over(makings, lambda hole, after, size: (0, hole, after, size - after - 40))


@bad("partial_coverage", "not_whole_file")
async def a_hole_wider_than_the_signature(makings: Makings) -> Sample:
    return await _over(makings, lambda hole, after, size: (0, hole - 60, after, size - after))


@bad("partial_coverage", "not_whole_file")
async def a_range_that_begins_late(makings: Makings) -> Sample:
    return await _over(makings, lambda hole, after, size: (20, hole - 20, after, size - after))


@bad("partial_coverage", "not_whole_file")
async def a_hole_that_lies_elsewhere(makings: Makings) -> Sample:
    """The lengths add up to the file, as pyHanko asks, but the last bytes stay uncovered."""
    return await _over(makings, lambda hole, after, size: (0, hole, after - 8, size - after))


# Certificates.


@bad("certificate_expired")
async def an_expired_certificate(makings: Makings) -> Sample:
    return await by(person(makings.world.intermediate, valid=(NOW - 90 * DAY, NOW - DAY)))


@bad("certificate_expired")
async def an_expired_certificate_with_a_timestamp(makings: Makings) -> Sample:
    who = person(makings.world.intermediate, valid=(NOW - 90 * DAY, NOW - DAY / 24))
    return Sample(await signed(pdf(), signer(who), stamper=stamper(makings.world.stamper)))


@bad("certificate_not_yet_valid", "signed_before_certificate")
async def a_certificate_of_tomorrow(makings: Makings) -> Sample:
    return await by(person(makings.world.intermediate, valid=(NOW + DAY, NOW + 90 * DAY)))


@bad("certificate_revoked")
async def a_revoked_certificate(makings: Makings) -> Sample:
    return await by(makings.revoked)


@bad("authority_revoked")
async def a_revoked_authority(makings: Makings) -> Sample:
    return await by(makings.of_revoked)


@bad("authority_expired")
async def an_expired_authority(makings: Makings) -> Sample:
    return await by(makings.of_expired)


@bad("revocation_unknown")
async def no_revocation_list(makings: Makings) -> Sample:
    return await by(makings.of_listless)


@bad("revocation_stale")
async def a_stale_revocation_list(makings: Makings) -> Sample:
    return await by(makings.of_stale)


@bad("chain_unknown")
async def a_wrong_root_with_the_same_name(makings: Makings) -> Sample:
    return await by(person(makings.strangers.intermediate))


@bad("chain_unsound")
async def a_wrong_root_with_the_same_name_and_key_number(makings: Makings) -> Sample:
    strangers, root = makings.strangers, makings.world.root
    return await by(person(authority("AC de Teste", strangers.root, claims=root)))


@bad("chain_unknown")
async def an_unknown_root(makings: Makings) -> Sample:
    return await by(person(authority("AC Desconhecida", authority("AC Raiz Desconhecida"))))


@bad("chain_unknown")
async def a_root_past_its_end(makings: Makings) -> Sample:
    return await by(makings.of_past_root)


@bad("chain_unknown")
async def a_chain_without_its_middle(makings: Makings) -> Sample:
    return Sample(await signed(pdf(), signer(makings.maria, chain=())))


@bad("certificate_not_for_signing")
async def a_certificate_for_something_else(makings: Makings) -> Sample:
    return await by(person(makings.world.intermediate, signs=False))


@bad("certificate_not_for_signing", "signer_tax_id_missing", "signer_not_declared")
async def signed_by_an_authority(makings: Makings) -> Sample:
    return await by(authority("AC Que Assina", makings.world.root, signs=True))


# People.


@bad("signer_not_declared")
async def another_signer_than_declared(makings: Makings) -> Sample:
    return await by(makings.carlos)


@bad("signer_tax_id_invalid", "signer_not_declared")
async def a_cpf_with_wrong_check_digits(makings: Makings) -> Sample:
    return await by(
        person(makings.world.intermediate, tax_id=SIGNER[:-1] + str(9 - int(SIGNER[-1])))
    )


@bad("signer_tax_id_missing", "signer_not_declared")
async def a_certificate_without_a_cpf(makings: Makings) -> Sample:
    return await by(person(makings.world.intermediate, tax_id=None))


@bad("only_company_seal")
async def the_seal_of_a_company(makings: Makings) -> Sample:
    return await by(company(makings.world.intermediate))


# Several signatures.


@bad("chain_unknown")
async def an_unsound_signature_beside_a_sound_one(makings: Makings) -> Sample:
    stranger = person(authority("AC Raiz Alheia"), tax_id=OTHER)
    first = await signed(pdf(), signer(stranger, chain=()))
    return Sample(await signed(first, signer(makings.maria), field="Sig2"))


@bad("stray_signature")
async def a_signature_of_an_unknown_kind_beside_a_sound_one(makings: Makings) -> Sample:
    strange = b"<</Type/Sig/Filter/Own/SubFilter/Own.kind/ByteRange[0 0 0 0]/Contents<00>>>"
    return await by(makings.maria, pdf(more={6: strange}))


@bad("too_many_signatures")
async def too_many_certificates(makings: Makings) -> Sample:
    crowd = [person(makings.world.intermediate) for _ in range(64)]
    return Sample(await signed(pdf(), signer(makings.maria, chain=crowd)))


@bad("too_many_signatures")
async def seventeen_signatures(makings: Makings) -> Sample:
    fields = {number: b"<</FT/Sig/T(S%d)/V 6 0 R>>" % number for number in range(7, 24)}
    held = b"<</Type/Sig/Filter/A/SubFilter/adbe.pkcs7.detached/ByteRange[0 0 0 0]/Contents<00>>>"
    listed = b" ".join(b"%d 0 R" % number for number in fields)
    document = pdf(more={6: held, **fields}, catalog=b"/AcroForm<</Fields[%b]>>" % listed)
    return Sample(document)


# Weak or unsound parts.


@bad("weak_algorithm")
async def sha1(makings: Makings) -> Sample:
    return Sample(await signed(pdf(), signer(makings.maria), digest="sha1"))


@bad("signature_unreadable")
async def md5(makings: Makings) -> Sample:
    message = cms.ContentInfo.load(await detached(ORDER, signer(makings.maria)))
    for place in (message["content"]["signer_infos"][0], message["content"]):
        name = "digest_algorithm" if "digest_algorithm" in place else "digest_algorithms"
        value: object = {"algorithm": "md5"}
        place[name] = value if name == "digest_algorithm" else [value]
    return Sample(ORDER, message.dump(force=True))


@bad("timestamp_unsound")
async def a_timestamp_of_nobody_known(makings: Makings) -> Sample:
    nobody = stamper(time_authority(authority("AC Raiz do Carimbo")))
    return Sample(await signed(pdf(), signer(makings.maria), stamper=nobody))


# What a PDF may hold besides pages, soundly signed.


@bad("javascript")
async def javascript(makings: Makings) -> Sample:
    action = b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"
    return await by(makings.maria, pdf(catalog=action))


@bad("javascript")
async def javascript_in_an_unused_object(makings: Makings) -> Sample:
    return await by(makings.maria, pdf(more={6: b"[[<</S 7 0 R>>]]", 7: b"/Java#53cript"}))


@bad("launch_action")
async def launch(makings: Makings) -> Sample:
    return await by(makings.maria, pdf(catalog=b"/OpenAction<</S/Launch/F(cmd.exe)>>"))


@bad("embedded_file")
async def an_embedded_file(makings: Makings) -> Sample:
    held = {
        6: b"<</Type/Filespec/F(a.exe)/EF<</F 7 0 R>>>>",
        7: b"<</Type/EmbeddedFile/Length 2>>stream\nMZ\nendstream",
    }
    names = b"/Names<</EmbeddedFiles<</Names[(a.exe) 6 0 R]>>>>"
    return await by(makings.maria, pdf(more=held, catalog=names))


@bad("xfa_form")
async def xfa(makings: Makings) -> Sample:
    held = b"<</Length 6>>stream\n<xfa/>\nendstream"
    form = b"/AcroForm<</Fields[]/XFA 6 0 R>>"
    return await by(makings.maria, pdf(more={6: held}, catalog=form))


@bad("active_content")
async def a_film(makings: Makings) -> Sample:
    return await by(
        makings.maria, pdf(more={6: b"<</Type/Annot/Subtype/RichMedia/Rect[0 0 9 9]>>"})
    )


@bad("encrypted")
async def encrypted(makings: Makings) -> Sample:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(pdf())))
    writer.encrypt("senha")
    out = BytesIO()
    writer.write(out)
    return Sample(out.getvalue())


# What is hostile, or is nothing at all.


@bad("not_signed")
async def not_signed(makings: Makings) -> Sample:
    return Sample(pdf())


@bad("document_empty")
async def no_bytes(makings: Makings) -> Sample:
    return Sample(b"")


@bad("document_empty")
async def no_bytes_of_a_signature(makings: Makings) -> Sample:
    return Sample(ORDER, b"")


@bad("document_unreadable")
async def not_a_pdf(makings: Makings) -> Sample:
    return Sample(ORDER)


@bad("document_unreadable")
async def noise_that_begins_like_a_pdf(makings: Makings) -> Sample:
    return Sample(b"%PDF-1.7\n" + os.urandom(100_000) + b"\nstartxref\n9\n%%EOF\n")


@bad("document_too_large")
async def too_large(makings: Makings) -> Sample:
    return Sample(await makings.order() + bytes(LARGEST_DOCUMENT))


@bad("document_too_large")
async def a_signature_too_large(makings: Makings) -> Sample:
    return Sample(ORDER, bytes(2 * 1024 * 1024))


@bad("document_unreadable")
async def deep_nesting(makings: Makings) -> Sample:
    return await by(makings.maria, pdf(more={6: b"[" * 100_000 + b"]" * 100_000}))


@bad("document_unreadable")
async def deep_nesting_in_a_signature(makings: Makings) -> Sample:
    return Sample(ORDER, b"\x30\x80" * 200_000)


@bad("document_unreadable")
async def a_compression_bomb(makings: Makings) -> Sample:
    """An eighth of a gigabyte of blanks as a stream of objects, in a kilobyte or so."""
    once = zlib.compressobj(1)
    blanks = bytes((32,)) * (1024 * 1024)
    packed = b"".join(once.compress(blanks) for _ in range(128)) + once.flush()
    return Sample(_packed(zlib.compress(packed, 9), b"[/FlateDecode/FlateDecode]"))


@bad("too_many_objects")
async def too_many_objects(makings: Makings) -> Sample:
    return await by(makings.maria, pdf(more=dict.fromkeys(range(6, 50_010), b"0")))


@bad("document_unreadable")
async def a_table_that_refers_to_itself(makings: Makings) -> Sample:
    document = pdf()
    start = int(document.rpartition(b"startxref")[2].split()[0])
    return Sample(document.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % start))


@bad("document_unreadable")
async def pages_that_are_their_own_children(makings: Makings) -> Sample:
    looped = pdf(
        more={6: b"<</FT/Sig/T(a)/Kids[6 0 R]/Parent 6 0 R>>"},
        catalog=b"/AcroForm<</Fields[6 0 R]>>",
    )
    return Sample(looped)


# Detached signatures.


@bad("content_changed")
async def a_detached_signature_of_another_document(makings: Makings) -> Sample:
    return Sample(ORDER + b" Tudo.", await detached(ORDER, signer(makings.maria)))


@bad("content_changed")
async def a_signature_with_other_content_attached(makings: Makings) -> Sample:
    message = await signer(makings.maria).async_sign_general_data(ORDER, "sha256", detached=False)
    return Sample(ORDER + b" Tudo.", message.dump())


@bad("content_changed")
async def a_right_signature_with_other_content_attached(makings: Makings) -> Sample:
    message = cms.ContentInfo.load(await detached(ORDER, signer(makings.maria)))
    message["content"]["encap_content_info"]["content"] = ORDER + b" Tudo."
    return Sample(ORDER, message.dump(force=True))


@bad("document_unreadable")
async def a_signature_that_is_none(makings: Makings) -> Sample:
    return Sample(ORDER, b"assinado: Maria")


@bad("document_unreadable")
async def a_signature_with_junk_behind_it(makings: Makings) -> Sample:
    return Sample(ORDER, await detached(ORDER, signer(makings.maria)) + b"\0\0")


@bad("document_unreadable")
async def a_message_that_nobody_signed(makings: Makings) -> Sample:
    message = cms.ContentInfo.load(await detached(ORDER, signer(makings.maria)))
    message["content"]["signer_infos"] = []
    return Sample(ORDER, message.dump(force=True))


@bad("signed_attributes_missing")
async def signed_attributes_passed_off_as_a_text(makings: Makings) -> Sample:
    """The signature of one text is that of its own signed attributes, taken for a text."""
    message = cms.ContentInfo.load(await detached(ORDER, signer(makings.maria)))
    held = message["content"]["signer_infos"][0]
    attributes = held["signed_attrs"].untag().dump()
    plain = cms.SignerInfo(
        {
            name: held[name]
            for name in (
                *("version", "sid", "digest_algorithm"),
                *("signature_algorithm", "signature"),
            )
        }
    )
    message["content"]["signer_infos"] = [plain]
    return Sample(attributes, message.dump(force=True))


@bad("signature_unreadable")
async def a_signature_without_its_certificate(makings: Makings) -> Sample:
    message = cms.ContentInfo.load(await detached(ORDER, signer(makings.maria)))
    message["content"]["certificates"] = []
    return Sample(ORDER, message.dump(force=True))


@bad("javascript")
async def a_script_in_a_pdf_with_a_detached_signature(makings: Makings) -> Sample:
    document = pdf(catalog=b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>")
    return Sample(document, await detached(document, signer(makings.maria)))


def _hex(value: bytes) -> bytes:
    return value.hex().encode()


async def _over(
    makings: Makings, ranges: Callable[[int, int, int], tuple[int, int, int, int]]
) -> Sample:
    """A PDF whose signature is right, over the bytes that `ranges` makes of the hole's beginning,
    its end and the size of the file."""
    room, blank = 8192, b"[0000000000 0000000000 0000000000 0000000000]"
    held = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange%b" % blank
    held += b"/Contents<" + b"0" * room + b">>>"
    field = b"<</FT/Sig/T(Sig1)/V 6 0 R/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 3 0 R>>"
    form = b"/AcroForm<</SigFlags 3/Fields[7 0 R]>>"
    document = pdf(more={6: held, 7: field}, catalog=form)
    hole = document.index(b"/Contents<0") + 9
    chosen = ranges(hole, hole + room + 2, len(document))
    document = document.replace(blank, b"[%010d %010d %010d %010d]" % chosen)
    first, second = chosen[:2], chosen[2:]
    covered = b"".join(document[start : start + length] for start, length in (first, second))
    message = await signer(makings.maria).async_sign(
        sha256(covered).digest(), "sha256", use_pades=True
    )
    digits = message.dump().hex().encode()
    return Sample(document.replace(b"0" * room, digits.ljust(room, b"0")))


def _packed(content: bytes, filters: bytes) -> bytes:
    """A PDF whose catalog lies in the stream of objects that `content` is."""
    stream = b"<</Type/ObjStm/N 1/First 4/Filter%b/Length %d>>stream\n%b\nendstream" % (
        *(filters, len(content), content),
    )
    out = b"%PDF-1.7\n"
    place = len(out)
    out += b"2 0 obj\n" + stream + b"\nendobj\n"
    start = len(out)
    entries = b"".join(
        bytes((kind,)) + value.to_bytes(4, "big") + bytes((last,))
        for kind, value, last in ((0, 0, 255), (2, 2, 0), (1, place, 0), (1, start, 0))
    )
    out += b"3 0 obj\n<</Type/XRef/Size 4/W[1 4 1]/Root 1 0 R/Length %d>>stream\n%b\nendstream" % (
        *(len(entries), entries),
    )
    return out + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
