"""A disk that fills up: a sentence, nothing half-made, what was there as it was, and on it goes once there is room."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest

from foundation import storage
from foundation.errors import Unavailable
from foundation.lake import LakeUnavailable, for_tenant
from foundation.lake.engines import destroy_lake

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="Only root mounts a small disk.")


@pytest.fixture
def small_disk(tmp_path, settings):
    """SANAD_HOME on a disk of 6 MB of its own."""
    home = tmp_path / "small"
    home.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(home)], check=False)
    if mounted.returncode:
        pytest.skip("This machine lets nobody mount a small disk.")
    settings.SANAD_HOME = home
    settings.LAKE_KEYS = "tests.foundation.lake.conftest.keys_of"
    yield home
    subprocess.run(["umount", "--lazy", str(home)], check=True)


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def noise(mib: int) -> pa.Table:
    """What does not shrink."""
    return pa.table({"noise": [os.urandom(1 << 16) for _ in range(mib * 16)]})


@pytest.mark.django_db
def test_a_write_that_finds_no_room_leaves_nothing_and_what_was_there_stays(small_disk):
    tenant = uuid4()
    tables = for_tenant(tenant)
    before = tables.write("kept", pa.table({"noise": [b"x"]}))
    digest, there = tables.digest(before), files_in(small_disk)
    for mode in ("create", "append", "replace"):
        with pytest.raises(LakeUnavailable, match="The lake's disk is full, and nothing was written"):
            tables.write("large" if mode == "create" else "kept", noise(12), mode=mode)
    assert (tables.tables(), tables.current("kept"), tables.digest(before)) == (["kept"], before, digest)
    assert files_in(small_disk) == there
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    assert tables.count(tables.write("large", noise(12))) == 12 * 16
    destroy_lake(tenant)


def test_a_file_for_which_there_is_no_room_is_gone_with_a_sentence(small_disk):
    with pytest.raises(Unavailable, match="This machine's disk is full"), storage.scratch("ingest") as folder:
        (folder / "large").write_bytes(os.urandom(7 << 20))
    assert not files_in(small_disk)
