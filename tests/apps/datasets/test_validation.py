"""Every kind of expectation over one table of the lake with names and values as unkind as they come."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from apps.datasets.choices import ResultState
from apps.datasets.services.validation import Asked, Before, checked, checked_one, measure, sentence, told
from apps.datasets.services.validation.compiling import shift
from apps.datasets.services.validation.suggesting import of_range
from foundation.errors import Invalid
from foundation.lake import Failing, TableAt
from tests.foundation.lake.conftest import lake as lake
from tests.foundation.lake.conftest import lake_id as lake_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEIRD, DOTTED, ARABIC = 'a "quoted"\' name', "t.x", "العمر"
SQL_TEXT = 'x"; DROP TABLE ds; --'
ROWS = pa.table(
    {
        "id": pa.array([1, 2, 2, None, 5], pa.int64()),
        "amount": pa.array([1.5, math.nan, math.inf, None, -3.0]),
        WEIRD: ["a", "b", None, "A", "c;d"],
        DOTTED: ["12", "x", "2.5", " 7 ", None],
        ARABIC: pa.array([30, 31, 32, 33, 340], pa.int32()),
        SQL_TEXT: pa.array([True, False, None, True, True]),
        "at": pa.array([NOW - timedelta(hours=h) for h in (1, 2, 3, 400)] + [None], pa.timestamp("us", tz="UTC")),
        "day": pa.array([NOW.date()] * 5, pa.date32()),
        "list": pa.array([[1], [2], None, [], [3]], pa.list_(pa.int64())),
    }
)
PARENTS = pa.table({"key": pa.array([1, 5], pa.int64()), "word": ["a", "b"]})


@pytest.fixture(scope="module")
def rows(lake):
    return lake.write("kinds", ROWS)


@pytest.fixture(scope="module")
def parents(lake):
    return lake.write("parents", PARENTS)


@pytest.fixture
def ask(lake, lake_id, rows):
    """What came of one expectation, as (state, failed rows)."""

    def asked(kind, columns=(), *, at=rows, severity="warn", **more):
        said = {
            name: more.pop(name) for name in ("others", "before", "into", "key", "for_good", "sql_s") if name in more
        }
        one = checked_one({"kind": kind, "columns": list(columns), "parameters": more, "severity": severity})
        if "others" in said:
            said["others"] = {one.id: said["others"]}
        given = Asked(tenant_id=lake_id, tables=lake, at=at, now=NOW, **said)
        [result] = measure([one], given).results
        assert sentence(one) and told(one, result.as_json())
        return result

    return asked


NOWHERE = "00000000-0000-0000-0000-000000000000"
# kind, columns, parameters, rows that fail; None: it cannot be asked of this column.
CASES = [
    ("not_null", ["id"], {}, 1),
    ("not_null", ["amount"], {}, 2),
    ("not_null", [ARABIC], {}, 0),
    ("not_null", ["list"], {}, 1),
    ("not_null", ["gone"], {}, None),
    ("unique", ["id"], {}, 2),
    ("unique", [ARABIC], {}, 0),
    ("unique", ["id", WEIRD], {}, 0),
    ("unique", ["day", "id"], {}, 2),
    ("in_range", ["amount"], {"min": 0}, 2),
    ("in_range", ["amount"], {"max": 2}, 2),
    ("in_range", [ARABIC], {"min": 0, "max": 130}, 1),
    ("in_range", [ARABIC], {"max": 339.5}, 1),
    ("in_range", ["id"], {"min": "2", "max": "4"}, 2),
    ("in_range", ["at"], {"min": "2026-02-20"}, 1),
    ("in_range", ["at"], {"max": "2026-03-01T10:30:00+04:00"}, 3),
    ("in_range", ["day"], {"min": "2026-03-02"}, 5),
    ("in_range", [WEIRD], {"min": 1}, None),
    ("in_range", ["id"], {"min": "2026-01-01"}, None),
    ("in_set", [WEIRD], {"values": ["a", "b", "c;d"]}, 1),
    ("in_set", [WEIRD], {"values": ["'; DROP TABLE kinds; --"]}, 4),
    ("in_set", ["id"], {"values": [1, 2, 5]}, 0),
    ("in_set", ["id"], {"values": ["one"]}, None),
    ("in_set", [SQL_TEXT], {"values": [True]}, 1),
    ("in_set", ["day"], {"values": ["2026-03-01"]}, 0),
    ("matches_regex", [WEIRD], {"pattern": "[a-z]"}, 2),
    ("matches_regex", ["id"], {"pattern": r"\d"}, 0),
    ("length", [WEIRD], {"max": 1}, 1),
    ("length", [WEIRD], {"min": 2, "max": 9}, 3),
    ("type", [DOTTED], {"family": "number"}, 1),
    ("type", [DOTTED], {"family": "whole"}, 2),
    ("type", [DOTTED], {"family": "date"}, 4),
    ("type", ["id"], {"family": "number"}, 0),
    ("type", ["amount"], {"family": "whole"}, 1),
    ("type", ["id"], {"family": "text"}, None),
    ("sql_condition", [], {"sql": '"id" > 1 -- and a comment'}, 1),
    ("sql_condition", [], {"sql": f'"{ARABIC}" < 100;'}, 1),
    ("sql_condition", [], {"sql": "no_such_column > 1"}, None),
    ("sql_condition", [], {"sql": "id IN (SELECT id FROM parents)"}, None),
    ("sql_rows", [], {"sql": "SELECT id FROM data WHERE id = 2"}, 2),
    ("sql_rows", [], {"sql": "DELETE FROM data"}, None),
    ("freshness", ["at"], {"hours": 1.5}, False),
    ("freshness", ["at"], {"hours": 0.5}, True),
    ("freshness", ["at"], {"hours": 1e30}, False),
    ("freshness", ["id"], {"hours": 1}, None),
    ("row_count", [], {"min": 5, "max": 5}, False),
    ("row_count", [], {"min": 6}, True),
]


@pytest.mark.parametrize(("kind", "columns", "parameters", "failed"), CASES)
def test_each_kind_passes_and_fails(ask, kind, columns, parameters, failed):
    result = ask(kind, columns, **parameters)
    if failed is None:
        assert result.state is ResultState.UNCHECKED
    elif isinstance(failed, bool):
        assert result.state is (ResultState.FAILED if failed else ResultState.PASSED)
    else:
        assert (result.failed_rows, result.state) == (
            failed,
            ResultState.FAILED if failed else ResultState.PASSED,
        )


def test_sql_that_takes_too_long_together_is_not_asked_any_more(ask):
    result = ask("sql_condition", sql="id > 1", sql_s=0.5)
    assert result.state is ResultState.UNCHECKED
    assert "not asked any more" in result.problem["words"]["sentence"]


def test_a_share_of_missing_values_may_be_allowed(ask):
    assert ask("not_null", ["id"], share=0.2).state is ResultState.PASSED
    assert ask("not_null", ["id"], share=0.1).state is ResultState.FAILED


@pytest.mark.parametrize(("there", "failed"), [("key", 2), ("word", None), ("gone", None)])
def test_a_foreign_key_is_found_in_the_other_dataset_or_not(lake, lake_id, rows, parents, there, failed):
    said = {"dataset": NOWHERE, "columns": [there]}
    one = checked_one({"kind": "foreign_key", "columns": ["id"], "severity": "warn", "parameters": said})
    asked = Asked(tenant_id=lake_id, tables=lake, at=rows, now=NOW, others={one.id: parents})
    [result] = measure([one], asked).results
    assert result.failed_rows == failed
    [result] = measure([one], Asked(tenant_id=lake_id, tables=lake, at=rows, now=NOW)).results
    assert result.state is ResultState.UNCHECKED, "a dataset that nobody may see tells nothing"


def test_new_rows_are_held_against_those_they_will_stand_beside(ask, lake):
    there = lake.write("there", pa.table({"id": pa.array([5, 6], pa.int64()), "at": pa.array([NOW, NOW])}))
    assert ask("unique", ["id"], into=there).failed_rows == 3, "5 is there already"
    assert ask("unique", ["id"], into=there, key=("id",)).failed_rows == 2, "an upsert takes its place"
    assert ask("row_count", min=7, max=7, into=there).state is ResultState.PASSED
    assert ask("freshness", ["at"], hours=0.5, into=there).state is ResultState.PASSED


def test_a_version_is_compared_with_the_last_one(ask, lake, rows):
    before = Before(row_count=5, profile=lake.inspect(rows).profile)
    for column in (ARABIC, "amount", WEIRD, "at"):
        same = ask("distribution", [column], measure="psi", threshold=0.01, before=before)
        assert (same.state, same.found["shift"]) == (ResultState.PASSED, 0), column
    other = lake.write("moved", pa.table({ARABIC: pa.array([340] * 4 + [30], pa.int32()), WEIRD: ["z"] * 5}))
    for column, measure_ in ((ARABIC, "psi"), (ARABIC, "ks"), (WEIRD, "ks")):
        moved = ask("distribution", [column], measure=measure_, threshold=0.2, before=before, at=other)
        assert moved.state is ResultState.FAILED, (column, moved)
    assert ask("row_count", change=0.1, before=Before(row_count=4, profile={})).state is ResultState.FAILED
    assert ask("distribution", ["id"], measure="psi", threshold=0.1).state is ResultState.PASSED, "nothing before it"


def test_the_population_stability_index_is_that_of_the_books():
    # Siddiqi, Credit Risk Scorecards: shares 0.2/0.3/0.5 against 0.3/0.3/0.4.
    expected = 0.1 * math.log(0.3 / 0.2) + (-0.1) * math.log(0.4 / 0.5)
    assert shift("psi", [20, 30, 50], [30, 30, 40]) == pytest.approx(expected)
    assert shift("ks", [20, 30, 50], [30, 30, 40]) == pytest.approx(0.1)


def test_an_empty_table_fails_no_row(ask, lake):
    empty = lake.write("empty_table", ROWS.slice(0, 0))
    for kind, columns, parameters, failed in CASES:
        if kind not in {"freshness", "row_count"} and failed is not None:
            assert ask(kind, columns, at=empty, **parameters).failed_rows == 0, (kind, columns)
    assert ask("freshness", ["at"], hours=1, at=empty).state is ResultState.FAILED


REFUSED = [
    ({"kind": "row_count", "parameters": {"min": 1}, "severity": "quarantine"}, "as a whole"),
    ({"kind": "matches_regex", "columns": ["a"], "parameters": {"pattern": "(a"}}, "regular expression"),
    ({"kind": "matches_regex", "columns": ["a"], "parameters": {"pattern": "(?=a)"}}, "look-ahead"),
    ({"kind": "in_range", "columns": ["a"], "parameters": {}}, "at least one"),
    ({"kind": "in_range", "columns": ["a"], "parameters": {"min": 3, "max": 2}}, "below the least"),
    ({"kind": "in_range", "columns": ["a"], "parameters": {"min": 3, "max": "2026-01-01"}}, "not one of each"),
    ({"kind": "in_range", "columns": ["a"], "parameters": {"min": float("nan")}}, "number"),
    ({"kind": "in_range", "columns": [], "parameters": {"min": 1}}, "one column"),
    ({"kind": "in_range", "columns": ["a", "b"], "parameters": {"min": 1}}, "one column"),
    ({"kind": "in_set", "columns": ["a"], "parameters": {"values": []}}, "list of 1"),
    ({"kind": "unique", "columns": ["a", "A"], "parameters": {}}, "once"),
    ({"kind": "unique", "columns": ["a"], "parameters": {"colour": 1}}, "no parameter"),
    ({"kind": "magic", "columns": ["a"]}, "no kind"),
    ({"kind": "unique", "columns": ["a"], "severity": "shout"}, "no severity"),
    ({"kind": "type", "columns": ["a"], "parameters": {"family": "colour"}}, "no family"),
    ({"kind": "foreign_key", "columns": ["a"], "parameters": {"dataset": "x", "columns": ["a"]}}, "id of a dataset"),
    ({"kind": "in_range", "columns": ["a"], "parameters": {"min": 10**400}}, "larger"),
    ({"kind": "in_set", "columns": ["a"], "parameters": {"values": [10**400]}}, "larger"),
    ({"kind": "in_range", "columns": ["a"], "parameters": {"min": "0001-01-01T00:00:00+14:00"}}, "number"),
    ("unique", "object"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_what_is_no_expectation_is_refused_with_a_sentence(given, said):
    given = {"severity": "warn", **given} if isinstance(given, dict) else given
    with pytest.raises(Invalid, match=said):
        checked_one(given)
    with pytest.raises(Invalid, match="Expectation 2"):
        checked([{"kind": "unique", "columns": ["a"], "severity": "warn"}, given])


def test_rows_are_taken_out_into_a_table_beside_in_one_commit(lake, lake_id):
    at = lake.write("parted", ROWS, mark="3")
    suite = checked(
        [
            {"kind": "not_null", "columns": ["id"], "severity": "quarantine"},
            {"kind": "unique", "columns": ["id"], "severity": "quarantine"},
            {"kind": "sql_condition", "parameters": {"sql": f'"{ARABIC}" < 100'}, "severity": "quarantine"},
            {"kind": "in_range", "columns": ["amount"], "parameters": {"max": 2}, "severity": "quarantine"},
        ]
    )
    found = measure(suite, Asked(tenant_id=lake_id, tables=lake, at=at, now=NOW, for_good=True))
    failing = {one.id: one.failing for one in found.results}
    keys = {f"_keys_{one.id}": one.keys for one in found.results if one.keys is not None}
    assert not lake.were_set_aside("parted", "parted_aside")
    good, marks = lake.set_aside(at, "parted_aside", Failing(failing, keys=keys))
    assert lake.were_set_aside("parted", "parted_aside")
    assert lake.mark_of("parted") == "3", "whoever reads on knows how far it came"
    assert lake.read(good).read_all()[ARABIC].to_pylist() == [30]
    aside = lake.read(TableAt("parted_aside", good.snapshot)).read_all().to_pylist()
    ids = [one.id for one in suite]
    assert {row[ARABIC]: [ids.index(key) for key in row[marks.reasons]] for row in aside} == {
        31: [1, 3],
        32: [1, 3],
        33: [0],
        340: [2],
    }
    assert sorted(row[marks.number] for row in aside) == [1, 2, 3, 4]
    changed = lake.change_rows("parted_aside", {f"{ARABIC}": "?::INTEGER"}, f'"{marks.number}" = ?', [7, 1])
    assert 7 in lake.read(changed).read_all()[ARABIC].to_pylist()
    assert lake.were_set_aside("parted", "parted_aside"), "a correction is no new beginning"
    lake.write("parted", ROWS, mode="replace")
    assert not lake.were_set_aside("parted", "parted_aside")


def test_columns_that_are_called_like_the_marks_keep_their_names(lake):
    at = lake.write("marked", pa.table({"quarantine_number": [1, 2], "Quarantine_Reasons": ["a", "b"]}))
    good, marks = lake.set_aside(at, "marked_aside", Failing({"k": '_rows."quarantine_number" = 2'}))
    assert marks.number == "_quarantine_number"
    assert lake.read(good).read_all().to_pylist() == [{"quarantine_number": 1, "Quarantine_Reasons": "a"}]


@pytest.mark.parametrize(
    ("low", "high", "kind", "parameters"),
    [
        (0, 1, "in_set", {"values": [0, 1]}),
        (0, 2, "in_range", {"min": 0, "max": 3}),
        (0.0, 1.0, "in_range", {"min": 0.0, "max": 1.1}),
    ],
)
def test_a_yes_and_no_is_proposed_as_two_values_and_not_as_a_range(low, high, kind, parameters):
    [found] = of_range({"name": "churned", "kind": "number", "min": low, "max": high})
    assert (found.expectation.kind, found.expectation.as_json()["parameters"]) == (kind, parameters)
