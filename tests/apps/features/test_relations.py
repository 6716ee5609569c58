"""What columns have to do with a label: each measure on made-up data, the report of a set, and its preview."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from apps.datasets import services as datasets
from apps.datasets.selectors import get_version
from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.services.relations import scores
from apps.features.services.relations.measuring import measured
from apps.features.views.missing import missing_shown

ROWS = 4_000
RNG = np.random.default_rng(3)
X, Y, NOISE = RNG.normal(size=ROWS), RNG.normal(size=ROWS), RNG.normal(size=ROWS)
HIT = X + 0.1 * NOISE > 0
TEXT = np.array(["a", "b", "c", "d"], dtype=object)


def looked_at(label, **columns):
    table = pa.table({**columns, "label": label})
    given = [{"name": name, "type": "", "source": "base", "role": "feature"} for name in columns]
    report = measured(given, "label", table.select)
    return report["label"]["task"], {one["name"]: one for one in report["columns"]}


def test_measures_agree_with_their_definitions():
    assert scores.pearson(X, 3 * X + 1) == pytest.approx(1)
    assert scores.pearson(X, 0.5 * X + Y) == pytest.approx(np.corrcoef(X, 0.5 * X + Y)[0, 1])
    assert scores.spearman(X, np.exp(5 * X)) == pytest.approx(1)
    assert list(scores.ranks(np.array([3.0, 1.0, 3.0, 2.0]))) == [3.5, 1, 3.5, 2]
    groups = RNG.integers(0, 4, ROWS)
    assert scores.correlation_ratio(groups, groups * 1.0) == pytest.approx(1)
    assert scores.correlation_ratio(groups, Y) < 0.06
    assert scores.cramers_v(groups, groups) == pytest.approx(1)
    assert scores.cramers_v(groups, RNG.integers(0, 3, ROWS)) < 0.06
    # A name of its own in each row says nothing, however well it would tell the rows apart.
    names = np.arange(ROWS)
    assert scores.correlation_ratio(names, Y) is None
    assert not scores.cramers_v(names, groups)
    pairs = list(zip(*np.meshgrid(X[HIT][:50], X[~HIT][:50]), strict=True))
    wins = np.mean([np.mean((a > b) + 0.5 * (a == b)) for a, b in pairs])
    both = np.concatenate([X[HIT][:50], X[~HIT][:50]])
    assert scores.auc(both, np.arange(100) < 50) == pytest.approx(wins)


@pytest.mark.parametrize(("rows", "told"), [(1, False), (49, False), (50, True)])
def test_of_few_rows_nothing_tells_whether_a_masked_value_is_there(rows, told):
    hidden = pa.array([None] * rows, pa.float64())
    table = pa.table({"hidden": hidden, "shown": hidden, "label": np.arange(rows) % 2})
    given = [{"name": name, "type": "", "source": "base", "role": "feature"} for name in ("hidden", "shown")]
    report = selectors.shown_report(measured(given, "label", table.select), {"hidden"})
    found = {one["name"]: (one["missing"], one["suspicions"]) for one in report["columns"]}
    assert found["shown"] == (1.0, ["missing"])
    assert found["hidden"] == ((1.0, ["missing"]) if told else (None, []))


def test_what_foretells_a_label_alone_is_found_and_an_identifier_is_not():
    code = np.where(HIT, "yes", "no")
    task, found = looked_at(
        HIT,
        same=HIT,
        turned=-X,
        code=code,
        rare=pa.array(np.where(RNG.random(ROWS) < 0.7, code, None)),
        hollow=pa.array(np.where(HIT, None, X), pa.float64()),
        noise=NOISE,
        key=[f"row-{n}" for n in range(ROWS)],
        number=np.arange(ROWS),
        constant=np.ones(ROWS),
        empty=pa.nulls(ROWS, pa.float64()),
        seldom=pa.array([1.0] * 100 + [None] * (ROWS - 100)),
        lists=pa.array([[1]] * ROWS),
    )
    assert task == "binary"
    flags = {name: one["suspicions"] for name, one in found.items()}
    assert flags == {
        "same": ["foretells"],
        "turned": ["foretells"],
        "code": ["foretells"],
        "rare": [],
        "hollow": ["foretells"],
        "noise": [],
        "key": ["identifier"],
        "number": ["identifier"],
        "constant": ["constant"],
        "empty": ["missing"],
        "seldom": ["missing", "constant"],
        "lists": [],
    }
    assert found["turned"]["alone"]["value"] > 0.99 and found["turned"]["relation"]["spearman"] < -0.8
    assert abs(found["noise"]["alone"]["value"] - 0.5) < 0.08
    assert abs(found["key"]["alone"]["value"] - 0.5) < 0.08
    assert found["code"]["relation"] == {"measure": "cramers_v", "value": pytest.approx(1)}
    assert found["rare"]["missing"] == pytest.approx(0.3, abs=0.03)
    # Where it is there, the label is always the same, so it goes with nothing; that it is there says all.
    assert found["hollow"]["relation"] is None
    assert found["lists"]["relation"] is None and found["empty"]["alone"] is None


def test_labels_of_every_task_are_measured_by_what_fits():
    number = 5 * X + 0.1 * Y
    task, found = looked_at(number, line=X, bent=np.abs(X), place=TEXT[RNG.integers(0, 4, ROWS)], when=_moments())
    assert task == "regression"
    assert found["line"]["suspicions"] == ["foretells"] and found["line"]["alone"]["measure"] == "r2"
    assert found["bent"]["alone"]["value"] < 0.2 and abs(found["bent"]["relation"]["value"]) < 0.1
    assert found["place"]["relation"]["measure"] == "correlation_ratio"
    assert found["when"]["relation"]["measure"] == "pearson"

    kinds = TEXT[np.digitize(X, [-0.7, 0, 0.7])]
    task, found = looked_at(kinds, x=X, noise=NOISE, same=kinds)
    assert task == "multiclass"
    assert (found["x"]["alone"]["value"] > 0.98, found["x"]["relation"]["measure"]) == (True, "correlation_ratio")
    assert found["same"]["suspicions"] == ["foretells"]
    assert abs(found["noise"]["alone"]["value"] - 0.5) < 0.08

    for label in (np.ones(ROWS), [f"name {n}" for n in range(ROWS)], pa.nulls(ROWS, pa.float64())):
        task, found = looked_at(label, x=X)
        assert (task, found["x"]["relation"], found["x"]["alone"]) == ("", None, None)
    task, found = looked_at([0, 1] * 15, x=np.arange(30.0))
    assert (task, found["x"]["alone"]) == ("binary", None)
    assert looked_at([None, 0.0, 1.0, float("nan")] * 100, x=np.arange(400.0))[0] == "binary"


def _moments():
    return pa.array((np.arange(ROWS) * 1_000_000).astype("datetime64[us]"))


@pytest.fixture
def base(ingested):
    lines = [f"AA,2013-01-{1 + n % 28:02d} 10:{n % 60:02d}:00,{n % 2},{n % 2 + 0.5},{n % 7},k{n}" for n in range(400)]
    return ingested("flights.csv", ("carrier,moment,late,delay_told,gate,code\n" + "\n".join(lines)).encode())


def test_a_set_keeps_its_report_and_a_preview_says_the_same_before(
    base, view, define, api_as, client_as, scientist, viewer, run_jobs
):
    words = {
        "event_time": "moment",
        "features": ["delay_told", "gate", "carrier", "code"],
        "views": [{"view": view.pk}],
    }
    project = view.project
    before = services.preview_training_set(
        actor=scientist, project=project, base_version_id=base.pk, label="late", **words
    )
    row = define.training_set(base, "late", **words)
    run_jobs()
    row.refresh_from_db()
    assert row.state == BuildState.READY, row.failure
    report = selectors.report_of(scientist, row)
    assert (before["rows"], report["rows"], report["label"]) == (400, 400, {"name": "late", "task": "binary"})
    for found in (before, report):
        flags = {one["name"]: one["suspicions"] for one in found["columns"]}
        assert flags == {
            "delay_told": ["foretells"],
            "gate": [],
            "carrier": ["constant"],
            "code": ["identifier"],
            "recent_delay": [],
        }
        missing = {one["name"]: one["missing"] for one in found["columns"] if one["missing"]}
        assert missing == {} or set(missing) == {"recent_delay"}

    body = {"project": "flights", "base_version": str(base.pk), "label": "late", "features": ["delay_told"]}
    answer = api_as(scientist).post("/api/v1/training-sets/preview/", json.dumps(body), content_type="application/json")
    assert answer.json()["columns"][0]["alone"] == {"measure": "auc", "value": 1.0}
    assert (
        api_as(viewer)
        .post("/api/v1/training-sets/preview/", json.dumps(body), content_type="application/json")
        .status_code
        == 403
    )
    assert set(answer.json()["missing_map"]["columns"]) == {"delay_told", "late"}
    told = api_as(viewer).get(f"/api/v1/training-sets/{row.pk}/report/").json()
    assert told == {**report, "missing_map": before["missing_map"]}

    pages = client_as(scientist)
    here = f"/t/acme/p/flights/features/training-sets/{row.pk}/"
    text = pages.get(here, {"tab": "label"}).content.decode()
    assert (
        "“delay_told” alone foretells the label almost perfectly (AUC 1.000): is it known when the prediction is made?"
        in text
    )
    assert "foretells the label almost perfectly" in pages.get(here).content.decode()
    assert "But one feature foretells it almost perfectly" in pages.get(here).content.decode()
    chart = pages.get(f"{here}label.json").json()
    assert chart["data"][0]["y"][-1] == "delay_told"
    form = {"label": "late", "features": ["delay_told", "gate"], "event_time": "", "act": "preview"}
    shown = pages.post(f"/t/acme/p/flights/features/training-sets/new/?base={base.pk}", form)
    assert (shown.status_code, "“delay_told” alone foretells" in shown.content.decode()) == (200, True)

    # Whoever sees a column masked learns how much of it is missing, and not what it goes with.
    version = get_version(actor=scientist, version_id=base.pk)
    classes = {one["name"]: "public" for one in version.schema}
    datasets.classify_columns(actor=scientist, version=version, classes={**classes, "delay_told": "personal"})
    told = {one["name"]: one for one in selectors.report_of(viewer, row)["columns"]}
    assert (told["delay_told"]["alone"], told["delay_told"]["relation"], told["delay_told"]["suspicions"]) == (
        None,
        None,
        [],
    )
    assert (told["delay_told"]["masked"], told["gate"]["alone"] is not None) == (True, True)
    datasets.classify_columns(actor=scientist, version=version, classes={**classes, "late": "personal"})
    assert {
        one["alone"] for one in selectors.report_of(viewer, row)["columns"] if not isinstance(one["alone"], dict)
    } == {None}


def test_a_preview_shows_when_and_together_with_what_values_are_missing_as_the_set_does(
    ingested, view, define, client_as, scientist, viewer, run_jobs
):
    """Fuel and weight are lacking from the 20th on; of the view nothing is known on the first days."""
    rows = [(day, "" if day >= 20 else "7") for day in range(1, 29) for _hour in range(2)]
    lines = [f"DLX,2013-01-{day:02d} 0{n % 2}:00:00,{n % 2},{told},{told}" for n, (day, told) in enumerate(rows)]
    base = ingested("fuel.csv", ("carrier,moment,late,fuel,weight\n" + "\n".join(lines)).encode())
    words = {"event_time": "moment", "features": ["fuel", "weight"], "views": [{"view": view.pk}]}
    asked = {"project": view.project, "base_version_id": base.pk, "label": "late", **words}
    before = services.preview_training_set(actor=scientist, **asked)["missing_map"]
    assert (before["unit"], before["moments"][0], len(before["moments"])) == ("day", "2013-01-01T00:00:00", 28)
    assert before["columns"] == {
        "fuel": [0] * 19 + [1] * 9,
        "weight": [0] * 19 + [1] * 9,
        "recent_delay": [1] * 4 + [0] * 24,
        "late": [0] * 28,
    }

    row = define.training_set(base, "fuelled", **words)
    run_jobs()
    row.refresh_from_db()
    assert selectors.missing_map(row, actor=scientist).as_json() == before
    pages, form = client_as(scientist), {"act": "preview", "label": "late", "event_time": "moment"}
    form |= {"features": ["fuel", "weight"], f"use_{view.pk.hex}": "on", f"key_{view.pk.hex}_0": "carrier"}
    shown = pages.post(f"/t/acme/p/flights/features/training-sets/new/?base={base.pk}", form).content.decode()
    here = f"/t/acme/p/flights/features/training-sets/{row.pk}/"
    heat = [
        text[text.index('<div class="s-heat"') :].split("</table>")[0]
        for text in (shown, pages.get(here, {"tab": "missing"}).content.decode())
    ]
    assert heat[0] == heat[1] and 'title="weight · 2013-01-20: 100.0\u202f%"' in heat[0]

    # Two rows a day are so few that a share would tell of single ones.
    version = get_version(actor=scientist, version_id=base.pk)
    classes = {one["name"]: "public" for one in version.schema}
    datasets.classify_columns(actor=scientist, version=version, classes={**classes, "fuel": "personal"})
    told = selectors.missing_map(row, actor=viewer).as_json()["columns"]
    assert (told["fuel"], told["weight"]) == ([None] * 28, before["columns"]["weight"])
    datasets.classify_columns(
        actor=scientist, version=version, classes={**classes, "fuel": "personal", "moment": "personal"}
    )
    whole = selectors.missing_map(row, actor=viewer).as_json()
    assert (whole["moments"], whole["columns"]["fuel"]) == ([None], [pytest.approx(18 / 56)])


def test_rows_without_a_time_that_a_calendar_holds_are_a_piece_of_their_own(flights, define, scientist, project):
    row = define.training_set(flights, "late", event_time="moment", features=["carrier"])
    endless, day = (1 << 63) - 1, 1_356_998_400_000_000
    moments = pa.array([endless, -endless, None, day, day + 3_600_000_000], pa.timestamp("us"))
    rows = pa.table({"moment": moments, "carrier": ["AA", None, None, "AA", None], "late": [0, 1, 0, 1, 0]})
    found = selectors.missing_map(row, actor=scientist, rows=rows)
    shown = missing_shown(found.as_json())
    assert shown["moments"] == ["01 Jan 00:00", "01 Jan 01:00", "No time"]
    assert found.rows == {"carrier": [0, 1, pytest.approx(2 / 3)], "late": [0, 0, 0]}
    empty = selectors.missing_map(row, actor=scientist, rows=rows.slice(0, 0))
    assert (empty.moments, missing_shown(empty.as_json())["complete"]) == ([], False)
