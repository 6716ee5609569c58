"""The contract of the join, the same for each engine, against a slow reference in plain Python, row for row."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pyarrow as pa
import pytest

from apps.features.adapters.asof import LakeJoin
from apps.features.adapters.spark import SparkJoin
from apps.features.errors import LeakageFound
from apps.features.services import joining
from apps.features.services.joining import Labels, as_of, marked_sql, proof_sql
from foundation import lake
from foundation.errors import Unavailable
from portal.settings.joining import why_wrong
from tests.apps.features import point_in_time as pit
from tests.support.spark import standalone
from tests.support.tools import needs, needs_module

SEED = 20260101
# Of 20 seconds of processor time Java spends half on making code fast that runs once.
LEAN = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.memory": "1g",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
}


# A cluster of this machine alone is spoken to where nobody else is.
LOOPBACK = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.executor.memory": "512m",
    "spark.executor.extraJavaOptions": LEAN["spark.driver.extraJavaOptions"],
}


@pytest.fixture
def spark():
    needs("java", "default-jre-headless")
    needs_module("pyspark", "requirements/spark.txt")
    return SparkJoin("local[1]", options=LEAN)


@pytest.fixture
def cluster(spark, tmp_path):
    """Spark as it runs elsewhere: a master and a worker of their own, whose executors see a folder that we see, too."""
    with standalone(tmp_path) as master:
        yield SparkJoin(master, str(tmp_path), {**LEAN, **LOOPBACK})


@pytest.fixture(params=["duckdb", "spark"])
def engine(request):
    return LakeJoin() if request.param == "duckdb" else request.getfixturevalue("spark")


@pytest.fixture
def tables(tenant):
    return lake.for_tenant(tenant.pk)


def as_a_view(tables, alias, rows, shape):
    """The rows of a view in the lake as they are when it is computed: marked once."""
    at = tables.write(f"{alias}_raw", pit.view_table(rows, shape))
    at = tables.write_query(f"{alias}_all", "SELECT * REPLACE (told::TIMESTAMP AS told) FROM r", {"r": at})
    if shape.marked is None:
        return at
    # Whoever opts out of what is known joins rows that were marked for all others.
    view = replace(shape.view("r"), marked=None, early=False)
    return tables.write_query(f"{alias}_marked", marked_sql(view, "r"), {"r": at})


def view_of(alias):
    return SimpleNamespace(pk=uuid4(), digest="d", sql="", __str__=lambda: alias)


def test_every_label_comes_out_once_with_what_was_known(tables, engine, monkeypatch):
    monkeypatch.setattr(joining, "engine_for", lambda rows: engine)
    labels, rows = pit.labels_and_rows(SEED)
    base = tables.write("base", pit.label_table(labels))
    parts = [
        (view_of(alias), shape.view(alias), as_a_view(tables, alias, rows, shape))
        for alias, shape in pit.SHAPES.items()
    ]
    joined = as_of(tables, f"ts_{uuid4().hex}", pit.LABELS, base, parts, heard=lambda: None)
    out = {row["n"]: row for row in tables.read(joined.at).read_all().to_pylist()}
    assert len(labels) == len(out) == joined.proof["rows"]
    assert joined.proof["engine"] == engine.name
    for (_view, spec, _at), counts in zip(parts, joined.proof["views"], strict=True):
        wanted = pit.expected(labels, rows, pit.SHAPES[spec.alias])
        for label, (_state, values, event, known) in zip(labels, wanted, strict=True):
            row = out[label["n"]]
            said = tuple(row[f"{name}_{spec.alias}"] for name in pit.VALUES)
            assert tuple(map(pit.shown, said)) == tuple(map(pit.shown, values)), (spec.alias, label)
            assert (pit.back(row[spec.event_column]), pit.back(row[spec.known_column])) == (event, known), spec.alias
        states = [state for state, *_rest in wanted]
        assert {name: counts[name] for name in ("joined", "missing", "expired")} == {
            name: states.count(name) for name in ("joined", "missing", "expired")
        }
        early = sum(
            known is not None and known > label["at"] for label, (*_, known) in zip(labels, wanted, strict=True)
        )
        assert (counts["early"], counts["violations"], counts["mismatches"]) == (early, 0, 0)
        assert bool(early) == spec.early
        assert min(map(states.count, ("joined", "missing"))) > 50
    assert not [table for table in tables.tables() if table.startswith("js_")]


def test_a_master_elsewhere_joins_as_one_on_this_machine(tables, cluster, tmp_path):
    (tmp_path / "of somebody else").mkdir()
    labels, rows = pit.labels_and_rows(SEED)
    base = tables.write("base", pit.label_table(labels))
    views, inputs = [pit.SHAPES["v3"].view("v3")], {"base": base, "v3": as_a_view(tables, "v3", rows, pit.SHAPES["v3"])}
    names = [name for _feature, name in views[0].named]
    found = []
    for engine, into in ((LakeJoin(), "ts_here"), (cluster, "ts_there")):
        at = engine.join(tables, into, pit.LABELS, views, inputs, heard=lambda: None)
        rows = tables.read(at, ["n", *names]).read_all().sort_by("n").to_pylist()
        found.append([{name: pit.shown(value) for name, value in row.items()} for row in rows])
    assert len(found[0]) == len(labels)
    assert found[0] == found[1]
    # Nothing is left in the shared folder, and what is not ours stays.
    left = {path.name for path in tmp_path.rglob("*")} - {"work"}
    assert {"of somebody else", "sanad-joins"} <= left
    assert not list((tmp_path / "sanad-joins").iterdir())


def test_a_join_on_spark_that_is_not_wanted_any_more_leaves_nothing(tables, spark, settings):
    class Enough(Exception):
        pass

    heard = iter((None, Enough()))

    def hear():
        if error := next(heard):
            raise error

    labels, rows = pit.labels_and_rows(SEED)
    base, at = tables.write("base", pit.label_table(labels)), as_a_view(tables, "v0", rows, pit.Shape())
    with pytest.raises(Enough):
        spark.join(tables, "ts_ended", pit.LABELS, [pit.Shape().view("v0")], {"base": base, "v0": at}, heard=hear)
    assert not list(Path(settings.SANAD_HOME, "scratch").glob("join-*"))
    assert not [table for table in tables.tables() if table.startswith(("js_", "ts_"))]


class Lossy:
    """An engine that keeps the number of rows and loses one for another, or loses one altogether."""

    name = "lossy"

    def __init__(self, sql):
        self._sql = sql

    def join(self, tables, into, labels, views, inputs, *, heard, through):
        return tables.write_query(into, self._sql, {"base": inputs["base"]})


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM base WHERE n <> 2", "3 labelled rows went into the join and 2 came out"),
        ("SELECT * FROM base UNION ALL SELECT * FROM base", "6 came out"),
        ("SELECT * FROM base WHERE n <> 2 UNION ALL SELECT * FROM base WHERE n = 1", "not the same ones"),
    ],
)
def test_a_join_that_loses_or_doubles_a_label_is_not_kept(tables, monkeypatch, sql, said):
    monkeypatch.setattr(joining, "engine_for", lambda rows: Lossy(sql))
    base = tables.write("base", pa.table({"n": [1, 2, 3]}))
    with pytest.raises(LeakageFound, match=said):
        as_of(tables, "ts_lost", Labels(kept=("n",), event_time=""), base, [], heard=lambda: None)
    assert not tables.exists("ts_lost")


def test_the_proof_counts_a_value_that_came_from_the_future(tables):
    at = {
        "at": pa.array([pit.moment(1)], pa.timestamp("us")),
        "__event_v0": pa.array([pit.moment(2)], pa.timestamp("us")),
    }
    joined = tables.write("joined", pa.table({"key": ["a"], **at, "__known_v0": at["__event_v0"]}))
    source = tables.write("source", pa.table({"key": ["a"], "happened": at["__event_v0"]}))
    view = pit.Shape(ttl=True).view("v0")
    found = tables.query(proof_sql(event_time="at", view=view), {"joined": joined, "source": source}).read_all()
    counts = found.to_pylist()[0]
    assert (counts["violations"], counts["mismatches"], counts["missing"], counts["joined"]) == (1, 1, 1, 0)


def test_an_exchange_that_is_not_there_is_told(tables):
    engine = SparkJoin("spark://127.0.0.1:1", "/nowhere/at/all")
    view, base = pit.Shape().view("v0"), tables.write("base", pit.label_table([]))
    with pytest.raises(Unavailable, match="SANAD_SPARK_EXCHANGE"):
        engine.join(tables, "ts_nowhere", pit.LABELS, [view], {"base": base, "v0": base}, heard=lambda: None)


@pytest.mark.parametrize(
    ("engine", "master", "exchange", "options", "said"),
    [
        ("auto", "", "", [], ""),
        ("auto", "local[4]", "", [], ""),
        ("spark", "local-cluster[2,1,1024]", "", [], ""),
        ("auto", "spark://one:7077,two:7077", "/mnt/joins", ["a=b=c"], ""),
        ("auto", "k8s://https://host:6443", "s3a://bucket/joins", [], ""),
        ("fast", "", "", [], "knows auto, duckdb, spark"),
        ("spark", "", "", [], "name its master"),
        ("auto", "host:7077", "/mnt", [], "like spark://host:7077"),
        ("auto", "spark://host:7077", "", [], "executors see under the same path"),
        ("auto", "yarn", "joins", [], "the whole path"),
        ("auto", "yarn", "s3a://", [], "the whole path"),
        ("auto", "local", "", ["spark.executor.memory"], "name=value"),
    ],
)
def test_settings_of_joins_are_checked_when_the_portal_starts(engine, master, exchange, options, said):
    found = why_wrong(engine, master, exchange, options)
    assert said in found
    assert bool(found) == bool(said)


def test_the_engine_is_chosen_by_size_where_there_is_spark(settings):
    assert joining.engine_for(10**12).name == "duckdb"
    settings.FEATURES_SPARK_MASTER = "local[1]"
    chosen = [joining.engine_for(rows).name for rows in (10, settings.FEATURES_SPARK_FROM_ROWS)]
    assert chosen == ["duckdb", "spark"]
