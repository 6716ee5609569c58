"""Users' files: read as they are, or refused with a sentence that says what and where; nothing half-made stays."""

from __future__ import annotations

import io
import json
import time
import zipfile
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from foundation.lake import FileRefused


@pytest.fixture
def ingest(lake, tmp_path):
    """Write the content as a file into a table and give its columns."""

    def write(content: bytes | str, format: str = "csv", name: str = "upload", **options):
        path = tmp_path / f"{name}.{format}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        at = lake.write_from_file("ingested", path, format, options, mode="replace")
        return lake.read(at).read_all().to_pydict()

    yield write
    lake.drop("ingested")


@pytest.fixture
def refused(lake, ingest):
    """The sentence with which the content is refused, after a look that nothing stayed."""

    def refuse(content: bytes | str, format: str = "csv", **options) -> str:
        with pytest.raises(FileRefused) as refusal:
            ingest(content, format, **options)
        assert not lake.exists("ingested")
        return refusal.value.sentence

    return refuse


def test_types_are_found_over_the_whole_file(ingest):
    rows = "".join(f"{i},w{i},{i / 2},2013-01-01 00:00:00,true\n" for i in range(30_000))
    found = ingest("n,word,x,at,flag\n" + rows + "1,w,0.123,2013-12-31 10:00:00,false\n")
    assert [type(found[name][0]).__name__ for name in found] == ["int", "str", "float", "datetime", "bool"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(ingest, delimiter):
    text = "a,b,c\n1,x,2\n3,y,4\n".replace(",", delimiter)
    assert ingest(text) == {"a": [1, 3], "b": ["x", "y"], "c": [2, 4]}


def test_quotes_newlines_and_delimiters_inside_values(ingest):
    found = ingest('name,note\n"Al Ain, UAE","line one\nline two"\n"say ""hi""",plain\n')
    assert found == {"name": ["Al Ain, UAE", 'say "hi"'], "note": ["line one\nline two", "plain"]}


def test_apostrophes_as_quotes(ingest):
    assert ingest("a,b\n'x, y','1'\n'z','2'\n", quote="'") == {"a": ["x, y", "z"], "b": [1, 2]}


def test_names_that_are_not_ascii_and_a_byte_order_mark(ingest):
    assert ingest("\ufeffالاسم,größe\nعائشة,3\n") == {"الاسم": ["عائشة"], "größe": [3]}


def test_windows_line_ends_blank_lines_and_no_last_newline(ingest):
    assert ingest("a,b\r\n1,2\r\n3,4") == {"a": [1, 3], "b": [2, 4]}


def test_words_for_missing_values_do_not_spoil_numbers(ingest):
    assert ingest("a,b\n1,NA\nNA,2.5\n3,\n") == {"a": [1, None, 3], "b": [None, 2.5, None]}


def test_one_column(ingest):
    assert ingest("n\n1\n2\n") == {"n": [1, 2]}


def test_sixty_rows(ingest):
    assert len(ingest("a,b\n" + "1,2\n" * 60)["a"]) == 60


def test_a_mixed_column_may_be_declared_text(ingest):
    assert ingest("code,n\n1,1\n2,2\nB7,3\n", types={"code": "text"})["code"] == ["1", "2", "B7"]


def test_codes_among_few_numbers_are_words(ingest):
    assert ingest("code,n\nA1,1\nB2,2\n7,3\n")["code"] == ["A1", "B2", "7"]


def test_progress_is_told(lake, tmp_path):
    path, told = tmp_path / "f.csv", []
    path.write_text("a\n" + "1\n" * 200_000)
    lake.write_from_file("told", path, "csv", on_rows=told.append)
    assert told == sorted(told)
    assert told[-1] == 200_000


def test_who_listens_may_stop_the_write(lake, tmp_path):
    class Cancelled(BaseException):
        pass

    def stop(rows: int) -> None:
        raise Cancelled

    path = tmp_path / "f.csv"
    path.write_text("a\n" + "1\n" * 200_000)
    with pytest.raises(Cancelled):
        lake.write_from_file("stopped", path, "csv", on_rows=stop)
    assert not lake.exists("stopped")


def test_parquet_and_json_lines(ingest):
    buffer = io.BytesIO()
    pq.write_table(
        pa.table({"a": [1, 2], "kind": pa.array(["x", "y"]).dictionary_encode(), "d": [Decimal("1.5")] * 2}), buffer
    )
    assert ingest(buffer.getvalue(), "parquet") == {"a": [1, 2], "kind": ["x", "y"], "d": [Decimal("1.5")] * 2}
    assert ingest('{"a": 1, "b": "x"}\n{"a": 2.5}\n', "jsonl") == {"a": [1.0, 2.5], "b": ["x", None]}


def test_a_zip_with_one_table(ingest):
    assert ingest(zipped({"data/flights.csv": "a\n1\n", "README.md": "hello"}), "zip") == {"a": [1]}


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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_that_says_so_is_read(ingest, encoding):
    mark = "" if encoding == "utf-16" else "\ufeff"
    text = f"{mark}الاسم,n\r\nعائشة 🌴,1\r\n".encode(encoding)
    assert ingest(text) == {"الاسم": ["عائشة 🌴"], "n": [1]}
    assert ingest(f'{mark}{{"a": 1}}\n'.encode(encoding), "jsonl") == {"a": [1]}


def test_line_ends_may_be_mixed(ingest):
    assert ingest("a,b\r\n1,2\n3,4\r\n5,6") == {"a": [1, 3, 5], "b": [2, 4, 6]}
    assert ingest("a,b\r1,2\r3,4\r") == {"a": [1, 3], "b": [2, 4]}


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


def test_json_lines_may_hold_lists_and_objects(ingest):
    line = json.dumps({"tags": ["a", "b"], "place": {"city": "Al Ain"}})
    assert ingest(line + "\n", "jsonl") == {"tags": [["a", "b"]], "place": [{"city": "Al Ain"}]}


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


LONG = "a" * 180


def large(*last, head="n,word,day", row="{n},{long},2024-01-{d:02d}\n", times=100_000):
    """A file that is read in one pass, by what its first rows show; then come its last ones."""
    body = "".join(row.format(n=n, d=n % 28 + 1, long=LONG) for n in range(times))
    return f"{head}\n{body}{''.join(last)}"


def test_a_large_file_is_read_as_a_small_one_is(ingest):
    found = ingest(large())
    assert sorted(found["n"]) == list(range(100_000))
    assert (set(found["word"]), min(found["day"]), max(found["day"])) == ({LONG}, date(2024, 1, 1), date(2024, 1, 28))


@pytest.mark.parametrize(
    ("last", "column", "value", "others"),
    [
        ("0.5,beta,2024-01-01\n", "n", 0.5, float),
        ("NA,beta,2024-01-01\n", "n", None, int),
        ("-3,beta,soon\n", "day", "soon", str),
        ("-3,7,2024-01-01\n", "word", "7", str),
    ],
    ids=["decimals", "missing", "no day", "a number among words"],
)
def test_a_late_row_of_another_type_decides_for_the_whole_column(ingest, last, column, value, others):
    found = ingest(large(last))[column]
    assert (found.count(value), len(found)) == (1, 100_001)
    assert {type(each) for each in found if each is not None} == {others}


def test_a_column_that_is_empty_at_first_finds_its_type_later(ingest):
    found = ingest(large("7,beta,2024-01-01,5\n", head="n,word,day,late", row="{n},{long},2024-01-{d:02d},\n"))
    assert (found["late"].count(5), found["late"].count(None)) == (1, 100_000)


def test_a_mistake_at_the_end_of_a_large_file_is_named_by_its_line(refused):
    assert "Line 100002" in refused(large("1,beta\n"))


@pytest.mark.parametrize(("wrong", "said"), [(b"\xe9,x,2024-01-01\n", "UTF-8"), (b"1,a\0b,2024-01-01\n", "zero byte")])
def test_a_wrong_sign_at_the_end_of_a_large_file_is_named_by_its_line(refused, wrong, said):
    sentence = refused(large().encode() + wrong)
    assert ("100002" in sentence, said in sentence) == (True, True)
