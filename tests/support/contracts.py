"""A contract that import-linter does not ship: packages on the standard library alone."""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class StandardLibraryOnly(Contract):
    """Keeps each package of `modules` to itself and the standard library."""

    type_name = "standard_library_only"

    modules = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Broken by each import of anything else."""
        strays = sorted(
            (importer, imported)
            for package in self._packages()
            for importer in {package, *graph.find_descendants(package)}
            for imported in graph.find_modules_directly_imported_by(importer)
            if not _allowed(package, imported)
        )
        return ContractCheck(kept=not strays, metadata={"strays": strays})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line per import that does not belong."""
        for importer, imported in check.metadata["strays"]:
            output.print_error(f"{importer} imports {imported}")

    def _packages(self) -> list[str]:
        return [str(name) for name in self.contract_options["modules"]]


def _allowed(package: str, imported: str) -> bool:
    if imported == package or imported.startswith(f"{package}."):
        return True
    return imported.partition(".")[0] in sys.stdlib_module_names
