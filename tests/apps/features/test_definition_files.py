"""A file of definitions: the difference is shown first, an apply does just that, and what is wrong has its line."""

from __future__ import annotations

import re

import pytest

from apps.features import services
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from apps.features.models import Entity, FeatureService, FeatureView
from apps.features.services.definitions.reading import Fields, Unreadable, Value, read
from apps.features.services.definitions.services import names_said
from foundation.errors import Conflict
from foundation.ledger.models import LedgerEvent
from tests.apps.features import stage

FILE = """\
entities:
  carrier:
    join_keys: {carrier: text}
    description: Who flies.
    tags: [flights]

views:
  carrier_delay:
    entity: carrier
    inputs:
      delays: {dataset: delays.csv, version: 1}
    sql: |
      SELECT carrier, moment, delay AS recent_delay, delay * 2 AS twice
      FROM delays
    event_time: moment
    ttl_seconds: 86400

services:
  late_flights:
    views:
      carrier_delay: [recent_delay]
"""


@pytest.fixture
def file(scientist, project, ingested):
    """The file planned and applied by the scientist."""
    ingested("delays.csv", stage.DELAYS)
    words = {"actor": scientist, "project": project}

    class File:
        def plan(self, text):
            return services.plan_definitions(**words, text=text)

        def apply(self, text, plan=""):
            return services.apply_definitions(**words, text=text, plan=plan)

        def export(self):
            return services.definitions_text(**words)

    return File()


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


WRONG = [
    ("a: [", 1, "This is no YAML"),
    ("- one\n", 1, "begins with sections"),
    ("x: &a [1]\nentities: *a\n", 2, "references"),
    ("", 1, "no definition in the file"),
    ("entitys:\n  a: {}\n", 1, "“entitys” is not known. Did you mean “entities”?"),
    ("entities: carrier\n", 1, "“entities” is names"),
    ("entities:\n  a:\n    join_keys: [k]\n  a:\n    join_keys: [k]\n", 4, "“a” is there already"),
    ("entities:\n  a:\n    join_key: [k]\n", 3, "“join_key” is not known. Did you mean “join_keys”?"),
    ("entities:\n  carrier:\n    join_keys: {carrier: number}\n", 3, "no key type “number”"),
    ("entities:\n  Carrier:\n    join_keys: [k]\n", 2, "“Carrier” is not a name for SQL"),
    (
        FILE.replace("delays: {dataset: delays.csv, version: 1}", "delays: {dataset: nothing}"),
        10,
        "no dataset “nothing”",
    ),
    (FILE.replace("version: 1", "version: 7"), 8, "No version of this dataset is called “7”"),
    (FILE.replace("ttl_seconds: 86400", "ttl_seconds: 0"), 16, "time to live of 0 seconds"),
    (FILE.replace("ttl_seconds: 86400", "ttl_seconds: a day"), 16, "“ttl_seconds” is a whole number"),
    (FILE.replace("    event_time: moment\n", ""), 8, "“event_time” is missing"),
    (FILE.replace("delay * 2", "random()"), 12, "RANDOM answers something else each time"),
    (FILE.replace("delay * 2", "nothing"), 8, "nothing"),
    (FILE.replace("entity: carrier", "entity: airline"), 9, "no entity “airline”"),
    (FILE.replace("[recent_delay]", "[delay]"), 20, "has no feature “delay”"),
    (FILE.replace("carrier_delay: [", "weather: ["), 20, "no feature view “weather”"),
    (FILE.replace("tags: [flights]", "owner: nobody@example.org"), 5, "Nobody in this organisation"),
]


def test_what_is_wrong_with_a_file_is_told_at_its_line(file):
    for text, line, sentence in WRONG:
        with pytest.raises(DefinitionRefused) as refusal:
            file.plan(text)
        problems = refusal.value.details["problems"]
        assert any(one["line"] == line and sentence in one["sentence"] for one in problems), (text, problems)
        assert refusal.value.sentence.startswith("Line ")
    assert not Entity.objects.exists()


def test_what_follows_from_another_mistake_of_the_file_is_not_told_beside_it(file):
    wrong = FILE.replace("tags: [flights]", "owner: nobody@example.org")
    with pytest.raises(DefinitionRefused) as refused:
        file.plan(wrong)
    (only,) = refused.value.details["problems"]
    assert only["line"] == 5 and "nobody@example.org" in only["sentence"]
    with pytest.raises(DefinitionRefused, match=r"no entity “carier”\. Did you mean “carrier”\?"):
        file.plan(FILE.replace("entity: carrier", "entity: carier"))
    with pytest.raises(
        DefinitionRefused, match=r"no feature view “carrier_delays” to take\. Did you mean “carrier_delay”"
    ):
        file.plan(FILE.replace("      carrier_delay: [recent_delay]", "      carrier_delays: [recent_delay]"))


def test_a_view_of_which_some_rows_have_no_time_is_told_before_it_is_computed(file, ingested):
    ingested("gaps.csv", b"carrier,moment,delay\nAA,2013-01-01 09:00:00,5\nBB,,5\n")
    plan = file.plan(FILE.replace("dataset: delays.csv", "dataset: gaps.csv"))
    (step,) = [step for step in plan.steps if step.section == "views"]
    assert step.notes == (
        "Some rows have no “moment”; computing refuses them. Leave them out with a WHERE in the SQL.",
    )


def test_a_plan_says_which_of_its_new_features_are_there_already_by_the_same_name(file, run_jobs):
    file.apply(FILE)
    stage.deliver_events()
    other = FILE.replace("  carrier_delay:\n    entity", "  other_delay:\n    entity").split("services:")[0]
    other = other.replace("delay * 2 AS twice", "delay * 3 AS thrice")
    other += "on_demand:\n  trip:\n    features: {twice: 1 + 1, once: 1 + 0}\n"
    notes = {step.name: step.notes for step in file.plan(other).steps}
    said = "A feature “{}” is there already, in “carrier_delay v1”: look whether it is the one you want."
    wanted = {"other_delay": (said.format("recent_delay"),), "trip": (said.format("twice"),), "carrier": ()}
    assert notes == wanted
    again = file.plan(FILE.replace("delay * 2 AS twice", "delay * 4 AS twice"))
    assert [step.notes for step in again.steps if step.action == "new version" and step.section == "views"] == [()]


def test_a_key_that_is_a_document_is_told_before_it_is_computed(file, ingested):
    ingested(
        "texts.csv", b"carrier,moment,delay\nAA,2013-01-01 09:00:00,5\n" + b"x" * 1001 + b",2013-01-02 09:00:00,5\n"
    )
    plan = file.plan(FILE.replace("dataset: delays.csv", "dataset: texts.csv"))
    (step,) = [step for step in plan.steps if step.section == "views"]
    assert step.notes == (
        "Some rows have a key of more than 1000 bytes in “carrier”; computing refuses them. Is it the right column?",
    )


MORE = FILE.replace(
    "services:\n",
    """\
windows:
  lately:
    entity: carrier
    source: {dataset: delays.csv, version: 1}
    event_time: moment
    slide_seconds: 3600
    aggregations:
      flights_day: {function: count, seconds: 86400}
      median_day: {function: quantile, column: delay, seconds: 86400, quantile: 0.5}

on_demand:
  context:
    request: {seats: whole number}
    uses:
      carrier_delay: [recent_delay]
      lately: all
    features:
      late_each: recent_delay / max(seats, 1)
      busy: flights_day > 3

services:
""",
)
MORE += "    on_demand:\n      context: [late_each]\n"


def test_events_without_a_key_or_a_time_are_told_to_be_left_out(file, ingested):
    ingested("gaps.csv", b"carrier,moment,delay\nAA,2013-01-01 09:00:00,5\nBB,,5\n")
    section = MORE[MORE.index("windows:") : MORE.index("on_demand:")].replace("delays.csv", "gaps.csv")
    (step,) = file.plan(FILE[: FILE.index("views:")] + section).changes[1:]
    assert step.notes == ("Some events have no “moment”; they are left out and counted.",)


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


def test_a_text_is_what_is_written_whatever_else_yaml_takes_it_for():
    problems = []
    text = "entities:\n  a:\n    join_keys: [no, on]\n    description: 1.10\n    tags: [yes, 007, ~]\n"
    fields = Fields(read(text, problems)["entities"].data["a"], "entities.a", problems)
    assert (fields.texts("join_keys"), fields.text("description")) == (["no", "on"], "1.10")
    assert fields.texts("tags") == ["yes", "007", "~"]
    assert names_said(fields, "views", "v", Value([Value(True, 1, "on")], 1)) == ["on"]
    assert names_said(fields, "views", "v", Value([Value({}, 1)], 1)) is None
    assert [str(problem) for problem in problems] == ["Line 1: entities.a: views.v is a list of features, or “all”."]


def test_a_file_of_nothing_but_parts_is_not_read_to_its_end():
    with pytest.raises(Unreadable, match="more parts than definitions need"):
        read("views: [" + "1," * 400_000 + "1]", [])
