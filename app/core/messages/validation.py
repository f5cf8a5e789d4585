"""Pydantic's error types in our own codes: its texts, inputs and contexts never leave the house."""

from collections.abc import Mapping
from string import Formatter
from typing import Final

from app.core.messages.fields import FIELDS

Params = dict[str, str | int]

# Pydantic's error type -> (our code, {our placeholder: Pydantic's context key}). The context keys
# named here hold limits written in a schema; any other key may hold what the caller sent.
_LIMITED: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "string_too_short": ("text_too_short", {"min": "min_length"}),
    "string_too_long": ("text_too_long", {"max": "max_length"}),
    "bytes_too_short": ("text_too_short", {"min": "min_length"}),
    "bytes_too_long": ("text_too_long", {"max": "max_length"}),
    "url_too_long": ("text_too_long", {"max": "max_length"}),
    "too_short": ("list_too_short", {"min": "min_length"}),
    "too_long": ("list_too_long", {"max": "max_length"}),
    "greater_than_equal": ("number_too_small", {"min": "ge"}),
    "less_than_equal": ("number_too_large", {"max": "le"}),
    "greater_than": ("number_not_above", {"bound": "gt"}),
    "less_than": ("number_not_below", {"bound": "lt"}),
    "multiple_of": ("number_not_multiple", {"step": "multiple_of"}),
    "literal_error": ("not_one_of", {"allowed": "expected"}),
    "enum": ("not_one_of", {"allowed": "expected"}),
    "union_tag_invalid": ("not_one_of", {"allowed": "expected_tags"}),
}

_PLAIN: Final[Mapping[str, tuple[str, ...]]] = {
    "missing": (
        "missing",
        "union_tag_not_found",
        "missing_argument",
        "missing_keyword_only_argument",
        "missing_positional_only_argument",
    ),
    "unknown_member": (
        "extra_forbidden",
        "unexpected_keyword_argument",
        "unexpected_positional_argument",
        "no_such_attribute",
    ),
    "not_writable": ("frozen_field", "frozen_instance"),
    "text_pattern": ("string_pattern_mismatch", "string_not_ascii"),
    "text_not_unicode": ("string_unicode", "bytes_invalid_encoding"),
    "invalid_integer": ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    "invalid_number": (
        "float_type",
        "float_parsing",
        "finite_number",
        "decimal_type",
        "decimal_parsing",
        "fraction_type",
        "fraction_parsing",
        "complex_type",
        "complex_str_parsing",
    ),
    "number_too_precise": ("decimal_max_digits", "decimal_max_places", "decimal_whole_digits"),
    "invalid_boolean": ("bool_type", "bool_parsing"),
    "invalid_date": (
        "date_type",
        "date_parsing",
        "date_from_datetime_parsing",
        "date_from_datetime_inexact",
    ),
    "invalid_datetime": (
        "datetime_type",
        "datetime_parsing",
        "datetime_object_invalid",
        "datetime_from_date_parsing",
        "time_type",
        "time_parsing",
    ),
    "invalid_duration": ("time_delta_type", "time_delta_parsing"),
    "date_not_past": ("date_past", "datetime_past"),
    "date_not_future": ("date_future", "datetime_future"),
    "timezone_missing": ("timezone_aware",),
    "timezone_not_allowed": ("timezone_naive", "timezone_offset"),
    "invalid_uuid": ("uuid_type", "uuid_parsing", "uuid_version"),
    "invalid_url": ("url_type", "url_parsing", "url_syntax_violation", "url_scheme"),
    "duplicate_item": ("multiple_argument_values",),
    "invalid_type": (
        "string_type",
        "bytes_type",
        "dict_type",
        "frozen_dict_type",
        "ordered_dict_type",
        "counter_type",
        "mapping_type",
        "list_type",
        "deque_type",
        "tuple_type",
        "named_tuple_type",
        "set_type",
        "frozen_set_type",
        "iterable_type",
        "model_type",
        "model_attributes_type",
        "dataclass_type",
        "dataclass_exact_type",
        "none_required",
        "arguments_type",
        "callable_type",
        "is_instance_of",
        "is_subclass_of",
        "invalid_key",
        "json_type",
    ),
}

_CODE_OF: Final[Mapping[str, str]] = {
    theirs: ours for ours, all_theirs in _PLAIN.items() for theirs in all_theirs
}


def translate(error_type: str, context: Mapping[str, object]) -> tuple[str, Params]:
    """Our code for a Pydantic error type, and the schema limits that its message may name.

    A type that is itself one of our codes (``PydanticCustomError("invalid_cpf", …)``) stays, with
    those of its context values that its own message asks for. Whatever else is ``invalid_value``.
    """
    if error_type in _LIMITED:
        code, wanted = _LIMITED[error_type]
        return code, _limits({ours: context.get(theirs) for ours, theirs in wanted.items()})
    if error_type in _CODE_OF:
        return _CODE_OF[error_type], {}
    if error_type in FIELDS:
        return error_type, _limits({name: context.get(name) for name in placeholders(error_type)})
    return "invalid_value", {}


def translate_each(error_type: str, context: Mapping[str, object]) -> list[tuple[str, Params]]:
    """As `translate`, for each of the `reasons` that one of our own errors names in its context.

    Reasons are codes of ours, comma-separated. An error without them is its own only reason.
    """
    reasons = context.get("reasons")
    if error_type not in FIELDS or not isinstance(reasons, str):
        return [translate(error_type, context)]
    return [translate(reason, context) for reason in reasons.split(",")]


def placeholders(code: str) -> frozenset[str]:
    """The names that a field message wants filled."""
    return frozenset(name for _, name, _, _ in Formatter().parse(FIELDS[code]["en"]) if name)


def _limits(values: Mapping[str, object]) -> Params:
    params: Params = {}
    for name, value in values.items():
        if isinstance(value, str):
            params[name] = value.replace("'", "").replace(" or ", ", ")
        elif isinstance(value, int):
            params[name] = value
        elif value is not None:
            params[name] = str(value)
    return params
