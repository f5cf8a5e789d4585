"""`app/services/outgoing_texts.py`: a text that asks is refused where it stands."""

import pytest

from app.core.errors import Failure
from app.core.language import LANGUAGES, Language
from app.core.messages import field_message
from app.security.asking import rule_met
from app.services.mail_templates import MailTemplates
from app.services.outgoing_texts import require_no_ask, require_no_ask_in
from tests.support.mail_samples import samples

TEMPLATES = MailTemplates("Agência Exemplo")


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


def test_each_text_of_a_record_is_looked_at() -> None:
    honest: dict[str, object] = {"name": "Ana Senha", "status": "active", "phone": None}
    require_no_ask_in(honest)
    asking = {"name": "Envie sua senha", "address.street": "Qual a senha?", "address.city": "Assis"}
    asking["attention_note"] = "Peça a senha: Envie sua senha."
    with pytest.raises(Failure) as caught:
        require_no_ask_in(asking)
    assert [(error.pointer, error.code) for error in caught.value.errors] == [
        ("/name", "asks_for_secret"),
        ("/address/street", "asks_for_secret"),
        ("/attention_note", "asks_for_secret"),
    ]
