"""The shape of the network, as kept beside its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from runtime.recipes.base import TrainingData


@dataclass(frozen=True)
class CategoryLayout:
    """`size` counts the known values, the place of the unknown ones, and the last row for missing."""

    column: int
    size: int
    width: int
    one_hot: bool


@dataclass(frozen=True)
class Layout:
    numbers: tuple[int, ...]
    categories: tuple[CategoryLayout, ...]
    hidden_layers: int
    hidden_units: int
    dropout: float
    outputs: int

    @property
    def inputs(self) -> int:
        return 2 * len(self.numbers) + sum(category.width for category in self.categories)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Layout:
        categories = tuple(CategoryLayout(**entry) for entry in document["categories"])
        return cls(**{**document, "numbers": tuple(document["numbers"]), "categories": categories})


def make_layout(data: TrainingData, params: Mapping[str, Any], max_one_hot: int) -> Layout:
    numbers: list[int] = []
    categories: list[CategoryLayout] = []
    column = 0
    for feature in data.features:
        if feature.type == "category":
            size = len(feature.order) + 1
            one_hot = params["categories"] == "one_hot" and size <= max_one_hot
            width = size if one_hot else min(50, round(1.6 * size**0.56))
            categories.append(CategoryLayout(column, size, width, one_hot))
        else:
            numbers.extend(range(column, column + len(feature.columns)))
        column += len(feature.columns)
    return Layout(
        numbers=tuple(numbers),
        categories=tuple(categories),
        hidden_layers=params["hidden_layers"],
        hidden_units=params["hidden_units"],
        dropout=params["dropout"],
        outputs=data.classes if data.task == "multiclass" else 1,
    )
