"""An archive that was exchanged where it is stored writes nowhere but below the folder it is opened in."""

import io
import tarfile

import pytest

from apps.registry import services
from apps.registry.errors import ArtifactRefused
from foundation import storage


def packed(*entries):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, kind, link in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, link
            entry.size = 4 if kind == tarfile.REGTYPE else 0
            archive.addfile(entry, io.BytesIO(b"evil"))
    return io.BytesIO(whole.getvalue())


@pytest.mark.parametrize(
    "entries",
    [
        [("../outside", tarfile.REGTYPE, "")],
        [("/tmp/outside", tarfile.REGTYPE, "")],
        [("model/../../outside", tarfile.REGTYPE, "")],
        [("model", tarfile.SYMTYPE, "/etc"), ("model/passwd", tarfile.REGTYPE, "")],
        [("model", tarfile.LNKTYPE, "/etc/passwd")],
        [("model", tarfile.FIFOTYPE, "")],
        [("model", tarfile.REGTYPE, ""), ("model", tarfile.REGTYPE, "")],
    ],
)
def test_what_is_no_plain_file_below_the_folder_is_refused(registered, tmp_path, entries):
    version, folder = registered(), tmp_path / "deep" / "folder"
    folder.mkdir(parents=True)
    storage.put(version.tenant_id, version.artifact_key, packed(*entries))

    with pytest.raises(ArtifactRefused, match="no archive of ours"):
        services.unpack_artifact(version, folder)
    assert {path.name for path in tmp_path.rglob("*")} <= {"deep", "folder", "model"}
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))
