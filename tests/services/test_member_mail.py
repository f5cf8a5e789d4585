"""The mails about trusted people, in both languages: each change, to the member and to owners."""

from typing import Any

import pytest

from app.core.language import LANGUAGES, Language
from app.services.mail_templates import MailTemplates

CHANGES = ("joined", "changed", "suspended", "resumed", "revoked", "left")
TEMPLATES = MailTemplates("Agência Alainer")


def told(change: str, language: Language, *, to_member: bool, **more: Any) -> Any:
    values = {
        "change": change,
        "to_member": to_member,
        "member_name": "Carlos",
        "account_name": "Padaria",
        "by_name": "Maria",
        "permissions": ["Faturas: ver as cobranças"],
        "ends_at": "2027-06-30T12:00:00+00:00",
        "happened_at": "2026-11-24T18:20:00+00:00",
    }
    return TEMPLATES.render("member_changed", language, values | more)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_change_is_told_in_its_own_words(language: Language) -> None:
    mails = [
        told(change, language, to_member=to_member)
        for change in CHANGES
        for to_member in (True, False)
    ]
    assert len({mail.subject for mail in mails}) == len(mails)
    assert len({mail.text for mail in mails}) == len(mails)
    for mail in mails:
        assert len(mail.subject) <= 60
        assert "Padaria" in mail.text
        assert "Carlos" in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_held_is_told_while_it_is(change: str, language: Language) -> None:
    mail = told(change, language, to_member=True)
    held = change not in ("revoked", "left")
    assert ("Faturas: ver as cobranças" in mail.text) == held
    assert ("30/06/2027" in mail.text or "30 June 2027" in mail.text) == held
    endless = told(change, language, to_member=True, ends_at=None)
    assert "2027" not in endless.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_owners_are_told_who_did_it_and_what_to_do(language: Language) -> None:
    mail = told("revoked", language, to_member=False)
    assert "Maria" in mail.text
    assert ("troque a sua senha" in mail.text) or ("change your password" in mail.text)
    alone = told("left", language, to_member=False, by_name=None)
    assert "Maria" not in alone.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_invitation_says_who_asks_to_what_and_until_when(language: Language) -> None:
    values = {
        "inviter_name": "Maria",
        "account_name": "Padaria",
        "permissions": ["Faturas"],
        "note": "Carlos, é para 2027.",
        "expires_at": "2026-12-01T12:00:00+00:00",
        "ends_at": None,
        "link": "https://clientes.exemplo.com.br/invitation#token=abc",
    }
    mail = TEMPLATES.render("invitation", language, values)
    assert "Maria" in mail.subject
    assert "> Carlos, é para 2027." in mail.text
    assert "https://clientes.exemplo.com.br/invitation#token=abc" in mail.text
    without = TEMPLATES.render("invitation", language, values | {"note": None})
    assert "Carlos" not in without.text
