"""Before a run or a replica is asked for, the page says what it takes, costs and finds of the quotas."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Max
from django.urls import reverse

from apps.experiments import services
from apps.tenants import services as tenants
from foundation import engines, jobs
from foundation.access.actors import actor_for_user
from foundation.clock import now
from foundation.errors import OverQuota
from tests.apps.experiments.rows import make_run, make_training_set
from tests.support.people import make_person


@pytest.fixture(autouse=True)
def plain_prices(settings):
    settings.SANAD_PRICES = {"small": Decimal("3.6"), "medium": Decimal("7.2"), "large": Decimal(10)}


@pytest.fixture
def rows(scientist, project):
    return make_training_set(scientist, project, row_count=1000)


def past(actor, project, rows, seconds, **changes):
    ended = now()
    words = {"state": "succeeded", "started_at": ended - timedelta(seconds=seconds), "ended_at": ended, **changes}
    return make_run(actor, project, rows, **words)


def estimate(actor, project, rows, **changes):
    words = {"recipe": "hist_gradient_boosting", "resource_class": "small", **changes}
    return services.estimate_run(actor=actor, project_id=project.pk, training_set_id=rows.pk, **words)


def test_without_a_run_like_it_the_limit_is_what_is_known(scientist, project, rows):
    found = estimate(scientist, project, rows)
    assert (found.time.expected, found.time.rests_on, found.cost) == (None, 0, None)
    assert found.time.most == timedelta(hours=6)
    assert found.most == Decimal("21.6")


def test_the_middle_of_runs_of_the_same_recipe_rows_and_size_is_expected(scientist, project, rows):
    for seconds in (100, 200, 900):
        past(scientist, project, rows, seconds)
    large = make_training_set(scientist, project, row_count=10_000)
    past(scientist, project, large, 5000)
    past(scientist, project, rows, 7000, recipe="torch_mlp")
    past(scientist, project, rows, 7000, resource_class="medium")
    past(scientist, project, rows, 7000, state="failed")
    past(scientist, project, rows, 7000, attempt=2)
    found = estimate(scientist, project, rows)
    assert (found.time.rests_on, found.time.expected) == (3, timedelta(seconds=200))
    assert found.cost == Decimal("0.2")


def test_it_says_what_is_left_and_whether_it_would_wait_or_be_refused(admin, scientist, project, rows):
    tenants.set_quota(actor=admin, project_id=project.pk, cpus=1)
    tenants.set_budget(actor=admin, project_id=None, soft_limit=Decimal(5), hard_limit=None)
    found = estimate(scientist, project, rows)
    assert [(part.field, part.left) for part in found.quota] == [("cpus", 1)]
    assert [(budget.limit, budget.spent) for budget in found.budgets] == [(5, 0)]
    assert (found.refused, found.waits) == ("", "")
    assert "could never start" in estimate(scientist, project, rows, resource_class="medium").refused

    run = make_run(scientist, project, state="running")
    tenants.take_part(tenant_id=project.tenant_id, project_id=project.pk, subject=("run", run.pk), size=found.size)
    assert "is full: 1 of 1 CPUs are in use" in estimate(scientist, project, rows).waits


def test_of_one_project_nobody_reads_the_tenants_figures(admin, scientist, tenant, project, rows, api_as):
    """A guest of one project, and a token of one, learn that the tenant's limit is in the way, and no figure of it."""
    tenants.set_quota(actor=admin, project_id=None, cpus=77)
    tenants.set_quota(actor=admin, project_id=project.pk, gpus=3)
    tenants.set_budget(actor=admin, project_id=None, soft_limit=Decimal(4321), hard_limit=None)
    member = make_person(tenant, "member")
    holder = tenants.Holder.parse(f"user:{member.user.pk}")
    tenants.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="scientist")
    guest = actor_for_user(user=member.user, tenant=tenant)

    found = estimate(guest, project, rows)
    assert ([part.field for part in found.quota], found.budgets) == (["gpus"], [])
    body = {"project": project.slug, "training_set": str(rows.pk), "recipe": "hist_gradient_boosting"}
    said = api_as(scientist, project_id=project.pk)
    text = said.post("/api/v1/runs/estimate/", body, content_type="application/json").content.decode()
    assert '"gpus"' in text
    assert not [figure for figure in ("77", "4321") if figure in text]

    tenants.set_quota(actor=admin, project_id=None, cpus=Decimal("0.77"))
    tenants.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(0))
    found = estimate(guest, project, rows)
    assert ("The tenant's budget" in found.refused, "AED" in found.refused) == (True, False)
    tenants.set_budget(actor=admin, project_id=None, soft_limit=Decimal(4321), hard_limit=None)
    found = estimate(guest, project, rows)
    assert ("could never start" in found.refused, "0.77" in found.refused) == (True, False)
    assert "0.77" in estimate(admin, project, rows).refused
    with pytest.raises(OverQuota) as refusal:
        services.start_run(actor=guest, project=project, training_set_id=rows.pk, recipe="hist_gradient_boosting")
    assert "0.77" not in refusal.value.sentence


def test_it_says_its_place_in_the_queue(scientist, project, rows):
    run = make_run(scientist, project, state="queued")
    jobs.enqueue("experiments.execute_run", actor=scientist, title="A run", project_id=project.pk, run_id=str(run.pk))
    assert estimate(scientist, project, rows).queue_ahead == 1


def test_rest_says_the_same_and_starts_nothing(scientist, project, rows, api_as):
    past(scientist, project, rows, 100)
    before = type(rows).objects.aggregate(n=Max("number")), len(jobs.visible_jobs(actor=scientist))
    body = {"project": project.slug, "training_set": str(rows.pk), "recipe": "hist_gradient_boosting"}
    answer = api_as(scientist).post("/api/v1/runs/estimate/", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert (said["expected_seconds"], said["rests_on"], said["cost"], said["currency"]) == (100.0, 1, "0.100000", "AED")
    assert (type(rows).objects.aggregate(n=Max("number")), len(jobs.visible_jobs(actor=scientist))) == before


def test_rest_refuses_what_the_start_would_refuse(scientist, project, rows, api_as):
    body = {"project": project.slug, "training_set": str(rows.pk), "recipe": "magic"}
    answer = api_as(scientist).post("/api/v1/runs/estimate/", body, content_type="application/json")
    assert (answer.status_code, "recipe" in answer.json()["errors"]) == (422, True), answer.content


def test_the_form_of_a_new_run_shows_it_for_each_size(scientist, project, rows, client_as):
    past(scientist, project, rows, 100)
    page = client_as(scientist).get(
        reverse("experiments:run_new", args=["acme", "flights"]) + f"?training_set={rows.pk}"
    )
    assert page.status_code == 200
    text = page.content.decode()
    assert "by one run like it" in text
    assert "AED\xa00.10" in text
    assert "no run like it yet" in text


def test_one_more_like_it_is_estimated_in_its_own_size(scientist, project, rows, client_as):
    run = past(scientist, project, rows, 100)
    page = client_as(scientist).get(
        reverse("experiments:run_detail", args=["acme", "flights", run.pk]) + "?tab=reproduce"
    )
    assert "by one run like it" in page.content.decode()


def test_engines_that_are_away_leave_the_estimate_standing(scientist, project, rows, monkeypatch):
    def away():
        raise engines.EngineUnavailable("away")

    monkeypatch.setattr(engines, "current", away)
    assert estimate(scientist, project, rows).hourly == Decimal("3.6")
