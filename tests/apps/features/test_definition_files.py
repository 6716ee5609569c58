"""A file of definitions: the difference is shown first, and an apply does just that."""

from __future__ import annotations

import re

import pytest

from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from apps.features.models import Entity, FeatureService, FeatureView
from foundation.errors import Conflict
from foundation.ledger.models import LedgerEvent
from tests.apps.features import stage
from tests.apps.features.definitions import FILE, MORE


def told(plan):
    return [(step.section, step.name, step.action, step.number) for step in plan.steps]


def kinds():
    return list(LedgerEvent.objects.order_by("recorded_at", "pk").values_list("kind", flat=True))


def fields(plan, section="views"):
    return [change.field for step in plan.steps if step.section == section for change in step.changes]


def test_a_plan_changes_nothing_and_an_apply_does_just_what_it_said(file, scientist):
    plan = file.plan(FILE)
    assert told(plan) == [
        ("entities", "carrier", "new", None),
        ("views", "carrier_delay", "new", 1),
        ("services", "late_flights", "new", 1),
    ]
    assert [step.line for step in plan.steps] == [2, 8, 19]
    assert not (Entity.objects.exists() or FeatureView.objects.exists() or FeatureService.objects.exists())
    before = len(kinds())

    made = file.apply(FILE, plan.digest)

    assert (told(made), made.digest) == (told(plan), plan.digest)
    view = FeatureView.objects.get()
    assert (view.state, view.ttl_seconds, view.owner) == (BuildState.BUILDING, 86400, scientist.user)
    assert Entity.objects.get().tags == ["flights"]
    assert FeatureService.objects.get().feature_names == ["recent_delay"]
    assert kinds()[before:] == [
        "entity.defined",
        "feature_view.defined",
        "feature_service.defined",
        "feature_definitions.applied",
    ]

    again = file.apply(FILE)
    assert {step.action for step in again.steps} == {"unchanged"}
    assert len(kinds()) == before + 4, "an apply that changes nothing is not on the ledger"


AIRLINE = "  airline:\n    join_keys: {carrier: text}\n\n"


def test_each_change_is_what_it_is(file):
    file.apply(FILE)
    cases = [
        (("tags: [flights]", "tags: [air, Flights]"), [("entities", "described")], []),
        (("ttl_seconds: 86400", "ttl_seconds: 3600"), [("views", "new version")], ["ttl_seconds"]),
        (
            ("    event_time: moment", "    event_time: moment\n    description: How late."),
            [("views", "described")],
            ["description"],
        ),
        (("delay * 2", "delay * 3"), [("views", "new version")], ["sql"]),
        (
            ("moment\n    ttl", "moment\n    created_column: moment\n    ttl"),
            [("views", "new version")],
            ["created_column"],
        ),
        (("moment, delay AS", "moment, moment AS at, delay AS"), [("views", "new version")], ["sql"]),
        (("[recent_delay]", "all"), [("services", "new version")], []),
    ]
    for (old, new), wanted, changed in cases:
        plan = file.plan(FILE.replace(old, new))
        # A service names the newest version of its views: a new one of these is a new one of it.
        steps = [
            (step.section, step.action) for step in plan.changes if step.section != "services" or len(plan.changes) == 1
        ]
        assert (steps, fields(plan)) == (wanted, changed), new
    newer = file.apply(FILE.replace("delay * 2", "delay * 3"))
    assert ("views", "carrier_delay", "new version", 2) in told(newer)
    assert ("services", "late_flights", "new version", 2) in told(newer)


def test_another_entity_input_or_event_time_is_a_new_version(file, ingested):
    """And an input that is said to be timeless: each says what the rows are."""
    begun = FILE.replace("delay * 2", "moment AS seen, delay * 2").replace("views:\n", AIRLINE + "views:\n", 1)
    file.apply(begun)
    ingested("other.csv", stage.DELAYS)
    for field, old, new in (
        ("entity", "    entity: carrier\n", "    entity: airline\n"),
        ("inputs", "{dataset: delays.csv, version: 1}", "{dataset: other.csv, version: 1}"),
        ("event_time", "    event_time: moment\n", "    event_time: seen\n"),
        ("timeless_inputs", "    event_time: moment\n", "    event_time: moment\n    timeless_inputs: [delays]\n"),
    ):
        plan = file.plan(begun.replace(old, new, 1))
        (step,) = [step for step in plan.changes if step.section == "views"]
        assert (step.action, [change.field for change in step.changes]) == ("new version", [field])


def test_what_is_not_in_the_file_stays_and_is_named(file):
    file.apply(FILE)
    only = FILE[: FILE.index("services:")]
    plan = file.plan(only)
    assert [(left.section, left.name) for left in plan.left] == [("services", "late_flights")]
    file.apply(only)
    assert FeatureService.objects.count() == 1


def test_what_is_there_as_a_file_changes_nothing(file):
    file.apply(FILE)
    text = file.export()
    assert {step.action for step in file.plan(text).steps} == {"unchanged"}
    assert "SELECT carrier, moment, delay AS recent_delay, delay * 2 AS twice\n" in text
    assert re.search(r"delays: \{dataset: delays.csv, version: 1\}", text)


def test_a_plan_of_a_world_that_has_changed_is_not_applied(file):
    digest = file.plan(FILE).digest
    file.apply(FILE.replace("delay * 2", "delay * 3"))
    with pytest.raises(Conflict, match="not what the plan said"):
        file.apply(FILE, digest)
    assert FeatureView.objects.count() == 1
    file.apply(FILE, file.plan(FILE).digest)
    assert FeatureView.objects.count() == 2


def test_windows_and_on_demand_features_are_held_by_the_file_too(file, scientist):
    plan = file.plan(MORE)
    assert [one[:3] for one in told(plan)] == [
        ("entities", "carrier", "new"),
        ("views", "carrier_delay", "new"),
        ("windows", "lately", "new"),
        ("on_demand", "context", "new"),
        ("services", "late_flights", "new"),
    ]
    made = file.apply(MORE, plan.digest)
    assert made.digest == plan.digest
    assert FeatureService.objects.get().feature_names == ["recent_delay", "late_each"]
    lately = FeatureView.objects.get(name="lately")
    assert (lately.kind, lately.feature_names) == ("windows", ["flights_day", "median_day"])

    for text in (MORE, file.export()):
        assert {step.action for step in file.plan(text).steps} == {"unchanged"}
    for old, new, section, action in (
        ("seconds: 86400}", "seconds: 7200}", "windows", "new version"),
        ("slide_seconds: 3600", "slide_seconds: 3600\\n    description: How busy.", "windows", "described"),
        ("max(seats, 1)", "max(seats, 2)", "on_demand", "new version"),
        ("    request: {seats", "    tags: [seats]\\n    request: {seats", "on_demand", "described"),
    ):
        steps = {step.section: step.action for step in file.plan(MORE.replace(old, new.replace("\\n", "\n"))).changes}
        assert steps[section] == action, new
    for old, new, line, said in (
        ("{function: count", "{function: cuont", "flights_day", "Did you mean “count”"),
        ("column: delay", "column: dealy", "  lately:\n", "“dealy”, which is not there"),
        ("busy: flights_day > 3", "busy: flights_dya > 3", "busy", "no value “flights_dya”"),
        ("      lately: all", "      latly: all", "uses:", "no feature view “latly”"),
        ("  lately:\n", "  carrier_delay:\n", "  carrier_delay:\n    entity: carrier\n    source", "take another name"),
    ):
        text = MORE.replace(old, new, 1)
        with pytest.raises(DefinitionRefused, match=said) as refused:
            file.plan(text)
        place = 1 + text[: text.index(line)].count("\n")
        assert place in [one["line"] for one in refused.value.details["problems"]], (new, refused.value.details)
