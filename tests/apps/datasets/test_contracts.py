"""A contract is published by the owner; what breaks it waits until everybody who builds on the dataset has seen it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from foundation import ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict

CSV = b"id,region,amount\n1,north,2.5\n2,south,3.5\n"


@pytest.fixture
def version(scientist, ingested):
    found = ingested("people.csv", CSV)
    services.classify_column(actor=scientist, version=found, column="region", column_class="internal")
    return found


@pytest.fixture
def contract(scientist, version):
    return services.publish_contract(actor=scientist, dataset=version.dataset)


def derived(actor, dataset_name, version, run_jobs):
    target = services.create_dataset(actor=actor, project=version.project, name=dataset_name)
    made = services.derive_version(actor=actor, dataset=target, sql="SELECT * FROM a", inputs={"a": version.pk})
    run_jobs()
    return made


def test_the_owner_promises_the_dataset_as_it_is(scientist, viewer, admin, version, contract):
    dataset = version.dataset
    assert contract.number == 1 and contract.owner == scientist.user
    assert [(c["name"], c["nullable"], c["class"]) for c in contract.schema] == [
        ("id", False, ""),
        ("region", False, "internal"),
        ("amount", False, ""),
    ]
    assert services.publish_contract(actor=scientist, dataset=dataset).pk == contract.pk, "the same is no change"
    services.edit_dataset(actor=scientist, dataset=dataset, description="", freshness_promise=timedelta(days=1))
    assert services.publish_contract(actor=admin, dataset=dataset).number == 2
    with pytest.raises(AccessDenied, match="owner"):
        services.publish_contract(actor=viewer, dataset=dataset)
    empty = services.create_dataset(actor=scientist, project=version.project, name="empty")
    with pytest.raises(Conflict, match="no version"):
        services.publish_contract(actor=scientist, dataset=empty)


@pytest.mark.parametrize(
    ("csv", "kinds"),
    [
        (b"id,region,amount,more\n9,north,2.5,x\n", []),
        (b"id,amount\n1,2.5\n", ["removed"]),
        (b"id,region,amount\nx,north,2.5\n", ["retyped"]),
        (b"id,region,amount\n1,north,2.5\n2,,3.5\n", ["nullable"]),
        (b"id,region,amount\n1,a@x.ae,2.5\n2,b@x.ae,3.5\n", ["class"]),
    ],
)
def test_what_breaks_the_columns_is_held_and_what_adds_passes(scientist, ingested, contract, csv, kinds):
    found = ingested("next.csv", csv, dataset=contract.dataset)
    breach = selectors.breach_of(actor=scientist, version=found)
    if not kinds:
        assert (found.state, breach) == (VersionState.READY, None)
        return
    assert (found.state, [one["kind"] for one in breach.changes]) == (VersionState.REVIEW, kinds), found.failure
    assert all(services.change_told(one) for one in breach.changes)
    services.commit_version(actor=scientist, version=found, now=now())
    assert selectors.latest_ready(contract.dataset) == found, "nothing is built on it, so nobody else has to see it"


def test_everybody_who_builds_on_it_has_to_see_it(
    scientist, admin, officer, viewer, version, contract, ingested, run_jobs
):
    derived(scientist, "mine", version, run_jobs)
    derived(admin, "theirs", version, run_jobs)
    found = ingested("next.csv", b"id,amount\n1,2.5\n", dataset=contract.dataset)
    breach = selectors.breach_of(actor=scientist, version=found)
    assert sorted(breach.unseen) == ["mine v1", "theirs v1"]
    with pytest.raises(Conflict, match="mine v1"):
        services.commit_version(actor=scientist, version=found, now=now())
    breach = services.see_breach(actor=scientist, breach=breach, now=now())
    assert breach.unseen == ["theirs v1"]
    for nobody in (scientist, viewer):
        with pytest.raises(AccessDenied, match="You made nothing"):
            services.see_breach(actor=nobody, breach=breach, now=now())
    with pytest.raises(Conflict, match="theirs v1"):
        services.commit_version(actor=scientist, version=found, now=now())
    assert services.see_breach(actor=officer, breach=breach, now=now()).unseen == [], "whoever decides may say it"
    with pytest.raises(Conflict, match="already"):
        services.see_breach(actor=officer, breach=breach, now=now())
    found.refresh_from_db()
    assert services.commit_version(actor=scientist, version=found, now=now()).state == VersionState.READY
    kinds = [event.kind for event in ledger.events_of(subject=("dataset_version", found.pk))]
    assert kinds.count("dataset_version.breach_seen") == 2 and "dataset_version.held" in kinds


def test_what_waits_for_review_is_held_to_a_promise_that_is_made_meanwhile(scientist, version, ingested, run_jobs):
    derived(scientist, "mine", version, run_jobs)
    waiting = ingested("next.csv", b"id,amount\n1,2.5\n", dataset=version.dataset, review=True)
    assert selectors.breach_of(actor=scientist, version=waiting) is None
    services.publish_contract(actor=scientist, dataset=version.dataset)
    with pytest.raises(Conflict, match="mine v1"):
        services.commit_version(actor=scientist, version=waiting, now=now())


def test_pages_and_rest_say_the_same(
    scientist, admin, project, version, contract, ingested, run_jobs, client_as, api_as
):
    derived(admin, "theirs", version, run_jobs)
    found = ingested("next.csv", b"id,amount\n1,2.5\n", dataset=contract.dataset)
    base = f"/t/{project.tenant.slug}/p/{project.slug}/data/"
    client, boss = client_as(scientist), client_as(admin)
    shown = client.get(f"{base}versions/{found.pk}/").content.decode()
    assert "It breaks the data contract" in shown and "theirs v1" in shown and "I have seen it" not in shown
    assert "has to see it first" in shown, "the commit says why it cannot be pressed"
    assert "waits until everybody who builds on the dataset" in shown and str(admin.user) in shown, "and for whom"
    assert "I have seen it" in boss.get(f"{base}versions/{found.pk}/").content.decode()
    promised = f"{base}{contract.dataset_id}/contract/"
    assert "Contract 1" in client.get(promised).content.decode()
    assert client.post(promised).status_code == 303
    api = api_as(admin)
    breach = api.get(f"/api/v1/dataset-versions/{found.pk}/breach/").json()
    assert breach["unseen"] == ["theirs v1"] and "“region” is gone" in breach["changes"][0]
    assert boss.post(f"{base}versions/{found.pk}/breach/").status_code == 303
    assert api.get(f"/api/v1/dataset-versions/{found.pk}/breach/").json()["unseen"] == []
    body = json.dumps({"dataset": str(contract.dataset_id)})
    again = api.post("/api/v1/contracts/", body, content_type="application/json")
    assert (again.status_code, again.json()["number"]) == (201, 1)
    assert api.get(f"/api/v1/contracts/?dataset={contract.dataset_id}").json()["results"][0]["number"] == 1
    assert api.get(f"/api/v1/dataset-versions/{version.pk}/breach/").status_code == 404


def test_going_back_to_what_breaks_the_promise_waits_too(scientist, written, run_jobs):
    narrow = written("people.csv", b"id\n1\n")
    wide = written("people.csv", CSV, dataset=narrow.dataset)
    services.publish_contract(actor=scientist, dataset=narrow.dataset)
    back = services.roll_back(actor=scientist, to=narrow)
    assert (back.state, selectors.latest_ready(narrow.dataset)) == (VersionState.REVIEW, wide)
    assert {one["kind"] for one in selectors.breach_of(actor=scientist, version=back).changes} == {"removed"}
    services.commit_version(actor=scientist, version=back, now=now())
    assert selectors.latest_ready(narrow.dataset) == back


def test_the_promise_of_freshness_is_made_by_programs_and_the_page_leads_to_what_is_expected(
    scientist, viewer, version, project, api_as, client_as
):
    api, rest = api_as(scientist), f"/api/v1/datasets/{version.dataset_id}/"

    def change(who=api, status=200, **words):
        answer = who.patch(rest, json.dumps(words), content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json()

    assert api.get(rest).json()["freshness_s"] is None
    assert change(freshness_s=86_400)["freshness_s"] == 86_400
    kept = change(description="People of the book")
    assert (kept["freshness_s"], kept["description"]) == (86_400, "People of the book"), "what is not named stays"
    change(status=422, freshness_s=0)
    change(api_as(viewer), status=403, freshness_s=60)
    services.save_suite(actor=scientist, dataset=version.dataset, expectations=[], reason="none")
    suite = [{"kind": "not_null", "columns": ["id"], "severity": "block"}]
    services.save_suite(actor=scientist, dataset=version.dataset, expectations=suite)
    assert services.publish_contract(actor=scientist, dataset=version.dataset).freshness_promise == timedelta(days=1)
    home = f"/t/{project.tenant.slug}/p/{project.slug}/data/{version.dataset_id}/"
    browser = client_as(scientist)
    link = f"{home}expectations/history/#suite-{selectors.newest_suite(version.dataset).number}"
    assert link in browser.get(f"{home}contract/").content.decode()
    assert f'id="{link.partition("#")[2]}"' in browser.get(link).content.decode()
    assert change(freshness_s=None)["freshness_s"] is None
