"""Users' files, read as they are: whatever they are written like, and however far down a type shows."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.foundation.lake.files_stage import LONG, ingest, large, zipped

__all__ = ["ingest"]


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


CODES = "zip,phone,track,month,n,mixed\n" + "".join(
    f"{n * 7:05d},+97150{n:07d},{10**20 + n},{n % 12 + 1:02d},{n},{n if n % 3 else '-'}\n" for n in range(40)
)


def test_codes_keep_their_zeros_and_their_plus(ingest):
    """Months of two digits, and numbers that look like numbers, are numbers."""
    found = ingest(CODES)
    assert [found[name][1] for name in ("zip", "phone", "track")] == ["00007", "+971500000001", f"{10**20 + 1}"]
    assert (found["month"][1], found["n"][1], found["mixed"][:2]) == (2, 1, [None, 1])
    told = ingest(CODES, types={"zip": "number", "n": "text"}, like={"phone": "number", "not there": "number"})
    assert (told["zip"][1], told["phone"][1], told["n"][1]) == (7, 971_500_000_001, "1")


def test_a_code_with_a_word_for_nothing_is_a_code(ingest):
    assert ingest("zip,n\n00123,1\nNA,2\n")["zip"] == ["00123", "NA"]


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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_that_says_so_is_read(ingest, encoding):
    mark = "" if encoding == "utf-16" else "\ufeff"
    text = f"{mark}الاسم,n\r\nعائشة 🌴,1\r\n".encode(encoding)
    assert ingest(text) == {"الاسم": ["عائشة 🌴"], "n": [1]}
    assert ingest(f'{mark}{{"a": 1}}\n'.encode(encoding), "jsonl") == {"a": [1]}


def test_line_ends_may_be_mixed(ingest):
    assert ingest("a,b\r\n1,2\n3,4\r\n5,6") == {"a": [1, 3, 5], "b": [2, 4, 6]}
    assert ingest("a,b\r1,2\r3,4\r") == {"a": [1, 3], "b": [2, 4]}


def test_json_lines_may_hold_lists_and_objects(ingest):
    line = json.dumps({"tags": ["a", "b"], "place": {"city": "Al Ain"}})
    assert ingest(line + "\n", "jsonl") == {"tags": [["a", "b"]], "place": [{"city": "Al Ain"}]}


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
