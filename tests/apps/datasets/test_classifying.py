"""A person says what columns hold, one by one or all at once; the next version takes it over and says what is new."""

from __future__ import annotations

import json

import pytest

from apps.datasets import selectors, services
from foundation import ledger
from foundation.errors import AccessDenied, Invalid

JSON = "application/json"
CSV = b"contact,amount,note\n" + b"".join(b"p%d@example.test,%d,fine\n" % (k, k) for k in range(30))
LATER = b"contact,amount,note\n" + b"".join(b"p%d@example.test,%d,q%d@example.test\n" % (k, k, k) for k in range(30))


def classes(version):
    version.refresh_from_db()
    return [column["class"] for column in version.schema]


def test_all_suggestions_at_once_and_the_next_version_takes_them_over(written, scientist, tenant):
    first = written("m.csv", CSV)
    found = [(one.column, one.column_class.value) for one in selectors.suggestions(first)]
    assert found == [("contact", "personal"), ("amount", "internal"), ("note", "internal")]
    assert first.schema[0]["finding"] == {"share": 1.0, "confidence": "high", "found_in": "values"}
    services.confirm_suggestions(actor=scientist, version=first)
    assert classes(first) == ["personal", "internal", "internal"]
    assert selectors.suggestions(first) == []

    second = written("m.csv", LATER, dataset=first.dataset)
    assert classes(second) == ["personal", "internal", "internal"], "a person's word stays"
    assert second.schema[2]["warning"] == "email", "and what is new about the column is said"
    third = written("m.csv", LATER, dataset=first.dataset)
    assert third.schema[2]["warning"] == "email", "until somebody has looked"
    services.classify_column(actor=scientist, version=third, column="note", column_class="internal")
    third.refresh_from_db()
    assert "warning" not in third.schema[2]
    assert "warning" not in written("m.csv", LATER, dataset=first.dataset).schema[2], "it was looked at"

    ledger.sequence_once()
    entries = ledger.entries_about(tenant_id=tenant.pk, subjects=[("dataset_version", first.pk)])
    [said] = [e.event.payload for e in entries if e.event.kind == "dataset_version.columns_classified"]
    assert (said["count"], said["classes"]) == (3, {"0": "personal", "1": "internal", "2": "internal"})


def test_another_type_is_another_column(written, scientist):
    first = written("m.csv", CSV)
    services.confirm_suggestions(actor=scientist, version=first)
    second = written("m.csv", CSV.replace(b",1,fine", b",x,fine"), dataset=first.dataset)
    assert classes(second) == ["personal", "", "internal"]


def test_what_is_wrong_changes_nothing(written, scientist, viewer):
    version = written("m.csv", CSV)
    for wrong, sentence in (
        ({"amount": "secret"}, "not a class"),
        ({"x": "public"}, "no column"),
        ({}, "at least one"),
    ):
        with pytest.raises(Invalid, match=sentence):
            services.classify_columns(
                actor=scientist, version=version, classes={"contact": "personal", **wrong} if wrong else {}
            )
    with pytest.raises(AccessDenied):
        services.confirm_suggestions(actor=viewer, version=version)
    assert classes(version) == ["", "", ""]


def test_the_page_and_programs_do_the_same(written, scientist, client_as, api_as):
    version = written("m.csv", CSV)
    page, api = client_as(scientist), api_as(scientist)
    where, rest = f"/t/acme/p/flights/data/versions/{version.pk}/", f"/api/v1/dataset-versions/{version.pk}/"
    shown = page.get(f"{where}?tab=profile").content.decode()
    assert "Take all suggestions" in shown
    assert " of the sampled values are e-mail addresses (nearly sure)." in shown
    one = page.post(f"{where}classify/", {"column": "amount", "column_class": "", "suggested": "internal"})
    assert one.status_code == 303
    assert [s["column"] for s in api.get(f"{rest}suggestions/").json()] == ["contact", "note"]
    answer = api.post(f"{rest}classify-many/", json.dumps({"classes": {"note": "public"}}), content_type=JSON)
    assert answer.status_code == 200, answer.content
    assert page.post(f"{where}confirm/").status_code == 303
    assert classes(version) == ["personal", "internal", "public"]
    assert "Take all suggestions" not in page.get(f"{where}?tab=profile").content.decode()
