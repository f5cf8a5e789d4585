"""`app/services/mail_transport.py` and `mail_files.py`: which way out, and mails as files."""

import stat
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.core.settings import Settings
from app.services.mail_files import FileTransport
from app.services.mail_message import SENT, Letter, Outcome, Sender
from app.services.mail_smtp import SmtpTransport
from app.services.mail_transport import open_transport, sender


def settings(**chosen: Any) -> Settings:
    return Settings(**chosen)


async def test_without_a_server_each_mail_is_a_private_file(tmp_path: Path) -> None:
    transport = open_transport(settings(var_dir=tmp_path / "var"))
    assert isinstance(transport, FileTransport)
    name = uuid4()
    assert await transport.send(Letter(name, "a@exemplo.com.br", b"first")) == SENT
    assert await transport.send(Letter(name, "a@exemplo.com.br", b"again")) == SENT
    assert await transport.send(Letter(uuid4(), "a@exemplo.com.br", b"other")) == SENT
    await transport.close()
    folder = tmp_path / "var" / "mail"
    files = sorted(folder.iterdir())
    assert len(files) == 2
    assert (folder / f"{name}.eml").read_bytes() == b"again"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_folder_that_cannot_be_written_defers(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("not a folder")
    transport = FileTransport(tmp_path / "mail")
    assert await transport.send(Letter(uuid4(), "a@exemplo.com.br", b"x")) == Outcome(
        "deferred", "not_written", halting=True
    )


async def test_with_a_server_mails_go_there() -> None:
    transport = open_transport(settings(smtp_url="smtp://127.0.0.1:25", smtp_connections=7))
    assert isinstance(transport, SmtpTransport)
    assert transport.connections == 7
    await transport.close()


def test_who_mails_come_from() -> None:
    assert sender(settings()) == Sender("Agência Alainer", "no-reply@salvaguarda.test")
    chosen = settings(env="production", mail_from="Aviso@Agência.com.br", agency_name="Outra")
    assert sender(chosen) == Sender("Outra", "Aviso@xn--agncia-jva.com.br")
    assert sender(chosen).domain == "xn--agncia-jva.com.br"


@pytest.mark.parametrize("smtp_url", ["", "smtps://mail.exemplo.com.br"])
def test_production_must_say_who_mails_come_from(smtp_url: str) -> None:
    with pytest.raises(ValueError, match=r"^MAIL_FROM must name"):
        open_transport(settings(env="production", smtp_url=smtp_url))


@pytest.mark.parametrize("address", ["no", "a@b@c", "Agência <a@exemplo.com.br>", "a@x.test\nB: c"])
def test_an_unfit_sender_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(ValueError, match=r"^MAIL_FROM is not an e-mail address$"):
        sender(settings(mail_from=address))
