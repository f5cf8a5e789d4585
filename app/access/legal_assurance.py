"""How sure a signature must make us, by the office that signs: plain data.

What falls short speaks against a request, and does not stop it: the desk weighs it.
"""

from collections.abc import Mapping
from typing import Final

from app.access.matrix import MatrixError

LEVELS: Final = ("none", "gov_br_advanced", "icp_brasil_qualified")
"""Weakest first (Lei 14.063/2020, art. 4)."""

TABLE = """
    office        at_least              law
    judge         icp_brasil_qualified  Lei 11.419/2006, art. 1º, § 2º, III, a
    prosecutor    gov_br_advanced       Lei 14.063/2020, art. 5º, § 1º, II
    police_chief  gov_br_advanced       Lei 14.063/2020, art. 5º, § 1º, II
    authority     gov_br_advanced       Lei 14.063/2020, art. 5º, § 1º, II
"""
"""What whoever signs in that office must sign with, and the law that says so."""


def _read(table: str) -> Mapping[str, str]:
    _heading, *lines = [line.split(maxsplit=2) for line in table.splitlines() if line.strip()]
    least: dict[str, str] = {}
    for office, level, _law in lines:
        if office in least or level not in LEVELS:
            raise MatrixError(f"legal assurance: {office} is not written as it must be")
        least[office] = level
    return least


LEAST: Final = _read(TABLE)
"""The level that an office's signature must reach."""


def falls_short(office: str, level: str) -> bool:
    """Whether a signature at that level is weaker than the office's must be."""
    return LEVELS.index(level) < LEVELS.index(LEAST[office])
