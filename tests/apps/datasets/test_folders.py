"""A folder of many small files goes in as one upload, resumed by its content, and comes out as one table."""

import hashlib
import io
import tarfile
from dataclasses import replace

import pytest

from apps.datasets import services
from apps.datasets.choices import FORMAT_OF_ENDING, FileFormat, VersionState
from apps.datasets.services import foldering, uploads
from apps.datasets.services.unpacking import SourceFile
from foundation import lake, storage
from foundation.clock import now
from foundation.errors import Conflict, Invalid, NotFound
from foundation.lake import FileRefused
from foundation.lake.sandbox import files as sandboxed
from sanad.sources import ENDINGS, Folder, digest_of


@pytest.fixture
def folder(tmp_path):
    """Some files in a folder; what they hold by name."""

    def make(files):
        for name, data in files.items():
            path = tmp_path / "months" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return Folder(tmp_path / "months")

    return make


def bytes_of(source):
    return source.read(0, source.size)


def test_a_folder_is_a_tar_that_is_the_same_from_wherever_it_is_read(folder):
    names = ["a.csv", "b/" + "ü" * 120 + ".csv", "c.csv", ".hidden.csv", "b/notes.docx"]
    source = folder({name: f"n\n{place}\n" * 700 for place, name in enumerate(names)})
    whole = bytes_of(source)

    assert len(whole) == source.size == 1024 + sum(source._begins[-1:]) + 512 + 512 * -(-source._sizes[-1] // 512)
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        assert [member.name for member in tar] == sorted(names[:3])
    assert source.left_out == ["b/notes.docx"]
    for start in (0, 1, 511, 512, 513, 4000, source.size - 1025, source.size - 1, source.size):
        for length in (1, 600, 5000):
            assert source.read(start, length) == whole[start : start + length]
    assert source.done(source.size) == (source.size, source.size, 3, 3)
    assert digest_of(source) == hashlib.sha256(whole).hexdigest()


def test_what_changes_while_it_is_sent_is_named(folder, tmp_path):
    source = folder({"a.csv": "n\n1\n"})
    (tmp_path / "months" / "a.csv").write_text("n\n1\n2\n")
    with pytest.raises(ValueError, match=r"a\.csv was changed while it was sent"):
        bytes_of(source)


def test_the_client_sends_what_the_portal_reads():
    assert set(ENDINGS) == {ending for ending, kind in FORMAT_OF_ENDING.items() if kind is not FileFormat.FOLDER}


def test_thousands_of_files_of_several_formats_are_one_version(ingested, folder, monkeypatch):
    from tests.foundation.lake.test_many_files import as_bytes, pa

    monkeypatch.setattr(foldering, "_SMALL", 2000)
    monkeypatch.setattr(foldering, "_AT_ONCE_FILES", 1500)
    files = {f"{n % 30:02}/{n}.csv": f'day,what\n{n},"a, {n}"\n{n},b\n' for n in range(2000)}
    files["30/large.csv"] = "day,what\n" + "7,c\n" * 1000
    files["31/one.parquet"] = as_bytes(pa.table({"day": [8], "what": ["d"]}))
    version = ingested("months.tar", bytes_of(folder(files)))

    assert (version.state, version.row_count) == (VersionState.READY, 5001), version.failure
    told = lake.for_tenant(version.tenant_id).query(
        "SELECT sum(day)::BIGINT, count(DISTINCT what) FROM rows",
        {"rows": lake.TableAt(version.lake_table, version.lake_snapshot)},
    )
    assert list(told.read_all().to_pylist()[0].values()) == [2 * sum(range(2000)) + 7008, 2003]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a.csv": "n\n1\n", "in/b.csv": "n\n1\n2,3\n"}, "Line 3 of “in/b.csv” has 2 values"),
        ({"a.csv": "n\n1\n", "in/b.csv": "m\n1\n"}, "“in/b.csv” has no column “n”"),
        ({"a.csv": "n\n1\n", "in/b.jsonl": '{"m": 1}\n'}, "“months.tar › in/b.jsonl” has no column “n”"),
    ],
)
def test_a_file_that_does_not_fit_is_named_and_nothing_stays(ingested, folder, files, sentence):
    version = ingested("months.tar", bytes_of(folder(files)))
    assert version.state == VersionState.FAILED
    assert sentence in version.failure
    assert not lake.for_tenant(version.tenant_id).exists(f"ds_{version.pk.hex}")


def test_one_that_is_no_table_is_named(ingested):
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("in/notes.docx"))
    assert (
        "“in/notes.docx” in “by-hand.tar” is not of a kind that can become rows"
        in ingested("by-hand.tar", sink.getvalue()).failure
    )


def test_a_name_with_a_zero_byte_ends_the_version_and_not_the_worker(ingested):
    words = b"path=a\0b.csv\n"
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(words) + 3
    head = info.tobuf(tarfile.USTAR_FORMAT) + b"%d " % info.size + words + bytes(512 - info.size)
    sink = io.BytesIO(head)
    sink.seek(0, 2)
    with tarfile.open(fileobj=sink, mode="w:") as tar:
        file = tarfile.TarInfo("in.csv")
        file.size = 6
        tar.addfile(file, io.BytesIO(b"n\n1,2\n"))
    version = ingested("zero.tar", sink.getvalue())
    assert (version.state, "has signs that cannot be seen" in version.failure) == (VersionState.FAILED, True)


def test_a_name_that_comes_twice_and_files_without_end_are_refused(tmp_path, monkeypatch):
    def tar(*names):
        whole = tmp_path / "months.tar"
        with tarfile.open(whole, "w", format=tarfile.PAX_FORMAT) as file:
            for name in names:
                file.addfile(tarfile.TarInfo(name), io.BytesIO())
        return whole

    with pytest.raises(FileRefused, match=r"“months” holds “a/b\.csv” twice"):
        list(lake.sandbox.members_of(tar("a/b.csv", "b.csv", "./a//b.csv"), "months"))
    monkeypatch.setattr(sandboxed, "_MOST_MEMBERS", 2)
    assert len(list(lake.sandbox.members_of(tar("a.csv", "b.csv"), "months"))) == 2
    with pytest.raises(FileRefused, match="more than 2 files"):
        list(lake.sandbox.members_of(tar("a.csv", "b.csv", "c.csv"), "months"))


def test_a_link_out_of_the_folder_is_sent_by_nobody_who_did_not_ask_for_it(folder, tmp_path):
    source = folder({"a.csv": "n\n1\n", "b/c.csv": "n\n2\n"})
    root, secret = tmp_path / "months", tmp_path / "secret.csv"
    secret.write_text("n\n3\n")
    (root / "inside.csv").symlink_to(root / "b" / "c.csv")
    (root / "again").symlink_to(root / "b")
    source = Folder(root)
    assert (source.files, source.left_out) == (3, ["again/"])
    (root / "b" / "out.csv").symlink_to(secret)
    with pytest.raises(ValueError, match=r"out\.csv is a link to .*secret\.csv, outside of the folder"):
        Folder(root)
    assert Folder(root, pattern="a.csv").files == 1
    assert b"n\n3\n" in bytes_of(Folder(root, follow_links=True))


def test_no_file_of_a_folder_is_handed_out_twice_or_left_out(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(foldering, "_AT_ONCE_FILES", 7)
    path, heard = tmp_path / "months.tar", []
    path.write_bytes(bytes_of(folder({f"{n:02}.{'csv' if n % 5 else 'jsonl'}": "x" for n in range(40)})))
    parts = foldering.tables_in(SourceFile(path, FileFormat.FOLDER, path.name), tmp_path, {}, heard.append)
    spans = [(one.options["members"]["start"], one.options["members"]["until"]) for one in parts]
    assert [start for start, _until in spans[1:]] == [until for _start, until in spans[:-1]]
    assert (spans[0][0], heard[-1]) == (0, 40)


def test_no_program_goes_on_with_the_upload_of_a_person(scientist, project):
    program = replace(scientist, kind="service_account", user=None)
    begun = services.start_upload(actor=scientist, project=project, filename="a.csv", size=4)
    for act in (
        lambda pk: services.append_chunk(actor=program, upload_id=pk, offset=0, data=b"n\n1\n"),
        lambda pk: services.complete_upload(actor=program, upload_id=pk, now=now()),
        lambda pk: services.cancel_upload(actor=program, upload_id=pk),
    ):
        with pytest.raises(NotFound):
            act(begun.pk)
    own = services.start_upload(actor=program, project=project, filename="b.csv", size=4)
    services.append_chunk(actor=program, upload_id=own.pk, offset=0, data=b"n\n1\n")


def test_nobody_sends_a_gigabyte_byte_by_byte(scientist, project, monkeypatch):
    monkeypatch.setattr(uploads, "_SMALL_CHUNKS", 3)
    monkeypatch.setattr(uploads, "_LEAST_BYTES", 4)
    upload = services.start_upload(actor=scientist, project=project, filename="a.csv", size=10)
    for offset, data in enumerate((b"n", b"\n", b"1")):
        services.append_chunk(actor=scientist, upload_id=upload.pk, offset=offset, data=data)
    with pytest.raises(Invalid, match="in 3 pieces already"):
        services.append_chunk(actor=scientist, upload_id=upload.pk, offset=3, data=b"2")
    services.append_chunk(actor=scientist, upload_id=upload.pk, offset=3, data=b"2\n3\n")
    services.append_chunk(actor=scientist, upload_id=upload.pk, offset=7, data=b"44\n")
    assert services.complete_upload(actor=scientist, upload_id=upload.pk, now=now()).sha256


def test_what_is_announced_again_goes_on_with_what_is_here(scientist, project, monkeypatch):
    monkeypatch.setattr(uploads, "CHUNK_BYTES", 4)
    data = b"n\n1\n2\n"
    said = {"actor": scientist, "project": project, "filename": "n.csv", "size": 6}
    digest = hashlib.sha256(data).hexdigest()
    first = services.start_upload(**said, sha256=digest)
    services.append_chunk(actor=scientist, upload_id=first.pk, offset=0, data=data[:4])

    again = services.start_upload(**said, sha256=digest)
    assert (again.pk, again.offset) == (first.pk, 4)
    assert services.start_upload(**said, sha256="0" * 64).pk != first.pk
    services.append_chunk(actor=scientist, upload_id=first.pk, offset=4, data=data[4:])
    assert services.complete_upload(actor=scientist, upload_id=first.pk, now=now()).sha256 == digest
    assert services.start_upload(**said, sha256=digest).completed_at is not None
    dataset = services.create_dataset(actor=scientist, project=project, name="n")
    services.create_version(actor=scientist, dataset=dataset, upload=first, now=now())
    assert services.start_upload(**said, sha256=digest).pk != first.pk


def test_bytes_are_looked_at_once_however_often_somebody_asks_and_is_refused(scientist, project, monkeypatch):
    """A request that is refused changes nothing; a hundred gigabytes would be read by each."""
    words = {"project": project, "filename": "a.csv", "size": 4}
    upload = services.start_upload(actor=scientist, **words, sha256="0" * 64)
    services.append_chunk(actor=scientist, upload_id=upload.pk, offset=0, data=b"n\n1\n")
    read = []
    chunks = uploads.read_chunks
    monkeypatch.setattr(uploads, "read_chunks", lambda row: read.append(row) or chunks(row))
    for _ in range(3):
        with pytest.raises(Conflict, match="differs"):
            services.complete_upload(actor=scientist, upload_id=upload.pk, now=now())
    assert len(read) == 1
    services.start_upload(actor=scientist, **words, sha256="0" * 64)
    assert len(read) == 1
    uploads.drop_chunks(upload.tenant_id, upload.pk)
    assert list(storage.list(upload.tenant_id, f"{uploads.home_of(upload.pk)}/")) == []


def test_nobody_goes_on_with_other_bytes_than_were_announced(scientist, project):
    said = {"actor": scientist, "project": project, "filename": "n.csv", "size": 4, "sha256": "0" * 64}
    first = services.start_upload(**said)
    services.append_chunk(actor=scientist, upload_id=first.pk, offset=0, data=b"n\n1\n")
    with pytest.raises(Conflict, match="SHA-256 differs"):
        services.complete_upload(actor=scientist, upload_id=first.pk, now=now())
    again = services.start_upload(**said)
    assert (again.pk != first.pk, again.offset) == (True, 0)
