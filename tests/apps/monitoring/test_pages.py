"""The Monitoring pages: what moved, does it matter, and every act by a plain form."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.monitoring import selectors, services
from apps.monitoring.choices import DriftLevel
from apps.monitoring.models import Alert, DriftWindow, Monitor, Replay
from apps.projects import services as projects
from foundation.tenancy import scope
from tests.apps.monitoring.stage import entry, log
from tests.apps.monitoring.test_replays import past

__all__ = ["past"]
LIST = "/t/acme/p/flights/monitoring/"
WIDTH = "petal_width_(cm)"


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


@pytest.fixture
def moved(revision, monitor, flowers):
    rows = [{**flower, WIDTH: 2.5} for flower in flowers]
    log(*(entry(revision, rows[n % 5 :: 5], event_time=f"2013-12-{10 + n:02d}T10:00:00Z") for n in range(10)))
    services.drain_once()
    return monitor


def test_an_empty_list_says_where_monitors_come_from(client_as, viewer, project):
    shown = page(client_as(viewer), LIST)
    assert "Nothing to watch yet" in shown and "/p/flights/deployments/" in shown


def test_the_list_opens_with_the_newest_cause(client_as, viewer, moved):
    shown = page(client_as(viewer), LIST)
    assert "December 2013" in shown
    assert "Drifted" in shown
    assert f'href="{LIST}{moved.pk}/"' in shown


def test_how_many_monitors_there_are_costs_no_query_more(
    client_as, scientist, moved, revision, deployed, django_assert_max_num_queries
):
    client, for_one = client_as(scientist), {}

    def read(query):
        answer = client.get(f"{LIST}{query}")
        assert answer.status_code == 200
        return answer.getvalue().decode().lower()

    for query in ("", "?export=csv"):
        read(query)  # what is asked once in a process
        with CaptureQueriesContext(connection) as asked:
            assert read(query).count("drifted") >= 1
        for_one[query] = len(asked)
    for slug in ("roses", "tulips"):
        other = deployed(slug=slug, version=revision.model_version)
        services.ensure_monitor(actor=scientist, deployment_id=other.pk)
        for window in DriftWindow.objects.filter(deployment_id=moved.deployment_id):
            window.pk, window.deployment_id = None, other.pk
            window.save()
    for query, most in for_one.items():
        with django_assert_max_num_queries(most):
            assert read(query).count("drifted") >= 3


def test_a_month_that_cannot_be_judged_says_nothing_of_a_monitor(scientist, moved):
    def level():
        return selectors.levels(actor=scientist, project_id=moved.project_id)[moved.pk]

    newest = DriftWindow.objects.get(deployment_id=moved.deployment_id, feature=WIDTH)
    assert level() == DriftLevel.DRIFTED
    newest.pk, newest.window, newest.days = None, date(2014, 1, 1), 0b111  # three days of the next month, and far off
    newest.save()
    assert level() == DriftLevel.DRIFTED
    Monitor.objects.update(fewest_rows=10**6)
    assert level() == DriftLevel.UNKNOWN


def test_the_page_says_what_moved_and_draws_the_heat_map(client_as, viewer, moved):
    shown = page(client_as(viewer), f"{LIST}{moved.pk}/")

    assert f"<bdi>{WIDTH}" in shown and "left what the model learned from." in shown
    assert "mean 2.500 against 1." in shown
    assert "s-heat-4" in shown
    assert "feature=petal_width_%28cm%29&amp;window=2013-12#distribution" in shown


def test_before_anybody_asked_it_offers_the_next_step(client_as, scientist, monitor):
    shown = page(client_as(scientist), f"{LIST}{monitor.pk}/")
    assert "No request has been counted yet" in shown


TABS = {
    "drift": "Drift of features by month",
    "alerts": "s-sort",
    "settings": "Save the thresholds",
    "activity": "raised the alert on 300 rows",
}


def test_every_tab_has_an_address(client_as, scientist, moved, subtests):
    for tab, told in TABS.items():
        with subtests.test(tab):
            assert told in page(client_as(scientist), f"{LIST}{moved.pk}/?tab={tab}")


def test_charts_answer_with_a_sentence(client_as, viewer, moved):
    client, here = client_as(viewer), f"{LIST}{moved.pk}/"
    chosen = client.get(f"{here}distribution/", {"feature": WIDTH, "window": "2013-12"}).json()
    by_default = client.get(f"{here}distribution/").json()
    predicted = client.get(f"{here}predictions/").json()
    traffic = f"{LIST}traffic/{moved.deployment_id}/"

    assert "mean 2.500" in chosen["said"]
    assert sum(chosen["data"][1]["y"]) == pytest.approx(1)
    assert by_default["data"]
    assert set(predicted) == {"data", "layout", "said"}
    assert client.get(f"{traffic}requests/").json()["data"][0]["y"] == [10]
    assert client.get(f"{traffic}latency/").json()["data"][1]["y"] == [5]
    assert client.get(f"{traffic}else/").status_code == 404


def test_an_alert_is_read_acknowledged_and_resolved_by_plain_forms(client_as, scientist, viewer, moved):
    alert = Alert.objects.get(feature=WIDTH)
    client, here = client_as(scientist), f"{LIST}alerts/{alert.pk}/"

    assert "mean 2.500 against 1." in page(client, here)
    assert client.post(f"{here}acknowledge/", {"note": "Another garden."}).status_code == 303
    assert "Another garden." in page(client, here)
    assert client.post(f"{here}resolve/").status_code == 303
    assert "resolved the alert" in page(client_as(viewer), here)
    assert client.post(f"{here}resolve/").status_code == 409


def test_thresholds_are_changed_and_refused_at_their_field(client_as, scientist, monitor):
    client, url = client_as(scientist), f"{LIST}{monitor.pk}/thresholds/"
    refused = client.post(url, {"moved_at": "0.5", "drifted_at": "0.2", "fewest_rows": "10", "fewest_days": "3"})

    assert refused.status_code == 422
    assert refused.context["thresholds"].errors["moved_at"]
    assert (
        client.post(url, {"moved_at": "0.2", "drifted_at": "0.5", "fewest_rows": "10", "fewest_days": "3"}).status_code
        == 303
    )
    assert Monitor.objects.get().fewest_rows == 10


def test_a_replay_is_started_paused_and_sped_up_by_plain_forms(client_as, scientist, monitor, past):
    client, here = client_as(scientist), f"{LIST}{monitor.pk}/"
    assert "past v" in page(client, here)
    started = client.post(f"{here}replay/", {"training_set": str(past.pk), "per_second": "4", "stride": "3"})
    replay = Replay.objects.get()
    assert (started.status_code, replay.total) == (303, 10)
    assert "Pause" in page(client, here)
    change = f"{LIST}replays/{replay.pk}/"
    assert client.post(change, {"act": "pause", "per_second": "4"}).status_code == 303
    assert client.post(change, {"act": "speed", "per_second": "90"}).status_code == 303
    refused = client.post(change, {"act": "speed", "per_second": "-1"})
    replay.refresh_from_db()
    assert (replay.state, replay.per_second, refused.status_code) == ("paused", 90, 422)


ACTS = (
    "{monitor}/thresholds/",
    "{monitor}/replay/",
    "{monitor}/acknowledge/",
    "alerts/{alert}/acknowledge/",
    "alerts/{alert}/resolve/",
)


def test_a_viewer_changes_nothing(client_as, viewer, moved, subtests):
    client, alert = client_as(viewer), Alert.objects.first()
    for place in ACTS:
        with subtests.test(place):
            assert client.post(LIST + place.format(monitor=moved.pk, alert=alert.pk), {}).status_code == 403


def test_another_tenant_finds_nothing(client_as, other_scientist, moved):
    with scope(other_scientist.tenant_id):
        projects.create_project(actor=other_scientist, slug="flights", name="Theirs", purpose="Else")
    alert, client = Alert.objects.first(), client_as(other_scientist)
    for place in (
        f"{moved.pk}/",
        f"{moved.pk}/distribution/",
        f"alerts/{alert.pk}/",
        f"traffic/{moved.deployment_id}/requests/",
    ):
        assert client.get(f"/t/other/p/flights/monitoring/{place}").status_code == 404


def test_rest_gives_the_same(api_as, scientist, viewer, moved, past):
    client = api_as(scientist)
    assert client.get("/api/v1/monitors/?project=flights").json()["results"][0]["id"] == str(moved.pk)
    drift = client.get(f"/api/v1/monitors/{moved.pk}/drift/").json()
    assert {cell["level"] for cell in drift if cell["feature"] == WIDTH} == {"drifted"}
    assert client.get(f"/api/v1/monitors/{moved.pk}/traffic/").json()[0]["requests"] == 10
    alert = client.get("/api/v1/alerts/?project=flights&state=open").json()["results"][0]
    seen = client.post(f"/api/v1/alerts/{alert['id']}/acknowledge/", {"note": "x"}, content_type="application/json")
    assert seen.json()["state"] == "acknowledged"
    rest, every = Alert.objects.filter(state="open").count(), f"/api/v1/monitors/{moved.pk}/acknowledge/"
    for month, count in (("2012-01", 0), ("2013-12", rest), (None, 0)):
        done = client.post(every, {"month": month}, content_type="application/json")
        assert done.json() == {"acknowledged": count}
    assert client.post(every, {"month": "soon"}, content_type="application/json").status_code == 422
    body = {"deployment": str(moved.deployment_id), "training_set": str(past.pk)}
    made = client.post("/api/v1/replays/", body, content_type="application/json")
    assert made.status_code == 201
    changed = client.patch(
        f"/api/v1/replays/{made.json()['id']}/", {"state": "paused"}, content_type="application/json"
    )
    assert changed.json()["state"] == "paused"
    assert api_as(viewer).post("/api/v1/replays/", body, content_type="application/json").status_code == 403


def test_a_visitor_of_another_version_may_choose_it(scientist, moved):
    from apps.monitoring.views import presentation

    shown = presentation.shown_cells(scientist, moved, "no such version")
    assert str(shown.version) == "flowers v1" and len(shown.others) == 1
    assert presentation.importance(shown.version)[0] in {"petal_width_(cm)", "petal_length_(cm)"}
    assert selectors.name_of("") == "the prediction"


def test_the_open_alerts_of_a_month_are_listed_together_and_acknowledged_at_once(client_as, scientist, viewer, moved):
    client, count = client_as(scientist), Alert.objects.count()
    assert f"{count} things moved in" in page(client, LIST)
    tab = f"{LIST}{moved.pk}/?tab=alerts&state=open&month=2013-12"
    assert f"Acknowledge all {count} open ones" in page(client, tab)
    assert 'name="month" value="2013-12"' in page(client, tab)
    assert "Acknowledge all" not in page(client, tab.replace("2013-12", "2012-01"))

    answer = client.post(f"{LIST}{moved.pk}/acknowledge/", {"month": "2013-12", "note": "Winter."})
    assert answer.status_code == 303
    assert f"{count} alerts acknowledged." in page(client, answer["Location"])
    assert client.post(f"{LIST}{moved.pk}/acknowledge/", {"month": "soon"}).status_code == 422
    assert "No alert waits." in page(client, LIST)
    assert {alert.note for alert in Alert.objects.all()} == {"Winter."}
