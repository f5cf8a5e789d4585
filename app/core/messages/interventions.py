"""Why a password was disabled and who decided it, in the words that the customer is told.

The reason codes are the contract; a new one is a line here. The words follow "Motivo:".
"""

from collections.abc import Mapping
from typing import Final

from app.core.language import Language


def _both(pt: str, en: str) -> Mapping[Language, str]:
    return {"pt-BR": pt, "en": en}


REASONS: Final[Mapping[str, Mapping[Language, str]]] = {
    "suspected_breach": _both(
        "há sinais de que alguém pode ter tido acesso indevido a senhas",
        "there are signs that somebody may have had unlawful access to passwords",
    ),
    "confirmed_breach": _both(
        "houve um acesso indevido que comprometeu senhas",
        "there was unlawful access that compromised passwords",
    ),
    "leaked_password": _both(
        "a senha apareceu em um vazamento, nosso ou de outro serviço",
        "the password appeared in a leak, ours or another service's",
    ),
    "shared_password": _both(
        "a senha foi dita ou enviada a outra pessoa",
        "the password was told or sent to somebody else",
    ),
    "customer_request": _both(
        "você, ou quem responde pela conta, pediu",
        "you, or whoever answers for the account, asked for it",
    ),
    "legal_order": _both(
        "cumprimos uma ordem de autoridade competente",
        "we carried out an order of a competent authority",
    ),
}
"""The code of each reason, and how it is told."""

ROLES: Final[Mapping[str, Mapping[Language, str]]] = {
    "director": _both("direção da agência", "the agency's management"),
    "systems_engineer": _both("engenharia de sistemas", "systems engineering"),
}
"""The roles that may intervene, as customers are told of them: never a person's name."""
