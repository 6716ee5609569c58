"""What the registry gives to a tenant's archive: models in MLflow's layout, with card, schema and signature."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from apps.registry import selectors
from apps.registry.models import ModelVersion
from apps.registry.services.artifacts import public_key_pem, unpack_artifact
from apps.tenants import services as tenants
from foundation import storage
from foundation.identity import Actor

_PIECE = 1024 * 1024


def model_part(actor: Actor) -> Iterator[tenants.File]:
    """A folder for each version; one at a time lies unpacked beside."""
    with tenants.in_scope_of(actor):
        rows = selectors.visible_versions(actor=actor).select_related("model__project", "signing_key")
        versions = list(rows)
    for version in versions:
        path = f"models/{version.model.project.slug}/{version.model.name}/v{version.number}"
        yield f"{path}/version.json", tenants.as_json(tenants.fields_of(version))
        yield f"{path}/card.md", [version.card.encode()]
        if version.signature and storage.exists(version.tenant_id, version.artifact_key):
            yield from _files(version, f"{path}/model")
            yield f"{path}/signing-key.pem", [public_key_pem(version)]


def _files(version: ModelVersion, path: str) -> Iterator[tenants.File]:
    with storage.scratch("export-model") as folder:
        unpack_artifact(version, folder)
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                yield f"{path}/{file.relative_to(folder).as_posix()}", _pieces(file)


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece
