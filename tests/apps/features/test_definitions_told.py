"""What is wrong with a file of definitions, or wants a look, is told before anything is computed."""

from __future__ import annotations

from uuid import uuid4

import pytest

from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion
from apps.features.errors import DefinitionRefused
from apps.features.models import Entity
from apps.features.services.definitions.reading import Fields, Unreadable, Value, read
from apps.features.services.definitions.services import names_said
from tests.apps.features import stage
from tests.apps.features.definitions import FILE, MORE

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
        11,
        "no dataset “nothing”",
    ),
    (FILE.replace("version: 1", "version: 7"), 11, "No version of this dataset is called “7”"),
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


def test_a_version_that_is_gone_is_told_at_its_line_and_what_is_made_of_it_already_stays(file, run_jobs):
    pinned, version = "{dataset: delays.csv, version: 1}", DatasetVersion.objects.get()
    whole = FILE.split("services:")[0] + "windows:" + MORE.split("windows:")[1].split("on_demand:")[0]
    file.apply(whole)
    run_jobs()
    DatasetVersion.objects.update(state=VersionState.DESTROYED)
    by_id, unknown = (whole.replace(pinned, f"{{id: {pk}}}") for pk in (version.pk, uuid4()))
    for text in (whole, by_id):
        assert {step.action for step in file.plan(text).steps} == {"unchanged"}
    gone = "delays.csv v1 was destroyed: nobody can read its rows any more. Take another version."
    for text, begin, end in (
        (whole, gone, "version."),
        (by_id, gone, "version."),
        (unknown, "the dataset version with the id ", "is gone, or you do not see it. Name one that is there, like "),
    ):
        changed = text.replace("delay * 2", "delay * 3").replace("slide_seconds: 3600", "slide_seconds: 7200")
        with pytest.raises(DefinitionRefused) as refusal:
            file.plan(changed)
        told = [(one["line"], *one["sentence"].split(": ", 1)) for one in refusal.value.details["problems"]]
        places = [(11, "views.carrier_delay.inputs.delays"), (21, "windows.lately.source")]
        assert [(line, place) for line, place, _said in told] == places
        assert all(said.startswith(begin) and end in said for _line, _place, said in told), told
    assert told[0][2].endswith("There are: “delays.csv”.")


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


def test_of_a_file_that_is_wrong_throughout_no_more_is_told_than_anybody_reads(file):
    with pytest.raises(DefinitionRefused, match="And 49 more") as refused:
        file.plan("services:\n" + "".join(f"  s{n}:\n    veiws: []\n" for n in range(200)))
    assert len(refused.value.details["problems"]) == 50


PLACES = ("views.carrier_delay", "windows.lately", "services.early")


def test_a_word_that_cannot_be_read_hides_no_other_mistake(file):
    """A field that is not known, SQL that reads the clock and a column that is not there, in three definitions."""
    wrong = MORE.replace("delay * 2 AS twice", "delay * (now() > moment)::INT AS twice")
    wrong = wrong.replace("column: delay,", "column: delays,") + "  early:\n    veiws: {carrier_delay: all}\n"
    with pytest.raises(DefinitionRefused) as refused:
        file.plan(wrong)
    told = refused.value.details["problems"]
    assert told == sorted(told, key=lambda one: one["line"])
    assert [one["sentence"].startswith(place) for one, place in zip(told, PLACES, strict=True)] == [True] * 3, told
    assert "NOW reads the clock" in told[0]["sentence"] and "“delays”" in told[1]["sentence"]
    assert "“veiws” is not known. Did you mean “views”?" in told[2]["sentence"]


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


def test_events_without_a_key_or_a_time_are_told_to_be_left_out(file, ingested):
    ingested("gaps.csv", b"carrier,moment,delay\nAA,2013-01-01 09:00:00,5\nBB,,5\n")
    section = MORE[MORE.index("windows:") : MORE.index("on_demand:")].replace("delays.csv", "gaps.csv")
    (step,) = file.plan(FILE[: FILE.index("views:")] + section).changes[1:]
    assert step.notes == ("Some events have no “moment”; they are left out and counted.",)


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
