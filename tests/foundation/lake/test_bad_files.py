"""Users' files that are refused: each with a sentence that names place and cause, and nothing left behind."""

from __future__ import annotations

import io
import json
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from foundation.lake import FileRefused
from tests.foundation.lake.files_stage import ingest, large, refused, zipped

__all__ = ["ingest", "refused"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "“upload.csv” is empty."),
        (" \n \n", "is empty"),
        ("a,b\n", "no rows"),
        ("1,2,3\n4,5,6\n", "Line 1 of “upload.csv” holds numbers where the names"),
        ("a,b,a\n1,2,3\n", "has the column “a” twice, as columns 1 and 3"),
        ("Age,age\n1,2\n", "has the column “age” twice, as columns 1 and 2"),
        ("a,,c\n1,2,3\n", "Column 2 of “upload.csv” has no name"),
        ("a,b\n1,2\n3,4,5\n6,7\n", "Line 3 of “upload.csv” has 3 values where the first line has 2 columns"),
        ("a,b\n1,2\n3\n6,7\n", "Line 3 of “upload.csv” has 1 values"),
        ('a,b\n1,x\n2,"open\n3,y\n4,z\n', "The quote opened on line 3 of “upload.csv” is never closed"),
        ('a,b\n1,x\n2,"in"side\n3,y\n', "Line 3 of “upload.csv” has text after a closing quote"),
        ("a,n\nx,1\ny,2\nz,many\nw,4\n", "Column “n” of “upload.csv” holds numbers, but line 4 has “many”"),
        ("a,b\n1,caf\u00e9\n".encode("cp1252"), "Line 2 of “upload.csv” is not UTF-8; it looks like windows-1252"),
        ("a,b\n1,2\n3,\u0639\u0627\u0626\u0634\u0629\n".encode("cp1256"), "Line 3 of “upload.csv” is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "“upload.csv” looks like UTF-16 without the mark"),
        ("a,b\n1,2\n".encode("utf-16-be"), "“upload.csv” looks like UTF-16 without the mark"),
        ("a,b\n1,2\n".encode("utf-32"), "Line 1 of “upload.csv” is not UTF-8; it looks like UTF-32"),
        ("a,b\n1,2\n3,4".encode("utf-16") + b"\0\xd8", "says that it is UTF-16, but is not, near line 3"),
        (",".join(f"c{n}" for n in range(5000)) + "\n" + "1," * 4999 + "1\n", "has 5000 columns; a dataset has 2000"),
        ("a,b\n1,2\r\n3\r\n4,5\n", "Line 3 of “upload.csv” has 1 values"),
        (b"a,b\n1,2\n3,\0\n", "line 3 holds a zero byte"),
        ("a" * 300 + ",b\n1,2\n", "The name of column 1"),
    ],
)
def test_a_bad_csv_gets_its_sentence(refused, content, sentence):
    assert sentence in refused(content)


def test_a_mistake_far_down_is_named_by_its_line(refused):
    text = "a,b\n" + "1,2\n" * 150_000 + "1,oops\n" + "1,2\n" * 10
    assert "line 150002 has “oops”" in refused(text)
    assert "Line 150002" in refused(text.replace("1,oops", "1,2,3"))


def test_a_wrong_byte_far_down_is_named_by_its_line(refused):
    assert "Line 400002" in refused(b"a,b\n" + b"1,2\n" * 400_000 + b"1,\xff\n")


@pytest.mark.parametrize(
    ("content", "format", "sentence"),
    [
        ('{"a": 1}\n{"a": 2\n', "jsonl", "Line 2 of “upload.jsonl” is not valid JSON"),
        ('{"a": 1}\n[1]\n', "jsonl", "Line 2 of “upload.jsonl” is not a JSON object"),
        ('{"a": 1}\n{"a": "x"}\n', "jsonl", "“a” in “upload.jsonl” is a number on line 1 and a text on line 2"),
        (b'{"a": "\xff"}\n', "jsonl", "Line 1 of “upload.jsonl” is not UTF-8"),
        ("a,b\n1,2\n", "parquet", "“upload.parquet” is not a Parquet file"),
        (b"PAR1" + b"\0" * 40 + b"PAR1", "parquet", "“upload.parquet” is damaged"),
        ("not a zip", "zip", "“upload.zip” is damaged"),
        (json.dumps({f"c{n}": n for n in range(5000)}) + "\n", "jsonl", "has 5000 columns"),
        ('{"a": 1}\n{"a": "\0"}\n', "jsonl", "line 2 holds a zero byte"),
        ("a,b\n1,2\n", "pdf", "neither CSV, JSON lines, Parquet, Arrow, a spreadsheet nor a zip"),
    ],
)
def test_other_bad_files_get_their_sentence(refused, content, format, sentence):
    assert sentence in refused(content, format)


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_line_without_an_end_is_refused_by_its_number_in_little_memory(lake, tmp_path, format):
    """A file with a hole: the bytes after the first line are never written, nor are they all read."""
    path = tmp_path / f"long.{format}"
    with path.open("wb") as file:
        file.write(b"a,b\n1,2\n" + b"x" * (17 << 20) + b"\n")
        file.truncate(1 << 30)
    before = time.monotonic()
    with pytest.raises(FileRefused, match=f"Line 3 of “long.{format}” is longer than 16 MB"):
        lake.write_from_file("long", path, format)
    # A tenth of a second; read to its end it would take ten.
    assert time.monotonic() - before < 5
    assert not lake.exists("long")


def test_a_parquet_with_a_corrupt_footer_is_refused(refused):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": range(1000)}), buffer)
    whole = buffer.getvalue()
    length = int.from_bytes(whole[-8:-4], "little")
    for broken in (
        whole[: -8 - length] + bytes(length) + whole[-8:],
        whole[:-8] + (1 << 30).to_bytes(4, "little") + b"PAR1",
        whole[: len(whole) // 2],
        whole[:-4] + b"PAR2",
    ):
        assert "“upload.parquet” is damaged" in refused(broken, "parquet")


def test_parquet_with_a_column_twice(refused):
    buffer = io.BytesIO()
    pq.write_table(pa.table([[1], [2]], names=["a", "a"]), buffer)
    assert "has the column “a” twice" in refused(buffer.getvalue(), "parquet")


def test_an_empty_parquet_file(refused):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), buffer)
    assert "no rows" in refused(buffer.getvalue(), "parquet")


def test_a_zip_bomb_does_not_unpack(refused):
    assert "grows past" in refused(zipped({"bomb.csv": "a\n" + "0\n" * 30_000_000}), "zip")


@pytest.mark.parametrize("name", ["../../etc/cron.d/x.csv", "/etc/x.csv", "..\\..\\x.csv", "C:\\x.csv"])
def test_a_zip_that_points_outside_is_refused(refused, name):
    assert "points outside the archive" in refused(zipped({name: "a\n1\n"}), "zip")


def test_a_zip_with_a_link_is_refused(refused):
    link = zipfile.ZipInfo("x.csv")
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "a link" in refused(buffer.getvalue(), "zip")


@pytest.mark.parametrize("names", [[], ["a.csv", "b.csv"]])
def test_a_zip_holds_one_table(refused, names):
    assert f"holds {len(names)} tables" in refused(zipped(dict.fromkeys(names, "a\n1\n") | {"x.md": "x"}), "zip")


def test_a_failed_replacement_leaves_the_old_table(lake, tmp_path):
    (tmp_path / "good.csv").write_text("a\n1\n")
    (tmp_path / "bad.csv").write_text("a,b\n1\n")
    at = lake.write_from_file("kept", tmp_path / "good.csv", "csv")
    with pytest.raises(FileRefused):
        lake.write_from_file("kept", tmp_path / "bad.csv", "csv", mode="replace")
    assert lake.current("kept").table == at.table
    assert lake.count(lake.current("kept")) == 1


def test_deeply_nested_json_is_refused_not_a_crash(refused):
    assert "upload.jsonl" in refused('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}\n", "jsonl")


def test_a_mistake_at_the_end_of_a_large_file_is_named_by_its_line(refused):
    assert "Line 100002" in refused(large("1,beta\n"))


@pytest.mark.parametrize(("wrong", "said"), [(b"\xe9,x,2024-01-01\n", "UTF-8"), (b"1,a\0b,2024-01-01\n", "zero byte")])
def test_a_wrong_sign_at_the_end_of_a_large_file_is_named_by_its_line(refused, wrong, said):
    sentence = refused(large().encode() + wrong)
    assert ("100002" in sentence, said in sentence) == (True, True)
