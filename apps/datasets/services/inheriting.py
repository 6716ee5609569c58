"""Classes of columns that SQL made: the highest of the columns that each comes from, until a person says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.datasets.choices import ColumnClass
from apps.datasets.models import DatasetVersion

_RANK = {ColumnClass.PUBLIC: 0, ColumnClass.INTERNAL: 1, ColumnClass.PERSONAL: 2, ColumnClass.SENSITIVE: 3}


def classes_of_inputs(version: DatasetVersion) -> None:
    """Set the class of each column of a version that SQL made; where it cannot be told, as if it came from all.

    A column of which a source has no class gets none, unless another one is personal or sensitive already.
    """
    if version.source.get("kind") != "sql":
        return
    known = _classes(version.source["inputs"])
    told = version.source.get("column_sources") or {}
    for column in version.schema:
        if column["class"]:
            continue  # a person has said it
        sources = told.get(column["name"])
        everything = [found for classes in known.values() for found in classes.values()]
        classes = everything if sources is None else [known.get(alias, {}).get(name, "") for alias, name in sources]
        if inherited := highest(classes):
            column["class"], column["inherited"] = inherited, True


def highest(classes: list[str]) -> str:
    """The highest of these classes; none where one is missing that could be higher."""
    said = [ColumnClass(one) for one in classes if one]
    most = max(said, key=_RANK.__getitem__, default=None)
    if most is None or (len(said) < len(classes) and _RANK[most] < _RANK[ColumnClass.PERSONAL]):
        return ""
    return most.value


def _classes(inputs: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """{input: {column: class}} of the versions that were read."""
    rows: dict[str, list[dict[str, Any]]] = {
        str(pk): schema
        for pk, schema in DatasetVersion.objects.filter(pk__in=[UUID(pk) for pk in inputs.values()]).values_list(
            "pk", "schema"
        )
    }
    return {
        alias: {column["name"]: column.get("class", "") for column in rows.get(pk, [])} for alias, pk in inputs.items()
    }
