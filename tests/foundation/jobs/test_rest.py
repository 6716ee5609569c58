"""The REST twin of a job, and the component as a fragment."""

from __future__ import annotations

from uuid import uuid4

import pytest

from foundation import jobs
from foundation.jobs.models import Worker
from tests.foundation.jobs import probes  # noqa: F401
from tests.support.jobs import run_queued

pytestmark = pytest.mark.django_db


def enqueue(actor, **about):
    return jobs.enqueue("probe.note", actor=actor, title="Ingesting flights.csv", **about)


def test_list_shows_the_tenants_jobs_newest_first(scientist, other_scientist, api_as):
    first, second = enqueue(scientist), enqueue(scientist)
    enqueue(other_scientist)
    answer = api_as(scientist).get("/api/v1/jobs/").json()
    assert {job["id"] for job in answer["results"]} == {str(first.pk), str(second.pk)}


def test_list_of_one_thing_and_state(scientist, api_as):
    run_id = uuid4()
    enqueue(scientist)
    done = enqueue(scientist, subject=("run", run_id))
    run_queued()
    enqueue(scientist, subject=("run", run_id))
    answer = api_as(scientist).get(f"/api/v1/jobs/?subject=run:{run_id}&state=succeeded").json()
    assert [job["id"] for job in answer["results"]] == [str(done.pk)]
    refused = api_as(scientist).get("/api/v1/jobs/?state=sleeping")
    assert refused.status_code == 422
    assert "sleeping" in refused.json()["detail"]


def test_queued_job_says_why_it_waits(scientist, api_as):
    job = enqueue(scientist)
    answer = api_as(scientist).get(f"/api/v1/jobs/{job.pk}/").json()
    assert "No worker serves the queue" in answer["waiting_because"]
    Worker.objects.create(name="w1", queues=["default"])
    answer = api_as(scientist).get(f"/api/v1/jobs/{job.pk}/").json()
    assert "the next in its queue" in answer["waiting_because"]


def test_ended_job_says_how_long_it_took(scientist, api_as):
    job = enqueue(scientist)
    run_queued()
    answer = api_as(scientist).get(f"/api/v1/jobs/{job.pk}/").json()
    assert (answer["state"], answer["percent"], answer["waiting_because"]) == ("succeeded", 100, "")
    assert answer["seconds_elapsed"] >= 0
    assert answer["seconds_left"] is None


def test_cancel(scientist, viewer, api_as):
    job = enqueue(scientist)
    refused = api_as(viewer).post(f"/api/v1/jobs/{job.pk}/cancel/")
    assert refused.status_code == 403
    assert "who asked for this" in refused.json()["detail"]
    cancelled = api_as(scientist).post(f"/api/v1/jobs/{job.pk}/cancel/").json()
    assert (cancelled["state"], cancelled["cancelled_by"]) == ("cancelled", "The scientist")


def test_job_of_another_tenant_is_not_found(scientist, other_scientist, api_as):
    job = enqueue(other_scientist)
    assert api_as(scientist).get(f"/api/v1/jobs/{job.pk}/").status_code == 404
    assert api_as(scientist).post(f"/api/v1/jobs/{job.pk}/cancel/").status_code == 404


def test_fragment_listens_to_its_job_and_offers_to_cancel(scientist, viewer, client_as):
    job = enqueue(scientist)
    url = f"/t/acme/jobs/{job.pk}/"
    own = client_as(scientist).get(url).content.decode()
    assert f'data-live-topic="job:{job.pk}"' in own
    assert "No worker serves the queue" in own
    assert f"{url}cancel/" in own
    assert f"{url}cancel/" not in client_as(viewer).get(url).content.decode()


def test_a_plain_form_leads_back_to_its_page_and_never_outside(scientist, client_as):
    client, here = client_as(scientist), "http://testserver/t/acme/p/flights/"
    for page, leads in ((here, here), ("https://evil.test/t/acme/", "jobs"), ("//evil.test/", "jobs")):
        job = enqueue(scientist)
        answer = client.post(f"/t/acme/jobs/{job.pk}/cancel/", headers={"Referer": page})
        assert answer["Location"] == (leads if leads == here else f"/t/acme/jobs/{job.pk}/")


def test_cancel_by_button(scientist, client_as):
    job = enqueue(scientist)
    answer = client_as(scientist).post(f"/t/acme/jobs/{job.pk}/cancel/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Cancelled." in answer.headers["HX-Trigger"]
    job.refresh_from_db()
    assert job.state == "cancelled"
