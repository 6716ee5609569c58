"""What comes of expectations tells whoever sees masks no value: not by rules written ahead, nor by rows of theirs."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from apps.datasets import selectors, services
from apps.datasets.services.quarantine import reading as quarantining
from apps.datasets.services.showing import Looking
from foundation.clock import now
from foundation.errors import AccessDenied
from tests.apps.datasets.test_masking import ROWS, blind

HEAD = ROWS.splitlines(keepends=True)[0]
PEOPLE = b"id,note\n" + b"".join(b"%d,canary%d@example.ae\n" % (k, k) for k in range(30))


def rule(kind, *columns, severity="warn", **parameters):
    return {
        "id": f"{kind}-{severity}",
        "kind": kind,
        "columns": columns,
        "severity": severity,
        "parameters": parameters,
    }


def ends(actor, version):
    """How each expectation ended for the actor, and all of them."""
    report = selectors.report_of(actor=actor, version=version)
    kinds = [one["kind"] for one in report.suite.expectations]
    results = zip(kinds, report.results, strict=True)
    return {kind: (one["state"], one["failed_rows"]) for kind, one in results} | {"all": report.outcome}


def test_a_rule_of_before_personal_values_answers_nothing_about_them(scientist, viewer, ingested, api_as, client_as):
    program, first = blind(scientist), ingested("notes.csv", b"id,note\n1,fine\n2,good\n")
    guesses = [
        rule("matches_regex", "note", pattern="canary1@.*"),
        rule("length", "note", severity="quarantine", max=18),
        rule("not_null", "note"),
    ]
    services.save_suite(actor=program, dataset=first.dataset, expectations=guesses)
    people = ingested("notes.csv", PEOPLE, dataset=first.dataset)
    assert people.state == "ready", people.failure
    hidden = ("withheld", None)
    told = {"matches_regex": hidden, "length": hidden, "not_null": ("passed", 0)}
    for actor in (viewer, program):
        assert ends(actor, people) == {**told, "all": "withheld"}
    clear = {"matches_regex": ("failed", 29), "length": ("failed", 20), "not_null": ("passed", 0)}
    assert ends(scientist, people) == {**clear, "all": "quarantined"}
    rest = api_as(viewer).get(f"/api/v1/dataset-versions/{people.pk}/validation/").json()
    assert (rest["digest"], [one["state"] for one in rest["results"]]) == ("", ["withheld", "withheld", "passed"])
    aside = selectors.quarantine_of(actor=viewer, version=people)
    assert services.rows_of(actor=scientist, quarantine=aside).count == 20
    place = "/t/acme/p/flights/data"
    page = client_as(viewer).get(f"{place}/versions/{people.pk}/?tab=checks").content.decode()
    assert "Not all shown to you" in page and "that you see masked" in page and "rows fail" not in page
    page = client_as(viewer).get(f"{place}/quarantine/{aside.pk}/").content.decode()
    assert "canary" not in page and "signs" not in page and "about values you see masked" in page
    for actor in (viewer, program):
        for reason in ("", aside.suite.expectations[1]["id"]):
            found = services.rows_of(actor=actor, quarantine=aside, reason=reason)
            assert (found.count, found.rows) == (0, [])
    # The column is known now: what would set rows aside holds all or none, and says not which rule it is.
    again = ingested("notes.csv", PEOPLE, dataset=first.dataset)
    assert again.state == "failed"
    assert "masked for some" in again.failure
    assert "note" not in again.failure
    assert "20" not in again.failure
    # Saved by somebody who sees the values it is theirs, and does what it says.
    suite = selectors.newest_suite(first.dataset)
    confirmed = services.save_suite(actor=scientist, dataset=first.dataset, expectations=suite.expectations)
    assert (confirmed.number, confirmed.digest) == (2, suite.digest)
    assert services.save_suite(actor=scientist, dataset=first.dataset, expectations=suite.expectations) == confirmed
    assert services.save_suite(actor=program, dataset=first.dataset, expectations=suite.expectations) == confirmed
    last = ingested("notes.csv", PEOPLE, dataset=first.dataset)
    assert last.state == "ready"
    assert ends(viewer, last) == {**clear, "all": "quarantined"}


@pytest.mark.parametrize("severity", ["warn", "quarantine"])
def test_a_guess_that_is_put_to_the_others_is_told_from_no_hit(scientist, uploaded, ingested, run_jobs, severity):
    program, people = blind(scientist), ingested("notes.csv", PEOPLE)
    unique = [rule("unique", "note", severity=severity)]
    services.save_suite(actor=scientist, dataset=people.dataset, expectations=unique)
    told = []
    for guess in (b"99,canary7@example.ae\n", b"99,nobody@example.ae\n"):
        version = services.create_version(
            actor=program,
            dataset=people.dataset,
            upload=uploaded("guess.csv", b"id,note\n" + guess),
            now=now(),
            mode="append",
            review=False,
        )
        run_jobs()
        version.refresh_from_db()
        told.append(version)
    hit, miss = told
    assert miss.state == "ready", miss.failure
    if severity == "warn":
        assert ends(program, hit) == ends(program, miss) == {"unique": ("withheld", None), "all": "withheld"}
        assert ends(scientist, hit)["unique"][0] == "failed"
    else:
        # That it is held back is told, and not which of the rows are why.
        assert (hit.state, selectors.quarantine_of(actor=program, version=hit).is_sample) == ("failed", True)
        assert "masked for some" in hit.failure
        aside = selectors.quarantine_of(actor=program, version=hit)
        assert services.rows_of(actor=program, quarantine=aside).rows == []
        assert services.rows_of(actor=scientist, quarantine=aside).rows
    with pytest.raises(AccessDenied, match="masked"):
        services.try_suite(actor=program, dataset=people.dataset, expectations=unique)
    assert "masked" not in json.dumps(hit.source.get("options"))


def test_what_is_proposed_tells_no_guess_from_a_hit(scientist, written):
    people = written("notes.csv", PEOPLE)
    program = blind(scientist)

    def proposed(version):
        found = services.suggest(actor=program, dataset=version.dataset)
        return {(one.expectation.kind, one.expectation.columns) for one in found}

    before = proposed(people)
    assert proposed(written("notes.csv", PEOPLE + b"99,canary7@example.ae\n", dataset=people.dataset)) == before


def test_a_value_in_the_wrong_column_is_hidden_in_rows_that_no_scanner_saw(scientist, viewer, ingested):
    """Rows are set aside because they are wrong: the columns are what they are in other rows."""
    first = ingested("notes.csv", b"id,note,day\n1,fine,a\n2,good,b\n")
    bad = [rule("in_range", "id", severity="quarantine", max=9), rule("in_range", "id", severity="block", max=99)]
    services.save_suite(actor=scientist, dataset=first.dataset, expectations=bad)
    for number in (50, 500):
        data = b"id,note,day\n3,fine,c\n%d,amna@example.ae,d\n%d,late,\n" % (number, number)
        aside = selectors.quarantine_of(actor=viewer, version=ingested("notes.csv", data, dataset=first.dataset))
        rows = services.rows_of(actor=viewer, quarantine=aside)
        assert [row.values[1:] for row in rows.rows] == [["•••", "d"], ["late", None]]
        whole = b"".join(services.export_rows(actor=viewer, quarantine=aside, form="csv")).decode()
        assert ("amna" in whole, "late" in whole) == (False, True)
        clear = services.rows_of(actor=scientist, quarantine=aside)
        assert clear.rows[0].values[1] == "amna@example.ae"
        if number == 50:
            numbers = [row.number for row in clear.rows]
            with pytest.raises(AccessDenied, match="masked"):
                quarantining.row_of(actor=blind(scientist), quarantine=aside, number=numbers[0])
            assert quarantining.row_of(actor=blind(scientist), quarantine=aside, number=numbers[1])


def test_no_page_looks_at_texts_without_end():
    rows = pa.table({"a": ["amna@example.ae", "fine", None, "fine", "late"], "b": ["x", "y", "z", "u", "v"]})
    assert Looking(["a"], most=2).over(rows)["a"].to_pylist() == ["•••", "fine", None, "fine", "•••"]
    assert Looking(["a", "b"], most=4).over(rows)["b"].to_pylist() == ["x", "•••", "•••", "•••", "•••"]


def test_rows_aside_hide_what_a_new_suspicion_covers(scientist, viewer, ingested):
    first = ingested("notes.csv", b"id,note\n1,fine\n2,good\n")
    services.classify_column(actor=scientist, version=first, column="note", column_class="public")
    services.save_suite(
        actor=scientist, dataset=first.dataset, expectations=[rule("in_range", "id", severity="quarantine", max=9)]
    )
    people = ingested("notes.csv", PEOPLE, dataset=first.dataset)
    aside = selectors.quarantine_of(actor=viewer, version=people)
    assert services.rows_of(actor=viewer, quarantine=aside).hidden == {"note"}
