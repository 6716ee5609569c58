"""The contract of the join, the same for each engine, against a slow reference in plain Python, row for row."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pyarrow as pa
import pytest

from apps.features.adapters.asof import LakeJoin
from apps.features.adapters.spark import SparkJoin
from apps.features.errors import DefinitionRefused, LeakageFound
from apps.features.services import joining, sampling
from apps.features.services.joining import JoinedView, Labels, as_of, marked_sql, proof_sql
from apps.features.services.proving import strange_sql
from foundation import lake
from foundation.errors import Unavailable
from portal.settings.joining import why_wrong
from tests.apps.features import point_in_time as pit
from tests.support.spark import standalone
from tests.support.tools import needs, needs_module

pytestmark = pytest.mark.usefixtures("as_many_threads_as_in_use")

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
    return SimpleNamespace(pk=uuid4(), digest="d", sql="", hindsight={}, timeless_inputs=[], __str__=lambda: alias)


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


def test_without_a_row_nobody_is_told_of_labels_that_were_not_asked_for(tables):
    for label, said in (("", "no row to join features to"), ("n", "has a label inside the window")):
        base = tables.write(f"base{label}", pa.table({"n": pa.array([], pa.int64())}))
        with pytest.raises(DefinitionRefused, match=said):
            as_of(tables, "ts_none", Labels(("n",), "", label), base, [], heard=lambda: None)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT n, 1::BIGINT AS number_v FROM base WHERE n <> 2", "3 labelled rows went into the join and 2 came out"),
        ("SELECT n, 1::BIGINT AS number_v FROM base WHERE false", "and 0 came out"),
        ("SELECT n + (n = 2)::BIGINT AS n, 1::BIGINT AS number_v FROM base", "not the same ones"),
        ("SELECT n, 1::BIGINT AS number_v FROM base", ""),
    ],
)
def test_rows_that_are_only_looked_at_are_each_there_once_too(tables, monkeypatch, sql, said):
    monkeypatch.setattr(sampling, "join_sql", lambda _labels, _views: sql)
    base, labels = tables.write("base", pa.table({"n": [1, 2, 3]})), Labels(kept=("n",), event_time="")
    if not said:
        assert sampling.joined_sample(tables, labels, [], {"base": base}, 2).column_names == ["n", "number_v"]
        nobody = replace(labels, label="n", kept=("n",))
        none = tables.write("none", pa.table({"n": pa.array([None], pa.int64())}))
        assert sampling.joined_sample(tables, nobody, [], {"base": none}, 2).num_rows == 0
        return
    with pytest.raises(LeakageFound, match=said):
        sampling.joined_sample(tables, labels, [], {"base": base}, 10)


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


CORRECTED = {
    "key": ["a", "a", "b"],
    "happened": pa.array([pit.moment(1), pit.moment(1), pit.moment(1)], pa.timestamp("us")),
    "told": pa.array([pit.moment(1), pit.moment(5), pit.moment(1)], pa.timestamp("us")),
    "number": [1, 999, None],
}


@pytest.mark.parametrize(
    "lie",
    [
        "999 AS number",  # what the correction says, which nobody knew yet
        "999 AS number, make_timestamp(0) AS __known_v",  # the same, with a time that is not the correction's
        "7 AS number",  # of no row at all
        "NULL::BIGINT AS number",
    ],
)
def test_a_value_of_another_row_than_its_times_say_is_not_kept(tables, monkeypatch, lie):
    class Liar:
        name = "liar"

        def join(self, tables, into, labels, views, inputs, *, heard, through):
            honest = LakeJoin().join(tables, f"{into}_0", labels, views, inputs, heard=heard)
            return tables.write_query(into, f"SELECT * REPLACE ({lie}) FROM j", {"j": honest})

    view = JoinedView("v", {"key": "key"}, "happened", "told", ("number",), ttl_us=None)
    source = tables.write("source", pa.table(CORRECTED))
    base = tables.write("base", pa.table({"key": ["a"], "at": pa.array([pit.moment(2)], pa.timestamp("us"))}))
    monkeypatch.setattr(joining, "engine_for", lambda rows: Liar())
    with pytest.raises(LeakageFound, match="1 differ from the second method"):
        as_of(tables, "ts_lied", Labels(("key", "at"), "at"), base, [(view_of("v"), view, source)], heard=lambda: None)
    assert not tables.exists("ts_lied")


def test_a_correction_that_came_before_the_label_and_a_value_that_should_be_empty_are_counted(tables):
    source = tables.write("source", pa.table(CORRECTED))
    at = pa.array([pit.moment(9), pit.moment(9), pit.moment(30)], pa.timestamp("us"))
    event = pa.array([pit.moment(1), None, pit.moment(1)], pa.timestamp("us"))
    known = pa.array([pit.moment(1), None, pit.moment(1)], pa.timestamp("us"))
    told = {"key": ["a", "c", "b"], "at": at, "__event_v": event, "__known_v": known, "number": [1, 3, 4]}
    view = JoinedView("v", {"key": "key"}, "happened", "told", ("number",), ttl_us=12)
    joined = tables.write("joined", pa.table(told))
    sql = strange_sql(event_time="at", view=view, there={"number"})
    found = tables.query(sql, {"joined": joined, "source": source}).read_all()
    # Of the first the correction was known by then, the second has no event, and the third is too old.
    assert found.column("strange").to_pylist() == [3]


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
