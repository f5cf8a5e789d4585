"""Why a row of the old system's export is refused: the reasons that only an import has.

The others are those of the fields themselves (`fields.py`), under the same codes.
"""

from collections.abc import Mapping
from typing import Final

from app.core.language import Language
from app.core.messages.fields import FIELDS, field_message

IMPORT: Final[Mapping[str, Mapping[Language, str]]] = {
    "row_malformed": {
        "pt-BR": "A linha não é CSV válido: há aspas abertas ou fora de lugar.",
        "en": "The line is not valid CSV: a quote is open or out of place.",
    },
    "row_too_long": {
        "pt-BR": "A linha passa de {max} caracteres.",
        "en": "The line is longer than {max} characters.",
    },
    "wrong_column_count": {
        "pt-BR": "A linha não tem as {columns} colunas do cabeçalho.",
        "en": "The line has not the {columns} columns of the header.",
    },
    "invalid_legacy_id": {
        "pt-BR": "Use até 64 letras, dígitos, pontos, hifens ou sublinhados, sem acentos.",
        "en": "Use up to 64 ASCII letters, digits, dots, hyphens or underscores.",
    },
    "duplicate_legacy_id": {
        "pt-BR": "Uma linha anterior do arquivo tem o mesmo id.",
        "en": "An earlier row of the file has the same id.",
    },
    "email_taken": {
        "pt-BR": "Este e-mail já é de outro acesso, no arquivo ou no banco de dados.",
        "en": "Another login has this e-mail already, in the file or in the database.",
    },
    "unknown_preference": {
        "pt-BR": "Há uma preferência que não se conhece. Exemplo: idioma=pt-BR;canal=email.",
        "en": "A preference is not known. Example: idioma=pt-BR;canal=email.",
    },
    "unknown_password_hash": {
        "pt-BR": "Não é o MD5 que o sistema antigo guardava. Senhas em claro não são aceitas.",
        "en": "Not the MD5 that the old system kept. Passwords in the clear are not accepted.",
    },
    "invalid_local_time": {
        "pt-BR": "Use uma data e hora que existam, como 31/01/2020 23:59.",
        "en": "Use a date and time that exist, such as 31/01/2020 23:59 (day first).",
    },
}


def import_message(code: str, language: Language, params: Mapping[str, str | int]) -> str:
    """The sentence for a refused cell or row. Raises KeyError for a code in neither catalogue."""
    if code in FIELDS:
        return field_message(code, language, params)
    return IMPORT[code][language].format_map(params)
