"""What moved raises one alert per cause, with a sentence; people acknowledge and resolve."""

from datetime import date
from uuid import uuid4

import pytest

from apps.monitoring import policies, selectors, services
from apps.monitoring.choices import AlertState, DriftLevel, Severity
from apps.monitoring.models import Alert
from foundation import access, ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.tenancy import scope
from tests.apps.monitoring.stage import entry, log

WIDTH = "petal_width_(cm)"


@pytest.fixture
def moved(scientist, revision, monitor, flowers):
    """Three hundred flowers of December whose petals are all of one width."""

    def send(value=2.5, rows=300, days=10):
        changed = [{**flowers[n % len(flowers)], WIDTH: value} for n in range(rows)]
        days = range(1, days + 1)
        parts = [(day, changed[day - 1 :: len(days)]) for day in days]
        log(*(entry(revision, part, event_time=f"2013-12-{day:02d}T10:00:00Z") for day, part in parts))
        services.drain_once()

    return send


def test_too_few_rows_are_shown_but_not_judged(moved, cells):
    moved(rows=100)
    assert {cell.level for cell in cells().values()} == {DriftLevel.UNKNOWN}
    assert not Alert.objects.exists()


def test_the_first_days_of_a_month_are_shown_but_not_judged(moved, cells):
    moved(days=6)
    assert {cell.level for cell in cells().values()} == {DriftLevel.UNKNOWN}
    moved(days=7)
    assert cells()[WIDTH].level == DriftLevel.DRIFTED
    assert Alert.objects.get(feature=WIDTH).rows == 600


def test_a_cause_raises_one_alert_however_often_it_is_seen(moved, monitor):
    moved()
    moved()
    raised = Alert.objects.filter(feature=WIDTH)

    assert raised.count() == 1
    assert (raised.get().window, raised.get().severity) == (date(2013, 12, 1), Severity.CRITICAL)
    assert "sepal_length_(cm)" not in set(Alert.objects.values_list("feature", flat=True))
    event = ledger.events_of(subject=("alert", raised.get().pk))[0]
    assert (event.kind, event.payload["window"]) == ("alert.raised", "2013-12")
    assert WIDTH not in str(event.payload)


def test_an_alert_of_the_first_weeks_subsides_when_the_month_is_like_training_again(moved, monitor, revision, flowers):
    moved(rows=300)
    alert = Alert.objects.get(feature=WIDTH)
    days = [f"2013-12-{day:02d}T10:00:00Z" for day in range(11, 31)]

    log(*(entry(revision, flowers[:150], event_time=day) for day in days))
    services.drain_once()
    alert.refresh_from_db()
    assert alert.state == AlertState.SUBSIDED
    moved(rows=9_000)
    alert.refresh_from_db()
    assert alert.state == AlertState.OPEN
    kinds = [event.kind for event in ledger.events_of(subject=("alert", alert.pk))]
    assert sorted(kinds) == ["alert.raised", "alert.reopened", "alert.subsided"]


def test_what_somebody_has_taken_in_hand_does_not_close_by_itself(moved, scientist, revision, flowers):
    moved(rows=300)
    alert = Alert.objects.get(feature=WIDTH)
    services.acknowledge_alert(actor=scientist, alert=alert, note="", now=now())
    log(*(entry(revision, flowers[:150], event_time=f"2013-12-{day:02d}T10:00:00Z") for day in range(11, 31)))
    services.drain_once()

    alert.refresh_from_db()
    assert alert.state == AlertState.ACKNOWLEDGED


def test_open_alerts_of_a_month_are_one_thing_that_waits(moved, scientist, monitor):
    moved()
    (row,) = selectors.open_alert_groups(actor=scientist)
    group, alerts = selectors.AlertGroup(**row), Alert.objects.order_by("-psi", "pk")

    assert group.alert_ids == [alert.pk for alert in alerts]
    assert group.features == [alert.feature for alert in alerts]
    assert (group.monitor_id, group.window, group.severity) == (monitor.pk, date(2013, 12, 1), Severity.CRITICAL)


@pytest.mark.parametrize(
    ("features", "name", "reason"),
    [
        (["temp"], "temp moved in Late flights", "Its distribution in December 2013 is not the one"),
        (["temp", ""], "2 things moved in Late flights", "In December 2013: temp, the prediction."),
        (["a", "b", "c", "d", "e"], "5 things moved in Late flights", "In December 2013: a, b, c and 2 more."),
    ],
)
def test_a_group_says_what_moved_and_when(features, name, reason):
    ids = [uuid4() for _feature in features]
    group = selectors.AlertGroup(
        uuid4(), date(2013, 12, 1), "Late flights", "Flights", "flights", ids, features, 0, now()
    )

    assert (group.name, group.severity) == (name, Severity.WARNING)
    assert group.reason.startswith(reason)


def test_all_alerts_of_a_month_are_acknowledged_by_one_act(moved, scientist, officer, viewer, monitor):
    moved()
    january = Alert.objects.first()
    Alert.objects.filter(pk=january.pk).update(window=date(2014, 1, 1))
    december = Alert.objects.filter(window=date(2013, 12, 1)).count()

    with pytest.raises(AccessDenied):
        services.acknowledge_alerts(actor=viewer, monitor=monitor, now=now())
    done = services.acknowledge_alerts(
        actor=scientist, monitor=monitor, window=date(2013, 12, 1), note="Winter.", now=now()
    )
    assert done == december == Alert.objects.filter(state="acknowledged", note="Winter.").count() > 0
    assert Alert.objects.get(state="open").pk == january.pk
    assert services.acknowledge_alerts(actor=scientist, monitor=monitor, now=now()) == 1
    assert services.acknowledge_alerts(actor=scientist, monitor=monitor, now=now()) == 0


def test_the_event_names_the_feature_by_its_place_in_the_schema(moved, revision, flowers):
    moved()
    alert = Alert.objects.get(feature=WIDTH)
    names = [feature["name"] for feature in revision.model_version.input_schema["features"]]

    assert names[ledger.events_of(subject=("alert", alert.pk))[0].payload["feature_index"]] == WIDTH


def test_the_cause_is_a_sentence(moved):
    moved()
    alert = Alert.objects.get(feature=WIDTH)
    said = selectors.cause(alert.feature, alert.window, alert.figures)

    assert said.startswith(f"{WIDTH} in December 2013: mean 2.500 against 1.")
    assert said.endswith("in training")


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"most": {"kind": "missing", "then": 0.01, "now": 0.2}}, "missing in 20.0 % of the rows against 1.0 %"),
        ({"most": {"kind": "unknown", "then": 0, "now": 0.5}}, "values that training did not know in 50.0 %"),
        (
            {"most": {"kind": "category", "label": "WN", "then": 0.04, "now": 0.12}},
            "“WN” in 12.0 % of the rows against 4.0 %",
        ),
        ({"reference_mean": 62.1, "window_mean": 38.4, "most": None}, "mean 38.400 against 62.100 in training"),
        ({}, "distributed otherwise than in training"),
    ],
)
def test_every_kind_of_cause_has_words(figures, words):
    said = selectors.cause("temp", date(2013, 12, 1), figures).replace("\u202f", " ")
    assert said.startswith("temp in December 2013: ") and words in said


def test_a_value_that_is_missing_now_is_the_cause(moved, cells):
    moved(value=None)
    assert cells()[WIDTH].figures["most"]["kind"] == "missing"


def test_thresholds_are_set_by_those_who_may_and_judge_what_was_counted(moved, scientist, viewer, monitor, cells):
    moved()
    services.configure_monitor(
        actor=scientist, monitor=monitor, moved_at=50, drifted_at=99, fewest_rows=10, fewest_days=1
    )

    assert {cell.level for cell in cells().values()} == {DriftLevel.STEADY}
    with pytest.raises(Invalid) as refusal:
        services.configure_monitor(actor=scientist, monitor=monitor, moved_at=0.3, drifted_at=0.2, fewest_rows=1)
    assert list(refusal.value.fields) == ["moved_at"]
    with pytest.raises(AccessDenied, match=r"monitor\.change"):
        services.configure_monitor(actor=viewer, monitor=monitor, moved_at=0.1, drifted_at=0.2, fewest_rows=1)


def test_an_alert_is_acknowledged_once_and_then_resolved(moved, scientist, viewer):
    moved()
    alert = Alert.objects.get(feature=WIDTH)
    assert not access.ask(policies.check_can_acknowledge, viewer, alert)
    alert = services.acknowledge_alert(actor=scientist, alert=alert, note="Another garden.", now=now())
    assert (alert.state, alert.acknowledged_by, alert.note) == ("acknowledged", scientist.user, "Another garden.")
    with pytest.raises(Conflict, match="already"):
        services.acknowledge_alert(actor=scientist, alert=alert, note="", now=now())

    assert services.resolve_alert(actor=scientist, alert=alert).state == "resolved"
    with pytest.raises(Conflict, match="resolved already"):
        services.resolve_alert(actor=scientist, alert=alert)
    moved()
    assert Alert.objects.filter(feature=WIDTH).count() == 1


def test_a_monitor_comes_with_the_first_replica_that_answers(scientist, revision):
    from foundation.ledger import dispatch_once, sequence_once

    assert selectors.monitor_of(actor=scientist, deployment_id=revision.deployment_id) is None
    sequence_once()
    dispatch_once()
    assert selectors.monitor_of(actor=scientist, deployment_id=revision.deployment_id) is not None


def test_another_tenant_finds_neither_monitor_nor_alert(moved, monitor, other_scientist):
    moved()
    alert = Alert.objects.first()
    with scope(other_scientist.tenant_id):
        with pytest.raises(NotFound):
            selectors.get_monitor(actor=other_scientist, monitor_id=monitor.pk)
        with pytest.raises(NotFound):
            selectors.get_alert(actor=other_scientist, alert_id=alert.pk)
