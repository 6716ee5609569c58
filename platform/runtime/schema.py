"""The input schema of a model: what a row must look like, as kept in sanad/schema.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

FeatureType = Literal["number", "integer", "boolean", "category", "timestamp"]
Task = Literal["binary", "multiclass", "regression"]
ClassName = str | bool | int

SCHEMA_FILE = "sanad/schema.json"

# What a timestamp becomes. The parts repeat, so that a model trained on one half of a year can read the other.
TIMESTAMP_PARTS = ("year", "month", "day", "weekday", "hour")


@dataclass(frozen=True)
class Feature:
    """One column a caller sends; min and max are of the training rows (epoch seconds for timestamps)."""

    name: str
    type: FeatureType
    nullable: bool
    minimum: float | None = None
    maximum: float | None = None
    # For categories: the known values by code; the one None marks the place of values that training did not know.
    order: tuple[str | None, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numeric columns it becomes."""
        if self.type == "timestamp":
            return tuple(f"{self.name}.{part}" for part in TIMESTAMP_PARTS)
        return (self.name,)

    def to_json(self) -> dict[str, Any]:
        categories = sorted(value for value in self.order if value is not None) if self.type == "category" else None
        return {
            "name": self.name,
            "type": self.type,
            "categories": categories,
            "nullable": self.nullable,
            "min": self.minimum,
            "max": self.maximum,
        }


@dataclass(frozen=True)
class Target:
    name: str
    task: Task
    classes: tuple[ClassName, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "task": self.task, "classes": list(self.classes)}


@dataclass(frozen=True)
class ModelSchema:
    features: tuple[Feature, ...]
    target: Target
    event_time: str | None
    model_format: str

    def to_json(self) -> dict[str, Any]:
        orders = {feature.name: list(feature.order) for feature in self.features if feature.type == "category"}
        columns = [column for feature in self.features for column in feature.columns]
        return {
            "features": [feature.to_json() for feature in self.features],
            "target": self.target.to_json(),
            "encoder": {"version": 1, "columns": columns, "orders": orders, "timestamp_parts": list(TIMESTAMP_PARTS)},
            "event_time": self.event_time,
            "model_format": self.model_format,
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> ModelSchema:
        """Build it from schema.json; raises ValueError when a newer encoder wrote it."""
        if document["encoder"]["version"] != 1:
            raise ValueError(
                f"schema.json was written by encoder version {document['encoder']['version']}; this reads 1"
            )
        orders = document["encoder"]["orders"]
        features = tuple(
            Feature(
                name=entry["name"],
                type=entry["type"],
                nullable=entry["nullable"],
                minimum=entry["min"],
                maximum=entry["max"],
                order=tuple(orders.get(entry["name"], ())),
            )
            for entry in document["features"]
        )
        target = document["target"]
        return cls(
            features=features,
            target=Target(name=target["name"], task=target["task"], classes=tuple(target["classes"])),
            event_time=document["event_time"],
            model_format=document["model_format"],
        )
