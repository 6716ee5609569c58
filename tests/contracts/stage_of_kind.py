"""The stage of each kind of source in turn, as a fixture, and which tests are of some kinds alone."""

from __future__ import annotations

import pytest

from tests.contracts import source_stages

DATABASES, FILES, TABLES = ["postgresql", "mysql"], ["s3", "http"], ["delta", "iceberg"]


@pytest.fixture(params=[*DATABASES, *FILES, *TABLES])
def stage(request, tmp_path, monkeypatch):
    source_stages.small_pieces(monkeypatch)
    kind = request.param
    server = request.getfixturevalue(
        {"http": "file_server", **dict.fromkeys(["s3", *TABLES], "object_store")}.get(kind, kind)
    )
    return getattr(source_stages, f"{kind}_stage")(server, tmp_path / "scratch")


of_databases = pytest.mark.parametrize("stage", DATABASES, indirect=True)
of_files = pytest.mark.parametrize("stage", FILES, indirect=True)
