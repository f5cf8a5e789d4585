"""`app/services/mail_templates.py`: every mail, in both languages and both forms."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader, PackageLoader, TemplateNotFound, UndefinedError

from app.core.language import LANGUAGES, Language
from app.services import mail_templates
from app.services.mail_templates import MailTemplates, Rendered
from tests.support.mail_samples import HOSTILE, samples

AGENCY = "Agência <Exemplo> & Filhos"
NEVER_ASKS: dict[Language, str] = {
    "pt-BR": "Nunca pedimos sua senha por e-mail, telefone ou chat.",
    "en": "We never ask for your password by e-mail, phone or chat.",
}
TEMPLATES = MailTemplates(AGENCY)
EVERY = [(name, language) for name in TEMPLATES.names() for language in LANGUAGES]


def written(body: str, subject: str = "Assunto") -> MailTemplates:
    """Templates that hold one more, `trial`, in both languages."""
    source = (
        f"{{% block subject %}}{subject}{{% endblock %}}{{% block body %}}{body}{{% endblock %}}"
    )
    files = {f"trial.{language}.j2": source for language in LANGUAGES}
    return MailTemplates(
        AGENCY, ChoiceLoader([DictLoader(files), PackageLoader("app.services", "texts/mail")])
    )


def tried(body: str, language: Language = "pt-BR", **values: Any) -> Rendered:
    return written(body).render("trial", language, values)


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_every_template_renders_in_both_languages(template: str, language: Language) -> None:
    mail = TEMPLATES.render(template, language, samples(TEMPLATES, template))
    assert 0 < len(mail.subject) <= 300
    assert mail.subject.isprintable()
    assert NEVER_ASKS[language] in mail.text
    assert NEVER_ASKS[language] in mail.html
    assert AGENCY in mail.text
    assert "Agência &lt;Exemplo&gt; &amp; Filhos" in mail.html
    assert f'<html lang="{language}">' in mail.html
    assert "<b>" not in mail.html
    assert "Undefined" not in mail.text + mail.html


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_no_mail_fetches_anything_or_tells_that_it_was_read(
    template: str, language: Language
) -> None:
    html = TEMPLATES.render(template, language, samples(TEMPLATES, template)).html.lower()
    assert not re.search(r"<(img|link|script|iframe|object|video|audio|form|base)\b", html)
    assert not re.search(r"\b(src|srcset|background|poster)=|url\(|@import", html)


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_nothing_is_written_outside_the_macros(template: str, language: Language) -> None:
    """What stands bare would be one form's line and the other's run-on text."""
    html = TEMPLATES.render(template, language, samples(TEMPLATES, template)).html
    body = html.partition("</h1>")[2].partition("<hr")[0]
    assert (
        re.sub(r"<(p|ul|ol|table|blockquote|h2|pre)\b.*?</\1>", "", body, flags=re.DOTALL).strip()
        == ""
    )


@pytest.mark.parametrize("template", TEMPLATES.names())
def test_both_languages_want_the_same_values(template: str) -> None:
    portuguese, english = (TEMPLATES.placeholders(template, language) for language in LANGUAGES)
    assert portuguese == english


@pytest.mark.parametrize("template", TEMPLATES.names())
def test_the_languages_differ(template: str) -> None:
    values = samples(TEMPLATES, template)
    portuguese, english = (TEMPLATES.render(template, each, values) for each in LANGUAGES)
    assert portuguese.subject != english.subject


def test_the_documented_example_is_one() -> None:
    example = re.findall(r"^    (\{.*)$", mail_templates.__doc__ or "", re.MULTILINE)
    files = {f"trial.{language}.j2": "\n".join(example) for language in LANGUAGES}
    loader = ChoiceLoader([DictLoader(files), PackageLoader("app.services", "texts/mail")])
    templates = MailTemplates("Agência Alainer", loader)
    assert templates.placeholders("trial", "en") == {"name", "happened_at", "device", "link"}
    mail = templates.render(
        "trial",
        "pt-BR",
        {
            "name": "Zé",
            "happened_at": datetime(2026, 11, 24, 2, 5, tzinfo=UTC),
            "device": "Firefox",
            "link": "https://c.exemplo.com.br/#a",
        },
    )
    assert mail.subject == "Novo acesso à sua conta"
    assert mail.text == (
        "Olá, Zé! Alguém entrou na sua conta com a sua senha.\n\n"
        "Quando: 23/11/2026 às 23:05 (horário de Brasília)\nAparelho: Firefox\n\n"
        "Foi você? Tudo certo. Não foi? Encerre-a:\n\n"
        "Ver minhas sessões:\nhttps://c.exemplo.com.br/#a\n\n"
        "--\nNunca pedimos sua senha por e-mail, telefone ou chat."
        " Se alguém a pedir em nosso nome, não responda: é golpe.\n\n"
        "Mensagem automática de Agência Alainer. Respostas a este endereço não são lidas.\n"
    )
    assert '<a href="https://c.exemplo.com.br/#a"' in mail.html


MACROS = (
    "{{ m.heading(x) }}{{ m.para(x) }}{% call m.para() %}{{ m.strong(x) }}{{ x }}{% endcall %}"
    "{{ m.code(x) }}{{ m.facts([(x, x)]) }}{{ m.list([x]) }}{{ m.steps([x]) }}{{ m.quote(x) }}"
    "{{ m.link('https://c.exemplo.com.br/', x) }}"
)


def test_no_macro_lets_a_value_become_markup() -> None:
    html = tried(MACROS, x="<i>&\"'</i>").html
    assert "<i>" not in html
    assert html.count("&lt;i&gt;&amp;&#34;&#39;&lt;/i&gt;") == 11


def test_a_value_cannot_begin_a_line_of_its_own_except_in_a_quote() -> None:
    text = tried(MACROS, x="um\n\n--\r\nDe: a agência").text
    lines = text.split("\n")
    assert lines.count("--") == 1
    assert "De: a agência" not in lines
    assert "> De: a agência" in lines


def test_a_quote_keeps_its_lines() -> None:
    mail = tried("{{ m.quote(x) }}", x="um\n\n  dois <b>\r\ntrês")
    assert mail.text.startswith("> um\n>\n>   dois <b>\n> três\n\n--\n")
    assert "um<br>\n<br>\n  dois &lt;b&gt;<br>\ntrês\n" in mail.html


def test_lists_and_steps() -> None:
    mail = tried("{{ m.list(['a', 'b']) }}{{ m.steps(['c', 'd']) }}")
    assert mail.text.startswith("- a\n- b\n\n1. c\n2. d\n\n--\n")
    assert "<li>a</li>\n<li>b</li>" in mail.html
    assert "<ol" in mail.html


def test_the_subject_is_one_line_and_no_markup() -> None:
    templates = written("", subject="Olá,\n {{ name }} ")
    assert templates.render("trial", "en", {"name": HOSTILE}).subject == (
        'Olá, <b>Zé & "Ana"</b> Bcc: alguem@exemplo.com.br'
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("pt-BR", "01/03/2026 às 00:30 (horário de Brasília) 01/03/2026"),
        ("en", "1 March 2026, 00:30 (Brasília time) 1 March 2026"),
    ],
)
def test_times_are_said_as_brazil_reads_them(language: Language, said: str) -> None:
    body = "{{ m.para((t | moment) ~ ' ' ~ (t | day)) }}"
    for time in ("2026-03-01T03:30:00Z", datetime(2026, 3, 1, 3, 30, tzinfo=UTC)):
        assert tried(body, language, t=time).text.startswith(said)


@pytest.mark.parametrize("time", ["2026-03-01T03:30:00", "yesterday", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_is_refused(time: str) -> None:
    with pytest.raises(ValueError, match=r"zone|isoformat|month"):
        tried("{{ m.para(t | moment) }}", t=time)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//exemplo.com.br", "", "data:x"])
def test_a_link_goes_to_a_web_page(address: str) -> None:
    with pytest.raises(ValueError, match="web address"):
        tried("{{ m.link(link, 'Abrir') }}", link=address)


def test_a_missing_value_is_an_error_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        tried("{{ m.para('Olá, ' ~ name) }}")
    with pytest.raises(UndefinedError):
        tried("{% if name %}{{ m.para('Olá') }}{% endif %}")


def test_an_unknown_template_is_an_error() -> None:
    with pytest.raises(TemplateNotFound):
        TEMPLATES.render("no_such_thing", "en", {})
    with pytest.raises(ValueError, match=r"^no_such_thing: there is no such template$"):
        TEMPLATES.placeholders("no_such_thing", "en")


def test_the_frames_are_no_templates() -> None:
    assert written("").names() == sorted([*TEMPLATES.names(), "trial"])


def test_a_part_of_a_mail_can_be_had_as_text_alone() -> None:
    templates = written(
        "{{ m.para(name) }}{% block report %}{{ m.list([x, agency]) }}{% endblock %}"
    )
    assert templates.part("trial", "en", "report", {"x": "<um>"}) == f"- <um>\n- {AGENCY}\n"
    whole = templates.render("trial", "en", {"x": "<um>", "name": "Ana"})
    assert whole.text.startswith(f"Ana\n\n- <um>\n- {AGENCY}\n")
    with pytest.raises(UndefinedError):
        templates.part("trial", "en", "report", {})
