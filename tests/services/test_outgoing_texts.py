"""`app/services/outgoing_texts.py`: a text that asks is refused where it stands."""

import pytest

from app.core.errors import Failure
from app.core.messages import field_message
from app.services.outgoing_texts import require_no_ask


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
