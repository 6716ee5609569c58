"""Artifacts at rest and on their way out: one sealed archive per version, verified whenever it is opened."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from apps.registry.errors import ArtifactRefused
from apps.registry.models import ModelVersion
from foundation import storage
from runtime.signature import SIGNATURE_FILE, SignatureRefused, directory_digest, file_digests, verify_directory


def pack_artifact(version: ModelVersion, folder: Path) -> int:
    """Store the folder as one archive, the same bytes for the same files; its size. A model may exceed the memory."""
    with storage.scratch("pack") as beside, (beside / "model.tar").open("w+b") as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    _add(archive, path, path.relative_to(folder).as_posix())
        packed.seek(0)
        return storage.put(version.tenant_id, version.artifact_key, packed).size


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = path.stat().st_size, 0o644
    with path.open("rb") as file:
        archive.addfile(entry, file)


def unpack_artifact(version: ModelVersion, into: Path) -> Path:
    """The model's files below `into`, proven to be those that were signed and registered; ArtifactRefused otherwise."""
    try:
        with (
            storage.open(version.tenant_id, version.artifact_key) as packed,
            tarfile.open(fileobj=packed, mode="r|") as archive,
        ):
            for entry in archive:
                _extract(archive, entry, into)
    except (tarfile.TarError, ValueError) as error:
        raise ArtifactRefused(
            _("The stored artifact of %(version)s is no archive of ours.") % {"version": version}
        ) from error
    (into / SIGNATURE_FILE).write_bytes(bytes(version.signature or b""))
    check_artifact(version, into)
    return into


def _extract(archive: tarfile.TarFile, entry: tarfile.TarInfo, into: Path) -> None:
    """Plain files below the folder, which is all that we pack. The filters of tarfile came with Python 3.11.4 only."""
    name, file = PurePosixPath(entry.name), archive.extractfile(entry) if entry.isreg() else None
    target = into / name
    if file is None or name.is_absolute() or ".." in name.parts or target.exists():
        raise ValueError(f"{entry.name} is not one file below the model's folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    with file, target.open("xb") as unpacked:
        shutil.copyfileobj(file, unpacked)


def check_artifact(version: ModelVersion, folder: Path) -> None:
    """Signature, every file, and the digest that was approved."""
    try:
        verify_directory(folder, public_key_pem(version))
        found = directory_digest(file_digests(folder))
    except SignatureRefused as refusal:
        raise ArtifactRefused(
            _("The artifact of %(version)s cannot be trusted: %(why)s") % {"version": version, "why": refusal.sentence}
        ) from refusal
    if found != version.artifact_digest:
        raise ArtifactRefused(
            _("The artifact of %(version)s is not the one that was registered.") % {"version": version}
        )


def public_key_pem(version: ModelVersion) -> bytes:
    if version.signing_key is None:
        raise ArtifactRefused(_("%(version)s was never signed.") % {"version": version})
    return version.signing_key.public_pem.encode()
