"""What our mails say: one file per template and language, rendered as text and as HTML.

`texts/mail/{template}.{pt-BR|en}.j2` is Jinja2 with two blocks, and nothing outside them::

    {% block subject %}Novo acesso à sua conta{% endblock %}
    {% block body %}
    {{ m.para("Olá, " ~ name ~ "! Alguém entrou na sua conta com a sua senha.") }}
    {{ m.facts([("Quando", happened_at | moment), ("Aparelho", device)]) }}
    {% call m.para() %}Foi você? Tudo certo. {{ m.strong("Não foi?") }} Encerre-a:{% endcall %}
    {{ m.link(link, "Ver minhas sessões") }}
    {% endblock %}

The body is written with macros alone, so that one file makes both forms: `m.para(text)` (or a
`call` block), `m.strong(text)` within one, `m.heading(text)`, `m.link(url, label)`,
`m.code(token)`, `m.facts([(label, value), …])`, `m.list([…])`, `m.steps([…])` (numbered), and
`m.quote(text)` for what people wrote in several lines, and `m.document(text)` for what programs
read: it stays as it is, and is one line. Filters: `moment` and `day` say a time
(`datetime`, or RFC 3339 text) in America/Sao_Paulo. `agency` and `language` are there, too.

Every other name is a placeholder: both languages have the same ones, all of them must be given, and
values are escaped. By custom, names in ``_at`` are times, `link` and names in ``_link`` addresses;
whatever is a list has its sample in `tests/support/mail_samples.py`. Around the body stands, in
every mail, who sends it, and that nobody here ever asks for a password. A mail to an address that
is not proved repeats nothing that a stranger typed: it would carry advertising to anyone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import (
    BaseLoader,
    Environment,
    PackageLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    pass_context,
)
from jinja2.environment import TemplateModule
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
from markupsafe import escape

from app.core.language import LANGUAGES, Language
from app.services.mail_fixed_words import fix_words

OURS: Final = frozenset({"m", "agency", "language"})
"""The names that every template finds without being given them."""

_ZONE: Final = ZoneInfo("America/Sao_Paulo")
# fmt: off
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)
# fmt: on
_SUBJECT: Final = "\0subject\0"
_BODY: Final = "\0body\0"
_GAP: Final = re.compile(f"({_SUBJECT}|{_BODY})")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's words: `subject` is one line, `text` and `html` say the same."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stands around every mail in one language and form, apart at its two gaps."""

    pieces: Sequence[str]

    def around(self, subject: str, body: str) -> str:
        """The whole mail. What is given stands in it as it is: HTML must be escaped."""
        gaps = {_SUBJECT: subject, _BODY: body}
        return "".join([gaps.get(piece, piece) for piece in self.pieces])


class MailTemplates:
    """Every template, compiled at its first use. `agency` is who sends the mail."""

    def __init__(self, agency: str, loader: BaseLoader | None = None) -> None:
        loader = loader or PackageLoader("app.services", "texts/mail")
        self._agency = agency
        self._loader = loader
        self._text = _environment(loader, html=False)
        self._html = _environment(loader, html=True)
        self._text_macros = self._text.get_template("_macros.text.j2").module
        self._html_macros = self._html.get_template("_macros.html.j2").module
        self._text_frames = {each: self._frame(each, html=False) for each in LANGUAGES}
        self._html_frames = {each: self._frame(each, html=True) for each in LANGUAGES}
        self.placeholders = cache(self._placeholders)
        self._as_text = cache(partial(_compiled, self._text, self._text_macros))
        self._as_html = cache(partial(_compiled, self._html, self._html_macros))

    def names(self) -> Iterable[str]:
        """Every template, each once."""
        files = (name.split(".") for name in self._text.list_templates())
        return sorted({parts[0] for parts in files if not parts[0].startswith("_")})

    def render(self, template: str, language: Language, values: Mapping[str, Any]) -> Rendered:
        """The mail in both forms. Raises jinja2's `TemplateError` when a value is missing."""
        name = f"{template}.{language}.j2"
        given = {**values, "agency": self._agency, "language": language}
        as_text = self._as_text(name)
        subject = _squeezed(_block(as_text, "subject", given))
        text_body = _block(as_text, "body", {**given, "m": self._text_macros})
        as_html = self._as_html(name)
        html_body = _block(as_html, "body", {**given, "m": self._html_macros})
        text = self._text_frames[language].around(subject, text_body)
        html = self._html_frames[language].around(escape(subject), html_body)
        return Rendered(subject, _tidied(text), html)

    def part(self, template: str, language: Language, block: str, values: Mapping[str, Any]) -> str:
        """One block of the mail as text, without the frame: what is kept of it and shown again.

        Only the block's own placeholders are needed. Raises as `render` does.
        """
        file = self._as_text(f"{template}.{language}.j2")
        given = {**values, "agency": self._agency, "language": language, "m": self._text_macros}
        return _tidied(_block(file, block, given))

    def _placeholders(self, template: str, language: Language) -> frozenset[str]:
        """The names that must be given, remembered. Raises `ValueError` for no template."""
        try:
            source, _, _ = self._loader.get_source(self._text, f"{template}.{language}.j2")
        except TemplateNotFound:  # an OSError, which those who write tables take for another thing
            raise ValueError(f"{template}: there is no such template") from None
        return frozenset(find_undeclared_variables(self._text.parse(source))) - OURS

    def _frame(self, language: Language, *, html: bool) -> _Frame:
        words = self._text.get_template(f"_frame.{language}.j2")
        agency = {"agency": self._agency}
        told = {name: _block(words, name, agency) for name in ("never_asks", "sender")}
        gaps = {"subject": _SUBJECT, "body": _BODY}
        form, environment = ("html", self._html) if html else ("text", self._text)
        shell = environment.get_template(f"_shell.{form}.j2")
        return _Frame(_GAP.split(shell.render(told, language=language, **gaps)))


def _environment(loader: BaseLoader, *, html: bool) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=html,  # noqa: S701 - the other form is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,  # all of them, compiled once
    )
    environment.filters |= {
        "moment": _moment,
        "day": _day,
        "squeezed": _squeezed,
        "lines": _lines,
        "web_address": _web_address,
    }
    return environment


def _compiled(environment: Environment, macros: TemplateModule, name: str) -> Template:
    assert environment.loader is not None  # noqa: S101 - `_environment` gave it one
    source, path, _ = environment.loader.get_source(environment, name)
    return environment.from_string(fix_words(environment.parse(source, name, path), macros))


def _block(template: Template, name: str, values: Mapping[str, Any]) -> str:
    return "".join(template.blocks[name](template.new_context(dict(values))))


def _squeezed(text: object) -> str:
    """On one line, whatever a value brought along."""
    return " ".join(str(text).split())


def _lines(text: object) -> list[str]:
    return str(text).strip().splitlines()


def _tidied(text: str) -> str:
    """Each line stripped, blocks one blank line apart."""
    tidy = "\n".join(map(str.strip, text.split("\n")))
    while "\n\n\n" in tidy:  # a regular expression takes ten times as long
        tidy = tidy.replace("\n\n\n", "\n\n")
    return tidy.strip() + "\n"


def _web_address(text: object) -> str:
    """A link goes to a web page. Raises `ValueError` for anything else, such as a script."""
    address = str(text)
    if not address.startswith(("https://", "http://")):
        raise ValueError("a link in a mail must be a web address")
    return address


@pass_context
def _moment(context: Context, time: datetime | str) -> str:
    """Day and time: ``24/11/2026 às 15:20 (horário de Brasília)``, or the same in English."""
    return _moment_in(context["language"], time)


@pass_context
def _day(context: Context, time: datetime | str) -> str:
    """The day alone: ``24/11/2026``, ``24 November 2026``."""
    return _named(_local(time), context["language"])


@lru_cache(maxsize=256)  # both forms say each of them, and so do the mails of one incident
def _moment_in(language: Language, time: datetime | str) -> str:
    local = _local(time)
    if language == "pt-BR":
        return f"{_named(local, 'pt-BR')} às {local:%H:%M} (horário de Brasília)"
    return f"{_named(local, 'en')}, {local:%H:%M} (Brasília time)"


def _named(local: datetime, language: Language) -> str:
    if language == "pt-BR":
        return f"{local:%d/%m/%Y}"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def _local(time: datetime | str) -> datetime:
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    if moment.tzinfo is None:
        raise ValueError("a time in a mail must know its zone")
    return moment.astimezone(_ZONE)
