"""Which bytes of a PDF a signature covers, from its ByteRange and nothing else.

Stricter than pyHanko, which adds up lengths: here the hole must hold the signature's own
hexadecimal digits between their angle brackets, and nothing besides.
"""

from collections.abc import Sequence
from typing import Any

from app.security.document_reports import Coverage


def coverage_of(document: bytes, byte_range: Sequence[Any], contents: bytes) -> Coverage:
    """``whole_file`` or ``revision`` for one stretch from the first byte with the hole in it,
    ``partial`` for whatever else. `contents` is the signature as the PDF's reader took it."""
    if len(byte_range) != 4 or not all(isinstance(number, int) for number in byte_range):
        return "partial"
    start, first, second, length = (int(number) for number in byte_range)
    if start != 0 or not 0 < first < second or length <= 0 or second + length > len(document):
        return "partial"
    hole = document[first:second]
    if hole[:1] != b"<" or hole[-1:] != b">":
        return "partial"
    try:
        held = bytes.fromhex(hole[1:-1].decode("ascii"))
    except ValueError:
        return "partial"
    # fromhex passes over blanks: a hole of blanks could hide text from the signature.
    if held != contents or len(held) * 2 + 2 != len(hole):
        return "partial"
    return "whole_file" if second + length == len(document) else "revision"
