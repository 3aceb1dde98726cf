"""A kind of contract that import-linter lacks: these packages may import the listed modules, and nothing else."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class AllowListContract(Contract):
    """Says in full what some packages may import directly; a forbidden list would be blind to the next library.

    The standard library counts as well: its modules do input and output too.
    """

    source_modules = fields.SetField(subfield=fields.StringField())
    allowed_modules = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001  the linter's own call
        """Find each direct import that is on no list."""
        sources: set[str] = self.source_modules  # type: ignore[assignment]
        allowed: set[str] = self.allowed_modules | sources  # type: ignore[operator]
        found = [
            f"{importer} imports {imported}"
            for source in sorted(sources)
            for importer in sorted({source} | graph.find_descendants(source))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if imported.partition(".")[0] not in allowed
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each of them."""
        for line in check.metadata["found"]:
            output.print_error(f"- {line}")
