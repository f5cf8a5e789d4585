"""E-mail addresses: their shape only. Whether one is read is proved by mail, not by DNS."""

from typing import Final

from email_validator import EmailNotValidError, validate_email

from app.core.text import FieldRefused, trim

LONGEST_EMAIL: Final = 254
"""Characters, as RFC 5321 (erratum 1690) allows."""

_MASK = "***"
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def normalise_email(text: str) -> str:
    """The address as it is kept and written to, in ASCII.

    The local part stays as it was typed; the domain is in lower case, an international one in its
    ``xn--`` form, which every mail server takes and in which look-alike letters show. Refuses
    `invalid_email`: bad syntax, quoted or non-ASCII local parts, domains reserved by RFC 6761, and
    an address masked with ``***`` (as some staff see it), which is valid syntax but nobody's.
    """
    address = _in_ascii(trim(text))
    if address is None or len(address) > LONGEST_EMAIL:
        raise FieldRefused("invalid_email")
    return address


def email_key(text: str) -> str:
    """What two spellings of one address have in common: the whole of it in lower case.

    RFC 5321 lets a server tell ``Ana@`` from ``ana@``; none that people use does, and a second
    account under the other spelling would be a trap. Refuses `invalid_email`.
    """
    return normalise_email(text).casefold()


def mailbox_key(text: str) -> str:
    """What addresses have in common that by custom end in one mailbox.

    The `email_key` without what follows a ``+`` (RFC 5233), and at Google without dots. To count
    what somebody is sent, where a false likeness does no harm; not to tell people apart. Refuses
    `invalid_email`.
    """
    local, _, domain = email_key(text).rpartition("@")
    mailbox = local.partition("+")[0] or local
    if domain in _DOTLESS:
        mailbox = mailbox.replace(".", "")
    return f"{mailbox}@{domain}"


def _in_ascii(text: str) -> str | None:
    if len(text) > LONGEST_EMAIL or _MASK in text:
        return None
    try:
        checked = validate_email(
            text,
            check_deliverability=False,  # asks DNS
            allow_smtputf8=False,
            test_environment=True,  # `.test` (RFC 6761) is nobody's; those who try us out use it
            strict=True,  # the 64 characters before the @ of RFC 5321
        )
    except EmailNotValidError:
        return None  # not raised on: it quotes the address
    return checked.ascii_email
