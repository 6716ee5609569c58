"""The safetensors format, written and read by hand."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from runtime.tensors import read_tensors, write_tensors


def test_what_was_written_is_read_back(tmp_path):
    tensors = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1.5]), "c": np.array(7)}
    write_tensors(tmp_path / "t", tensors)
    found = read_tensors(tmp_path / "t")
    assert list(found) == ["a", "b", "c"]
    assert all(
        np.array_equal(found[name], value) and found[name].dtype == value.dtype for name, value in tensors.items()
    )


def test_the_file_is_laid_out_as_the_format_says(tmp_path):
    write_tensors(tmp_path / "t", {"w": np.array([[1, 2]], dtype=np.float32)})
    data = (tmp_path / "t").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    assert length % 8 == 0
    assert json.loads(data[8 : 8 + length]) == {"w": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}}
    assert data[8 + length :] == struct.pack("<2f", 1, 2)


@pytest.mark.parametrize("data", [b"", b"short", b"\xff" * 64])
def test_another_file_is_refused(data, tmp_path):
    (tmp_path / "t").write_bytes(data)
    with pytest.raises(ValueError, match="is not a safetensors file"):
        read_tensors(tmp_path / "t")
