"""Features of the past by client, by command line, and in Feast's words."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from foundation.access.actors import actor_for_user
from foundation.identity.models import User
from foundation.tenancy import find_tenant, scope
from sanad.errors import Failed, NotFound, Refused, SanadError
from sanad.feature_store import FeatureStore
from tests.support.classes import said_of
from tests.support.jobs import run_queued

DELAYS = b"carrier,moment,delay\nAA,2013-01-01 09:00:00,5\nAA,2013-01-10 09:00:00,50\nDLX,2013-01-05 00:00:00,7\n"
AHEAD = (
    "The SQL of ahead v1 may look ahead: LEAD OVER in line 1. Its rows were not made again without what came later. "
    "In ahead v1: Rows of “d” are taken to hold at all times: what came later there may be in earlier rows."
)


@pytest.fixture(scope="module")
def view(tokens):
    """A view of delays by carrier, computed and online."""
    from apps.datasets.models import DatasetVersion
    from apps.features import services
    from apps.projects import selectors as projects
    from tests.sdk.test_erasures import _add

    tenant = find_tenant("acme")
    with scope(tenant.pk):
        actor = actor_for_user(user=User.objects.get(email="scientist@acme.test"), tenant=tenant)
        project = projects.get_project(actor=actor, slug="flights")
        _add(actor, project, DELAYS, name="delays")
    run_queued()
    with scope(tenant.pk):
        version = said_of(DatasetVersion.objects.get(dataset__name="delays"), actor)
        entity = services.define_entity(actor=actor, project=project, name="airline", join_keys=["carrier"])
        sql = "SELECT carrier, moment, delay AS recent_delay FROM d"
        words = {"entity": entity, "name": "delays", "sql": sql, "inputs": {"d": version.pk}, "event_time": "moment"}
        services.define_view(actor=actor, project=project, **words)
    run_queued()


def worked(_thing):
    run_queued()


def rows(**more):
    """Out of order, one row twice, one of an airline that nobody knows, one without, and an index of its own."""
    moments = ["2013-01-10 09:00", "2013-01-05 01:00", "2013-01-05 01:00", "2013-01-20", "2013-01-20", "2013-01-01"]
    times = pd.to_datetime(moments, format="ISO8601")
    frame = {"carrier": ["AA", "DLX", "DLX", "ZZ", None, "AA"], "event_timestamp": times, **more}
    return pd.DataFrame(frame, index=list("fedcba"))


def test_rows_of_pandas_come_back_in_their_order_with_what_was_known(client, view):
    found = client.features.historical(rows(), ["delays:recent_delay"], told=worked)
    frame = found.to_df()
    assert list(frame.index) == list("fedcba")
    assert list(frame.columns) == ["carrier", "event_timestamp", "recent_delay"]
    assert frame["recent_delay"].astype("Int64").tolist() == [50, 7, 7, pd.NA, pd.NA, pd.NA]
    assert (found.proof["rows"], found.proof["violations"]) == (6, 0)
    assert client.features.history(found.id).to_arrow().num_rows == 6
    assert found.id in [one["id"] for one in client.features.histories()]
    found.delete()
    with pytest.raises(NotFound, match="kept for a day"):
        client.features.history(found.id)


def test_a_join_that_is_not_wanted_any_more_leaves_nothing(client, view):
    class Enough(Exception):
        pass

    def stop(_thing):
        raise Enough

    with pytest.raises(Enough):
        client.features.historical(rows(), ["delays:*"], told=stop)
    assert client.features.histories() == []
    with pytest.raises(Failed, match="an event time is a time"):
        client.features.historical(rows(when="soon"), ["delays:*"], event_time="when", told=worked)


def test_a_file_is_joined_on_the_command_line(sanad, view, tmp_path, monkeypatch):
    monkeypatch.setattr("sanad.commands.feature_views.show_step", worked)
    table = pa.table({"airline": ["AA"], "at": pa.array([pd.Timestamp("2013-01-02")], pa.timestamp("us"))})
    pq.write_table(table, tmp_path / "rows.parquet")
    words = ("--event-time", "at", "--key", "carrier=airline", "--into", str(tmp_path / "out.csv"), "--form", "csv")
    code, out, said = sanad("features", "history", str(tmp_path / "rows.parquet"), "--feature", "delays:*", *words)
    assert code == 0, said
    (shown,) = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert shown["row_count"] == 1
    assert (tmp_path / "out.csv").read_text().splitlines()[1].endswith(",5")
    kept = [json.loads(line)["id"] for line in sanad("features", "histories")[1].splitlines()]
    assert shown["id"] in kept and sanad("features", "forget", shown["id"])[0] == 0
    assert shown["id"] not in sanad("features", "histories")[1] and sanad("features", "forget", shown["id"])[0] == 3


def test_sql_that_looks_ahead_is_warned_of_wherever_its_rows_are_made(sanad, view, tmp_path, monkeypatch):
    monkeypatch.setattr("sanad.transport.time.sleep", lambda _seconds: run_queued())
    sql = "SELECT carrier, moment, lead(delay) OVER (PARTITION BY carrier ORDER BY moment) AS next_delay FROM d"
    (tmp_path / "ahead.sql").write_text(sql)
    words = ("--entity", "airline", "--event-time", "moment", "--input", "d=delays")
    code, _out, said = sanad("features", "define", "foreseen", str(tmp_path / "ahead.sql"), *words)
    assert code != 0 and "The SQL sees the future: of " in said and "rows of “d” after that moment" in said
    words = (*words, "--timeless", "d")
    code, _out, said = sanad("features", "define", "ahead", str(tmp_path / "ahead.sql"), *words)
    assert (code, "! Line 1: LEAD OVER looks ahead" in said) == (0, True), said
    words = ("--base", "delays", "--label", "delay", "--event-time", "moment", "--json")
    code, out, said = sanad("training-set", "create", "late", *words, "--view", "ahead")
    assert (code, json.loads(out)["warnings"]) == (0, [AHEAD]), said
    assert f"! {AHEAD}" in said.splitlines()
    _code, out, said = sanad("training-set", "create", "sooner", *words, "--view", "delays")
    assert (json.loads(out)["warnings"], "!" in said) == ([], False)


def test_code_that_was_written_for_feast_finds_its_words(client, view):
    store = FeatureStore(client=client)
    assert [entity.join_keys for entity in store.list_entities() if entity.name == "airline"] == [("carrier",)]
    found = store.get_feature_view("delays")
    assert (found.entity, found.features, found.ttl) == ("airline", ("recent_delay",), None)
    assert store.materialize(feature_views=["delays"]) == [found.id]
    run_queued()
    online = store.get_online_features(["delays:recent_delay"], [{"carrier": "AA"}, {"carrier": "ZZ"}])
    assert online.to_dict() == {"carrier": ["AA", "ZZ"], "recent_delay": [50, None]}
    assert online.statuses["recent_delay"] == ["PRESENT", "NOT_FOUND"]
    job = store.get_historical_features(rows(), ["delays:recent_delay"], full_feature_names=True, told=worked)
    assert job.to_df()["delays__recent_delay"].astype("Int64").tolist()[:3] == [50, 7, 7]
    with pytest.raises(NotFound, match="write view:feature"):
        store.get_online_features(["delays:nothing"], [{"carrier": "AA"}])


def test_what_is_not_there_is_told_with_what_is(client, sanad, view, tmp_path):
    """By program and on the command line, of the past and online."""
    entities = [{"carrier": "AA"}]
    nothing = "has no feature “nothing”. It has: recent_delay"
    for asked, said in (
        (lambda: client.features.online(["delays"], entities, features=["nothing"]), "They have: “recent_delay”"),
        (lambda: client.features.online(["delay"], entities), "no feature view “delay”.*There are: .*“delays”"),
        (lambda: client.features.online(service="churn", entities=entities), "no feature service “churn”"),
        (lambda: client.features.reader(["delays"], features=["nothing"]).read(entities), "They have: “recent_delay”"),
        (lambda: client.features.historical(rows(), ["delays:nothing"]), nothing),
        (lambda: client.features.historical(rows(), ["delay:recent_delay"]), "Did you mean “delays”"),
    ):
        with pytest.raises((Refused, NotFound), match=said):
            asked()
    for words, said in (
        (("online", "delay", "--key", "carrier=AA"), "no 'delay' among its feature-views. Did you mean 'delays'?"),
        (("history", "delays", "--feature", "delays:nothing", "--into", str(tmp_path / "x")), nothing),
    ):
        code, _out, told = sanad("features", *words)
        assert code in (1, 3) and said in told, told


def test_a_feature_service_stands_for_its_features_in_feasts_words(client, view):
    client.on_demand.define(
        "trip",
        request={"seats": "whole number"},
        uses={"delays": ["recent_delay"]},
        features={"each": "recent_delay / max(seats, 1)"},
    )
    delays, trip = client.features.get("delays v1")["id"], client.on_demand.get("trip")["id"]
    client.feature_services.define("late", [delays], on_demand=[{"id": trip}])
    store = FeatureStore(client=client)
    service = store.get_feature_service("late")
    assert service.features == ("delays@1:recent_delay", "trip@1:each")
    rows = [{"carrier": "AA", "seats": 5}, {"carrier": "ZZ", "seats": 2}]
    online = store.get_online_features(service, rows)
    assert online.to_dict() == {
        "carrier": ["AA", "ZZ"],
        "seats": [5, 2],
        "recent_delay": [50, None],
        "each": [10.0, None],
    }
    assert online.statuses["recent_delay"] == ["PRESENT", "NOT_FOUND"]


def test_rows_that_cannot_be_sent_are_refused_in_words(client, view):
    frame = rows().assign(odd=[1, "a", None, 2, 3, 4])
    for given, said in (
        (frame, "values of several types"),
        (pd.concat([rows(), rows()], axis=1), "cannot be sent as they are: Duplicate column names"),
        (7, "this is a int"),
    ):
        with pytest.raises(SanadError, match=said):
            client.features.historical(given, ["delays:recent_delay"])
    listed = [{"carrier": "AA", "event_timestamp": pd.Timestamp("2013-01-20")}]
    found = client.features.historical(listed, "delays:recent_delay", told=worked).to_df()
    assert found["recent_delay"].tolist() == [50]


def test_whoever_defines_a_view_is_told_what_is_there_already_by_the_same_name(sanad, view, tmp_path, monkeypatch):
    from apps.features import services
    from apps.features.models import FeatureView

    tenant = find_tenant("acme")
    with scope(tenant.pk):
        services.note_view(view_id=FeatureView.objects.get(name="delays").pk)
    monkeypatch.setattr("sanad.transport.time.sleep", lambda _seconds: run_queued())
    said = "A feature “recent_delay” is there already, in “delays v1”: look whether it is the one you want."
    (tmp_path / "twin.sql").write_text("SELECT carrier, moment, delay AS recent_delay FROM d")
    by_sql = (str(tmp_path / "twin.sql"), "--input", "d=delays")
    by_windows = ("--dataset", "delays", "--slide", "1h", "--aggregation", "recent_delay=mean:delay:2h")
    for command, name, more in (("define", "twin", by_sql), ("windows", "lately", by_windows)):
        words = (name, *more, "--entity", "airline", "--event-time", "moment", "--json")
        code, out, told = sanad("features", command, *words)
        assert (code, json.loads(out)["similar"]) == (0, [said]), told
        assert f"! {said}" in told.splitlines()
    code, out, told = sanad("on-demand", "define", "made", "--feature", "recent_delay=1 + 1", "--json")
    assert (code, json.loads(out)["similar"]) == (0, [said]), told
    assert f"! {said}" in told.splitlines()


def test_each_definition_is_looked_at_on_the_command_line_before_it_is_kept(sanad, client, view, tmp_path):
    (tmp_path / "some.sql").write_text("SELECT carrier, moment, delay + 1 AS more FROM d")
    about = ("--entity", "airline", "--event-time", "moment")
    more = ("--slide", "1h", "--aggregation", "n=count::2h")
    looks = {
        ("features", "define", "tried_some", str(tmp_path / "some.sql"), *about, "--input", "d=delays"): ("more", 6),
        ("features", "windows", "tried_windows", *about, "--dataset", "delays", *more): ("delay", 5),
    }
    for words, (column, value) in looks.items():
        code, out, said = sanad(*words, "--try")
        assert code == 0, said
        rows = [json.loads(line) for line in out.splitlines()]
        assert len(rows) == 3 and {"carrier", "moment", column} <= rows[0].keys(), rows
        assert value in [row[column] for row in rows]
    derived = ("on-demand", "define", "tried_much", "--feature", "big=delay > bar", "--request", "bar=number")
    code, out, said = sanad(*derived, "--request", "delay=number", "--try", '{"delay": 5, "bar": 3}')
    assert (code, "true" in out) == (0, True), (out, said)
    code, out, said = sanad("training-set", "create", "tried_set", "--base", "delays", "--label", "delay", "--try")
    assert code == 0 and json.loads(out), said
    kept = [*client.features.list(), *client.on_demand.list(), *client.training_sets.list()]
    assert not {"tried_some", "tried_windows", "tried_much", "tried_set"} & {thing["name"] for thing in kept}
