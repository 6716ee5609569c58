"""Every engine's lake sets rows aside, changes some of them and says what it knows, as the port promises."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from foundation.lake import Condition, Failing, TableAt
from tests.contracts.lake_stage import PEOPLE, lake, lake_id, table

__all__ = ["lake", "lake_id", "table"]

NO_AGE = {"no_age": '_rows."age" IS NULL'}


def rows_of(lake, at):
    return lake.read(at).read_all().to_pylist()


def test_rows_that_fail_move_into_the_table_beside_with_what_they_failed(lake, table):
    at, beside = lake.write(table, PEOPLE, mark="came"), f"{table}_aside"
    known = pa.table({"name": ["second", "vierté"]})
    failing = Failing({**NO_AGE, "known": '_rows."name" IN (SELECT name FROM known)'}, keys={"known": known})
    assert not lake.were_set_aside(table, beside)
    good, marks = lake.set_aside(at, beside, failing)
    assert [row["name"] for row in rows_of(lake, good)] == ["first", None]
    aside = rows_of(lake, lake.current(beside))
    assert [(row[marks.number], sorted(row[marks.reasons]), row["name"]) for row in aside] == [
        (1, ["known", "no_age"], "second"),
        (2, ["known"], "vierté"),
    ]
    assert all(row[marks.mended] == [] for row in aside)
    assert lake.mark_of(table) == "came" and lake.were_set_aside(table, beside)
    lake.write(table, PEOPLE, mode="replace")
    assert not lake.were_set_aside(table, beside)
    assert lake.count(at) == 4


def test_conditions_look_into_other_tables_at_their_snapshots(lake, table):
    other = lake.write(f"{table}_other", PEOPLE.slice(0, 1))
    lake.write(other.table, PEOPLE.slice(1, 1), mode="append")
    failing = Failing({"foreign": '_rows."name" NOT IN (SELECT name FROM o)'}, inputs={"o": other})
    good, _marks = lake.set_aside(lake.write(table, PEOPLE.slice(0, 2)), f"{table}_aside", failing)
    assert [row["name"] for row in rows_of(lake, good)] == ["first"]


def test_the_first_rows_that_fail_are_copied_by_their_places_and_stay(lake, table):
    at = lake.write(table, pa.table({"n": pa.array(range(1000), pa.int64())}))
    failing = Failing({"odd": '_rows."n" % 2 = 1', "late": '_rows."n" > 990'})
    copied, marks = lake.copy_failing(at, f"{table}_some", failing, 2)
    found = rows_of(lake, copied)
    assert [(row[marks.number], row["n"], sorted(row[marks.reasons])) for row in found] == [
        (2, 1, ["odd"]),
        (4, 3, ["odd"]),
        (992, 991, ["late", "odd"]),
        (993, 992, ["late"]),
    ]
    assert lake.current(table) == TableAt(table, copied.snapshot) and lake.count(at) == 1000


def test_some_rows_are_changed_and_the_others_stay(lake, table):
    before = lake.write(table, PEOPLE)
    after = lake.change_rows(table, {"age": "age + ?"}, "name = ?", [1, "first"])
    ages = {row["name"]: row["age"] for row in rows_of(lake, before)}
    assert {row["name"]: row["age"] for row in rows_of(lake, after)} == ages | {"first": 32}
    assert ages["first"] == 31


def test_the_catalogue_knows_rows_and_which_columns_miss_nothing(lake, table):
    lake.write(table, PEOPLE.slice(0, 1))
    at = lake.write(table, PEOPLE.slice(2, 1), mode="append")
    known = lake.known(at)
    assert (known.rows, known.files, known.complete) == (2, 2, {"age", "at"})


def test_one_look_gives_digest_profile_and_some_values(lake, table):
    at = lake.write(table, PEOPLE)
    found = lake.inspect(at)
    assert found.digest == lake.digest(at) and lake.has_digest(at, found.digest)
    assert not lake.has_digest(at, found.digest[::-1])
    assert found.profile["rows"] == 4
    assert [(one["name"], one["nulls"]) for one in found.profile["columns"]] == [("name", 1), ("age", 1), ("at", 1)]
    assert sorted(found.values["name"].to_pylist()) == ["first", "second", "vierté"]


def test_what_comes_from_outside_is_changed_on_its_way(lake, table, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("name,age\nfirst,31\nsecond,40\n")

    def shout(batch):
        return batch.set_column(0, "name", pc.utf8_upper(batch.column(0)))

    seen = []
    at = lake.changing(shout).write_from_file(table, file, "csv", on_rows=seen.append)
    assert rows_of(lake, at) == [{"name": "FIRST", "age": 31}, {"name": "SECOND", "age": 40}]
    assert seen[-1] == 2 and table in lake.tables()
    shown = lake.preview(at, where=[Condition("name", "=", "SECOND")])
    assert shown.column("age").to_pylist() == [40]
