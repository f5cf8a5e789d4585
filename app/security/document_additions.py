"""What was added to a PDF after somebody signed it, and can be seen.

That a later revision only adds signatures, timestamps and their security stores is for pyHanko to
judge; what it then lets pass can still paint over a page: a signature field with any appearance,
annotations in another order, fonts and defaults of a form that its texts are drawn with anew. So:

* A signature field that is new, or filled in, since then has no area, and draws nothing; nor has
  anything that hangs on it as its widget, be it as old as the page.
* The annotations that a page had are there still in their order, each of them once.
* Where there are texts that a reader draws itself, what it draws them with is the same.

`revision` is always the signer's own: what they signed is theirs, whatever it looks like.
"""

from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler

COVERED: Final = "covered_after_signing"
CHANGED: Final = "changed_after_signing"

_PLAIN_FIELD: Final = frozenset(
    {
        *("/Type", "/Subtype", "/FT", "/T", "/TU", "/TM", "/V", "/Lock", "/SV", "/Parent", "/Kids"),
        *("/Rect", "/P", "/F", "/Ff", "/NM", "/M", "/DA", "/Q", "/AP", "/MK", "/StructParent"),
    }
)
"""What an invisible field may say of itself. Borders, actions and layers are not among it."""
_PLAIN_STREAM: Final = frozenset(
    {
        *("/Type", "/Subtype", "/FormType", "/BBox", "/Matrix", "/Resources", "/Name"),
        *("/Length", "/Filter", "/DecodeParms"),
    }
)
"""What a drawing may say of itself. That it is another file's page is not among it."""
_BLANK: Final = frozenset({b"q", b"Q"})
"""Operators that draw nothing: the state is saved, and restored."""
_DRAWN_WITH: Final = ("/DR", "/DA", "/Q", "/NeedAppearances")
"""Of a form: with what a reader draws its texts, and whether it does so anew."""


def added_after(reader: PdfFileReader, revision: int, *, texts: bool) -> Iterator[str]:
    """The codes of what was added after `revision` and can be seen.

    `texts` says whether anything in the document is text that a reader draws itself. Raises what
    pyHanko does for what cannot be read.
    """
    if revision + 1 == reader.total_revisions:
        return
    before = reader.get_historical_resolver(revision)
    signed = {own: filled for own, _, filled in _fields(before)}
    for own, field, filled in _fields(reader):
        kept = own is not None and signed.get(own) == filled
        if not kept and not _invisible(field):
            yield COVERED
            break
    later = set[generic.Reference]()
    for each in range(revision + 1, reader.total_revisions):
        later |= reader.xrefs.explicit_refs_in_revision(each)
    drawn_anew = texts and _drawn_with(before) != _drawn_with(reader)
    if drawn_anew or any(_shuffled(own, page, before, later) for own, page in _pages(reader)):
        yield CHANGED


def _fields(
    handler: PdfHandler,
) -> Iterator[tuple[generic.Reference | None, generic.DictionaryObject, bool]]:
    """Every field and widget of the form: its reference, itself, and whether it is filled in."""
    waiting = [(each, False) for each in _items(_value(_form(handler), "/Fields"))]
    met = set[generic.Reference]()
    while waiting:
        held, filled = waiting.pop()
        own = held.reference if isinstance(held, generic.IndirectObject) else None
        field = held.get_object()
        if own in met or not isinstance(field, generic.DictionaryObject):
            continue
        if own is not None:
            met.add(own)
        filled = filled or _value(field, "/V") is not None
        yield own, field, filled
        waiting += [(each, filled) for each in _items(_value(field, "/Kids"))]


def _items(held: object) -> list[Any]:
    """What stands in an array, references as they are."""
    if not isinstance(held, generic.ArrayObject):
        return []
    return [held.raw_get(place) for place in range(len(held))]


def _invisible(field: generic.DictionaryObject) -> bool:
    if not _PLAIN_FIELD.issuperset(field) or _value(field, "/Subtype") not in (None, "/Widget"):
        return False
    if _value(field, "/MK") or not _no_area(_value(field, "/Rect")):
        return False
    return _blank(_value(field, "/AP"), 2)


def _no_area(box: object) -> bool:
    """Whether a box is a point, or there is none. What is no box could be anything."""
    if box is None:
        return True
    sides = [each.get_object() for each in _items(box)]
    number = generic.NumberObject | generic.FloatObject
    if len(sides) != 4 or not all(isinstance(each, number) for each in sides):
        return False
    left, bottom, right, top = sides
    return bool(left == right and bottom == top)


def _blank(appearance: object, states: int) -> bool:
    """Whether an appearance draws nothing: a stream, or dictionaries of them, `states` deep."""
    if isinstance(appearance, generic.StreamObject):
        drawn = b" ".join(line.partition(b"%")[0] for line in appearance.data.splitlines())
        return _PLAIN_STREAM.issuperset(appearance) and _BLANK.issuperset(drawn.split())
    if isinstance(appearance, generic.DictionaryObject):
        return states > 0 and all(_blank(_value(appearance, key), states - 1) for key in appearance)
    return appearance is None


def _pages(
    reader: PdfFileReader,
) -> Iterator[tuple[generic.Reference, generic.DictionaryObject]]:
    waiting = [reader.root.raw_get("/Pages")]
    met = set[generic.Reference]()
    while waiting:
        held = waiting.pop()
        page = held.get_object()
        # A page that is no object of its own cannot have changed: the one around it would have.
        if not isinstance(held, generic.IndirectObject) or held.reference in met:
            continue
        met.add(held.reference)
        if isinstance(page, generic.DictionaryObject):
            yield held.reference, page
            waiting += _items(_value(page, "/Kids"))


def _shuffled(
    own: generic.Reference,
    page: generic.DictionaryObject,
    before: PdfHandler,
    later: set[generic.Reference],
) -> bool:
    """Whether the annotations that a page had are not what they were, in their order."""
    if "/Annots" not in page:
        return False
    listed = page.raw_get("/Annots")
    lies = listed.reference if isinstance(listed, generic.IndirectObject) else own
    if own not in later and lies not in later:
        return False
    old = before.get_object(own)
    had = _items(_value(old, "/Annots"))
    return [each for each in _items(_value(page, "/Annots")) if each in had] != had


def _drawn_with(handler: PdfHandler) -> list[object]:
    return [_value(_form(handler), key) for key in _DRAWN_WITH]


def _form(handler: PdfHandler) -> object:
    return _value(handler.root, "/AcroForm")


def _value(held: object, key: str) -> Any:
    """What stands there, wherever it lies; None for what is not there, or in no dictionary."""
    try:
        return held[key] if isinstance(held, generic.DictionaryObject) else None
    except KeyError:  # nothing, or a reference to nothing
        return None
