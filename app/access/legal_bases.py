"""What an authority may get, by its legal basis: plain data that counsel can change.

Strict where the law can be read two ways. What a basis does not list is refused, item by item,
with the article that would have to be invoked. The letters of the tiers are those of the agency's
own notes on the law: A without a court order, A24 within 24 hours, B access records, BD what a
court orders beside them, C private communications, P preservation, E danger to life.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.access.matrix import MatrixError

ITEMS_TABLE = """
    name             registration_data  name
    filiation        registration_data  -
    qualification    registration_data  kind
    address          registration_data  address.street address.number address.complement \
address.district address.city address.state address.postal_code
    tax_id           registration_data  tax_id
    email            registration_data  email login:email login:email_verified_at
    phone            registration_data  phone
    account          registration_data  id status created_at \
login:id login:name login:status login:created_at
    last_login       registration_data  last_login_at login:last_login_at
    access_records   access_records     *
    consents         consents           *
    disclosures      disclosures        *
    communications   communications     *
"""
"""What can be asked for: the item, the data category whose collector answers for it, and the
fields of the customer that it is; ``login:`` marks those of the logins that own the account.
``-``: the agency never asks anybody for it; ``*``: all that the authority's column of the matrix
shows of the category's records.

Of a login no tier without a court opens anything. Its e-mail is what somebody signs in with:
neither filiation nor address nor qualification (Decreto 8.771/2016, art. 11, § 2º). Its name is a
person's whom the request did not name: who owns a company's account, say (art. 11, § 3º). A judge
who orders the e-mail, the account or its last use gets both sides of it: the customer's record, and
who answers for it."""

BASES_TABLE = """
    code          tier  office kinds                             number   approvals hours days
    mci_10_3      A     ppa    registration_data                 either   1         -     10
    lei_12850_15  A     pp     registration_data                 either   1         -     10
    lei_9613_17b  A     pp     registration_data                 either   1         -     10
    cpp_13a       A24   pp     registration_data_24h             inquiry  1         24    -
    mci_15_3      B     j      access_records                    process  1         -     15
    mci_10_1      BD    j      registration_data,access_records  process  1         -     15
    mci_10_2      C     j      communications                    process  2         -     15
    mci_13_2      P     ppa    preservation                      either   1         48    -
    mci_15_2      P     ppa    preservation                      either   1         48    -
    lgpd_7_vii    E     ppaj   emergency                         none     2         6     -
"""
"""Each basis: its tier; whose office may invoke it (``pp`` police chief or prosecutor, ``a``
another authority within its express competence, ``j`` judge); the kinds of request that it
carries; which number it must name (``process``, ``inquiry``, ``either``, ``none``); how many
directors approve; and by when it is answered: hours, or business days."""

TIERS_TABLE = """
    A    name filiation qualification address
    A24  name filiation qualification address
    B    access_records
    BD   name filiation qualification address tax_id email phone account last_login access_records \
consents disclosures
    C    communications
    P    -
    E    name filiation qualification address
"""
"""The items that a tier covers (Lei 12.965/2014 art. 10; STF, ADI 4906: nothing beyond the three
groups of registration data without a court). Preservation discloses nothing."""

ARTICLES: Final[Mapping[str, str]] = {
    "mci_10_3": "Lei 12.965/2014, art. 10, § 3º; Decreto 8.771/2016, art. 11",
    "lei_12850_15": "Lei 12.850/2013, art. 15",
    "lei_9613_17b": "Lei 9.613/1998, art. 17-B",
    "cpp_13a": "Código de Processo Penal, art. 13-A",
    "mci_10_1": "Lei 12.965/2014, art. 10, § 1º, e art. 22",
    "mci_15_3": "Lei 12.965/2014, art. 15, § 3º, e art. 22",
    "mci_10_2": "Lei 12.965/2014, art. 7º, II e III, e art. 10, § 2º",
    "mci_13_2": "Lei 12.965/2014, art. 13, § 2º",
    "mci_15_2": "Lei 12.965/2014, art. 15, § 2º",
    "lgpd_7_vii": "Lei 13.709/2018, art. 7º, VII",
}
"""The article of each basis, as a certificate cites it."""

REFUSED_BY: Final[Mapping[str, str]] = {
    "tax_id": "Lei 12.965/2014, art. 10, § 1º",
    "email": "Lei 12.965/2014, art. 10, § 1º",
    "phone": "Lei 12.965/2014, art. 10, § 1º",
    "account": "Lei 12.965/2014, art. 10, § 1º",
    "last_login": "Lei 12.965/2014, art. 15, § 3º",
    "access_records": "Lei 12.965/2014, art. 15, § 3º",
    "consents": "Lei 12.965/2014, art. 10, § 1º",
    "disclosures": "Lei 12.965/2014, art. 10, § 1º",
    "communications": "Lei 12.965/2014, art. 10, § 2º",
}
"""The article that keeps an item from whoever comes without the court order that it wants."""

NAMED_PERSONS: Final = "Decreto 8.771/2016, art. 11, § 3º"
"""Why generic and collective requests are refused."""

MOST_TARGETS: Final = 50
MANY_TARGETS: Final = 10
"""More targets than these want a second director."""

LONGEST_PERIOD_DAYS: Final = 186
"""Access records are kept for six months (Lei 12.965/2014, art. 15): there is never more."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be asked for. `fields` are a customer's; None is the whole category,
    and none at all what the agency does not hold of anybody. `owners` are those of the logins
    that own the account."""

    name: str
    category: str
    fields: tuple[str, ...] | None
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Basis:
    """A legal basis, and how far it reaches."""

    code: str
    tier: str
    kinds: frozenset[str]
    offices: frozenset[str]
    number: str
    items: frozenset[str]
    approvals: int
    hours: int | None
    days: int | None

    @property
    def article(self) -> str:
        """The law it stands on."""
        return ARTICLES[self.code]


def _read_items(table: str) -> Mapping[str, Item]:
    items: dict[str, Item] = {}
    for line in filter(str.strip, table.splitlines()):
        name, category, *fields = line.split()
        owners = tuple(f.removeprefix(_OF_OWNERS) for f in fields if f.startswith(_OF_OWNERS))
        own = [field for field in fields if not field.startswith(_OF_OWNERS)]
        held = None if own == ["*"] else () if own == ["-"] else tuple(own)
        if name in items or not own or (owners and not held):
            raise MatrixError(f"legal items: {name} is not written as it must be")
        items[name] = Item(name, category, held, owners)
    return items


def _read_tiers(table: str) -> Mapping[str, frozenset[str]]:
    tiers: dict[str, frozenset[str]] = {}
    for line in filter(str.strip, table.splitlines()):
        tier, *names = line.split()
        covered = frozenset() if names == ["-"] else frozenset(names)
        if tier in tiers or not covered <= ITEMS.keys():
            raise MatrixError(f"legal tiers: {tier} is not written as it must be")
        tiers[tier] = covered
    return tiers


def _read_bases(table: str) -> Mapping[str, Basis]:
    _heading, *lines = [line.split() for line in table.splitlines() if line.strip()]
    bases: dict[str, Basis] = {}
    for code, tier, office, kinds, number, approvals, hours, days in lines:
        if code in bases or code not in ARTICLES or tier not in TIERS or number not in NUMBERS:
            raise MatrixError(f"legal bases: {code} is not written as it must be")
        bases[code] = Basis(
            code,
            tier,
            frozenset(kinds.split(",")),
            OFFICE_LETTERS[office],
            number,
            TIERS[tier],
            int(approvals),
            None if hours == "-" else int(hours),
            None if days == "-" else int(days),
        )
    return bases


_OF_OWNERS: Final = "login:"
NUMBERS: Final = frozenset({"process", "inquiry", "either", "none"})
OFFICE_LETTERS: Final = {
    "j": frozenset({"judge"}),
    "pp": frozenset({"police_chief", "prosecutor"}),
    "ppa": frozenset({"police_chief", "prosecutor", "authority"}),
    "ppaj": frozenset({"police_chief", "prosecutor", "authority", "judge"}),
}
ITEMS: Final = _read_items(ITEMS_TABLE)
TIERS: Final = _read_tiers(TIERS_TABLE)
BASES: Final = _read_bases(BASES_TABLE)

KINDS: Final = tuple(
    dict.fromkeys(kind for basis in BASES.values() for kind in sorted(basis.kinds))
)
OFFICES: Final = ("police_chief", "prosecutor", "judge", "authority")
"""Whose signature carries a request. A clerk enters them, and signs none."""


def refusal(basis: Basis, item: str) -> str | None:
    """The article by which the basis does not reach an item, or None where it does."""
    if item in basis.items:
        return None
    return basis.article if basis.tier == "P" else REFUSED_BY.get(item, basis.article)
