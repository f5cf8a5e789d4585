"""Ready-made sets of a member's permissions, and what each permission is called (promise P24)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

Labels = Mapping[str, str]
"""By language: ``pt-BR`` and ``en``."""


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """What one kind of trusted person needs, under one name."""

    permissions: tuple[str, ...]
    labels: Labels


SETS: Mapping[str, PermissionSet] = {
    "financeiro": PermissionSet(("invoices",), {"pt-BR": "Financeiro", "en": "Finance"}),
    "ti": PermissionSet(("support", "backups"), {"pt-BR": "TI", "en": "IT"}),
}
"""By the name that an invitation may give in place of a list."""

LABELS: Mapping[str, Labels] = {
    "profile": {
        "pt-BR": "Cadastro: ver e alterar os dados da conta",
        "en": "Registration: see and change the account's data",
    },
    "invoices": {"pt-BR": "Faturas: ver as cobranças", "en": "Invoices: see what is due"},
    "support": {"pt-BR": "Suporte: falar com o atendimento", "en": "Support: talk to the agency"},
    "backups": {"pt-BR": "Backups: cópias de segurança", "en": "Backups: safety copies"},
    "consents": {
        "pt-BR": "Consentimentos: dizer sim ou não ao uso dos dados",
        "en": "Consents: say yes or no to the use of data",
    },
    "members": {
        "pt-BR": "Pessoas: convidar e retirar quem tem acesso",
        "en": "People: invite and remove those who have access",
    },
    "owner": {"pt-BR": "Titular: tudo na conta", "en": "Owner: everything in the account"},
}
"""What a permission opens, in words for people; in the order in which they are kept."""


def in_order(permissions: Collection[str]) -> tuple[str, ...]:
    """The permissions as they are kept: each once, in one order. ``owner`` swallows the others."""
    if "owner" in permissions:
        return ("owner",)
    return tuple(name for name in LABELS if name in permissions)
