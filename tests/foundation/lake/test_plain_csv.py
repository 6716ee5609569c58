"""A plain CSV is read in one pass, and what comes out is what the careful way gives."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.lake import FileRefused, for_tenant
from foundation.lake.adapters import child_csv, child_csv_quick
from foundation.lake.adapters.child_refusal import Refusal

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


def quickly(engine, path):
    """The rows; none where they are to be read the careful way."""
    try:
        rows = child_csv_quick.rows_of(engine, str(path), {})
        return rows and rows.read_all()
    except (Refusal, pa.ArrowInvalid):
        return None


def as_text(table):
    return table.cast(pa.schema([(field.name, pa.string()) for field in table.schema]))


def agree(engine, path, text):
    """Whether it was read quickly; if so, then as the careful way reads it."""
    path.write_bytes(text.encode())
    quick = quickly(engine, path)
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


SIGNS = st.text(alphabet='ab1.- "\n,é', max_size=5)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(SIGNS, SIGNS), min_size=1, max_size=6), ends=st.sampled_from(["\n", "\r\n"]))
def test_whatever_is_read_in_one_pass_is_read_the_same(engine, tmp_path, rows, ends):
    agree(engine, tmp_path / "table.csv", ends.join(["a,b", "x y,w", *map(",".join, rows), ""]))


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
