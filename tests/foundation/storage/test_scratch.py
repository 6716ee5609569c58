"""Clear text on its way: gone with its work, or with the next sweep where a worker was killed over it."""

from __future__ import annotations

from pathlib import Path

from foundation import storage
from foundation.storage.tasks import sweep_scratch


def test_what_a_killed_worker_left_in_clear_text_is_removed(settings, tmp_path):
    settings.SANAD_HOME = tmp_path
    left = Path(tmp_path, "scratch", "ingest-of-the-dead")
    left.mkdir(parents=True)
    (left / "upload").write_bytes(b"name,salary\n")
    with storage.scratch("ingest") as folder:
        (folder / "upload").write_bytes(b"name,salary\n")
        left.mkdir(exist_ok=True)
        sweep_scratch()
        assert not left.exists()
        assert (folder / "upload").exists()
    assert list(Path(tmp_path, "scratch").iterdir()) == []
