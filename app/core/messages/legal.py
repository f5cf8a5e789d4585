"""How the states of a legal request are told to whoever sent it."""

from collections.abc import Mapping
from typing import Final

from app.core.language import Language

STATES: Final[Mapping[str, Mapping[Language, str]]] = {
    "draft": {"pt-BR": "rascunho", "en": "draft"},
    "received": {"pt-BR": "recebido", "en": "received"},
    "identity_check": {
        "pt-BR": "conferência de identidade e assinatura",
        "en": "identity and signature under examination",
    },
    "information_requested": {
        "pt-BR": "precisamos de uma informação",
        "en": "information is needed",
    },
    "legal_review": {"pt-BR": "em análise jurídica", "en": "under legal review"},
    "narrowed": {"pt-BR": "parte do pedido foi recusada", "en": "part of it was refused"},
    "approval": {"pt-BR": "aguarda aprovação", "en": "waits for approval"},
    "collecting": {
        "pt-BR": "aprovado: os dados estão sendo reunidos",
        "en": "approved: the data are being collected",
    },
    "second_check": {"pt-BR": "segunda conferência", "en": "second check"},
    "packaged": {"pt-BR": "resposta sendo preparada", "en": "answer being prepared"},
    "delivered": {"pt-BR": "a resposta está pronta", "en": "the answer is ready"},
    "acknowledged": {"pt-BR": "recebimento confirmado", "en": "receipt acknowledged"},
    "closed": {"pt-BR": "encerrado", "en": "closed"},
    "rejected": {"pt-BR": "recusado", "en": "refused"},
    "withdrawn": {"pt-BR": "retirado", "en": "withdrawn"},
    "expired": {"pt-BR": "vencido", "en": "expired"},
    "appealed": {"pt-BR": "em recurso", "en": "under appeal"},
}
"""By state and language, as a phrase that follows a colon."""

DEEDS: Final[Mapping[str, str]] = {
    "submit": "chegou um pedido novo",
    "inform": "chegou a informação pedida",
    "withdraw": "o pedido foi retirado",
    "appeal": "há recurso",
}
"""What the sender did, as the desk is told: in Portuguese, which it speaks."""

ITEMS: Final[Mapping[str, Mapping[Language, str]]] = {
    "name": {"pt-BR": "nome", "en": "name"},
    "qualification": {"pt-BR": "qualificação pessoal", "en": "personal qualification"},
    "address": {"pt-BR": "endereço", "en": "address"},
    "tax_id": {"pt-BR": "CPF ou CNPJ", "en": "CPF or CNPJ"},
    "email": {"pt-BR": "e-mail", "en": "e-mail address"},
    "phone": {"pt-BR": "telefone", "en": "phone number"},
    "account": {"pt-BR": "situação da conta", "en": "state of the account"},
    "last_login": {"pt-BR": "último acesso", "en": "last sign-in"},
    "access_records": {"pt-BR": "registros de acesso", "en": "access records"},
    "consents": {"pt-BR": "consentimentos", "en": "consents"},
    "disclosures": {"pt-BR": "entregas a terceiros", "en": "disclosures to third parties"},
    "communications": {"pt-BR": "comunicações", "en": "communications"},
}
"""What can be granted of somebody, as they are told."""

RECORDS: Final[Mapping[str, Mapping[Language, str]]] = {
    "customer": {"pt-BR": "Dados cadastrais", "en": "Registration data"},
    "login": {"pt-BR": "Titulares da conta", "en": "Owners of the account"},
    "access_record": {
        "pt-BR": "Registros de acesso a aplicação",
        "en": "Access records of the application",
    },
    "consent_event": {"pt-BR": "Consentimentos manifestados", "en": "Consents as they were given"},
    "consent_state": {"pt-BR": "Consentimentos vigentes", "en": "Consents as they stand"},
    "disclosure": {"pt-BR": "Dados enviados a terceiros", "en": "Data sent to third parties"},
    "contact_request": {
        "pt-BR": "Comunicações com a agência",
        "en": "Communications with the agency",
    },
}
"""What each resource that is collected is called in a package."""

UNASKED: Final[Mapping[str, Mapping[Language, str]]] = {
    "filiation": {"pt-BR": "Filiação", "en": "Names of the parents"},
}
"""Items that the agency asks nobody for, as a package names them."""
