"""Small files of a tar, read as one table in one child; what is wrong is named by its own file and line."""

from __future__ import annotations

import gzip
import io
import tarfile

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from foundation.lake import FileRefused, UserFile
from foundation.lake.sandbox import members_of


def tarred(path, files, form=tarfile.GNU_FORMAT):
    with tarfile.open(path, "w", format=form) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture
def ingest(lake, tmp_path):
    """Read all of these files as one and give the rows."""

    def write(files, format="csv", **options):
        path = tarred(tmp_path / "folder.tar", {name: as_bytes(data) for name, data in files.items()})
        within = {"members": {"start": 0, "until": path.stat().st_size}, **options}
        at = lake.write_from_files("many", [UserFile(path, format, "folder.tar", within)], mode="replace")
        return lake.read(at).read_all().to_pydict()

    yield write
    lake.drop("many")


def as_bytes(data):
    if isinstance(data, pa.Table):
        sink = io.BytesIO()
        pq.write_table(data, sink)
        return sink.getvalue()
    return data if isinstance(data, bytes) else data.encode()


def test_text_of_many_files_is_one_table_whose_types_are_found_over_all(ingest):
    files = {
        "a.csv": "id;word\n1;x\n",
        "b/b.csv": 'word;id\r\n"two; and\r\nmore";2.5',  # other order, other line ends, no last newline
        "c.csv.gz": gzip.compress(b"id;word\n3;z\n"),
        "d.csv": "id;word\n",
        "e.csv": "",
        "f.csv": "id;word\n6;ü\n".encode("utf-16"),
        ".DS_Store": b"\0\0",
    }
    assert ingest(files) == {"id": [1.0, 2.5, 3.0, 6.0], "word": ["x", "two; and\nmore", "z", "ü"]}
    assert ingest({"a.jsonl": '{"a": 1}', "b.jsonl": '\ufeff{"a": 2}\n'}, "jsonl") == {"a": [1, 2]}


def test_a_column_of_codes_is_one_where_the_other_files_show_none(lake, tmp_path):
    """And a column of numbers is one where another file fills them up with zeros."""
    files = []
    for number, text in enumerate(("zip,n\n00123,1\n", "zip,n\n12345,2\n", "zip,n\n7,003\n")):
        path = tmp_path / f"{number}.csv"
        path.write_text(text)
        files.append(UserFile(path, "csv", path.name, {}))
    at = lake.write_from_files("codes", files, mode="replace")
    assert lake.read(at).read_all().to_pydict() == {"zip": ["00123", "12345", "7"], "n": [1, 2, 3]}
    lake.drop("codes")


def test_parquet_and_arrow_of_many_files(ingest):
    first, second = pa.table({"a": [1], "b": ["x"]}), pa.table({"b": ["y"], "a": [2]})
    assert ingest({"1.parquet": first, "2.parquet": second}, "parquet") == {"a": [1, 2], "b": ["x", "y"]}
    sink = io.BytesIO()
    pyarrow.feather.write_feather(first, sink)
    assert ingest({"1.feather": sink.getvalue()}, "arrow") == {"a": [1], "b": ["x"]}


@pytest.mark.parametrize(
    ("format", "second", "sentence"),
    [
        ("csv", "a,b\n1,2\n3,4,5\n", "Line 3 of “in/2.csv” has 3 values where the first line has 2 columns"),
        ("csv", "b,a\n1,2\n3,4,5\n", "Line 3 of “in/2.csv” has 3 values where the first line has 2 columns"),
        ("csv", "a,b\n1,many\n", "Column “b” of “in/2.csv” holds numbers, but line 2 has “many”"),
        ("csv", 'a,b\n1,2\n1,"open\n', "The quote opened on line 3 of “in/2.csv” is never closed"),
        ("csv", 'a,b\n1,"in"side\n', "Line 2 of “in/2.csv” has text after a closing quote"),
        ("csv", "a,c\n1,2\n", "“in/2.csv” has no column “b”, which the others have"),
        ("csv", "a,b,c\n1,2,3\n", "“in/2.csv” has a column “c”, which the others lack"),
        ("csv", "a,b,b\n1,2,3\n", "“in/2.csv” has the column “b” twice"),
        ("csv", b"a,b\n1,2\n3,\0\n", "“in/2.csv” is not text: line 3 holds a zero byte"),
        ("csv", b"a,b\n1,caf\xe9\n", "Line 2 of “in/2.csv” is not UTF-8"),
        ("jsonl", '{"a": 1}\n{"a": 2\n', "Line 2 of “in/2.jsonl” is not valid JSON"),
        ("jsonl", '{"a": "x"}\n', "“a” is a number on line 1 of “1.jsonl” and a text on line 1 of “in/2.jsonl”"),
        ("parquet", "PAR1 nothing PAR1", "“in/2.parquet” is damaged"),
        ("parquet", pa.table({"a": ["x"], "b": [1]}), "The column “a” is string in “in/2.parquet” and int64 in"),
        ("parquet", pa.table({"a": [1]}), "“in/2.parquet” has no column “b”"),
    ],
)
def test_a_mistake_is_named_by_its_file_and_line(lake, ingest, format, second, sentence):
    good = "a,b\n1,2\n2,3\n3,4\n"
    first = {"csv": good, "jsonl": '{"a": 1}\n', "parquet": pa.table({"a": [1], "b": [2]})}[format]
    with pytest.raises(FileRefused) as refusal:
        ingest({f"1.{format}": first, f"in/2.{format}": second, f"3.{format}": first}, format)
    assert sentence in refusal.value.sentence
    assert not lake.exists("many")


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_the_members_of_a_tar_are_told_by_their_headers(tmp_path, form):
    names = ["a.csv", "مجلد/" + "ط" * 120 + ".csv", "folder/" * 20 + "deep.csv"]
    path = tarred(tmp_path / "t.tar", {name: b"x" * n for n, name in enumerate(names, start=511)}, form)
    found = list(members_of(path, "t.tar"))
    assert [(member.name, member.size) for member in found] == list(zip(names, (511, 512, 513), strict=True))
    with tarfile.open(path) as tar:
        assert [member.offset for member in found] == [member.offset_data for member in tar]


def refused_tar(tmp_path, change):
    path = tmp_path / "bad.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        info = tarfile.TarInfo("a.csv")
        change(info)
        tar.addfile(info, io.BytesIO(b"x" * info.size))
    return path


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda info: setattr(info, "name", "../../etc/passwd"), "“../../etc/passwd”, which points outside"),
        (lambda info: setattr(info, "name", "/etc/passwd"), "“/etc/passwd”, which points outside"),
        (lambda info: setattr(info, "type", tarfile.SYMTYPE), "“a.csv”, a link"),
        (lambda info: setattr(info, "type", tarfile.CHRTYPE), "“a.csv”, a link"),
    ],
)
def test_a_tar_that_is_no_folder_of_files_is_refused(tmp_path, change, sentence):
    with pytest.raises(FileRefused) as refusal:
        list(members_of(refused_tar(tmp_path, change), "bad.tar"))
    assert sentence in refusal.value.sentence


def said_by_pax(words, length=b""):
    """A pax header that says these words of the file after it."""
    said = length + b" " + words + b"\n"
    digits = len(str(len(said) + 4))
    said = said if length else str(len(said) + digits).encode() + said
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(said)
    return info.tobuf(tarfile.USTAR_FORMAT) + said + bytes(-len(said) % 512)


def test_a_name_that_nobody_could_read_is_refused(tmp_path):
    path = tmp_path / "t.tar"
    path.write_bytes(said_by_pax(b"path=a\0b\n.csv") + tarred(path, {"a.csv": b"x"}).read_bytes())
    with pytest.raises(FileRefused, match=r"“a�b�\.csv”, whose name has signs"):
        list(members_of(path, "t.tar"))


def test_a_damaged_tar_is_refused_in_little_memory(tmp_path):
    whole = tarred(tmp_path / "t.tar", {"a.csv": b"x" * 2000}).read_bytes()
    long_name = tarfile.TarInfo("x")
    long_name.type, long_name.size = tarfile.GNUTYPE_LONGNAME, 1 << 40
    no_length = said_by_pax(b"size=" + b"9" * 5000)
    no_words = said_by_pax(b"", length=b"9" * 5000)
    cut = whole[:2560]  # after the file's last block: without the two that end a tar
    broken_ones = (whole[:1000], b"\1" + whole[1:], long_name.tobuf(tarfile.GNU_FORMAT), b"not a tar", cut)
    for broken in (*broken_ones, no_length + whole, no_words + whole):
        path = tmp_path / "broken.tar"
        path.write_bytes(broken)
        with pytest.raises(FileRefused, match="damaged"):
            list(members_of(path, "broken.tar"))
