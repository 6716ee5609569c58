"""SQL that may look ahead is warned of wherever a view is defined, shown, joined or proven, before its rows are."""

from __future__ import annotations

from apps.features import services
from apps.features.choices import BuildState
from foundation import lake
from tests.apps.features import stage

BY_KEY = "PARTITION BY carrier"
# What is selected beside carrier and moment, and by which reasons it looks ahead.
COLUMNS = [
    (f"lead(delay) OVER ({BY_KEY} ORDER BY moment)", ["later"]),
    (f"lag(delay) OVER ({BY_KEY} ORDER BY moment)", []),
    (f"lag(delay, -2) OVER ({BY_KEY} ORDER BY moment)", ["later"]),
    (f"lag(delay) OVER ({BY_KEY} ORDER BY moment DESC)", ["later"]),
    (f"lead(delay) OVER ({BY_KEY} ORDER BY moment DESC)", []),
    (f"avg(delay) OVER ({BY_KEY})", ["whole"]),
    ("count(*) OVER ()", ["whole"]),
    (f"avg(delay) OVER ({BY_KEY}, moment)", []),
    (f"avg(delay) OVER ({BY_KEY} ORDER BY moment)", []),
    (f"avg(delay) OVER ({BY_KEY} ORDER BY moment DESC)", ["later"]),
    (f"avg(delay) OVER ({BY_KEY} ORDER BY moment ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING)", ["later"]),
    (f"avg(delay) OVER ({BY_KEY} ORDER BY moment ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)", []),
    (f"avg(delay) OVER ({BY_KEY} ORDER BY moment ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)", ["later"]),
    (f"avg(delay) OVER ({BY_KEY} ORDER BY moment RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW)", []),
    (f"last_value(delay) OVER ({BY_KEY} ORDER BY moment)", []),
    (f"nth_value(delay, 2) OVER ({BY_KEY} ORDER BY moment ROWS BETWEEN CURRENT ROW AND 3 FOLLOWING)", ["later"]),
    (f"rank() OVER ({BY_KEY} ORDER BY moment)", []),
    ("percent_rank() OVER (ORDER BY moment) + cume_dist() OVER (ORDER BY moment)", ["whole", "whole"]),
    ("ntile(4) OVER (ORDER BY moment)", ["whole"]),
    ("delay - (SELECT avg(delay) FROM delays)", ["all"]),
    ("(SELECT avg(b.delay) FROM delays b WHERE b.carrier = delays.carrier AND b.moment <= delays.moment)", []),
]
WHOLE = [
    (
        "SELECT carrier, moment, m FROM delays JOIN (SELECT carrier, avg(x) m FROM delays GROUP BY 1) USING (carrier)",
        1,
    ),
    ("WITH m AS (SELECT carrier, avg(delay) m FROM delays GROUP BY 1) SELECT * FROM delays JOIN m USING (carrier)", 1),
    ("SELECT carrier, max(moment) AS moment, sum(delay) AS s FROM delays GROUP BY carrier", 0),
    ("SELECT carrier, min(moment) AS moment, sum(delay) AS s FROM delays GROUP BY carrier", 1),
    ("SELECT carrier, moment, sum(delay) AS s FROM delays GROUP BY ALL", 0),
    ("SELECT carrier, moment, sum(delay) AS s FROM delays GROUP BY 1, 2", 0),
    (
        "WITH d AS (SELECT k, seen AS day, sum(x) s FROM a GROUP BY 1, seen) SELECT k, day::DATE moment, s FROM d",
        0,
    ),
    ("SELECT * FROM delays QUALIFY row_number() OVER (PARTITION BY carrier, moment ORDER BY known DESC) = 1", 0),
]
LEAD = f"SELECT carrier, moment,\n  lead(delay) OVER ({BY_KEY} ORDER BY moment) AS next_delay\nFROM delays"
SAID = "Line 2: LEAD OVER looks ahead"


def test_what_reaches_past_its_row_is_told_by_its_line_and_what_does_not_is_not():
    for column, reasons in COLUMNS:
        sql = f"SELECT carrier, moment, {column} AS x FROM delays"
        assert [one.reason for one in lake.sandbox.ahead(sql, ["moment"])] == reasons, column
    for sql, count in WHOLE:
        assert [one.reason for one in lake.sandbox.ahead(sql, ["moment"])] == ["all"] * count, sql
    # Before it is said which column is the time, only what is over everything is told.
    assert not lake.sandbox.ahead("SELECT carrier, moment, sum(delay) FROM delays GROUP BY 1, 2", [])
    assert [one.line for one in lake.sandbox.ahead(LEAD, [])] == [2]


def test_it_is_said_in_the_preview_on_the_page_over_rest_in_a_plan_and_beside_the_proof(
    define, carrier, ingested, flights, run_jobs, scientist, project, client_as, api_as, tenant
):
    delays = ingested("delays.csv", stage.DELAYS)
    view = define.view(carrier, "carrier_delay", LEAD, event_time="moment", timeless=["delays"], delays=delays)
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.READY
    row = define.training_set(flights, "lateness", event_time="moment", features=[], views=[{"view": view.pk}])
    run_jobs()
    row.refresh_from_db()
    assert row.leakage_proof["violations"] == 0
    (count,) = row.leakage_proof["views"]
    assert count["looks_ahead"] == [{"name": "lead OVER", "line": 2, "reason": "later"}]
    assert count["timeless"] == ["delays"]

    client, api = client_as(scientist), api_as(scientist)
    base = f"/t/{tenant.slug}/p/{project.slug}/features"
    assert SAID in client.get(f"{base}/views/{view.pk}/").content.decode()
    proof = client.get(f"{base}/training-sets/{row.pk}/").content.decode()
    assert "The SQL of carrier_delay v1 may look ahead: LEAD OVER in line 2" in proof
    assert "In carrier_delay v1: Rows of “delays” are taken to hold at all times" in proof
    typed = {"act": "preview", "sql": LEAD.replace("FROM delays", "FROM delayscsv"), "event_time": "moment"}
    assert SAID in client.post(f"{base}/views/new/", typed).content.decode()

    words = {"project": project.slug, "sql": LEAD, "inputs": {"delays": str(delays.pk)}}
    looked = api.post("/api/v1/feature-views/preview/", words, "application/json").json()
    assert SAID in looked["warnings"][0]
    assert SAID in api.get(f"/api/v1/feature-views/{view.pk}/").json()["warnings"][0]
    (said,) = api.get(f"/api/v1/training-sets/{row.pk}/").json()["warnings"]
    assert said.startswith("The SQL of carrier_delay v1 may look ahead: LEAD OVER in line 2")
    text = services.definitions_text(actor=scientist, project=project).replace("next_delay", "coming_delay")
    plan = services.plan_definitions(actor=scientist, project=project, text=text)
    assert any(note.startswith(SAID) for step in plan.steps for note in step.notes)
