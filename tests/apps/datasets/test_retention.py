"""How long versions are kept: what would go is shown, goes within a day, and what is needed stays whatever the rule."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion, RetentionRule
from apps.datasets.services import retention
from foundation import ledger
from foundation.access.freshness import note_proof
from foundation.clock import now
from foundation.errors import AccessDenied, Invalid

JSON = "application/json"


@pytest.fixture
def seven(written, scientist, officer):
    """Seven versions: the first is tagged, the second held, of the third there is a copy, the last is the newest."""
    made = []
    for k in range(6):
        data = b"id\n" + b"%d\n" % k
        made.append(written("a.csv", data, dataset=made[0].dataset if made else None))
    services.tag_version(actor=scientist, version=made[0], tag="gold")
    services.place_hold(actor=officer, dataset=made[1].dataset, version=made[1], reason="Case 1")
    made.append(services.roll_back(actor=scientist, to=made[2]))
    old = now() - timedelta(days=40)
    DatasetVersion.objects.filter(pk__in=[v.pk for v in made[:5]]).update(committed_at=old)
    return made


def fate(dataset, **limits):
    limits = {"keep_newest": None, "keep_days": None, **limits}
    found = selectors.fates(dataset, **limits, now=now())
    return {f.version.number: f.kept_because and f.kept_because.value for f in found}


def test_what_goes_is_what_nothing_keeps(seven):
    dataset, rest = seven[0].dataset, {1: "tagged", 2: "held", 3: "used"}
    assert fate(dataset, keep_newest=1) == {7: "newest", 6: None, 5: None, 4: None, **rest}
    assert fate(dataset, keep_newest=2, keep_days=30) == {7: "newest", 6: "newest", 5: None, 4: None, **rest}
    assert fate(dataset, keep_days=30) == {7: "newest", 6: "young", 5: None, 4: None, **rest}
    assert set(fate(dataset).values()) == {"no_limit"}, "no limit keeps everything"


def test_the_rule_is_looked_at_and_what_goes_is_destroyed_with_its_reason(seven, admin, run_jobs, tenant):
    assert services.retire_versions(now=now()) == 0
    services.set_retention(actor=admin, dataset=seven[0].dataset, keep_newest=2)
    assert services.retire_versions(now=now()) == 2
    assert services.retire_versions(now=now()) == 0, "they are on their way"
    run_jobs()
    states = dict(DatasetVersion.objects.order_by("number").values_list("number", "state"))
    gone, there = VersionState.DESTROYED, VersionState.READY
    assert states == {1: there, 2: there, 3: there, 4: gone, 5: gone, 6: there, 7: there}
    ledger.sequence_once()
    entries = ledger.entries_about(tenant_id=tenant.pk, subjects=[("dataset_version", seven[4].pk)])
    said = [e.event.kind.partition(".")[2] for e in entries]
    assert {"retired", "destroy_requested", "destroyed"} <= set(said)


def test_who_may_and_which_numbers(seven, scientist, admin):
    dataset = seven[0].dataset
    with pytest.raises(AccessDenied, match="Only an administrator"):
        services.set_retention(actor=scientist, dataset=dataset, keep_newest=2)
    for wrong in ({"keep_newest": 0}, {"keep_days": -1}, {"keep_days": 10**9}):
        with pytest.raises(Invalid, match="from 1 to"):
            services.set_retention(actor=admin, dataset=dataset, **wrong)
    services.set_retention(actor=admin, dataset=dataset, keep_newest=3)
    services.set_retention(actor=admin, dataset=dataset)
    assert not RetentionRule.objects.exists()


def test_the_page_and_programs_do_the_same(seven, admin, scientist, client_as, api_as):
    dataset = seven[0].dataset
    page, api = client_as(admin), api_as(admin)
    where, rest = f"/t/acme/p/flights/data/{dataset.pk}/retention/", f"/api/v1/datasets/{dataset.pk}/retention/"
    assert client_as(scientist).get(where).status_code == 403
    session = page.session
    note_proof(session, at=now() - timedelta(days=1))
    session.save()
    # To look at what would go nobody proves who they are, and the look has an address of its own.
    shown = page.get(where, {"keep_newest": "2", "keep_days": "", "show": "yes"}).content.decode()
    assert "2 versions would go; nothing is saved yet" in shown
    assert "stays: under legal hold" in shown
    assert not RetentionRule.objects.exists()
    page.post(where, {"keep_newest": "2", "keep_days": ""})
    assert not RetentionRule.objects.exists(), "whoever saves proves it"
    page = client_as(admin)
    assert page.post(where, {"keep_newest": "0", "keep_days": ""}).status_code == 422
    assert page.post(where, {"keep_newest": "2", "keep_days": ""}).status_code == 303
    assert (
        "the newest 2 versions are kept"
        in client_as(scientist).get(f"/t/acme/p/flights/data/{dataset.pk}/").content.decode()
    )
    answer = api.post(f"{rest}preview/", json.dumps({"keep_newest": 1}), content_type=JSON)
    assert sum(f["goes"] for f in answer.json()["fates"]) == 3, answer.content
    assert api.put(rest, json.dumps({"keep_days": 30}), content_type=JSON).status_code == 200
    assert (api.get(rest).json()["keep_newest"], api.get(rest).json()["keep_days"]) == (None, 30)


def test_who_takes_a_rule_back_while_it_is_looked_at_has_the_last_word(seven, admin, monkeypatch):
    services.set_retention(actor=admin, dataset=seven[0].dataset, keep_newest=1)
    waited = retention.hold_dataset

    def late(dataset_id):
        RetentionRule.objects.update(keep_newest=6)
        return waited(dataset_id)

    with monkeypatch.context() as patched:
        patched.setattr(retention, "hold_dataset", late)
        assert services.retire_versions(now=now()) == 0
        patched.setattr(retention, "hold_dataset", lambda pk: RetentionRule.objects.all().delete() and waited(pk))
        assert services.retire_versions(now=now()) == 0
