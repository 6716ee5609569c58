"""The import contract: another app is reached only through its public modules."""

from importlinter import Contract, ContractCheck, fields, output


class AppPrivacyContract(Contract):
    """Keeps `apps.x` out of the private modules of `apps.y`."""

    public_modules = fields.SetField(subfield=fields.StringField())

    def check(self, graph, verbose):
        public = set(self.public_modules)
        reached = [
            (module, imported)
            for module in sorted(m for m in graph.modules if m.startswith("apps."))
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if imported.startswith("apps.") and self._is_private(module, imported, public)
        ]
        return ContractCheck(kept=not reached, metadata={"reached": reached})

    @staticmethod
    def _is_private(module: str, imported: str, public: set[str]) -> bool:
        ours, theirs = module.split("."), imported.split(".")
        return len(theirs) > 2 and ours[1] != theirs[1] and theirs[2] not in public

    def render_broken_contract(self, check):
        for module, imported in check.metadata["reached"]:
            output.print_error(f"{module} reaches into {imported}")
