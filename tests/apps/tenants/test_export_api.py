"""The tenant's archive by REST: asked for, watched while a job makes it, fetched, and that stands on the ledger."""

import hashlib

import pytest

from foundation import ledger
from tests.apps.tenants.test_step_up import age
from tests.support.jobs import run_queued

EXPORTS = "/api/v1/exports/"


@pytest.fixture
def making(admin, api_as, project):
    begun = api_as(admin).post(EXPORTS)
    assert begun.status_code == 202, begun.json()
    return begun.json()


def test_it_is_asked_for_watched_and_fetched(admin, making, api_as):
    client, address = api_as(admin), f"{EXPORTS}{making['id']}/"
    assert (making["state"], making["asked_by"], making["job"]["state"]) == ("making", str(admin.user), "queued")
    assert client.get(f"/api/v1/jobs/{making['job']['id']}/").status_code == 200
    assert client.post(EXPORTS).status_code == 409, "one at a time"
    assert client.get(f"{address}archive/").status_code == 409, "it is not there yet"

    run_queued()
    ready = client.get(address).json()
    assert (ready["state"], ready["job"]) == ("ready", None)
    fetched = client.get(f"{address}archive/")
    assert fetched["Content-Type"] == "application/zip"
    assert fetched["Content-Disposition"].startswith(f'attachment; filename="{admin.tenant.slug}-')
    content = b"".join(fetched.streaming_content)
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (ready["sha256"], ready["byte_count"])
    kinds = [event.kind for event in ledger.events_of(subject=("tenant_export", making["id"]))]
    assert kinds[0] == "tenant.export_fetched"
    assert [row["id"] for row in client.get(EXPORTS).json()["results"]] == [making["id"]]


def test_one_that_is_cancelled_says_so_and_another_can_be_asked_for(admin, making, api_as):
    client = api_as(admin)
    assert client.post(f"/api/v1/jobs/{making['job']['id']}/cancel/").status_code == 200
    ended = client.get(f"{EXPORTS}{making['id']}/").json()
    assert (ended["state"], bool(ended["failure"])) == ("failed", True)
    assert client.post(EXPORTS).status_code == 202


def test_it_is_for_administrators_who_just_proved_who_they_are(admin, scientist, making, api_as, client_as):
    program = api_as(scientist)
    assert {program.get(EXPORTS).status_code, program.post(EXPORTS).status_code} == {403}
    run_queued()
    assert program.get(f"{EXPORTS}{making['id']}/archive/").status_code == 403
    left_open = age(client_as(admin, Accept="application/json"))
    for refused in (left_open.post(EXPORTS), left_open.get(f"{EXPORTS}{making['id']}/archive/")):
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "step-up-required")
