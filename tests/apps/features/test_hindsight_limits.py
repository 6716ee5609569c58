"""What the look for the future takes for no sign of it, where it ends, and that it leaves nothing behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from apps.features import services
from apps.features.choices import BuildState
from apps.features.models import FeatureView
from apps.features.ports import JoinedView
from apps.features.services.erasing import ViewReach
from apps.features.services.hindsight.comparing import differing
from apps.features.services.hindsight.cutting import Made
from apps.features.services.hindsight.looking import look_at_sample, look_at_view
from foundation import lake
from foundation.clock import now
from foundation.lake import keeping
from tests.apps.features.test_hindsight import DELAYS, DOES_NOT, SEES

# 300 flights of which three share each minute, each with the moment at which it lands two days later.
_STARTS = [datetime(2013, 1, 1) + timedelta(hours=n // 3) for n in range(300)]
FLIGHTS = "carrier,moment,landed,epoch,delay\n" + "".join(
    f"AA,{at},{at + timedelta(days=2, minutes=n % 3)},{int(at.replace(tzinfo=UTC).timestamp())},{n * 37 % 101}\n"
    for n, at in enumerate(_STARTS)
)
SEEING = {
    "a row dated no later than a day": """
        SELECT carrier, least(moment, TIMESTAMP '2013-01-02') AS moment, delay AS x FROM flights""",
    "the next one, dated by seconds since 1970": """
        SELECT carrier, TIMESTAMP '1970-01-01' + epoch * INTERVAL 1 SECOND AS moment, max(delay) OVER later AS x
        FROM (SELECT carrier, epoch, delay FROM flights)
        WINDOW later AS (ORDER BY epoch RANGE BETWEEN CURRENT ROW AND 7200 FOLLOWING)""",
}
SEEING_NOTHING = {
    "the hour after, dated by its end": """
        SELECT a.carrier, a.moment + INTERVAL 1 HOUR AS moment, avg(b.delay) AS x FROM flights a JOIN flights b
        ON a.carrier = b.carrier AND b.moment BETWEEN a.moment AND a.moment + INTERVAL 1 HOUR GROUP BY ALL""",
    "another row, dated by when both are known": """
        SELECT a.carrier, greatest(a.moment, b.landed) AS moment, b.delay AS x FROM flights a JOIN flights b
        ON a.carrier = b.carrier AND b.landed BETWEEN a.moment AND a.moment + INTERVAL 1 DAY""",
}
TIES = "carrier,moment,number,delay\n" + "".join(
    f"{('AA', 'DLX')[n % 2]},{_STARTS[n * 7919 % 240]},{n},{n * 37 % 101}\n" for n in range(3_000)
)
TIED = "SELECT carrier, moment, lag(delay) OVER (PARTITION BY carrier ORDER BY moment) AS x FROM ties"
CANNOT = "Whether the SQL sees the future cannot be told: of "
MOMENT = datetime(2013, 1, 3, tzinfo=UTC)


@pytest.fixture
def tables(tenant):
    return lake.for_tenant(tenant.pk)


@pytest.fixture
def told(ingested, tenant, tables):
    """What the first rows tell of SQL over them."""
    from apps.datasets import selectors as datasets

    given = {"flights": FLIGHTS, "ties": TIES}
    there = {name: datasets.table_at(ingested(f"{name}.csv", rows.encode())) for name, rows in given.items()}

    def over(sql: str) -> list[str]:
        inputs = {name: there[name] for name in lake.sandbox.tables_of(sql)}
        return look_at_sample(tables, Made(tenant.pk, sql, inputs, ["carrier"], "moment"))

    return over


def test_a_time_is_no_way_round_and_one_that_is_honest_is_no_fault(told):
    for what, sql in SEEING.items():
        assert [one[:24] for one in told(sql)] == ["The SQL sees the future:"], what
    for what, sql in SEEING_NOTHING.items():
        assert told(sql) == [], what


def test_rows_that_hang_on_an_order_that_nothing_sets_are_told_as_such(told):
    assert [one[: len(CANNOT)] for one in told(TIED)] == [CANNOT]
    assert told(TIED.replace("ORDER BY moment", "ORDER BY moment, number")) == []


def compared(tables, rows: dict, then: dict) -> tuple[int, tuple[str, ...]]:
    count = len(next(iter(rows.values())))
    same = {"k": ["a"] * count, "t": [datetime(2013, 1, 1 + at // 99) for at in range(count)]}
    spec = JoinedView("rows", {"k": "k"}, "t", "", (), None)
    found = differing(tables, spec, list(rows), pa.table(same | rows), pa.table(same | then), MOMENT, 20)
    return found.differing, found.features


def test_only_as_much_of_a_number_counts_as_sums_tell(tables):
    tens = [10.0, 20.0, 30.0]
    assert compared(tables, {"x": [0.0, *tens]}, {"x": [3e-9, *tens]}) == (0, ())
    assert compared(tables, {"x": [0.0, *tens]}, {"x": [3e-6, *tens]}) == (1, ("x",))
    assert compared(tables, {"x": [1e9, *tens]}, {"x": [1e9 + 0.5, *tens]}) == (0, ())
    assert compared(tables, {"x": [float("inf"), *tens]}, {"x": [1.0, *tens]}) == (1, ("x",))
    assert compared(tables, {"x": [float("nan"), *tens]}, {"x": [float("nan"), *tens]}) == (0, ())
    single = [pa.array([0.1 + step, 1.0], pa.float32()) for step in (0, 1e-8)]
    assert compared(tables, {"x": single[0]}, {"x": single[1]}) == (0, ())
    assert compared(tables, {"x": [1, 2], "y": ["a", "b"]}, {"x": [1, 2], "y": ["a", "c"]}) == (1, ("y",))


def test_many_rows_of_one_key_and_time_are_counted_and_not_held_against_each_other(tables):
    many = 200_000
    rows = {"x": list(range(many))}
    spec = JoinedView("rows", {"k": "k"}, "t", "", (), None)
    same = pa.table({"k": ["a"] * many, "t": [datetime(2013, 1, 1)] * many, **rows})
    then = same.set_column(2, "x", pa.array([value + many for value in rows["x"]]))
    found = differing(tables, spec, ["x"], same, then, MOMENT, 60)
    assert (found.rows, found.differing, found.features) == (many, many, ("x",))


@pytest.fixture
def smooth(define, carrier, ingested, run_jobs):
    """A view that is ready, and what its SQL reads."""
    from apps.datasets import selectors as datasets

    version = ingested("delays.csv", DELAYS)
    view = define.view(carrier, "smooth", DOES_NOT["a mean up to the row"], event_time="moment", delays=version)
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.READY and view.hindsight["stopped"] is False
    return view, {"delays": datasets.table_at(version)}


def beside(tables) -> list[str]:
    return [name for name in tables.tables() if name.startswith(("ht_", "hw_"))]


def test_a_look_that_takes_too_long_is_no_fault_of_the_version_and_is_shown(smooth, tables):
    view, inputs = smooth
    rows = tables.current(view.lake_table)
    looked = look_at_view(tables, view, inputs, rows, goes_on=lambda: None, timeout_s=0.001)
    assert (looked["moments"], looked["stopped"]) == (0, True)
    said = services.looked_at_in_words(looked, ())
    assert said == ["More moments were not looked at: it took too long, or too much memory."]
    assert not beside(tables)


def test_a_look_ends_when_somebody_ends_its_job(smooth, tables):
    view, inputs = smooth
    asked = []

    def goes_on() -> None:
        asked.append(bool(beside(tables)))
        if len(asked) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        look_at_view(tables, view, inputs, tables.current(view.lake_table), goes_on=goes_on)
    assert asked == [False, True] and not beside(tables)


def test_upkeep_meanwhile_takes_nothing_away(smooth, tables, tenant):
    view, inputs = smooth
    rows = tables.current(view.lake_table)
    FeatureView.objects.filter(pk=view.pk).update(state=BuildState.BUILDING, lake_snapshot=None)
    later = now() + timedelta(hours=1)
    looked = look_at_view(tables, view, inputs, rows, goes_on=lambda: keeping.maintain(tenant.pk, now=later))
    assert (looked["moments"], looked["stopped"]) == (12, False)


def test_what_a_dead_worker_left_of_a_look_goes_with_its_version(queued_view, tables, tenant):
    left = [f"{prefix}{queued_view.pk.hex}" for prefix in ("ht_", "hw_")]
    for table in left:
        tables.write(table, pa.table({"n": [1]}))
    assert set(left) <= set(ViewReach().tables([queued_view.pk]))
    FeatureView.objects.filter(pk=queued_view.pk).update(state=BuildState.FAILED)
    keeping.maintain(tenant.pk, now=now() + timedelta(hours=1))
    assert not beside(tables)


def test_sql_too_long_to_be_read_for_its_times_is_looked_at_by_their_names(define, carrier, ingested, run_jobs):
    delays, rest = ingested("delays.csv", DELAYS), f" -- {'x' * 60_000}"
    made = [
        define.view(carrier, name, sql + rest, event_time="moment", delays=delays)
        for name, sql in (("smooth", DOES_NOT["a mean up to the row"]), ("leading", SEES["lead"]))
    ]
    run_jobs()
    for view in made:
        view.refresh_from_db()
    assert (made[0].state, made[0].hindsight["moments"]) == (BuildState.READY, 12)
    assert made[1].failure.startswith("The SQL sees the future: of ")


def test_windows_are_looked_at_by_what_they_use_and_by_when_that_is_known(
    define, carrier, ingested, run_jobs, scientist, project
):
    first = now().replace(tzinfo=None, microsecond=0) - timedelta(hours=1)
    recent = "carrier,moment,delay\n" + "".join(f"AA,{first + timedelta(seconds=9 * n)},{n}\n" for n in range(240))
    counted = [{"name": "top", "function": "max", "column": "x", "seconds": 7200, "quantile": None}]
    words = {"actor": scientist, "project": project, "entity": carrier, "slide_seconds": 3600, "event_time": "moment"}
    words |= {"version_id": ingested("recent.csv", recent.encode()).pk, "aggregations": counted}
    lead = SEES["lead"].replace("delays", "events")
    rest = "SELECT *, [x] AS l, NULL AS n, INTERVAL 1 DAY AS i, union_value(a := x) AS u FROM"
    made = [
        services.define_windows(**words, name="arrived", sql=lead, known_since="arrival"),
        services.define_windows(**words, name="more", sql=f"{rest} ({lead.replace('lead(', 'lag(')})"),
    ]
    run_jobs()
    for view in made:
        view.refresh_from_db()
    assert (made[0].failure, made[0].state, made[0].hindsight) == ("", BuildState.READY, {})
    assert (made[1].failure, made[1].state) == ("", BuildState.READY)
    assert made[1].hindsight["moments"] == 12


def test_of_an_input_with_several_times_it_is_said_beforehand_that_its_later_rows_are_not_looked_for(
    carrier, ingested, scientist, project, client_as, api_as
):
    delays = ingested("delays.csv", DELAYS)
    trips = ingested("trips.csv", b"carrier,planned,landed,cost\nAA,2013-01-01 10:00:00,2013-01-02 10:00:00,7\n")
    sql = "SELECT d.carrier, d.moment, t.cost AS x FROM delays d JOIN trips t USING (carrier)"
    inputs = {"delays": str(delays.pk), "trips": str(trips.pk)}
    words = {"project": project.slug, "sql": sql, "inputs": inputs, "event_time": "moment"}
    api, said = api_as(scientist), "Later rows of “trips” are not looked for: it has several times"

    def previewed(**more: object) -> list[str]:
        return api.post("/api/v1/feature-views/preview/", {**words, **more}, "application/json").json()["warnings"]

    assert [one[: len(said)] for one in previewed()] == [said]
    assert previewed(timeless_inputs=["trips"]) == []
    text = f"""\
views:
  costly:
    entity: carrier
    inputs: {{delays: {{dataset: delayscsv}}, trips: {{dataset: tripscsv}}}}
    sql: {sql}
    event_time: moment
"""
    (step,) = services.plan_definitions(actor=scientist, project=project, text=text).steps
    assert any(note.startswith(said) for note in step.notes), step.notes
    typed = {"sql": sql, "event_time": "moment", "name": "costly", "entity": str(carrier.pk), "ttl_unit": "hours"}
    for at, (alias, version) in enumerate(inputs.items()):
        typed |= {f"alias_{at}": alias, f"version_{at}": version}
    here = f"/t/{project.tenant.slug}/p/{project.slug}/features/views/new/"
    assert said in client_as(scientist).post(here, {**typed, "act": "preview"}).content.decode()
