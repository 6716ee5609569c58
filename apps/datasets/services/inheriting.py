"""What people said of columns goes with the rows that are taken over whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apps.datasets.models import DatasetVersion


def with_inherited_classes(version: DatasetVersion, schema: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns with the classes of the version that was taken over; those of any other origin as they are."""
    if not version.source.get("whole"):
        return schema
    given = DatasetVersion.objects.filter(pk__in=map(UUID, version.source["inputs"].values())).first()
    known = {column["name"]: column.get("class", "") for column in given.schema} if given else {}
    return [{**column, "class": column["class"] or known.get(column["name"], "")} for column in schema]
