"""`app/services/outgoing_texts.py`: a text that asks is refused where it stands."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.clock import system_clock
from app.core.errors import Failure
from app.core.language import LANGUAGES, Language
from app.core.messages import field_message
from app.core.settings import Settings
from app.main import open_keyring
from app.security.asking import rule_met
from app.services.mail_templates import MailTemplates
from app.services.outgoing_texts import require_no_ask, require_no_ask_in
from app.services.platform import Platform, open_platform
from tests.support.mail_samples import samples

TEMPLATES = MailTemplates("Agência Exemplo")


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    settings = Settings(env="development", var_dir=tmp_path)
    opened = open_platform(settings, system_clock, open_keyring(settings))
    yield opened
    await opened.close()


def test_an_honest_text_passes() -> None:
    require_no_ask("Sua senha foi desativada. Nunca pedimos sua senha.", "/text")
    require_no_ask("", "/text")


@pytest.mark.parametrize("text", ["Envie sua senha.", "Reply with your p4ssword.", "s e n h a"])
def test_a_text_that_asks_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(Failure) as caught:
        require_no_ask(text, "/reason_text/pt-BR")
    assert caught.value.code == "validation_failed"
    (error,) = caught.value.errors
    assert (error.pointer, error.code) == ("/reason_text/pt-BR", "asks_for_secret")
    for language in ("pt-BR", "en"):
        assert text not in field_message(error.code, language, error.params)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES.names())
def test_no_mail_of_ours_asks(template: str, language: Language) -> None:
    mail = TEMPLATES.render(template, language, samples(TEMPLATES, template))
    assert rule_met(mail.subject) is None
    assert rule_met(mail.text) is None
    assert "senha por e-mail, telefone ou chat" in mail.text or "never ask for your" in mail.text


async def test_each_text_of_a_record_that_customers_see_is_looked_at(platform: Platform) -> None:
    honest: dict[str, object] = {"name": "Ana Senha", "status": "active", "phone": None}
    require_no_ask_in(platform, "customer", honest)
    require_no_ask_in(platform, "customer", {"attention_note": "Envie sua senha"})
    asking = {"name": "Envie sua senha", "address.street": "Qual a senha?", "address.city": "Assis"}
    with pytest.raises(Failure) as caught:
        require_no_ask_in(platform, "customer", asking)
    assert [(error.pointer, error.code) for error in caught.value.errors] == [
        ("/name", "asks_for_secret"),
        ("/address/street", "asks_for_secret"),
    ]
