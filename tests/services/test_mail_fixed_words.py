"""`app/services/mail_fixed_words.py`: what names nobody is written out once."""

import pytest
from jinja2 import DictLoader, Environment, nodes

from app.services.mail_fixed_words import fix_words
from tests.services.test_mail_templates import tried

MACROS = "{% macro para(text) %}<p>{{ text }}</p>{% endmacro %}"


def calls(body: str) -> int:
    """How many calls of a macro are left in the template."""
    environment = Environment(loader=DictLoader({"macros": MACROS}), autoescape=True)
    macros = environment.get_template("macros").module
    return len(list(fix_words(environment.parse(body), macros).find_all(nodes.Call)))


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ('{{ m.para("Nada muda.") }}', 0),
        ('{{ m.para("Nada " ~ "muda.") }}', 0),
        ('{{ m.para("Olá, " ~ name) }}', 1),
        ("{{ m.para(name) }}", 1),
        ('{% if name %}{{ m.para("Um.") }}{% else %}{{ m.para("Outro.") }}{% endif %}', 0),
        ('{{ m.para("Um." if name else "Outro.") }}', 1),
        ('{{ other.para("Nada muda.") }}', 1),
        ('{{ m.para(text="Nada muda.") }}', 1),
        ("{% call m.para() %}Nada muda.{% endcall %}", 1),
    ],
)
def test_only_calls_without_placeholders_are_replaced(body: str, left: int) -> None:
    assert calls(body) == left


def test_constants_are_escaped_as_any_text_is() -> None:
    mail = tried(
        '{{ m.para("a < b") }}{% call m.para() %}{{ m.strong("<i>") }} {{ x }}{% endcall %}',
        x="<u>",
    )
    assert "a &lt; b</p>" in mail.html
    assert "<strong>&lt;i&gt;</strong> &lt;u&gt;</p>" in mail.html
    assert "a < b" in mail.text
    assert "<i> <u>" in mail.text
