"""`app/services/mail_message.py`: what goes over the wire is what Python's library writes."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.mail_message import Letter, Sender, compose
from app.services.mail_templates import Rendered

ID = UUID("0193d1a0-0000-7000-8000-00000000000a")
SENDER = Sender("Agência Alainer", "no-reply@exemplo.com.br")
MOMENT = datetime(2026, 11, 24, 18, 20, 5, 123456, tzinfo=UTC)
WORDS = Rendered("Confirme seu e-mail", "Olá, Zé!\n\n.\n. ponto\nFrom aqui \n", "<p>Olá, Zé!</p>\n")


def composed(words: Rendered = WORDS, recipient: str = "ze@exemplo.com.br") -> Letter:
    return compose(
        words, id=ID, recipient=recipient, sender=SENDER, language="pt-BR", written_at=MOMENT
    )


def parsed(letter: Letter) -> EmailMessage:
    message = message_from_bytes(letter.content, policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def bodies(message: EmailMessage) -> list[tuple[str, str]]:
    assert message.get_content_type() == "multipart/alternative"
    return [
        (part.get_content_type(), part.get_content().replace("\r\n", "\n"))
        for part in message.iter_parts()
    ]


def test_a_letter_holds_all_that_it_must() -> None:
    letter = composed()
    assert (letter.id, letter.recipient) == (ID, "ze@exemplo.com.br")
    message = parsed(letter)
    assert dict(message.items()) == {
        "Message-ID": f"<{ID}@exemplo.com.br>",
        "Date": "Tue, 24 Nov 2026 18:20:05 +0000",
        "From": "Agência Alainer <no-reply@exemplo.com.br>",
        "To": "ze@exemplo.com.br",
        "Subject": "Confirme seu e-mail",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Language": "pt-BR",
        "Content-Type": f'multipart/alternative; boundary="=_{ID.hex}"',
    }
    assert bodies(message) == [("text/plain", WORDS.text), ("text/html", WORDS.html)]


def test_it_is_what_pythons_own_library_writes() -> None:
    own = EmailMessage(policy=SMTP)
    for name, value in parsed(composed()).items():
        if not name.startswith(("Content-Type", "MIME")):
            own[name] = value
    own.set_content(WORDS.text, cte="quoted-printable")
    own.add_alternative(WORDS.html, subtype="html", cte="quoted-printable")
    theirs = message_from_bytes(own.as_bytes(), policy=default)
    assert isinstance(theirs, EmailMessage)
    assert bodies(theirs) == bodies(parsed(composed()))
    names = {b"Message-ID", b"Date", b"From", b"To", b"Subject", b"Auto-Submitted"}
    heads = (each.partition(b"\r\n\r\n")[0] for each in (own.as_bytes(), composed().content))
    lines = (
        {line for line in head.split(b"\r\n") if line.split(b":")[0] in names} for head in heads
    )
    assert next(lines) == next(lines)


def test_composed_again_it_is_the_same_to_the_byte() -> None:
    assert composed() == composed()


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n.= "), max_size=400
)


@given(TEXT, TEXT)
def test_whatever_is_said_arrives_as_it_was_said(text: str, html: str) -> None:
    letter = composed(Rendered("Assunto", text, html))
    assert bodies(parsed(letter)) == [("text/plain", text), ("text/html", html)]
    assert letter.content.isascii()
    assert b"\n" not in letter.content.replace(b"\r\n", b"")
    assert max(map(len, letter.content.split(b"\r\n"))) <= 78


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=300))
def test_a_subject_arrives_as_it_was_said(subject: str) -> None:
    subject = " ".join(subject.split())
    message = parsed(composed(Rendered(subject, "a", "b")))
    assert list(message.keys()).count("Subject") == 1
    assert len(message.keys()) == 9
    assert str(message["Subject"]).split() == subject.split()


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ze",
        "ze@exemplo.com.br\r\nBcc: eu@exemplo.com.br",
        "ze@exemplo.com.br\n",
        "ze@exemplo.com.br, eu@exemplo.com.br",
        "<ze@exemplo.com.br>",
        "ze@exemplo.com.br>",
        "zé@exemplo.com.br",
        "ze @exemplo.com.br",
        "ze@a@b",
        "ze\x00@exemplo.com.br",
    ],
)
def test_nothing_but_one_plain_address_is_written_to(recipient: str) -> None:
    with pytest.raises(ValueError, match=r"^not an address that mail can be sent to$"):
        composed(recipient=recipient)


def test_no_subject_and_no_name_adds_a_header() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        composed(Rendered("Oi\r\nBcc: eu@exemplo.com.br", "a", "b"))
    with pytest.raises(ValueError, match=r"linefeed|CR or LF"):
        compose(
            WORDS,
            id=ID,
            recipient="ze@exemplo.com.br",
            sender=Sender("A\r\nBcc: eu@exemplo.com.br", "a@exemplo.com.br"),
            language="en",
            written_at=MOMENT,
        )
