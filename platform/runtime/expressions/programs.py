"""Several features over the same inputs, compiled once: for single rows and for batches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from runtime.expressions.compiling import Expression, compile_expression
from runtime.expressions.kinds import Kind, arrow_of, cell, column, value_of

# Texts are objects while they are reckoned with; so many rows at a time keep them small.
_ROWS_AT_ONCE = 65_536


class Program:
    """`inputs` are the kinds by name, `features` the expressions by name. ExpressionFault where one is none."""

    def __init__(self, inputs: Mapping[str, Kind], features: Mapping[str, str]) -> None:
        self.features: dict[str, Expression] = {n: compile_expression(text, inputs) for n, text in features.items()}
        self.inputs = dict(inputs)
        self._cells = [(name, cell(kind)) for name, kind in inputs.items()]
        self._outs = [(name, one.kind, one.reckon) for name, one in self.features.items()]
        # What no expression uses is never looked at, yet keeps its place.
        used = {name for one in self.features.values() for name in one.uses}
        self.used = tuple(name for name in inputs if name in used)

    def row(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The features of one row; what is not among the values is missing. ValueError: the name of a misfit."""
        env = []
        for name, convert in self._cells:
            try:
                env.append(convert(values.get(name)))
            except ValueError as error:
                raise ValueError(name) from error
        with np.errstate(all="ignore"):
            return {name: value_of(kind, reckon(env)) for name, kind, reckon in self._outs}

    def batch(self, columns: Mapping[str, pa.Array | pa.ChunkedArray], rows: int) -> dict[str, pa.Array]:
        """The same for so many rows at once; a column that is not there is missing in all."""
        if rows <= _ROWS_AT_ONCE:
            return self._batch(columns, rows)
        pieces: list[dict[str, pa.Array]] = []
        for start in range(0, rows, _ROWS_AT_ONCE):
            more = min(_ROWS_AT_ONCE, rows - start)
            pieces.append(self._batch({name: one.slice(start, more) for name, one in columns.items()}, more))
        return {name: pa.concat_arrays([piece[name] for piece in pieces]) for name in self.features}

    def _batch(self, columns: Mapping[str, Any], rows: int) -> dict[str, pa.Array]:
        env: Sequence[Any] = [
            column(kind, columns[name] if name in columns else pa.nulls(rows)) for name, kind in self.inputs.items()
        ]
        with np.errstate(all="ignore"):
            return {name: arrow_of(kind, reckon(env), rows) for name, kind, reckon in self._outs}


def program_of(definition: Mapping[str, Any]) -> Program:
    """The program of a definition, compiled once in a process.

    {"inputs": {name: kind}, "features": [{"name", "expression"}]}; more beside it does not matter.
    """
    features = {feature["name"]: feature["expression"] for feature in definition["features"]}
    return _compiled(json.dumps([list(definition["inputs"].items()), list(features.items())]))


@lru_cache(maxsize=512)
def _compiled(definition: str) -> Program:
    inputs, features = json.loads(definition)
    return Program(dict(inputs), dict(features))


def on_demand_values(
    definition: Mapping[str, Any], request: Mapping[str, Any], features: Mapping[str, Any]
) -> dict[str, Any]:
    """On-demand features of one request: `features` are the values of views as they were read, None where missing.

    ValueError with the name of a value that is not of its kind.
    """
    return program_of(definition).row({**features, **request})
