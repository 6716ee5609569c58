"""A model's archive is put together on the disk: models may be larger than the memory."""

import tracemalloc
from types import SimpleNamespace

from apps.registry.services.artifacts import pack_artifact
from foundation import storage

MEGABYTE = 1024 * 1024


def test_a_large_model_is_packed_in_little_memory(tenant, tmp_path):
    version = SimpleNamespace(tenant_id=tenant.pk, artifact_key="models/large.tar")
    with (tmp_path / "weights.bin").open("wb") as file:
        file.truncate(64 * MEGABYTE)

    tracemalloc.start()
    size = pack_artifact(version, tmp_path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert size >= 64 * MEGABYTE
    assert most < 16 * MEGABYTE
    assert storage.size(tenant.pk, version.artifact_key) == size
