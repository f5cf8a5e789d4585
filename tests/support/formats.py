"""Valid values for each `format` of `app/schemas/fields.py`, as Hypothesis strategies.

Written from design facts, not on top of the code under test. For schemathesis, which cannot guess
check digits: ``for name, values in FORMATS.items(): schemathesis.openapi.format(name, values)``.
"""

from collections.abc import Mapping
from typing import Final

from hypothesis import strategies as st

_CNPJ_FIRST = (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_CNPJ_SECOND = (6, *_CNPJ_FIRST)
_CPF_FIRST = (10, 9, 8, 7, 6, 5, 4, 3, 2)
_CPF_SECOND = (11, *_CPF_FIRST)

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZáâãàçéêíóôõúüÁÂÃÇÉÊÍÓÔÕÚßøñ王"
_DIGITS = "0123456789"
_SEPARATORS = str.maketrans("", "", "-.")
_SYMBOLS = "!@#$%&*()-_=+[]{};:,.<>/?|~'\"\\"


def _with_check_digits(base: str, first: tuple[int, ...], second: tuple[int, ...]) -> str:
    for weights in (first, second):
        products = [(ord(c) - 48) * w for c, w in zip(base, weights, strict=True)]
        rest = sum(products) % 11
        base += "0" if rest < 2 else str(11 - rest)
    return base


def _masked_cpf(cpf: str) -> str:
    return f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"


def _masked_cnpj(cnpj: str) -> str:
    return f"{cnpj[:2]}.{cnpj[2:5]}.{cnpj[5:8]}/{cnpj[8:12]}-{cnpj[12:]}"


CPFS: Final = (
    st.text(_DIGITS, min_size=9, max_size=9)
    .filter(lambda base: len(set(base)) > 1)
    .map(lambda base: _with_check_digits(base, _CPF_FIRST, _CPF_SECOND))
)
"""Without mask."""

CNPJS: Final = (
    st.one_of(
        st.text(_DIGITS, min_size=12, max_size=12),
        st.text(_DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12),
    )
    .filter(lambda base: len(set(base)) > 1)
    .map(lambda base: _with_check_digits(base, _CNPJ_FIRST, _CNPJ_SECOND))
)
"""Without mask, upper-case, numeric and alphanumeric."""

MOBILES: Final = st.builds(
    "+55{}9{}".format,
    st.sampled_from(["11", "21", "31", "41", "51", "61", "71", "81", "85", "92"]),
    st.integers(60_000_000, 99_999_999),
)
"""Brazilian mobile numbers in E.164."""

POSTAL_CODES: Final = st.integers(1, 99_999_999).map("{:08}".format)

EMAILS: Final = st.builds(
    "{}@{}.{}".format,
    st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._+-]?[A-Za-z0-9]){0,20}", fullmatch=True),
    st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,20}", fullmatch=True).filter(
        lambda label: "--" not in label
    ),
    st.sampled_from(["com.br", "org.br", "com", "net", "pt"]),
)

PASSWORDS: Final = st.builds(
    "".join,
    st.tuples(
        st.text(_LETTERS, min_size=4, max_size=20),
        st.text(_DIGITS, min_size=3, max_size=20),
        st.text(_SYMBOLS, min_size=3, max_size=20),
    ).flatmap(st.permutations),
)

SEARCHES: Final = st.lists(
    st.text(_LETTERS, min_size=1, max_size=12).map(lambda word: f"a{word}"), min_size=1, max_size=8
).map(" ".join)
"""Up to eight words."""


def process_number(
    serial: int, year: int = 2026, branch: int = 8, court: int = 26, unit: int = 100
) -> str:
    """A lawsuit's number as the CNJ writes it, its check digits sound."""
    rest = int(f"{serial:07}{year:04}{branch}{court:02}{unit:04}00") % 97
    return f"{serial:07}-{98 - rest:02}.{year:04}.{branch}.{court:02}.{unit:04}"


PROCESS_NUMBERS: Final = st.builds(
    process_number,
    st.integers(0, 9_999_999),
    st.integers(1990, 2099),
    st.integers(1, 9),
    st.integers(0, 99),
    st.integers(0, 9999),
)
"""CNJ (Resolução 65/2008), with their separators."""

NETWORKS: Final = st.one_of(
    st.builds("{}.{}.{}.0/{}".format, *[st.integers(1, 223)] * 3, st.integers(16, 32)),
    st.builds("{:x}:{:x}::/{}".format, *[st.integers(0x2001, 0x3FFF)] * 2, st.integers(40, 128)),
    st.ip_addresses(v=4).map(str),
)
"""Of up to 256 coarse ones."""

DOMAINS: Final = st.builds(
    "{}.{}.gov.br".format,
    st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,20}", fullmatch=True).filter(
        lambda label: "--" not in label
    ),
    st.sampled_from(["exemplo", "promotoria", "delegacia"]),
)
"""Of some body's own."""

AGE_RECIPIENTS: Final = st.sampled_from(
    [
        "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z",
    ]
)
"""Of two people who published theirs, in age's own README."""

FORMATS: Final[Mapping[str, st.SearchStrategy[str]]] = {
    "age-recipient": AGE_RECIPIENTS,
    "cep": POSTAL_CODES | POSTAL_CODES.map(lambda code: f"{code[:5]}-{code[5:]}"),
    "cnj-process-number": PROCESS_NUMBERS
    | PROCESS_NUMBERS.map(lambda number: number.translate(_SEPARATORS)),
    "cpf": CPFS | CPFS.map(_masked_cpf),
    "cpf-or-cnpj": CPFS | CPFS.map(_masked_cpf) | CNPJS | CNPJS.map(_masked_cnpj),
    "idn-email": EMAILS,
    "mail-domain": DOMAINS,
    "ip-network": NETWORKS,
    "password": PASSWORDS,
    "search-words": SEARCHES,
    "phone": MOBILES | MOBILES.map(lambda e164: f"({e164[3:5]}) {e164[5:10]}-{e164[10:]}"),
}
