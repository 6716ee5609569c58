"""What DuckDB loads was signed by DuckDB; looked at once in a process, and never given up."""

from __future__ import annotations

import shutil
import subprocess
import sys

import duckdb
import pytest

from foundation.lake.adapters.extensions import extension, instance_with
from tests.support.servers import ROOT


@pytest.fixture
def forged(tmp_path):
    """An extension of which somebody changed a few bytes."""
    path = tmp_path / "ducklake.duckdb_extension"
    shutil.copyfile(extension("ducklake"), path)
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(b"forged")
    return str(path)


def test_nothing_unsigned_is_loaded_by_any_instance_of_a_process(forged):
    for _ in range(2):
        instance = instance_with([extension("httpfs")], {})
        with pytest.raises(duckdb.IOException, match="signature"):
            instance.execute(f"LOAD '{forged}'")
        with pytest.raises(duckdb.Error, match="allow_unsigned_extensions"):
            instance.execute("SET GLOBAL allow_unsigned_extensions = true")


def test_a_forged_one_is_refused_by_the_first_instance_and_by_the_next(forged):
    for _ in range(2):
        with pytest.raises(duckdb.IOException, match="signature"):
            instance_with([extension("httpfs"), forged], {})


def test_a_new_process_looks_itself(forged):
    code = f"from foundation.lake.adapters.extensions import instance_with\ninstance_with([{forged!r}], {{}})"
    environment = {"PYTHONPATH": str(ROOT / "platform"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "signature" in done.stderr
