"""The import contract: apps and the parts of foundation are reached by their doors, not past them."""

from importlinter import Contract, ContractCheck, fields, output


class AppPrivacyContract(Contract):
    """Keeps `apps.x` out of the private modules of `apps.y`, and out of what a public package there is made of.

    Of foundation no app takes the models but those that every model and every loop over tenants builds on, nor what
    writes rights, tokens and keys past their services; the app of people, members and tokens works on both.
    """

    public_modules = fields.SetField(subfield=fields.StringField())
    open_models = fields.SetField(subfield=fields.StringField())
    kept_modules = fields.SetField(subfield=fields.StringField(), required=False, default=set())
    may_use_kept = fields.SetField(subfield=fields.StringField(), required=False, default=set())
    keeper_of_models = fields.StringField()

    def check(self, graph, verbose):
        reached = [
            (module, imported)
            for module in sorted(m for m in graph.modules if m.startswith("apps."))
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if self._is_private(module.split("."), imported.split("."))
        ]
        return ContractCheck(kept=not reached, metadata={"reached": reached})

    def _is_private(self, ours: list[str], theirs: list[str]) -> bool:
        if theirs[0] == "foundation":
            name, both = ".".join(theirs), f"{'.'.join(ours)} -> {'.'.join(theirs)}"
            models = theirs[2:] == ["models"] and name not in set(self.open_models)
            kept = name in set(self.kept_modules) and both not in set(self.may_use_kept)
            return (models or kept) and ours[1] != self.keeper_of_models
        if theirs[0] != "apps" or len(theirs) < 3 or ours[1] == theirs[1]:
            return False
        return len(theirs) > 3 or theirs[2] not in set(self.public_modules)

    def render_broken_contract(self, check):
        for module, imported in check.metadata["reached"]:
            output.print_error(f"{module} reaches into {imported}")
