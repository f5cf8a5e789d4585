"""Exports of the old system, made up: the same columns and customs, other people."""

import csv
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.core.documents import with_check_digits
from app.services.legacy_file import COLUMNS

Row = dict[str, str]


def password(number: int | str) -> str:
    """The password of a row."""
    return f"Senha-{number}!x"


def md5(text: str) -> str:
    """What the old system made of a text."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def old_hash(number: int) -> str:
    """What the old system stored: every third with a salt."""
    if number % 3:
        return md5(password(number))
    salt = f"{number:05x}"
    return f"{md5(salt + password(number))}:{salt}"


def row(number: int, **cells: str) -> Row:
    """A good row, every fourth a company's; `cells` replace what it holds."""
    company = number % 4 == 0
    mask = f"{number:012d}" if company else f"{number:09d}"
    return {
        "id": str(number),
        "tipo": "PJ" if company else "PF",
        "nome": f"Conceição & Müller {number} Ltda" if company else f"Antônia D'Ávila {number}",
        "email": f"cliente{number}@exemplo86.com.br",
        "telefone": "(11) 96512-4034" if number % 2 else "",
        "cpf_cnpj": with_check_digits(mask),
        "logradouro": "Rua D'Ávila",
        "numero": str(100 + number),
        "complemento": ("", "Sala 12", "Bloco B; fundos")[number % 3],
        "bairro": "Centro",
        "cidade": "São Paulo",
        "uf": "SP",
        "cep": "01310-100",
        "preferencias": ("", "idioma=pt-BR", "idioma=en;canal=telefone")[number % 3],
        "aceita_marketing": ("S", "N", "")[number % 3],
        "senha": old_hash(number),
        "criado_em": "17/11/2011 23:21",
        "situacao": ("ativo", "suspenso", "encerrado")[number % 3],
    } | cells


def rows(count: int, first: int = 1) -> list[Row]:
    """Good rows, numbered."""
    return [row(number) for number in range(first, first + count)]


def write(path: Path, content: Iterable[Mapping[str, str]]) -> Path:
    """The file as the old system writes it: UTF-8 with a BOM, ``;``, CRLF."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=";")
        writer.writeheader()
        writer.writerows(content)
    return path
