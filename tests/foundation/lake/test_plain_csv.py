"""A plain CSV is read in one pass, and what comes out is what the careful way gives."""

from __future__ import annotations

import itertools
from unittest import mock

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.lake import Coming, FileRefused, for_tenant
from foundation.lake.adapters import child_csv, child_csv_quick, child_pieces
from foundation.lake.adapters.child_refusal import Refusal
from tests.support.sandbox import children

# What a column's first rows hold, and values that may come later.
FIRST = {
    "whole": "1",
    "broken": "1.5",
    "day": "2020-01-01",
    "moment": "2020-01-01 10:00:00",
    "yes": "true",
    "text": "ab c",
}
LATER = {
    "whole": "0x10 007 -5 -0 +5 1_000 5.0 0.5 1e3 99999999999999999999 NA null _5_ |5| || 9223372036854775807 .5",
    "broken": "nan NaN inf -Infinity +1.5 1. .5 1e400 1e-400 7 _7_ 1E5 0x1p3 |1,5| 1_0.5 -0.0 1e 1.5f 1/2 NULL",
    "day": "2020-1-5 2020/01/05 _2020-01-05 infinity epoch -0001-01-01 2020-02-30 01/02/2020 2020-01-01_00:00:00",
    "moment": "2020-01-01_10 2020-01-01_10:30 2020-01-01_10:00:00+04 2020-01-01_10:00:00Z 2020-01-01T10:00:00 "
    "2020-01-01 2020-01-01_10:00:00.123 2020-01-01_10:00:00.1234567 2020-01-01_24:00:00 2020-01-01_10:00:60 infinity "
    "2020-1-1_00:00:00",
    "yes": "T 1 TRUE tRue yes _true |true| f False",
    "text": 'a"b |a|b ||a x|| |ab|_ _|ab| null |a\nb| |a\r\nb| |say_||hi||| |a,b| |open 1 2020-01-01 é |it||,|',
}


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def carefully(engine, path):
    try:
        return engine.execute(child_csv.plan(engine, str(path), {}, f"{path}.spare")).to_arrow_table()
    except (Refusal, duckdb.Error):
        return None


def quickly(engine, path, step, quick="plain"):
    """The rows; none where they are to be read the careful way."""
    text = path.read_bytes()
    pieces = (text[at : at + step] for at in range(0, len(text), step))
    try:
        rows = child_csv_quick.rows_of(engine, pieces, {"quick": quick}, f"{path}.head")
        return rows and rows.read_all()
    except child_csv_quick.Quoted:
        assert quick == "plain"
        return quickly(engine, path, step, "quoted")
    except (Refusal, pa.ArrowInvalid):
        return None


def as_text(table):
    return table.cast(pa.schema([(field.name, pa.string()) for field in table.schema]))


def agree(engine, path, text, step=child_pieces.PIECE):
    """Whether it was read quickly; if so, then as the careful way reads it."""
    path.write_bytes(text.encode())
    quick = quickly(engine, path, step)
    if quick is None:
        return False
    careful = carefully(engine, path)
    assert careful is not None
    assert quick.schema.remove_metadata() == careful.schema.remove_metadata()
    assert as_text(quick).equals(as_text(careful).combine_chunks())
    return True


@pytest.mark.parametrize("kind", FIRST)
def test_later_values_are_read_as_the_careful_way_reads_them(engine, tmp_path, kind):
    """The first rows are so many that the odd one is not among those that tell the types."""
    first = f"a,b\n{f'{FIRST[kind]},x y' + chr(10)}" + f"{FIRST[kind]},x y\n" * child_csv.FIRST_ROWS
    read = {}
    for odd in LATER[kind].split(" "):
        value = odd.replace("_", " ").replace("|", '"')
        read[odd] = agree(engine, tmp_path / "table.csv", f"{first}{value},z\n{FIRST[kind]},\n")
    assert agree(engine, tmp_path / "table.csv", first)
    assert not all(read.values())


def test_codes_are_text_whichever_way_they_are_read(engine, tmp_path):
    first = "a,b\n" + "00123,x y\n" * child_csv.FIRST_ROWS
    for later in ("7,z\n", ",z\n", "x,\n"):
        assert agree(engine, tmp_path / "table.csv", first + later)
    assert quickly(engine, tmp_path / "table.csv", child_pieces.PIECE).schema.field("a").type == pa.string()


SIGNS = st.text(alphabet='ab1.- "\n,é', max_size=5)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(SIGNS, SIGNS), min_size=1, max_size=6),
    ends=st.sampled_from(["\n", "\r\n"]),
    step=st.integers(1, 9),
    first=st.sampled_from([1, 2, child_csv.FIRST_ROWS]),
)
def test_whatever_is_read_in_one_pass_is_read_the_same(engine, tmp_path, rows, ends, step, first):
    """In whatever pieces it comes, and however little of it is the beginning that tells of the rest."""
    with mock.patch.object(child_csv_quick, "HEAD", 9), mock.patch.object(child_csv, "FIRST_ROWS", first):
        agree(engine, tmp_path / "table.csv", ends.join(["a,b", "x y,w", *map(",".join, rows), ""]), step)


def test_an_end_of_line_in_a_value_is_kept_wherever_the_pieces_part(engine, tmp_path):
    text = "a,b\r\nx y,w\r\n" + '1,"\r\n,"\r\n' * 3
    with mock.patch.object(child_csv_quick, "HEAD", 9), mock.patch.object(child_csv, "FIRST_ROWS", 1):
        quickly_read = [agree(engine, tmp_path / "table.csv", text, step) for step in range(1, len(text))]
        for size in range(16, len(text)):
            with mock.patch.object(child_csv_quick, "PIECE", size):
                quickly_read.append(agree(engine, tmp_path / "table.csv", text))
    assert sum(quickly_read) > len(quickly_read) / 2


@pytest.mark.parametrize(
    "later, kind, value",
    [("0.5,z", "DOUBLE", 0.5), ("many,z", "", "many"), ("2,|z|y", "", "quote")],
)
def test_a_later_row_that_is_not_what_the_first_promised_is_read_again(lake_id, tmp_path, later, kind, value):
    lake, path = for_tenant(lake_id), tmp_path / "table.csv"
    path.write_text("a,b\n" + "1,x y\n" * 700_000 + later.replace("|", '"') + "\n")
    table = f"again_{value}".replace(".", "_")
    if not kind:
        with pytest.raises(FileRefused, match=r"700,?002"):
            lake.write_from_file(table, path, "csv")
        assert not lake.exists(table)
        return
    at = lake.write_from_file(table, path, "csv")
    assert (lake.schema(at)[0].type, lake.count(at)) == (kind, 700_001)
    assert lake.preview(at, order_by="a", limit=1)["a"].to_pylist() == [value]
    assert lake.read(at, columns=["a"]).read_all()["a"].to_pylist()[-1] == value, "rows lie as they came"


def in_pieces(text, *, asked=None, broken_at=None):
    """A file of which there are only its bytes, and how often these were asked for."""

    def pieces():
        if asked is not None:
            asked.append(len(text))
        for at in range(0, len(text), 1 << 20):
            if broken_at is not None and at >= broken_at:
                raise FileRefused("cut off")
            yield text[at : at + (1 << 20)]

    return Coming(len(text), pieces)


PLAIN = b"a,b,c\n" + b"".join(b"%d,x y,%d.5\n" % (number, number) for number in range(500_000))


def test_a_file_that_is_still_coming_is_read_as_it_comes(lake_id, tmp_path):
    lake, path, asked = for_tenant(lake_id), tmp_path / "not there.csv", []
    assert len(PLAIN) > child_csv_quick.HEAD
    at = lake.write_from_file("coming", path, "csv", coming=in_pieces(PLAIN, asked=asked))
    assert (lake.count(at), len(asked)) == (500_000, 1)
    assert not path.exists(), "nothing was written beside the lake"
    (tmp_path / "there.csv").write_bytes(PLAIN)
    assert lake.digest(at) == lake.digest(lake.write_from_file("there", tmp_path / "there.csv", "csv"))


def test_what_cannot_be_read_as_it_comes_is_written_down_first(lake_id, tmp_path):
    """One of these becomes a table of other types, two of them a sentence with the line, one has the first quote."""
    lake, path = for_tenant(lake_id), tmp_path / "coming.csv"
    cases = {"0.5,x,1.5": "", '1,"x ""y"" z",1.5': "", '1,"x"y,1.5': "500,?002", "1,x": "500,?002"}
    for number, (line, refused) in enumerate(cases.items()):
        asked, table = [], f"written_{number}"
        coming = in_pieces(PLAIN + line.encode() + b"\n", asked=asked)
        if refused:
            with pytest.raises(FileRefused, match=refused):
                lake.write_from_file(table, path, "csv", coming=coming)
            assert not lake.exists(table)
        else:
            at = lake.write_from_file(table, path, "csv", coming=coming)
            assert lake.schema(at)[0].type == ("BIGINT" if '"' in line else "DOUBLE")
            assert lake.count(at) == 500_001
            assert path.exists() == ('"' not in line)
            path.unlink(missing_ok=True)
        assert len(asked) == (3 if '"x"y' in line else 2), line


def test_bytes_that_end_too_early_leave_nothing(lake_id, tmp_path):
    lake = for_tenant(lake_id)
    for number, broken in enumerate((0, 4 << 20, 9 << 20)):
        coming = in_pieces(PLAIN, broken_at=broken)
        with pytest.raises(FileRefused, match="cut off"):
            lake.write_from_file(f"cut_{number}", tmp_path / "cut.csv", "csv", coming=coming)
        assert not lake.exists(f"cut_{number}")


def test_a_child_that_is_killed_while_it_is_fed_ends_in_a_sentence(lake_id, tmp_path):
    """Whoever feeds it must not wait for one that reads no more."""
    lake, seen = for_tenant(lake_id), []
    endless = itertools.chain([b"a,b,c\n"], itertools.repeat(b"1,x y,0.5\n" * 100_000))

    def kill(count):
        seen.append(count)
        for child in children():
            child.kill()

    with pytest.raises(FileRefused, match="endless"):
        lake.write_from_file(
            "endless", tmp_path / "endless.csv", "csv", coming=Coming(1 << 30, lambda: endless), on_rows=kill
        )
    assert seen
    assert not lake.exists("endless")
