"""Reading and writing the safetensors format with numpy alone: a length, a JSON header, raw little-endian bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

_NAMES = {"float32": "F32", "float64": "F64", "int64": "I64"}
_TYPES = {name: np.dtype(kind) for kind, name in _NAMES.items()}
_MAX_HEADER = 10 * 1024 * 1024

Array = npt.NDArray[np.generic]


def write_tensors(path: Path, tensors: Mapping[str, Array]) -> None:
    header: dict[str, object] = {}
    offset = 0
    for name, value in tensors.items():
        end = offset + value.nbytes
        header[name] = {"dtype": _NAMES[value.dtype.name], "shape": list(value.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<"), copy=False).tobytes())


def read_tensors(path: Path) -> dict[str, Array]:
    """Return {name: array}; a file that is not in the format raises ValueError with the reason."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else 0
    if not 0 < length <= min(_MAX_HEADER, len(data) - 8):
        raise ValueError(f"{path.name} is not a safetensors file")
    header = json.loads(data[8 : 8 + length])
    body = memoryview(data)[8 + length :]
    tensors: dict[str, Array] = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        kind = _TYPES[entry["dtype"]]
        tensors[name] = np.frombuffer(body[start:end], dtype=kind).reshape(entry["shape"]).copy()
    return tensors
