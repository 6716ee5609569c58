"""Rows of a view are made again without what came later: SQL that brings it to them is refused, by whatever way."""

from __future__ import annotations

from typing import Any

import pytest

from apps.features import services
from apps.features.choices import BuildState
from apps.features.services.hindsight.cutting import Made
from apps.features.services.hindsight.looking import look_at_sample
from foundation import lake

# 240 rows of two carriers, seven minutes apart, so that no hour begins with one; what is known comes up to a day later.
_ROWS = [
    f"{('AA', 'DLX')[n % 2]},2013-01-{1 + n // 40:02d} {(n % 40) // 2:02d}:{7 + 23 * (n % 2):02d}:00,{(n * 37) % 101}"
    for n in range(240)
]
DELAYS = "\n".join(["carrier,moment,delay", *_ROWS]).encode() + b"\n"
ALERTS = b"carrier,raised,level\n" + b"".join(
    f"{carrier},2013-01-{day:02d} 11:30:00,{day % 3}\n".encode() for day in range(1, 7) for carrier in ("AA", "DLX")
)
CARRIERS = b"carrier,name\nAA,American\nDLX,Other\n"

SEES = {
    "a join of the table with its own later rows": """
        SELECT a.carrier, a.moment, b.delay AS x FROM delays a JOIN delays b
        ON a.carrier = b.carrier AND b.moment > a.moment AND b.moment <= a.moment + INTERVAL 2 HOUR""",
    "the next row by ASOF": """
        SELECT a.carrier, a.moment, b.delay AS x FROM delays a ASOF JOIN delays b
        ON a.carrier = b.carrier AND a.moment < b.moment""",
    "a condition that looks at later rows": """
        SELECT carrier, moment, EXISTS (SELECT 1 FROM delays b WHERE b.carrier = a.carrier
        AND b.moment BETWEEN a.moment + INTERVAL 1 MINUTE AND a.moment + INTERVAL 3 HOUR) AS x FROM delays a""",
    "a sum dated by the beginning of its day": """
        SELECT carrier, date_trunc('day', moment) AS moment, sum(delay) AS x FROM delays GROUP BY ALL""",
    "a row dated by the beginning of its hour": """
        SELECT carrier, date_trunc('hour', moment) AS moment, delay AS x FROM delays""",
    "the same by arithmetic": """
        SELECT carrier, to_timestamp(epoch(moment)::BIGINT // 3600 * 3600) AS moment, delay AS x FROM delays""",
    "a bucket in a CTE": """
        WITH h AS (SELECT carrier, time_bucket(INTERVAL 6 HOURS, moment) AS t, max(delay) AS x FROM delays GROUP BY ALL)
        SELECT carrier, t AS moment, x FROM h""",
    "the first moment of a group": """
        SELECT carrier, min(moment) AS moment, avg(delay) AS x FROM delays GROUP BY carrier, moment::DATE""",
    "a mean over all times": """
        SELECT carrier, moment, delay - avg(delay) OVER (PARTITION BY carrier) AS x FROM delays""",
    "lead": "SELECT carrier, moment, lead(delay) OVER (PARTITION BY carrier ORDER BY moment) AS x FROM delays",
    "another table's later rows": """
        SELECT d.carrier, d.moment, (SELECT max(level) FROM alerts a WHERE a.carrier = d.carrier) AS x FROM delays d""",
    "a mean dated long ago": """
        SELECT carrier, TIMESTAMP '2013-01-01 00:00:00' AS moment, avg(level) AS x FROM alerts GROUP BY carrier""",
}
DOES_NOT = {
    "rows as they are": "SELECT carrier, moment, delay AS x FROM delays",
    "a join of the table with its own earlier rows": """
        SELECT a.carrier, a.moment, avg(b.delay) AS x FROM delays a JOIN delays b
        ON a.carrier = b.carrier AND b.moment <= a.moment AND b.moment > a.moment - INTERVAL 2 HOUR GROUP BY ALL""",
    "a sum dated by the end of its day": """
        SELECT carrier, date_trunc('day', moment) + INTERVAL 1 DAY AS moment, sum(delay) AS x
        FROM delays GROUP BY ALL""",
    "a sum dated by its last row": """
        SELECT carrier, max(moment) AS moment, sum(delay / 3) AS x FROM delays GROUP BY carrier, moment::DATE""",
    "a mean up to the row": """
        SELECT carrier, moment, avg(delay / 7) OVER (PARTITION BY carrier ORDER BY moment) AS x FROM delays""",
    "another table's earlier rows": """
        SELECT d.carrier, d.moment, a.level AS x FROM delays d ASOF LEFT JOIN alerts a
        ON a.carrier = d.carrier AND a.raised <= d.moment""",
    "a table without a time": """
        SELECT d.carrier, d.moment, c.name AS x FROM delays d JOIN carriers c USING (carrier)""",
    "rows dated later than they happened": """
        SELECT carrier, moment + INTERVAL 1 HOUR AS moment, lag(delay) OVER (PARTITION BY carrier ORDER BY moment) AS x
        FROM delays""",
}


@pytest.fixture
def tables(tenant):
    return lake.for_tenant(tenant.pk)


@pytest.fixture
def made(ingested, tenant):
    """The SQL over what it names of these tables."""
    from apps.datasets import selectors as datasets

    given = {"delays": DELAYS, "alerts": ALERTS, "carriers": CARRIERS}
    there = {name: datasets.table_at(ingested(f"{name}.csv", rows)) for name, rows in given.items()}

    def over(sql: str, **words: object) -> Made:
        inputs = {name: there[name] for name in lake.sandbox.tables_of(sql)}
        return Made(tenant.pk, sql, inputs, ["carrier"], "moment", **words)

    return over


def test_later_rows_are_found_by_whatever_way_they_came_and_nothing_else_is(tables, made):
    for what, sql in SEES.items():
        assert [one[:24] for one in look_at_sample(tables, made(sql))] == ["The SQL sees the future:"], what
    for what, sql in DOES_NOT.items():
        assert look_at_sample(tables, made(sql)) == [], what
    sql = SEES["another table's later rows"]
    assert look_at_sample(tables, made(sql, timeless=["alerts"])) == []


def test_what_is_dated_coarsely_is_right_where_it_is_known_since_its_last_row(tables, made):
    sql = """
        SELECT carrier, date_trunc('day', moment) AS moment, max(moment) AS known, sum(delay) AS x
        FROM delays GROUP BY 1, 2"""
    assert look_at_sample(tables, made(sql, created="known")) == []
    assert look_at_sample(tables, made(sql))


def test_a_view_that_sees_the_future_is_not_made_unless_its_input_is_said_to_be_timeless(
    define, carrier, ingested, run_jobs
):
    delays, alerts = ingested("delays.csv", DELAYS), ingested("alerts.csv", ALERTS)
    sql = SEES["another table's later rows"]
    refused = define.view(carrier, "alarmed", sql, event_time="moment", delays=delays, alerts=alerts)
    told = define.view(carrier, "alarmed", sql, event_time="moment", timeless=["alerts"], delays=delays, alerts=alerts)
    earlier = define.view(carrier, "smooth", DOES_NOT["a mean up to the row"], event_time="moment", delays=delays)
    plain = define.view(carrier, "plain", DOES_NOT["rows as they are"], event_time="moment", delays=delays)
    run_jobs()
    for view in (refused, told, earlier, plain):
        view.refresh_from_db()
    assert refused.state == BuildState.FAILED
    assert "rows of “alerts” after that moment are left out (in “x”)" in refused.failure
    assert refused.definition_digest != told.definition_digest
    assert (told.state, told.hindsight["cut"], told.hindsight["moments"]) == (BuildState.READY, ["delays"], 12)
    assert (earlier.state, earlier.hindsight["moments"]) == (BuildState.READY, 12)
    assert (plain.hindsight["by_row"], plain.hindsight["moments"], plain.hindsight["uncut"]) == (True, 0, [])
    assert not [name for name in lake.for_tenant(told.tenant_id).tables() if name.startswith(("ht_", "hw_"))]


SAID = "The SQL sees the future: of "
TIMELESS = "Rows of “alerts” are taken to hold at all times"


def test_it_is_told_before_it_is_computed_and_what_is_timeless_is_shown(
    define, carrier, ingested, run_jobs, scientist, project, tenant, client_as, api_as
):
    delays, alerts = ingested("delays.csv", DELAYS), ingested("alerts.csv", ALERTS)
    sql, inputs = SEES["another table's later rows"], {"delays": str(delays.pk), "alerts": str(alerts.pk)}
    words = {"project": project.slug, "sql": sql, "inputs": inputs, "event_time": "moment"}
    client, api = client_as(scientist), api_as(scientist)
    base = f"/t/{tenant.slug}/p/{project.slug}/features/views"

    def previewed(**more: object) -> list[str]:
        return api.post("/api/v1/feature-views/preview/", {**words, **more}, "application/json").json()["warnings"]

    assert any(said.startswith(SAID) for said in previewed())
    assert not any(said.startswith(SAID) for said in previewed(timeless_inputs=["alerts"]))
    typed = {"sql": sql, "event_time": "moment", "name": "alarmed", "entity": str(carrier.pk), "ttl_unit": "hours"}
    typed |= {
        f"{kind}_{at}": said
        for at, pair in enumerate(inputs.items())
        for kind, said in zip(("alias", "version"), pair, strict=True)
    }
    assert SAID in client.post(f"{base}/new/", {**typed, "act": "preview"}).content.decode()
    unknown = client.post(f"{base}/new/", {**typed, "act": "create", "timeless_inputs": "nobody"})
    assert unknown.status_code == 422 and "“nobody” is no input of the SQL" in unknown.content.decode()
    made = client.post(f"{base}/new/", {**typed, "act": "create", "timeless_inputs": "alerts"})
    run_jobs()
    page = client.get(made["Location"], {"tab": "definition"}).content.decode()
    assert TIMELESS in page and "Made again as of 12 moments without what came later, of “delays”" in page
    (view,) = api.get("/api/v1/feature-views/", {"project": project.slug}).json()["results"]
    assert view["timeless_inputs"] == ["alerts"]
    row = define.training_set(
        delays, "s", event_time="moment", label="delay", features=[], views=[{"view": view["id"]}]
    )
    run_jobs()
    proof = client.get(f"/t/{tenant.slug}/p/{project.slug}/features/training-sets/{row.pk}/").content.decode()
    assert "<bdi>alarmed v1</bdi>: Made again as of 12 moments" in proof and TIMELESS in proof


def test_a_file_says_what_is_timeless_and_its_change_is_a_new_version(
    define, carrier, ingested, scientist, project, run_jobs
):
    delays, alerts = ingested("delays.csv", DELAYS), ingested("alerts.csv", ALERTS)
    sql = SEES["another table's later rows"].strip()
    define.view(carrier, "alarmed", sql, event_time="moment", timeless=["alerts"], delays=delays, alerts=alerts)
    run_jobs()
    text = services.definitions_text(actor=scientist, project=project)
    assert "    timeless_inputs: [alerts]\n" in text

    def planned(text: str) -> Any:
        (step,) = [
            one
            for one in services.plan_definitions(actor=scientist, project=project, text=text).steps
            if one.section == "views"
        ]
        return step

    assert planned(text).action == "unchanged"
    step = planned(text.replace("    timeless_inputs: [alerts]\n", ""))
    assert step.action == "new version" and any(note.startswith(SAID) for note in step.notes)
    assert [change.field for change in step.changes] == ["timeless_inputs"]


def test_windows_over_a_select_that_brings_later_rows_are_not_made(
    define, carrier, ingested, run_jobs, scientist, project
):
    delays = ingested("delays.csv", DELAYS)
    select = SEES["lead"].replace("delays", "events")
    words = {"slide_seconds": 3600, "event_time": "moment", "version_id": delays.pk}
    counted = [{"name": "top", "function": "max", "column": "x", "seconds": 7200, "quantile": None}]
    made = [
        services.define_windows(
            actor=scientist, project=project, entity=carrier, name=name, sql=sql, aggregations=counted, **words
        )
        for name, sql in (("leading", select), ("lagging", select.replace("lead(", "lag(")))
    ]
    run_jobs()
    for view in made:
        view.refresh_from_db()
    assert made[0].failure.startswith(SAID)
    assert (made[1].state, made[1].hindsight["moments"]) == (BuildState.READY, 12)
