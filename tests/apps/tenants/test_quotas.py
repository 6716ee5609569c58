"""Quotas: what is full makes a start wait and says why; what could never fit is refused; nobody sees too much."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.tenants import services
from apps.tenants.choices import RESOURCE_CLASSES
from apps.tenants.models import Holding, Quota
from apps.tenants.selectors import budgets, quotas
from apps.tenants.selectors.held import held_cost
from foundation import ledger
from foundation.access.actors import actor_for_user
from foundation.clock import database_now, now
from foundation.errors import AccessDenied, Invalid, NotFound
from tests.apps.tenants.holding import LARGE, take
from tests.support.people import make_person


def test_without_a_quota_everything_starts(project):
    assert [take(project) for _start in range(20)] == [""] * 20


def test_whoever_has_a_part_already_is_asked_for_no_second_one(admin, project):
    services.set_quota(actor=admin, project_id=None, concurrent_runs=1)
    mine = uuid4()
    assert (take(project, subject_id=mine), take(project, subject_id=mine)) == ("", "")
    assert Holding.objects.count() == 1
    assert "runs at a time" in take(project)


def test_what_ends_frees_its_part(admin, project):
    services.set_quota(actor=admin, project_id=project.pk, memory_mb=2048)
    mine = uuid4()
    assert take(project, subject_id=mine) == ""
    assert "This project's quota is full" in take(project)
    services.give_back(tenant_id=project.tenant_id, subject=("run", mine))
    assert take(project) == ""


def test_a_part_knows_its_price_whatever_its_sizes_are_called_later(admin, project, settings, monkeypatch):
    settings.SANAD_PRICES = {"large": Decimal(4), "large-spot": Decimal(1)}
    spot = replace(LARGE, name="large-spot")
    monkeypatch.setitem(RESOURCE_CLASSES, "large-spot", spot)
    assert take(project, size=spot) == ""
    assert Holding.objects.get().resource_class == "large-spot"
    monkeypatch.setitem(RESOURCE_CLASSES, "large-spot", replace(spot, memory_mb=1))  # another size in the next release
    costs = held_cost(tenant_id=project.tenant_id, now=database_now())
    assert round(costs[project.pk], 2) == 1


def test_replicas_count_for_cpus_and_not_for_runs(admin, project):
    services.set_quota(actor=admin, project_id=None, concurrent_runs=1, cpus=2)
    assert take(project, kind="revision") == ""
    assert take(project) == ""
    assert "CPUs" in take(project, kind="revision")


def test_administrators_alone_set_quotas_and_the_ledger_says_so(admin, scientist, project):
    with pytest.raises(AccessDenied, match="administrator"):
        services.set_quota(actor=scientist, project_id=None, cpus=1)
    quota = services.set_quota(actor=admin, project_id=None, cpus=1)
    again = services.set_quota(actor=admin, project_id=None, gpus=0)
    assert (again.pk, Quota.objects.get().cpus) == (quota.pk, None)
    with pytest.raises(AccessDenied):
        services.remove_quota(actor=scientist, quota=again)
    services.remove_quota(actor=admin, quota=again)
    kinds = [event.kind for event in ledger.events_of(subject=("quota", quota.pk))]
    assert kinds == ["quota.removed", "quota.changed", "quota.changed"]


def test_of_one_project_nobody_sees_the_tenants_quota(admin, scientist, tenant, project, api_as):
    services.set_quota(actor=admin, project_id=None, cpus=77)
    services.set_quota(actor=admin, project_id=project.pk, cpus=7)
    member = make_person(tenant, "member")
    holder = services.Holder.parse(f"user:{member.user.pk}")
    services.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="viewer")
    member = actor_for_user(user=member.user, tenant=tenant)

    def shown(client):
        return [found["project_id"] for found in client.get("/api/v1/quotas/").json()]

    assert [state.project_id for state in quotas.quotas(actor=member)] == [project.pk]
    assert shown(api_as(scientist, project_id=project.pk)) == [str(project.pk)]
    assert shown(api_as(scientist)) == [None, str(project.pk)]


def test_lists_of_limits_take_as_many_statements_for_many_projects_as_for_few(admin, project, tenant):
    def lists():
        with CaptureQueriesContext(connection) as asked:
            shown = quotas.quotas(actor=admin), budgets.budgets(actor=admin, now=now())
        return [len(found) for found in shown], len(asked)

    from apps.projects.services import create_project

    def limited(number):
        made = create_project(actor=admin, slug=f"p{number}", name=f"P {number}", purpose="Many of them")
        services.set_quota(actor=admin, project_id=made.pk, cpus=number, storage_bytes=10)
        services.set_budget(actor=admin, project_id=made.pk, soft_limit=None, hard_limit=Decimal(number))
        take(made)

    for number in range(1, 3):
        limited(number)
    counts, few = lists()
    assert counts == [2, 2]
    for number in range(3, 30):
        limited(number)
    counts, many = lists()
    assert (counts, many) == ([29, 29], few)
    assert few < 16


def test_one_limit_is_read_by_its_id_and_hidden_from_whoever_does_not_see_it(admin, tenant, project):
    whole = services.set_quota(actor=admin, project_id=None, cpus=77)
    mine = services.set_quota(actor=admin, project_id=project.pk, cpus=7)
    spent = services.set_budget(actor=admin, project_id=None, soft_limit=Decimal(1), hard_limit=None)
    take(project)
    state = quotas.quota_state(actor=admin, quota_id=mine.pk)
    [cpus] = [part for part in state.parts if part.field == "cpus"]
    assert (state.name, cpus.used, cpus.left) == ("Flights", 1, 6)
    member = make_person(tenant, "member")
    holder = services.Holder.parse(f"user:{member.user.pk}")
    services.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="viewer")
    member = actor_for_user(user=member.user, tenant=tenant)
    assert quotas.quota_state(actor=member, quota_id=mine.pk).id == mine.pk
    with pytest.raises(NotFound):
        quotas.quota_state(actor=member, quota_id=whole.pk)
    with pytest.raises(NotFound):
        budgets.budget_state(actor=member, budget_id=spent.pk, now=now())
    assert budgets.budget_state(actor=admin, budget_id=spent.pk, now=now()).id == spent.pk


def test_whether_a_project_is_somebodys_asks_for_one_row(admin, project, other_tenant):
    from apps.projects.services import create_project
    from apps.tenants import policies, selectors

    for number in range(5):
        create_project(actor=admin, slug=f"p{number}", name=f"P {number}", purpose="Many of them")
    policies.check_sees_project(admin, project.pk)
    assert selectors.project_named(admin, str(project.pk)).slug == "flights"
    assert selectors.project_id_of(admin, "flights") == project.pk
    assert [found.id for found in selectors.projects_of(admin, ids=[project.pk])] == [project.pk]
    for wrong in (lambda: selectors.project_named(admin, "no id"), lambda: selectors.project_id_of(admin, "nowhere")):
        with pytest.raises(NotFound):
            wrong()
    stranger = make_person(other_tenant, "admin")
    with pytest.raises(NotFound):
        policies.check_sees_project(stranger, project.pk)


def test_bad_limits_are_refused_at_their_field(admin, other_tenant):
    for words in ({}, {"cpus": -1}, {"gpus": 10**16}):
        with pytest.raises(Invalid) as refusal:
            services.set_quota(actor=admin, project_id=None, **words)
        assert refusal.value.fields
    with pytest.raises(NotFound):
        services.set_quota(actor=admin, project_id=uuid4(), cpus=1)


def test_the_room_of_an_estimate_is_the_tighter_of_both_quotas(admin, project):
    services.set_quota(actor=admin, project_id=None, cpus=8, gpus=1)
    services.set_quota(actor=admin, project_id=project.pk, cpus=2)
    take(project)
    room = {
        part.field: (int(part.most), int(part.left))
        for part in quotas.room(tenant_id=project.tenant_id, project_id=project.pk, whole=True)
    }
    assert room == {"cpus": (2, 1), "gpus": (1, 1)}
