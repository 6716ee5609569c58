"""From a request body to the encoded matrix; every refusal names what is wrong and where."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from runtime.encoder import InputRefused, Matrix, RowEncoder
from runtime.schema import ModelSchema
from runtime.serving.named import DATATYPES as KEY_DATATYPES
from runtime.serving.named import Named, named_rows, named_tensors

INVOCATION_FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_WHOLE = {"INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"}
_REAL = {"FP16", "FP32", "FP64"}
# Which datatypes of the Open Inference Protocol a feature takes, and the first is the one the metadata names.
DATATYPES: dict[str, tuple[str, ...]] = {
    "number": ("FP64", *sorted((_REAL | _WHOLE) - {"FP64"})),
    "integer": ("INT64", *sorted((_REAL | _WHOLE) - {"INT64"})),
    "boolean": ("BOOL",),
    "category": ("BYTES",),
    "timestamp": ("BYTES",),
}


def parse_json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if not body.strip():
            raise InputRefused("The body is empty; it has to be a JSON object.", 400) from None
        if b"NaN" in body or b"Infinity" in body:
            sentence = "The body holds NaN or Infinity, which JSON does not know; send null for a missing value."
            raise InputRefused(sentence, 400) from None
        raise InputRefused(f"The body is not JSON: {error}.", 400) from None


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _subject(noun: str, names: Sequence[str]) -> str:
    """E.g. "The column 'a' is" or "The columns 'a', 'b' are"."""
    return f"The {noun} {_names(names)} is" if len(names) == 1 else f"The {noun}s {_names(names)} are"


def _is_column(shape: list[Any]) -> bool:
    whole = all(type(size) is int and size >= 0 for size in shape)
    return whole and (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1))


class InputReader:
    """Reads the bodies of one model; built once."""

    def __init__(self, schema: ModelSchema) -> None:
        self._encoder = RowEncoder(schema.features)
        self._types = {feature.name: feature.type for feature in schema.features}
        self._names = list(self._encoder.names)
        self._forms: dict[str, Callable[[Any], Matrix]] = {
            "dataframe_split": self._split,
            "dataframe_records": lambda rows: self._rows(rows, "dataframe_records"),
            "instances": lambda rows: self._rows(rows, "instances"),
            "inputs": self._inputs,
        }

    def invocation(self, document: Any) -> Matrix:
        """Read a body of MLflow's scoring protocol in one of its four shapes."""
        form = self._form_of(document)
        return self._forms[form](document[form])

    def named(self, document: Any) -> Named | None:
        """The rows of such a body by name, where they give other names than the model's; None where they do not."""
        form = self._form_of(document)
        return named_rows(form, document[form], self._names)

    def encoded(self, rows: Sequence[Sequence[Any]]) -> Matrix:
        """Rows with a value for each feature, in the order of the schema."""
        return self._encode(rows)

    def _form_of(self, document: Any) -> str:
        if not isinstance(document, dict):
            raise InputRefused("The body has to be a JSON object with one of " + ", ".join(INVOCATION_FORMS) + ".", 400)
        forms = [name for name in INVOCATION_FORMS if name in document]
        if len(forms) != 1:
            said = "none of" if not forms else "more than one of"
            raise InputRefused(f"The body has {said} {', '.join(INVOCATION_FORMS)}; send exactly one.", 400)
        if document.get("params"):
            raise InputRefused("This model takes no params; leave the field out.", 400)
        return forms[0]

    def infer(self, document: Any) -> Matrix:
        """Read a body of the Open Inference Protocol v2: one tensor per feature, each of shape [n] or [n, 1]."""
        return self._columns(self._tensors(document, {}), "input")

    def named_tensors(self, document: Any, kinds: Mapping[str, str]) -> Named | None:
        """The same of such a body; `kinds` are those of columns that may come beside the features."""
        return named_tensors(self._tensors(document, kinds), self._names)

    def _tensors(self, document: Any, kinds: Mapping[str, str]) -> dict[str, list[Any]]:
        if not isinstance(document, dict) or not isinstance(document.get("inputs"), list):
            raise InputRefused('The body has to be a JSON object with the list "inputs".', 400)
        columns: dict[str, list[Any]] = {}
        for tensor in document["inputs"]:
            name, values = self._tensor(tensor, kinds)
            if name in columns:
                raise InputRefused(f"Input {name!r} is given twice.", 400)
            columns[name] = values
        return columns

    def _tensor(self, tensor: Any, kinds: Mapping[str, str]) -> tuple[str, list[Any]]:
        if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
            raise InputRefused("Each input has to be an object with name, shape, datatype and data.", 400)
        name, shape, values = tensor["name"], tensor.get("shape"), tensor.get("data")
        if name not in self._types and name not in kinds:
            raise InputRefused(f"Input {name!r} is unknown; this model takes {_names([*self._names, *kinds])}.")
        wanted = DATATYPES[self._types[name]] if name in self._types else KEY_DATATYPES[kinds[name]]
        if tensor.get("datatype") not in wanted:
            raise InputRefused(f"Input {name!r} has the datatype {tensor.get('datatype')!r}; it has to be {wanted[0]}.")
        if not isinstance(shape, list) or not _is_column(shape):
            raise InputRefused(f"Input {name!r} has the shape {shape!r}; it has to be [rows] or [rows, 1].", 400)
        if not isinstance(values, list):
            raise InputRefused(f"Input {name!r} has no list as data.", 400)
        if len(shape) == 2 and values and all(isinstance(value, list) for value in values):
            values = [value for inner in values for value in inner]
        if math.prod(shape) != len(values):
            raise InputRefused(f"Input {name!r} says shape {shape!r} but holds {len(values)} values.", 400)
        return name, values

    def _split(self, frame: Any) -> Matrix:
        if not isinstance(frame, dict) or not isinstance(frame.get("data"), list):
            raise InputRefused('dataframe_split has to be an object with "columns" and "data".', 400)
        names = frame.get("columns")
        rows = frame["data"]
        if names == self._names:
            return self._lists(rows, "dataframe_split.data")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InputRefused("dataframe_split.columns has to be the list of the columns' names.", 400)
        self._check_names(names, "column")
        places = [names.index(name) for name in self._names]
        self._check_lists(rows, "dataframe_split.data")
        return self._encode([[row[place] for place in places] for row in rows])

    def _inputs(self, given: Any) -> Matrix:
        if isinstance(given, dict):
            single = all(not isinstance(value, list) for value in given.values())
            return self._columns({name: [value] if single else value for name, value in given.items()}, "column")
        return self._rows(given, "inputs")

    def _rows(self, rows: Any, form: str) -> Matrix:
        if not isinstance(rows, list):
            raise InputRefused(f"{form} has to be a list of rows.", 400)
        if rows and isinstance(rows[0], list) and form != "dataframe_records":
            return self._lists(rows, form)
        return self._encode([self._record(row, number, form) for number, row in enumerate(rows)])

    def _record(self, row: Any, number: int, form: str) -> list[Any]:
        if not isinstance(row, dict):
            raise InputRefused(f"Row {number} of {form} has to be an object with the columns' names as keys.", 400)
        if len(row) == len(self._names):
            try:
                return [row[name] for name in self._names]
            except KeyError:
                pass  # the check below says which name is missing
        self._check_names(list(row), "column", f" in row {number}")
        raise AssertionError("names that pass the check are all there")

    def _lists(self, rows: Any, where: str) -> Matrix:
        self._check_lists(rows, where)
        return self._encode(rows)

    def _check_lists(self, rows: Any, where: str) -> None:
        for number, row in enumerate(rows):
            if not isinstance(row, list):
                raise InputRefused(f"Row {number} of {where} has to be a list of values.", 400)
            if len(row) != len(self._names):
                sentence = f"Row {number} of {where} has {len(row)} values; this model takes {len(self._names)}."
                raise InputRefused(sentence, 400)

    def _columns(self, columns: Mapping[str, Any], noun: str) -> Matrix:
        self._check_names(list(columns), noun)
        sizes: dict[str, int] = {}
        for name in self._names:
            if not isinstance(columns[name], list):
                raise InputRefused(f"The {noun} {name!r} has to be a list of values, as the others are.", 400)
            sizes[name] = len(columns[name])
        if len(set(sizes.values())) > 1:
            low, high = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
            raise InputRefused(
                f"{low!r} has {sizes[low]} values but {high!r} has {sizes[high]}; send as many of each.", 400
            )
        return self._encode(list(zip(*(columns[name] for name in self._names), strict=True)))

    def _check_names(self, given: Sequence[str], noun: str, where: str = "") -> None:
        missing = [name for name in self._names if name not in given]
        if missing:
            raise InputRefused(f"{_subject(noun, missing)} missing{where}.")
        unknown = [name for name in given if name not in self._types]
        if unknown:
            raise InputRefused(f"{_subject(noun, unknown)} unknown{where}; this model takes {_names(self._names)}.")
        if len(given) != len(self._names):
            doubled = next(name for name in given if list(given).count(name) > 1)
            raise InputRefused(f"The {noun} {doubled!r} is given twice{where}.", 400)

    def _encode(self, rows: Sequence[Sequence[Any]]) -> Matrix:
        if not rows:
            raise InputRefused("The request holds no rows.", 400)
        return self._encoder.encode_rows(rows)
