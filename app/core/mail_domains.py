"""Official mail domains: which texts are one, and which addresses lie in one."""

import re
from collections.abc import Iterable
from typing import Final

from app.core.free_mail import FREE_MAIL, SUFFIXES
from app.core.text import FieldRefused

LONGEST_DOMAIN: Final = 253
DOMAIN_SHAPE: Final = (
    r"(?:[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.)+[A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])"
)
_DOMAIN: Final = re.compile(DOMAIN_SHAPE)


def normalise_domain(text: str) -> str:
    """The domain in lower case, for one that is some body's own.

    In ASCII, and not in its ``xn--`` form: letters of other alphabets look like ours. Refuses
    `invalid_domain` for what is no such name, `domain_of_anybody` for free mail and for suffixes
    that many share.
    """
    domain = text.lower()
    labels = domain.split(".")
    if len(domain) > LONGEST_DOMAIN or not _DOMAIN.fullmatch(text):
        raise FieldRefused("invalid_domain")
    if any(label.startswith("xn--") for label in labels):
        raise FieldRefused("invalid_domain")
    if domain in SUFFIXES or lies_in(domain, FREE_MAIL):
        raise FieldRefused("domain_of_anybody")
    return domain


def lies_in(domain: str, domains: Iterable[str]) -> bool:
    """Whether a domain is one of these, or a name under one of them. All are in lower case."""
    return any(domain == each or domain.endswith(f".{each}") for each in domains)


def domain_of(email: str) -> str:
    """The part behind the ``@`` of a normalised address."""
    return email.rpartition("@")[2]
