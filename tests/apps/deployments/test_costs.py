"""Replicas: metered while up, waiting for their quota, never kept from serving; requests limited and counted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from apps.deployments import selectors, services
from apps.deployments.services.watching import _start_again
from apps.monitoring.services.tallies import Entry, add_usage
from apps.tenants import services as tenants
from apps.tenants.errors import OverBudget
from apps.tenants.models import Holding, UsageHour, UsageSpan
from foundation import ledger
from foundation.clock import now
from foundation.errors import OverQuota
from foundation.jobs import runner
from foundation.jobs.models import Job, JobTicket, Worker
from foundation.jobs.waiting import waiting_because
from foundation.ledger.dispatch import dispatch_once


@pytest.fixture(autouse=True)
def own_ledger(settings, tmp_path):
    from foundation.ledger import signing

    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "secrets" / "ledger-signing.pem"
    settings.LEDGER_ANCHOR_FOLDER = tmp_path / "anchors"
    settings.SANAD_PRICES = {"small": Decimal(1), "requests": Decimal(1)}
    signing.signing_key.cache_clear()


def deliver(name):
    ledger.sequence_once()
    return dispatch_once(name=name)


def start_of(revision):
    return Job.objects.filter(subject_id=revision.pk).latest("created_at")


@pytest.fixture
def wanted(scientist, promoted):
    """A revision that was asked for and has not started."""

    def ask(slug="flowers", **changes):
        return services.deploy_version(
            actor=scientist, version_id=(changes.pop("version", None) or promoted()).pk, slug=slug
        )

    return ask


def test_a_replica_is_metered_until_it_is_stopped_for_the_model_that_it_serves(scientist, deployed):
    deployment = deployed(revisions=2)
    deliver("deployments.usage")
    first = deployment.revisions.get(number=1)
    spans = {span.subject_id: span for span in UsageSpan.objects.filter(thing_kind="deployment")}
    assert len(spans) == 2
    assert {span.model_id for span in spans.values()} == {deployment.model_id}
    assert {span.thing_id for span in spans.values()} == {deployment.pk}

    services.stop_revision(actor=scientist, revision=first)
    deliver("deployments.usage")
    assert UsageSpan.objects.get(subject_id=first.pk).ended_at is not None
    assert UsageSpan.objects.exclude(subject_id=first.pk).get(thing_kind="deployment").ended_at is None


def test_a_replica_that_finds_its_quota_full_waits_and_says_why(admin, scientist, project, wanted):
    Worker.objects.create(name="w", queues=["default"])
    tenants.set_quota(actor=admin, project_id=None, cpus=1)
    place = {"tenant_id": project.tenant_id, "project_id": project.pk}
    from apps.tenants.choices import RESOURCE_CLASSES

    busy = ("run", uuid4())
    assert tenants.take_part(**place, subject=busy, size=RESOURCE_CLASSES["small"]) == ""
    revision = wanted()
    job = start_of(revision)
    assert runner.take(job.pk) is None
    assert "The tenant's quota is full: of its CPUs fewer are free" in waiting_because(job)

    tenants.give_back(tenant_id=project.tenant_id, subject=busy)
    JobTicket.objects.filter(job=job).update(due_at=now() - timedelta(minutes=1))
    assert runner.take(job.pk) is not None
    assert Holding.objects.get().subject_id == revision.pk
    services.stop_revision(actor=scientist, revision=revision)
    assert not Holding.objects.exists()


def test_what_could_never_fit_is_not_deployed(admin, scientist, promoted):
    version = promoted()
    tenants.set_quota(actor=admin, project_id=None, cpus=0)
    with pytest.raises(OverQuota, match="could never start"):
        services.deploy_version(actor=scientist, version_id=version.pk, slug="flowers")
    assert not selectors.visible_deployments(actor=scientist).exists()


def test_a_used_up_budget_refuses_new_replicas_and_lets_what_serves_come_back(admin, tenant, scientist, wanted):
    revision = wanted()
    assert runner.take(start_of(revision).pk) is not None
    type(revision).objects.filter(pk=revision.pk).update(state="ready", attempt=1, ready_at=now(), engine_name="gone")
    tenants.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(0))

    with pytest.raises(OverBudget, match="so no new work begins"):
        services.deploy_version(actor=scientist, version_id=revision.model_version_id, slug="flowers")
    revision.refresh_from_db()
    _start_again(tenant, revision)
    again = start_of(revision)
    assert again.state == "queued"
    assert runner.take(again.pk) is not None


def test_a_stopped_revision_is_new_work(admin, scientist, wanted):
    revision = wanted()
    services.stop_revision(actor=scientist, revision=revision)
    tenants.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(0))
    with pytest.raises(OverBudget):
        services.restart_revision(actor=scientist, revision=revision)
    revision.refresh_from_db()
    assert revision.state == "stopped"


def test_the_gateway_is_told_of_limits_and_of_their_change(admin, project, deployed):
    deployed()
    before = selectors.routes_version()
    tenants.set_quota(actor=admin, project_id=None, requests_per_second=100)
    tenants.set_quota(actor=admin, project_id=project.pk, requests_per_second=7)
    assert deliver("deployments.request_limits") == 2
    assert selectors.routes_version() > before
    assert selectors.route_table()["acme/flowers"]["limits"] == {"tenant": 100, "project": 7}


def test_answered_requests_count_for_whoever_asked_in_their_hour(tenant, scientist, deployed):
    deployment = deployed()
    revision = deployment.revisions.get()
    hour = now().replace(minute=0, second=0, microsecond=0)

    def entry(number, **changes):
        words = {
            "milliseconds": 1,
            "number": number,
            "at": hour + timedelta(minutes=number),
            "deployment_id": deployment.pk,
            "revision_id": revision.pk,
            "status": 200,
            "latency_ms": 1.0,
            "event_time": None,
            "rows": [],
            "answers": [],
            "request_id": "r",
            "actor": f"user:{scientist.user.pk}",
        }
        return Entry(**(words | changes))

    batch = [entry(1), entry(2), entry(3, actor="system:"), entry(4, shadow=True), entry(5, deployment_id=uuid4())]
    add_usage(tenant, batch)
    rows = {row.person_id: row for row in UsageHour.objects.filter(kind="requests")}
    assert {person: row.amount for person, row in rows.items()} == {scientist.user.pk: 2, None: 1}
    assert {row.model_id for row in rows.values()} == {deployment.model_id}
    assert {row.hour for row in rows.values()} == {hour}


def test_the_page_says_what_a_replica_costs_before_it_is_asked_for(scientist, promoted, client_as):
    from django.urls import reverse

    promoted()
    page = client_as(scientist).get(reverse("deployments:deployment_new", args=["acme", "flights"])).content.decode()
    assert "What a replica will cost" in page
    assert "AED\xa01.00" in page and "AED\xa0730.00" in page


def test_rest_says_what_a_replica_costs(scientist, promoted, api_as):
    version = promoted()
    body = {"model_version": str(version.pk)}
    answer = api_as(scientist).post("/api/v1/deployments/estimate/", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert (said["hourly"], said["monthly"], said["cost"]) == ("1.00000000", "730.00000000", None)
