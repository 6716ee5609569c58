"""Every engine of the lake keeps the port's promises about tables that grow: marks, many files, merges, what came."""

from __future__ import annotations

import pyarrow as pa
import pytest

from foundation.lake import FileRefused, LakeFailed, MarkMoved, Span, UserFile
from tests.contracts.lake_stage import PEOPLE, lake, lake_id, table

__all__ = ["lake", "lake_id", "table"]


def test_the_mark_of_the_last_write_is_committed_with_its_rows(lake, table):
    assert lake.mark_of(table) == ""
    lake.write(table, PEOPLE, mode="append", mark="piece 1")
    lake.write(table, PEOPLE, mode="append", mark="piece 2 'quoted'")
    with pytest.raises(ZeroDivisionError):
        lake.write(table, broken_off(PEOPLE), mode="append", mark="piece 3")
    lake.write(f"{table}_other", PEOPLE, mark="another table's")
    assert lake.mark_of(table) == "piece 2 'quoted'"
    lake.expire(keep=[])
    assert lake.mark_of(table) == "piece 2 'quoted'", "the last change of a table that is there never expires"
    lake.drop(table)
    assert lake.mark_of(table) == ""
    lake.write(table, PEOPLE, mode="append")
    assert lake.mark_of(table) == "", "made anew it begins anew"


def test_each_writer_of_a_table_keeps_a_mark_of_its_own_for_as_long_as_the_table_is_there(lake, table):
    lake.write(table, PEOPLE, mode="append", mark="one 1", writer="one")
    lake.write(table, PEOPLE, mode="append", mark="two 1", writer="two", beside={f"{table}_bad": PEOPLE.slice(0, 1)})
    lake.write(table, PEOPLE, mode="append", mark="nobody's")
    lake.write(table, PEOPLE, mode="append", mark="two 2", writer="two", after="two 1")
    lake.compact(table)
    lake.expire(keep=[])
    assert [lake.mark_of(table, writer) for writer in ("one", "two", "", "three")] == ["one 1", "two 2", "nobody's", ""]
    assert lake.count(lake.current(f"{table}_bad")) == 1, "in the same transaction, and nothing of it twice"
    less = {f"{table}_bad": ("name = ?", ["first"])}
    lake.write(table, PEOPLE, mode="append", mark="two 3", writer="two", after="two 2", less=less)
    assert lake.count(lake.current(f"{table}_bad")) == 0
    wider = lake.widen(table, {"more": "DOUBLE", "age": "BIGINT"})
    assert [column.name for column in lake.schema(wider)] == [*PEOPLE.column_names, "more"]
    assert lake.mark_of(table, "two") == "two 3"


def test_whoever_missed_a_mark_writes_nothing(lake, table):
    beside = {f"{table}_bad": PEOPLE}
    lake.write(table, PEOPLE, mode="append", mark="1", writer="one", after="")
    for seen in ("", "0", "2"):
        with pytest.raises(MarkMoved):
            lake.write(table, PEOPLE, mode="append", mark="3", writer="one", after=seen, beside=beside)
    assert (lake.count(lake.current(table)), lake.exists(f"{table}_bad"), lake.mark_of(table, "one")) == (4, False, "1")


def files_in(folder, **texts):
    for name, text in texts.items():
        path = folder / f"{name}.csv"
        path.write_text(text)
        yield UserFile(path, "csv", f"{name}.csv")
        path.unlink()


def test_many_files_are_written_as_one_and_each_may_be_gone_when_the_next_is_asked_for(lake, table, tmp_path):
    heard = []
    some = files_in(tmp_path, first="a,b\n1.5,x\n2,y\n", second="b,a\nz,3\n")
    at = lake.write_from_files(table, some, mark="1", on_rows=heard.append)
    more = files_in(tmp_path, third="a,b\n4,w\n")
    now = lake.write_from_files(table, more, mode="append", mark="2")
    assert sorted(lake.read(at).read_all().to_pylist(), key=str) == [
        {"a": 1.5, "b": "x"},
        {"a": 2, "b": "y"},
        {"a": 3, "b": "z"},
    ]
    assert (lake.count(now), lake.mark_of(table), heard[-1]) == (4, "2", 3)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("a\n1\n", "“second.csv” has no column “b”"),
        ("a,b,c\n1,x,2\n", "“second.csv” has a column “c”"),
        ("a,b\n1.5,x\n", "“a” is double in “second.csv” and int64"),
        ("a,b\nmany,x\n", "“a” is string in “second.csv” and int64"),
    ],
)
def test_a_schema_that_changes_between_two_files_of_one_load_names_file_and_column(lake, tmp_path, second, said):
    table = "t_changing"
    with pytest.raises(FileRefused, match=said):
        lake.write_from_files(table, files_in(tmp_path, first="a,b\n1,x\n", second=second))
    assert not lake.exists(table), "nothing half-made stays"


def broken_off(rows):
    """A source that gives some rows and then fails."""

    def batches():
        yield from rows.to_batches()
        raise ZeroDivisionError

    return pa.RecordBatchReader.from_batches(rows.schema, batches())


def rows_of(lake, at):
    return sorted((row["id"], row["v"]) for row in lake.read(at).read_all().to_pylist())


def numbered(*rows):
    return pa.table({"id": pa.array([i for i, _v in rows], pa.int64()), "v": pa.array([v for _i, v in rows])})


def test_what_comes_is_merged_into_a_table_of_its_own_and_then_into_the_same(lake, table):
    base = lake.write(f"{table}_0", numbered((1, "a"), (2, "b")))
    some = lake.write(f"{table}_1", numbered((2, "B"), (3, "c")))
    more = lake.write(f"{table}_2", numbered((1, "A")).select(["v", "id"]))
    one = lake.merge(table, some, base=base, after="", mark="one", keys=["id"])
    two = lake.merge(table, more, base=one, after="one", mark="two", keys=["id"])
    assert rows_of(lake, base) == [(1, "a"), (2, "b")]
    assert rows_of(lake, one) == [(1, "a"), (2, "B"), (3, "c")]
    assert rows_of(lake, two) == [(1, "A"), (2, "B"), (3, "c")]
    assert [c.name for c in lake.schema(two)] == ["id", "v"]
    # Rung twice it is done once, and whoever comes late is told so.
    assert rows_of(lake, lake.merge(table, more, base=one, after="one", mark="two", keys=["id"])) == rows_of(lake, two)
    with pytest.raises(MarkMoved, match="Somebody else"):
        lake.merge(table, some, base=one, after="one", mark="three")


def test_rows_of_a_span_are_replaced_by_those_that_come(lake, table):
    base = lake.write(f"{table}_0", numbered((1, "a"), (2, "b"), (3, "c"), (None, "d")))
    anew = lake.write(f"{table}_1", numbered((3, "C")))
    begun = lake.merge(table, anew, base=base, after="", mark="one", span=Span("id", since="1", until="3"))
    left = [(row["id"], row["v"]) for row in lake.read(begun).read_all().to_pylist()]
    assert sorted(left, key=str) == [(1, "a"), (3, "C"), (None, "d")]
    grown = lake.merge(table, anew, base=begun, after="one", mark="two", span=Span("id", until="1"))
    assert lake.count(grown) == 3


def test_a_merge_that_breaks_off_leaves_nothing(lake, table):
    base = lake.write(f"{table}_0", numbered((1, "a")))
    odd = lake.write(f"{table}_1", pa.table({"id": ["x"], "v": ["y"]}))
    with pytest.raises(LakeFailed):
        lake.merge(table, odd, base=base, after="", mark="one", keys=["id"])
    assert not lake.exists(table)


def test_what_was_added_between_two_snapshots(lake, table):
    first = lake.write(table, pa.table({"a": [1, 2]}))
    lake.write(table, pa.table({"a": [3]}), mode="append")
    third = lake.write(table, pa.table({"a": [4, 5]}), mode="append")
    assert sorted(lake.added_between(first, third).read_all().column("a").to_pylist()) == [3, 4, 5]
    assert lake.added_between(third, third).read_all().num_rows == 0
    compacted = lake.compact(table)
    assert sorted(lake.added_between(first, compacted).read_all().column("a").to_pylist()) == [3, 4, 5]


def test_what_is_more_than_added_is_not_told_as_added(lake, table):
    first = lake.write(table, pa.table({"a": [1, 2]}))
    other = lake.write(f"{table[:40]}_other", pa.table({"a": [1, 2]}))
    assert lake.added_between(first, other) is None
    lake.write(table, pa.table({"a": [3]}), mode="append")
    lake.erase_rows(table, "a = 1")
    erased = lake.current(table)
    assert lake.added_between(first, erased) is None
    assert lake.added_between(erased, first) is None
    replaced = lake.write(table, pa.table({"a": [7, 8, 9]}), mode="replace")
    assert lake.added_between(erased, replaced) is None
    wider = lake.write(table, pa.table({"a": [7], "b": ["x"]}), mode="replace")
    assert lake.added_between(replaced, wider) is None
