"""The catalogue of messages: complete in both languages, and deaf to what was sent."""

from collections.abc import Mapping
from string import Formatter
from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

from app.core.language import LANGUAGES, Language
from app.core.messages import (
    FIELDS,
    PROBLEMS,
    SUGGESTIONS,
    field_message,
    problem_words,
    translate,
    translate_each,
)
from app.core.messages.validation import placeholders
from app.routers.json_body import DEEPEST, MOST_VALUES
from app.routers.problems import STATUS

PROMISED_FIELDS = frozenset(
    {
        "missing",
        "invalid_type",
        "text_too_long",
        "invalid_email",
        "invalid_phone",
        "invalid_tax_id",
        "invalid_cpf",
        "invalid_cnpj",
        "invalid_postal_code",
        "invalid_state",
        "password_weak",
        "text_control_characters",
        "text_not_unicode",
        "text_empty",
        "not_one_of",
        "number_out_of_range",
        "duplicate_item",
    }
)


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_problem_has_a_status_and_every_status_its_words() -> None:
    assert PROBLEMS.keys() == STATUS.keys()
    assert set(STATUS.values()) <= set(range(400, 600))


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_problems_say_the_same_in_both_languages(code: str) -> None:
    words = PROBLEMS[code]
    assert words.keys() == set(LANGUAGES)
    portuguese, english = words["pt-BR"], words["en"]
    assert names(portuguese.detail) == names(english.detail)
    assert names(portuguese.title) == names(english.title) == set()
    assert portuguese.title != english.title
    assert portuguese.detail != english.detail
    for detail in (portuguese.detail, english.detail):
        assert detail.endswith("."), "a detail is one or more sentences"
        assert "  " not in detail


@pytest.mark.parametrize("code", sorted(FIELDS))
def test_field_messages_say_the_same_in_both_languages(code: str) -> None:
    messages = FIELDS[code]
    assert messages.keys() == set(LANGUAGES)
    assert names(messages["pt-BR"]) == names(messages["en"]) == placeholders(code)
    assert messages["pt-BR"] != messages["en"]


@pytest.mark.parametrize("code", sorted(SUGGESTIONS))
def test_suggestions_are_sentences_in_both_languages(code: str) -> None:
    sentences = SUGGESTIONS[code]
    assert sentences.keys() == set(LANGUAGES)
    assert sentences["pt-BR"] != sentences["en"]
    assert all(sentence.endswith(".") for sentence in sentences.values())


def test_the_promised_field_codes_exist() -> None:
    assert FIELDS.keys() >= PROMISED_FIELDS


def test_codes_are_snake_case() -> None:
    for code in PROBLEMS.keys() | FIELDS.keys():
        assert code.replace("_", "").isalpha()
        assert code == code.lower()


def test_the_limits_that_are_told_are_those_that_hold() -> None:
    for words in PROBLEMS["malformed_json"].values():
        assert f" {DEEPEST} " in words.detail
        assert f" {MOST_VALUES} " in words.detail


@pytest.mark.parametrize("language", LANGUAGES)
def test_limits_are_filled_in(language: Language) -> None:
    assert "200" in problem_words("reason_required", language, {"min": 5, "max": 200}).detail
    assert "80" in field_message("text_too_long", language, {"max": 80})


def test_a_limit_that_nobody_gave_does_not_break_the_answer() -> None:
    words = problem_words("reason_required", "en", {})
    assert words.detail == words.title
    assert field_message("text_too_long", "en", {}) == FIELDS["invalid_value"]["en"]


def test_a_code_outside_the_catalogue_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        problem_words("nonesuch", "en", {})
    with pytest.raises(KeyError):
        field_message("nonesuch", "en", {})


@pytest.mark.parametrize("error_type", get_args(ErrorType))
def test_each_of_pydantics_errors_has_a_code_of_ours(error_type: str) -> None:
    code, params = translate(error_type, {})
    assert code in FIELDS
    assert params == {}


def test_an_error_of_several_reasons_is_told_as_several() -> None:
    context = {"reasons": "password_too_short,password_no_digit", "min": 10, "input": "secret"}
    assert translate_each("password_weak", context) == [
        ("password_too_short", {"min": 10}),
        ("password_no_digit", {}),
    ]
    assert translate_each("password_weak", {}) == [("password_weak", {})]
    assert translate_each("string_type", {"reasons": "password_no_digit"}) == [("invalid_type", {})]


# Errors of Pydantic's that say nothing worth a code of its own.
VAGUE = frozenset(
    {
        "json_invalid",
        "needs_python_object",
        "recursion_loop",
        "recursion_depth_exceeded",
        "get_attribute_error",
        "default_factory_not_called",
        "iteration_error",
        "set_item_not_hashable",
        "value_error",
        "assertion_error",
        "missing_sentinel_error",
        "ellipsis_error",
    }
)


def test_only_vague_errors_are_answered_vaguely() -> None:
    vague = {kind for kind in get_args(ErrorType) if translate(kind, {})[0] == "invalid_value"}
    assert vague == VAGUE


@pytest.mark.parametrize(
    ("error_type", "context", "code", "params"),
    [
        ("string_too_long", {"max_length": 80}, "text_too_long", {"max": 80}),
        ("too_short", {"min_length": 1, "actual_length": 0}, "list_too_short", {"min": 1}),
        ("greater_than_equal", {"ge": 1}, "number_too_small", {"min": 1}),
        ("less_than", {"lt": 2.5}, "number_not_below", {"bound": "2.5"}),
        ("literal_error", {"expected": "'a', 'b' or 'c'"}, "not_one_of", {"allowed": "a, b, c"}),
        ("invalid_cpf", {}, "invalid_cpf", {}),
        ("password_too_short", {"min": 12, "given": "hunter2"}, "password_too_short", {"min": 12}),
        ("some_custom_type", {"given": "hunter2"}, "invalid_value", {}),
        ("union_tag_invalid", {"tag": "x", "expected_tags": "'a'"}, "not_one_of", {"allowed": "a"}),
    ],
)
def test_only_limits_of_the_schema_come_through(
    error_type: str, context: Mapping[str, object], code: str, params: Mapping[str, object]
) -> None:
    assert translate(error_type, context) == (code, params)
