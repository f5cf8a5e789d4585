"""More documents that must not be accepted: painted over after the declared signer had signed,
and then signed soundly by somebody else.

They are put into `bad_documents.BAD` beside the others.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfTimeStamper

from tests.security.bad_documents import Makings, Sample, bad
from tests.support.signed_documents import Change, pdf, signed
from tests.support.signing import signer, stamper

PAGE: Final = (0, 0, 595, 842)
POINT: Final = (0, 0, 0, 0)
OVER: Final = b"1 g 0 0 595 842 re f BT /F1 18 Tf 72 700 Td (Requisita tudo.) Tj ET"
_LINE: Final = b"<</Type/Annot/Subtype/Square/Rect[50 690 500 730]/IC[1 1 1]>>"
_TEXT: Final = b"<</FT/Tx/T(alvo)/V(Ana)/Type/Annot/Subtype/Widget/Rect[50 600 200 620]/P 3 0 R>>"
_ANNOTATED: Final = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[6 0 R 7 0 R]"
    b"/Resources<</Font<</F1 5 0 R>>>>>>"
)


def added(box: tuple[int, ...], drawn: bytes | None = None, **more: Any) -> Change:
    """A signature field "Campo", not filled in, with an appearance; `more` stands in it too."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        entries: dict[str, Any] = {
            "FT": pdf_name("/Sig"),
            "T": generic.pdf_string("Campo"),
            "Type": pdf_name("/Annot"),
            "Subtype": pdf_name("/Widget"),
            "Rect": generic.ArrayObject(generic.NumberObject(side) for side in box),
        }
        if drawn is not None:
            form = generic.StreamObject(
                {
                    pdf_name("/Subtype"): pdf_name("/Form"),
                    pdf_name("/BBox"): generic.ArrayObject(map(generic.NumberObject, PAGE)),
                },
                stream_data=drawn,
            )
            entries["AP"] = _dictionary({"N": writer.add_object(form)})
        _attach(writer, _dictionary(entries | more))

    return change


def with_widget(widget: generic.IndirectObject | Mapping[str, Any]) -> Change:
    """A field without a place of its own, which hangs `widget` on the page."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        own = widget
        if isinstance(own, Mapping):
            own = writer.add_object(_dictionary(own))
        own = generic.IndirectObject(own.idnum, own.generation, writer)
        entries = {"FT": pdf_name("/Sig"), "T": generic.pdf_string("Campo")}
        field = _dictionary({**entries, "Kids": generic.ArrayObject([own])})
        _attach(writer, field, own)

    return change


def _attach(
    writer: IncrementalPdfFileWriter,
    field: generic.DictionaryObject,
    widget: generic.IndirectObject | None = None,
) -> None:
    reference = writer.add_object(field)
    fields = writer.root["/AcroForm"]["/Fields"]
    fields.append(reference)
    writer.update_container(fields)
    page = writer.find_page_for_modification(0)[0].get_object()
    page.setdefault(pdf_name("/Annots"), generic.ArrayObject())
    page["/Annots"].append(widget or reference)
    writer.update_container(page)


def _dictionary(entries: Mapping[str, Any]) -> generic.DictionaryObject:
    return generic.DictionaryObject({pdf_name(f"/{key}"): value for key, value in entries.items()})


async def _painted(makings: Makings, change: Change, document: bytes | None = None) -> Sample:
    """Maria's, changed in the update that Carlos then signs."""
    first = await makings.order() if document is None else document
    return Sample(await signed(first, signer(makings.carlos), field="Sig2", change=change))


@bad("covered_after_signing")
async def a_second_visible_signature(makings: Makings) -> Sample:
    second = signer(makings.carlos)
    return Sample(await signed(await makings.order(), second, field="Sig2", visible=True))


@bad("covered_after_signing")
async def a_page_painted_over_by_a_field_and_signed_by_another(makings: Makings) -> Sample:
    return await _painted(makings, added(PAGE, OVER))


@bad("covered_after_signing")
async def a_page_painted_over_between_two_signatures_of_others(makings: Makings) -> Sample:
    painted = await _painted(makings, added(PAGE, OVER))
    return Sample(await signed(painted.document, signer(makings.carlos), field="Sig3"))


@bad("covered_after_signing")
async def an_appearance_of_an_invisible_later_field(makings: Makings) -> Sample:
    return await _painted(makings, added(POINT, OVER))


@bad("covered_after_signing")
async def a_later_field_whose_place_is_no_box(makings: Makings) -> Sample:
    """pyHanko cannot work out its area, and takes it for none; a reader may."""
    return await _painted(makings, added((0, 0, 595), OVER))


@bad("covered_after_signing")
async def a_later_field_with_a_border(makings: Makings) -> Sample:
    border = generic.ArrayObject(map(generic.NumberObject, (0, 0, 900)))
    return await _painted(makings, added(POINT, Border=border))


@bad("covered_after_signing")
async def a_field_filled_in_later_that_was_prepared_before(makings: Makings) -> Sample:
    field = b"<</FT/Sig/T(Sig2)/Type/Annot/Subtype/Widget/Rect[0 0 595 842]/P 3 0 R>>"
    prepared = pdf(more={6: field}, catalog=b"/AcroForm<</Fields[6 0 R]>>")
    first = await signed(prepared, signer(makings.maria))
    return Sample(await signed(first, signer(makings.carlos), field="Sig2", prepared=True))


@bad("covered_after_signing")
async def ink_passed_off_as_a_signatures_widget(makings: Makings) -> Sample:
    """Without area, as an invisible one; but ink is drawn where its list says."""
    strokes = generic.ArrayObject(map(generic.NumberObject, (50, 700, 500, 700)))
    ink = {
        "Type": pdf_name("/Annot"),
        "Subtype": pdf_name("/Ink"),
        "Rect": generic.ArrayObject(map(generic.NumberObject, POINT)),
        "InkList": generic.ArrayObject([strokes]),
    }
    return await _painted(makings, with_widget(ink))


@bad("covered_after_signing")
async def a_hidden_note_brought_to_light_as_a_widget(makings: Makings) -> Sample:
    """It was in the file when that was signed, and on no page."""
    first = await signed(pdf(more={6: _LINE}), signer(makings.maria))
    return await _painted(makings, with_widget(generic.IndirectObject(6, 0, None)), first)


@bad("covered_after_signing")
async def a_timestamp_with_an_appearance(makings: Makings) -> Sample:
    writer = IncrementalPdfFileWriter(BytesIO(await makings.order()))
    added(PAGE, OVER)(writer)
    clock = PdfTimeStamper(stamper(makings.world.stamper), field_name="Campo")
    out = await clock.async_timestamp_pdf(writer, "sha256")
    return Sample(out.getvalue())


@bad("changed_after_signing")
async def notes_laid_one_over_the_other_anew(makings: Makings) -> Sample:
    def change(writer: IncrementalPdfFileWriter) -> None:
        page = writer.find_page_for_modification(0)[0].get_object()
        notes = page["/Annots"]
        notes[0], notes[1] = notes.raw_get(1), notes.raw_get(0)
        writer.update_container(page)

    return await _painted(makings, change, await _annotated(makings))


@bad("changed_after_signing")
async def a_note_drawn_once_more_over_the_others(makings: Makings) -> Sample:
    def change(writer: IncrementalPdfFileWriter) -> None:
        page = writer.find_page_for_modification(0)[0].get_object()
        page["/Annots"].append(page["/Annots"].raw_get(0))
        writer.update_container(page)

    return await _painted(makings, change, await _annotated(makings))


@bad("changed_after_signing")
async def texts_of_a_form_drawn_anew(makings: Makings) -> Sample:
    """In a font that came later, in which letters may look like others."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        form = writer.root["/AcroForm"]
        fonts = _dictionary({"Helv": _dictionary({"BaseFont": pdf_name("/Outra")})})
        form["/DR"] = _dictionary({"Font": fonts})
        writer.update_container(form)

    form = pdf(more={6: _TEXT}, catalog=b"/AcroForm<</Fields[6 0 R]>>")
    return await _painted(makings, change, await signed(form, signer(makings.maria)))


async def _annotated(makings: Makings) -> bytes:
    notes = {3: _ANNOTATED, 6: _LINE, 7: _LINE}
    return await signed(pdf(more=notes), signer(makings.maria))
