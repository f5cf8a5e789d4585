"""What is found wrong with a signed document or the operator's trust folder: one code, one sentence
in each language."""

from collections.abc import Mapping
from typing import Final

from app.core.language import Language


def _both(pt: str, en: str) -> Mapping[Language, str]:
    return {"pt-BR": pt, "en": en}


UNREADABLE: Final[Mapping[str, Mapping[Language, str]]] = {
    "document_empty": _both("O arquivo está vazio.", "The file is empty."),
    "document_too_large": _both(
        "O arquivo, ou o da assinatura, é grande demais.",
        "The file, or that of the signature, is too large.",
    ),
    "document_unreadable": _both(
        "O arquivo está danificado ou não segue o formato; não pode ser lido.",
        "The file is damaged or does not follow its format; it cannot be read.",
    ),
    "too_many_objects": _both(
        "O PDF tem objetos demais para ser conferido.", "The PDF has too many objects to check."
    ),
    "too_many_signatures": _both(
        "Há assinaturas ou certificados demais no arquivo.",
        "There are too many signatures or certificates in the file.",
    ),
    "verification_too_long": _both(
        "A verificação passou do tempo permitido.", "Verification took longer than is allowed."
    ),
    "verification_broken_off": _both(
        "A verificação passou da memória permitida ou foi interrompida.",
        "Verification took more memory than is allowed, or was broken off.",
    ),
}
"""Why a document is malformed: nothing is said about its signatures."""

REFUSED: Final[Mapping[str, Mapping[Language, str]]] = {
    # The document.
    "not_signed": _both("O documento não está assinado.", "The document is not signed."),
    "encrypted": _both("PDF cifrado não é aceito.", "An encrypted PDF is not accepted."),
    "javascript": _both("O PDF contém JavaScript.", "The PDF holds JavaScript."),
    "launch_action": _both(
        "O PDF contém ação que abre outro programa.",
        "The PDF holds an action that starts another program.",
    ),
    "embedded_file": _both("O PDF contém outro arquivo.", "The PDF holds another file."),
    "xfa_form": _both("O PDF contém formulário XFA.", "The PDF holds an XFA form."),
    "active_content": _both(
        "O PDF contém mídia ou ação que muda o que se vê.",
        "The PDF holds media or actions that change what is seen.",
    ),
    "stray_signature": _both(
        "O PDF contém assinatura fora dos campos de assinatura, ou de tipo desconhecido.",
        "The PDF holds a signature outside signature fields, or of an unknown kind.",
    ),
    "not_whole_file": _both(
        "A última assinatura não cobre o arquivo até o fim.",
        "The last signature does not cover the file to its end.",
    ),
    "signer_not_declared": _both(
        "Nenhuma assinatura é do signatário declarado.", "No signature is the declared signer's."
    ),
    "only_company_seal": _both(
        "Só há selo de pessoa jurídica, que prova a origem, não a vontade de uma pessoa.",
        "There is only a company's seal, which proves origin, not a person's will.",
    ),
    # A signature.
    "partial_coverage": _both(
        "A assinatura não cobre um trecho contínuo desde o início do arquivo.",
        "The signature does not cover one stretch from the beginning of the file.",
    ),
    "content_changed": _both(
        "O conteúdo não é o que foi assinado.", "The content is not what was signed."
    ),
    "changed_after_signing": _both(
        "O documento foi alterado depois da assinatura.",
        "The document was changed after it was signed.",
    ),
    "covered_after_signing": _both(
        "Depois da assinatura do signatário declarado foi acrescentado algo que aparece na página "
        "e pode encobrir o que ele assinou. Peça que ele assine por último, ou que as assinaturas "
        "seguintes sejam invisíveis.",
        "After the declared signer's signature something was added that shows on the page and may "
        "cover what was signed. Have the declared signer sign last, or later signatures made "
        "invisible.",
    ),
    "signature_invalid": _both(
        "A assinatura não confere com o certificado.",
        "The signature does not match its certificate.",
    ),
    "signature_unreadable": _both(
        "A assinatura não segue o formato.", "The signature does not follow its format."
    ),
    "signed_attributes_missing": _both(
        "A assinatura não traz os atributos assinados.",
        "The signature lacks the signed attributes.",
    ),
    "signature_unsound": _both(
        "A assinatura não cumpre todas as exigências.",
        "The signature does not meet every requirement.",
    ),
    "timestamp_unsound": _both("O carimbo do tempo não é válido.", "The timestamp is not valid."),
    "signed_in_future": _both(
        "A data da assinatura está no futuro.", "The time of signing is in the future."
    ),
    "signed_before_certificate": _both(
        "A data da assinatura é anterior ao certificado.",
        "The time of signing is before the certificate's.",
    ),
    "weak_algorithm": _both(
        "Há algoritmo ou chave fraca na assinatura ou na cadeia.",
        "There is a weak algorithm or key in the signature or its chain.",
    ),
    "seed_value_violated": _both(
        "A assinatura descumpre o que o próprio campo exige.",
        "The signature breaks what its own field demands.",
    ),
    # Its certificate.
    "chain_unknown": _both(
        "O certificado não vem de raiz em que confiamos.",
        "The certificate does not come from a root that we trust.",
    ),
    "chain_unsound": _both(
        "A cadeia de certificados não é válida.", "The chain of certificates is not valid."
    ),
    "certificate_expired": _both("O certificado expirou.", "The certificate has expired."),
    "certificate_not_yet_valid": _both(
        "O certificado ainda não vale.", "The certificate is not valid yet."
    ),
    "certificate_revoked": _both(
        "O certificado foi revogado.", "The certificate has been revoked."
    ),
    "authority_expired": _both(
        "O certificado de uma autoridade da cadeia expirou.",
        "An authority's certificate in the chain has expired.",
    ),
    "authority_revoked": _both(
        "O certificado de uma autoridade da cadeia foi revogado.",
        "An authority's certificate in the chain has been revoked.",
    ),
    "revocation_unknown": _both(
        "Não temos lista de revogação que diga se o certificado ainda vale.",
        "We have no revocation list that says whether the certificate still holds.",
    ),
    "revocation_stale": _both(
        "A lista de revogação que temos está vencida.",
        "The revocation list that we have is out of date.",
    ),
    "certificate_not_for_signing": _both(
        "O certificado não é para assinar.", "The certificate is not for signing."
    ),
    "signer_tax_id_missing": _both(
        "O certificado não traz o CPF de uma pessoa.",
        "The certificate does not hold a person's CPF.",
    ),
    "signer_tax_id_invalid": _both(
        "O CPF no certificado não é válido.", "The CPF in the certificate is not valid."
    ),
}
"""Why a document that can be read is not accepted."""

TRUST: Final[Mapping[str, Mapping[Language, str]]] = {
    "no_roots": _both(
        "Não há raiz de confiança nesta pasta.", "There is no trusted root in this folder."
    ),
    "file_unreadable": _both(
        "O arquivo não é certificado de autoridade nem lista de revogação.",
        "The file is neither an authority's certificate nor a revocation list.",
    ),
    "file_writable_by_others": _both(
        "Outros usuários da máquina podem alterar o arquivo ou a pasta; não foi usado.",
        "Other users of the machine can change the file or folder; it was not used.",
    ),
    "file_owned_by_another": _both(
        "O arquivo ou a pasta não é de root nem do serviço; não foi usado.",
        "The file or folder belongs to neither root nor the service; it was not used.",
    ),
    "authority_not_current": _both(
        "O certificado da autoridade não vale neste momento.",
        "The authority's certificate is not valid at this moment.",
    ),
    "crl_stale": _both("A lista de revogação está vencida.", "The revocation list is out of date."),
    "crl_missing": _both(
        "Falta a lista de revogação desta autoridade.",
        "This authority's revocation list is missing.",
    ),
}
"""What an operator should mend in the trust folder."""

FINDINGS: Final[Mapping[str, Mapping[Language, str]]] = {**UNREADABLE, **REFUSED}
_ALL: Final[Mapping[str, Mapping[Language, str]]] = {**FINDINGS, **TRUST}


def finding_message(code: str, language: Language) -> str:
    """The sentence of a finding. Raises KeyError for a code in no catalogue."""
    return _ALL[code][language]
