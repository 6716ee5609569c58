"""Rows of a body by name, where they give other names than exactly those of the model: some features are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.encoder import InputRefused

Row = dict[str, Any]
# What a tensor of a key, or of a value of a request, may be of.
DATATYPES: dict[str, tuple[str, ...]] = {
    "text": ("BYTES", "INT64", "INT32"),
    "whole number": ("INT64", "INT8", "INT16", "INT32", "UINT8", "UINT16", "UINT32", "UINT64", "BYTES"),
    "number": ("FP64", "FP32", "FP16", "INT64", "INT32", "INT16", "INT8"),
    "truth": ("BOOL", "BYTES"),
    "date": ("BYTES",),
    "moment": ("BYTES",),
    "": ("BYTES", "INT64", "INT32", "FP64", "BOOL"),
}


@dataclass(frozen=True)
class Named:
    """Rows as names and values; `where` says in refusals what they are rows of."""

    rows: list[Row]
    where: str


def named_rows(form: str, given: Any, names: Sequence[str]) -> Named | None:
    """None where the rows have no names, or those of the model alone: they are read as they always were."""
    if form == "dataframe_split":
        return _of_frame(given, names)
    if isinstance(given, dict) and form == "inputs":
        return _of_columns(given, names, "inputs")
    if not isinstance(given, list) or not given or not all(isinstance(row, dict) for row in given):
        return None
    known = set(names)
    if all(row.keys() == known for row in given):
        return None
    return Named(given, form)


def _of_frame(frame: Any, names: Sequence[str]) -> Named | None:
    if not isinstance(frame, dict) or not isinstance(frame.get("data"), list):
        return None
    columns, rows = frame.get("columns"), frame["data"]
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        return None
    if set(columns) == set(names):
        return None
    _check_once(columns, "column")
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            sentence = (
                f"Row {number} of dataframe_split.data has to be a list of {len(columns)} values, one for each column."
            )
            raise InputRefused(sentence, 400)
    return Named([dict(zip(columns, row, strict=True)) for row in rows], "dataframe_split.data")


def _of_columns(columns: Mapping[str, Any], names: Sequence[str], where: str) -> Named | None:
    if columns.keys() == set(names):
        return None
    single = all(not isinstance(value, list) for value in columns.values())
    lists = {name: [value] if single else value for name, value in columns.items()}
    for name, values in lists.items():
        if not isinstance(values, list):
            raise InputRefused(f"The column {name!r} has to be a list of values, as the others are.", 400)
    _check_sizes(lists)
    return Named([dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)], where)


def named_tensors(columns: Mapping[str, list[Any]], names: Sequence[str]) -> Named | None:
    if columns.keys() == set(names):
        return None
    _check_sizes(columns)
    return Named([dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)], "inputs")


def _check_sizes(columns: Mapping[str, Sequence[Any]]) -> None:
    sizes = {name: len(values) for name, values in columns.items()}
    if len(set(sizes.values())) > 1:
        low, high = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
        raise InputRefused(
            f"{low!r} has {sizes[low]} values but {high!r} has {sizes[high]}; send as many of each.", 400
        )


def _check_once(names: Sequence[str], noun: str) -> None:
    if len(set(names)) != len(names):
        doubled = next(name for name in names if names.count(name) > 1)
        raise InputRefused(f"The {noun} {doubled!r} is given twice.", 400)
