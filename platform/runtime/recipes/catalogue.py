"""The recipes and their parameters, as plain data: the portal's form comes from this, without torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

Value = bool | int | float | str


class ParameterRefused(ValueError):
    """A parameter's value is unknown, of the wrong type or out of range; the sentence names it."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name
        self.sentence = sentence


def _is_finite(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Parameter:
    name: str
    type: Literal["integer", "number", "boolean", "choice"]
    default: Value
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: object) -> Value:
        """Return the value in its own type, or refuse it with a sentence."""
        if self.type == "boolean" and isinstance(value, bool):
            return value
        if self.type == "choice" and value in self.choices:
            return str(value)
        if self.type in ("integer", "number") and _is_finite(value):
            if self.type == "integer" and value == int(value):
                value = int(value)
            if (self.type == "number" or isinstance(value, int)) and self._in_range(value):
                return value
        raise ParameterRefused(self.name, f"{self.name} has to be {self.expectation}; {value!r} is not.")

    def _in_range(self, value: float) -> bool:
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)

    @property
    def expectation(self) -> str:
        if self.type == "boolean":
            return "true or false"
        if self.type == "choice":
            return "one of " + ", ".join(self.choices)
        noun = "a whole number" if self.type == "integer" else "a number"
        return f"{noun} from {self.minimum:g} to {self.maximum:g}"

    def json_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"description": self.help, "default": self.default}
        if self.type == "choice":
            return schema | {"type": "string", "enum": list(self.choices)}
        if self.type == "boolean":
            return schema | {"type": "boolean"}
        return schema | {"type": self.type, "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True)
class RecipeInfo:
    name: str
    title: str
    summary: str
    parameters: tuple[Parameter, ...]

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of the parameters object."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "type": "object",
            "additionalProperties": False,
            "properties": {parameter.name: parameter.json_schema() for parameter in self.parameters},
        }

    def complete(self, params: Mapping[str, object]) -> dict[str, Value]:
        """Check the given parameters and add the defaults of the others; raises ParameterRefused."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in params:
            if name not in known:
                raise ParameterRefused(
                    name, f"The recipe {self.name} has no parameter {name!r}; it has {', '.join(known)}."
                )
        return {name: parameter.check(params.get(name, parameter.default)) for name, parameter in known.items()}


HIST_GRADIENT_BOOSTING = RecipeInfo(
    name="hist_gradient_boosting",
    title="Histogram gradient boosting",
    summary="Many small decision trees, each mending the errors of those before; the first choice for tables.",
    parameters=(
        Parameter("learning_rate", "number", 0.05, "How much each tree may change the prediction.", 0.001, 1.0),
        Parameter("max_iter", "integer", 300, "How many trees to grow at most.", 1, 5000),
        Parameter("max_leaf_nodes", "integer", 31, "How many leaves a tree may have.", 2, 1024),
        Parameter(
            "min_samples_leaf", "integer", 100, "How many rows a leaf needs; lowered for small tables.", 1, 100000
        ),
        Parameter("l2_regularization", "number", 5.0, "How strongly leaf values are drawn to zero.", 0.0, 1000.0),
        Parameter("max_features", "number", 0.3, "Share of the columns that each split may look at.", 0.05, 1.0),
        Parameter("early_stopping", "boolean", True, "Stop when the validation loss no longer falls."),
        Parameter("n_iter_no_change", "integer", 30, "How many trees to wait for a lower validation loss.", 1, 500),
        Parameter(
            "refit", "boolean", True, "Fit once more on training and validation rows, with the trees found best."
        ),
    ),
)

TORCH_MLP = RecipeInfo(
    name="torch_mlp",
    title="Neural network (PyTorch)",
    summary="A small feed-forward network with embeddings for categories; worth a try where relations are smooth.",
    parameters=(
        Parameter("hidden_layers", "integer", 2, "How many hidden layers the network has.", 1, 6),
        Parameter("hidden_units", "integer", 128, "How many units each hidden layer has.", 4, 1024),
        Parameter("dropout", "number", 0.1, "Share of units left out at random while learning.", 0.0, 0.9),
        Parameter("learning_rate", "number", 0.001, "Step width of the optimiser.", 0.00001, 1.0),
        Parameter("weight_decay", "number", 0.0001, "How strongly weights are drawn to zero.", 0.0, 1.0),
        Parameter("batch_size", "integer", 1024, "How many rows are learned from at once.", 8, 65536),
        Parameter("max_epochs", "integer", 20, "How often the training rows are gone through at most.", 1, 500),
        Parameter("patience", "integer", 4, "How many epochs to wait for a lower validation loss.", 1, 100),
        Parameter(
            "categories",
            "choice",
            "embedding",
            "How categories enter; one_hot holds for up to 64 values, then embedding.",
            choices=("embedding", "one_hot"),
        ),
    ),
)

CATALOGUE: dict[str, RecipeInfo] = {info.name: info for info in (HIST_GRADIENT_BOOSTING, TORCH_MLP)}
