"""Conditions of a preview in SQL: names are quoted, values are parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foundation.errors import Invalid
from foundation.lake.adapters.sessions import name
from foundation.lake.ports import Column, Condition
from foundation.words import kept as _

_OPERATORS = {"=", "!=", "<", "<=", ">", ">="}


def known(columns: Mapping[str, Column], wanted: str) -> Column:
    """The column of this name, or Invalid."""
    if wanted not in columns:
        raise Invalid(_("The table has no column “%(column)s”.") % {"column": wanted})
    return columns[wanted]


def as_sql(column: Column, condition: Condition, params: list[Any]) -> str:
    """The condition over a column; its value is appended to the parameters."""
    value = name(column.name)
    if condition.operator in ("is null", "is not null"):
        return f"{value} {condition.operator.upper()}"
    params.append(str(condition.value))
    if condition.operator == "contains":
        return f"contains(lower({value}::VARCHAR), lower(?))"
    if condition.operator not in _OPERATORS:
        raise Invalid(_("“%(operator)s” is not a comparison.") % {"operator": condition.operator})
    return f"{value} {condition.operator} TRY_CAST(? AS {column.type})"
