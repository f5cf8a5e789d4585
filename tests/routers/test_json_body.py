"""The strict JSON reader: it agrees with the standard, and refuses what can be read in two ways."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Failure
from app.routers.json_body import DEEPEST, MOST_VALUES, parse

SMALL = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(SMALL, st.booleans())
def test_what_json_writes_is_read_back(value: Any, ascii_only: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"a":1}{"b":2}',
        b"{'a':1}",
        b'{"a":1,}',
        b"[1,]",
        b"// comment\n{}",
        b"NaN",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":-1e999}',
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"\\u0062":2}}',
        b'{"a":[{"b":1,"b":2}]}',
        b'{"a":9223372036854775808}',
        b'{"a":-9223372036854775809}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'{"\\ud800":1}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xff"}',
        b'{"a":"\xc0\xaf"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\x00"}',
        b'{"a":"tab\there"}',
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
        b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1),
        b"[" + b"[]," * MOST_VALUES + b"1]",
        b"[" * DEEPEST + b"[]," * (MOST_VALUES - DEEPEST) + b"[]" + b"]" * DEEPEST,
        b"[" + b"1," * MOST_VALUES + b"1]",
        b"[" + b'"",' * MOST_VALUES + b'""]',
        json.dumps({str(number): "" for number in range(2 * MOST_VALUES)}).encode(),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_what_is_no_json_or_more_than_one_is_refused(body: bytes) -> None:
    with pytest.raises(Failure) as caught:
        parse(body)
    assert caught.value.code == "malformed_json"
    # What was sent must not travel along into a log.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"null", None),
        (b' {"a" : 1} \r\n', {"a": 1}),
        (b'{"a":9223372036854775807,"b":-9223372036854775808}', {"a": 2**63 - 1, "b": -(2**63)}),
        (b'{"a":1.0,"b":1e2}', {"a": 1.0, "b": 100.0}),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\u0000"', "\0"),  # JSON may say it; the text type refuses it
        (b'{"a":"[[[[\\"{{{{","b":"\\\\"}', {"a": '[[[["{{{{', "b": "\\"}),
        (b"[" * DEEPEST + b"]" * DEEPEST, json.loads("[" * DEEPEST + "]" * DEEPEST)),
        (b'{"a":"' + b",[{" * 9999 + b'"}', {"a": ",[{" * 9999}),
        (b'["' + b'\\"' * 9999 + b'","\\\\",1]', ['"' * 9999, "\\", 1]),
        (b"[" + b"[]," * (MOST_VALUES - 2) + b"1]", [[]] * (MOST_VALUES - 2) + [1]),
        (b"[" + b"1," * (MOST_VALUES - 2) + b"1]", [1] * (MOST_VALUES - 1)),
        (
            json.dumps({f'"{number}\\': "," for number in range(MOST_VALUES - 1)}).encode(),
            {f'"{number}\\': "," for number in range(MOST_VALUES - 1)},
        ),
    ],
)
def test_what_is_json_is_read(body: bytes, value: object) -> None:
    assert parse(body) == value


@pytest.mark.parametrize(
    "body",
    [
        b'"' + b'\\"' * 500_000,
        b'"' + b"\\" * 1_000_000,
        b'{"a":"' + b"x" * 1_000_000,
        b'{"a":"' + b'\\"' * 500_000,
        b"]" * 1_000_000,
        b"[" + b"[]," * 300_000 + b"[]]",
        b"[" + b"1," * 500_000 + b"1]",
        b"[" + b'"",' * 300_000 + b'""]',
        b"{" + b'"a":{},' * 140_000 + b'"a":1}',
        b'"' + b"\\u00e9" * 150_000 + b'"',
        b'"' * 1_000_000,
        b'""' * 500_000,
        b'\\\\"' * 300_000,
        b'"' + b"\\\\" * 500_000 + b'"',
        b"[0." + b"1" * 1_000_000 + b"]",
        b"{" + b",".join(b'"%x":1' % number for number in range(100_000)) + b"}",
    ],
)
def test_a_megabyte_of_malice_is_judged_quickly(body: bytes) -> None:
    started = time.process_time()
    with suppress(Failure):
        parse(body)
    assert time.process_time() - started < 0.5  # 10 to 50 ms here; quadratic readers take minutes
