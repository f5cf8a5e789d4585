"""What a PDF may hold besides pages: found by reading every object, never by rendering.

Objects that nothing refers to are read too: a later update could bring them to light.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic, misc
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef

MOST_OBJECTS: Final = 50_000
"""A case file of a thousand scanned pages has some ten thousand."""

_BY_KEY: Final[Mapping[str, str]] = {
    "/JS": "javascript",
    "/JavaScript": "javascript",
    "/EmbeddedFiles": "embedded_file",
    "/EF": "embedded_file",
    "/XFA": "xfa_form",
}
_BY_VALUE: Final[Mapping[tuple[str, str], str]] = {
    ("/S", "/JavaScript"): "javascript",
    ("/S", "/Launch"): "launch_action",
    ("/S", "/GoToE"): "embedded_file",
    ("/Type", "/EmbeddedFile"): "embedded_file",
    ("/Subtype", "/FileAttachment"): "embedded_file",
    ("/S", "/SubmitForm"): "active_content",
    ("/S", "/ImportData"): "active_content",
    ("/S", "/SetOCGState"): "active_content",
    ("/S", "/Hide"): "active_content",
    ("/S", "/Rendition"): "active_content",
    ("/S", "/Movie"): "active_content",
    ("/S", "/Sound"): "active_content",
    ("/S", "/RichMediaExecute"): "active_content",
    ("/Subtype", "/RichMedia"): "active_content",
    ("/Subtype", "/Movie"): "active_content",
    ("/Subtype", "/Sound"): "active_content",
    ("/Subtype", "/Screen"): "active_content",
    ("/Subtype", "/3D"): "active_content",
}


class TooManyObjects(ValueError):
    """The PDF has more than `MOST_OBJECTS` objects."""


class Contents:
    """What was met: codes of `hazards`, the references of signature dictionaries, and whether there
    are `texts` that a reader draws itself, with the form's fonts."""

    def __init__(self) -> None:
        self.hazards: set[str] = set()
        self.texts = False
        self.signatures: set[generic.Reference | None] = set()
        """None stands for one that is no object of its own."""

    def see(self, item: generic.PdfObject, reference: generic.Reference | None) -> None:
        """Look at an object and all that stands in it; what it refers to has its own turn."""
        waiting: list[tuple[Any, generic.Reference | None]] = [(item, reference)]
        while waiting:
            seen, own = waiting.pop()
            if isinstance(seen, generic.DictionaryObject):
                self._judge(seen, own)
                waiting += [(seen.raw_get(key), None) for key in seen]
            elif isinstance(seen, generic.ArrayObject):
                waiting += [(seen.raw_get(place), None) for place in range(len(seen))]

    def _judge(self, held: generic.DictionaryObject, own: generic.Reference | None) -> None:
        for key in held:
            if key in _BY_KEY:
                self.hazards.add(_BY_KEY[key])
            elif key in ("/S", "/Type", "/Subtype", "/FT"):
                value = held.raw_get(key)
                # A reference where a name belongs hides it from whoever does not follow.
                if isinstance(value, generic.IndirectObject):
                    value = value.get_object()
                if isinstance(value, str) and (key, value) in _BY_VALUE:
                    self.hazards.add(_BY_VALUE[key, value])
                if (key, value) == ("/Subtype", "/FreeText") or (key == "/FT" and value != "/Sig"):
                    self.texts = True
        if "/ByteRange" in held:
            self.signatures.add(own)


def look_through(reader: PdfFileReader) -> Contents:
    """Reads every object in its newest version, and the trailer.

    Raises `TooManyObjects`, and whatever pyHanko raises for what cannot be read.
    """
    references = set()
    for revision in range(reader.total_revisions):
        references |= reader.xrefs.explicit_refs_in_revision(revision)
        if len(references) > MOST_OBJECTS:
            raise TooManyObjects
    found = Contents()
    found.see(reader.trailer_view, None)
    packed: dict[int, int] = {}
    for reference in references:
        place = reader.xrefs[reference]
        if isinstance(place, ObjStreamRef):
            packed[place.obj_stream_id] = packed.get(place.obj_stream_id, 0) + 1
        elif place is not None:  # None: freed by a later update
            found.see(reader.get_object(reference), reference)
    for stream in packed:
        for reference, item in _unpacked(reader, stream):
            found.see(item, reference)
    return found


def _unpacked(
    reader: PdfFileReader, number: int
) -> Iterator[tuple[generic.Reference, generic.PdfObject]]:
    """The objects of an object stream in one go: pyHanko's own way reads it anew for each."""
    stream: Any = generic.Reference(number, 0, reader).get_object()
    content = BytesIO(stream.read_data(DecodePurpose.OBJECT_STREAM))
    count, first = int(stream["/N"]), int(stream["/First"])
    if not 0 <= count <= MOST_OBJECTS:
        raise TooManyObjects
    head = [_number(content) for _ in range(2 * count)]
    for identifier, offset in zip(head[::2], head[1::2], strict=True):
        content.seek(first + offset)
        reference = generic.Reference(identifier, 0, reader)
        yield reference, generic.read_object(content, reference)


def _number(content: BytesIO) -> int:
    misc.read_non_whitespace(content, seek_back=True)
    return int(generic.NumberObject.read_from_stream(content))
