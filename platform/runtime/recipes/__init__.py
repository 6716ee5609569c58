"""The recipe table: a name leads to the module that holds its Recipe, imported when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from runtime.failures import WorkloadFailure

if TYPE_CHECKING:  # the portal reads the catalogue beside this without numpy
    from runtime.recipes.base import Recipe

_MODULES = {
    "hist_gradient_boosting": "runtime.recipes.hist_gradient_boosting",
    "torch_mlp": "runtime.recipes.torch_mlp",
}


def load_recipe(name: str) -> Recipe:
    if name not in _MODULES:
        raise WorkloadFailure(f"The recipe {name!r} is unknown; this runtime has {', '.join(sorted(_MODULES))}.")
    recipe: Recipe = import_module(_MODULES[name]).RECIPE
    return recipe
