"""Budgets and prices: told of in time, a no to new work at the hard limit, and never a change of what is past."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from apps.experiments import services as experiments
from apps.tenants import services
from apps.tenants.choices import RESOURCE_CLASSES, ThingKind, UsageBy, UsageKind
from apps.tenants.errors import OverBudget
from apps.tenants.models import BudgetNotice, Price, UsageHour
from apps.tenants.selectors import budget_notices, prices, usage
from apps.tenants.selectors import budgets as all_budgets
from apps.tenants.services import budgets
from foundation import jobs, ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.jobs import runner
from foundation.web.templatetags.sanad_format import money
from tests.apps.experiments.rows import make_run, make_training_set

PRICES = {"small": Decimal(1), "medium": Decimal(2), "large": Decimal(4), "gpu": Decimal(10)}


@pytest.fixture(autouse=True)
def plain_prices(settings):
    settings.SANAD_PRICES = {**PRICES, "storage": Decimal("0.1"), "requests": Decimal("0.5")}


@pytest.fixture
def spend(tenant, project, scientist):
    """Have the project use so many AED in this hour, as requests at half a dirham a thousand."""

    def done(amount, *, project_id=None):
        what = services.Metered(
            tenant_id=tenant.pk,
            project_id=project_id or project.pk,
            person_id=scientist.user.pk,
            kind=ThingKind.DEPLOYMENT,
            thing_id=uuid4(),
            subject_id=uuid4(),
        )
        hour = now().replace(minute=0, second=0, microsecond=0)
        services.count_requests(what, hours={hour: int(Decimal(amount) * 2000)})

    return done


def test_at_the_hard_limit_new_work_is_refused_with_a_sentence_that_helps(admin, scientist, project, spend):
    services.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(10))
    training_set = make_training_set(scientist, project)
    spend("9.99")
    experiments.check_may_begin(actor=scientist, project_id=project.pk, resource_class="small")
    spend("0.01")
    with pytest.raises(OverBudget) as refusal:
        experiments.start_run(
            actor=scientist, project=project, training_set_id=training_set.pk, recipe="hist_gradient_boosting"
        )
    sentence = refusal.value.sentence
    assert "The tenant's budget for" in sentence
    assert "AED\xa010.00 of AED\xa010.00 are spent" in sentence
    assert "A tenant administrator can raise it under Settings, Budgets." in sentence


def test_a_projects_budget_holds_for_it_alone(admin, project, spend):
    services.set_budget(actor=admin, project_id=project.pk, soft_limit=None, hard_limit=Decimal(1))
    spend(5, project_id=uuid4())
    services.check_budget(tenant_id=project.tenant_id, project_id=project.pk, now=now())
    spend(1)
    with pytest.raises(OverBudget, match="This project's budget"):
        services.check_budget(tenant_id=project.tenant_id, project_id=project.pk, now=now())
    services.check_budget(tenant_id=project.tenant_id, project_id=uuid4(), now=now())


def test_a_used_up_budget_stops_nothing_that_runs_and_keeps_what_is_queued(admin, scientist, project, spend):
    services.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(1))
    place = {"tenant_id": project.tenant_id, "project_id": project.pk}
    running = make_run(scientist, project, state="running")
    subject, size = ("run", running.pk), RESOURCE_CLASSES["small"]
    assert services.take_part(**place, subject=subject, size=size) == ""
    waiting = make_run(scientist, project, state="queued")
    job = jobs.enqueue(
        "experiments.execute_run",
        actor=scientist,
        project_id=project.pk,
        subject=("run", waiting.pk),
        title="A run",
        run_id=str(waiting.pk),
    )
    spend(2)
    # Taken up again by another worker, a replica that is started again: they have their part.
    assert services.take_part(**place, subject=subject, size=size) == ""
    assert runner.take(job.pk) is None
    services.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(5))
    assert services.why_it_waits(**place, subject=("run", waiting.pk), size=size) == ""


def test_many_that_start_just_below_the_hard_limit_see_each_other(admin, project, spend):
    """Nothing of them is metered yet; each holds its first hour."""
    services.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(10))
    spend("5.50")
    place = {"tenant_id": project.tenant_id, "project_id": project.pk, "size": RESOURCE_CLASSES["medium"]}
    found = [services.take_part(**place, subject=("run", uuid4())) for _start in range(4)]
    assert [not sentence for sentence in found] == [True, True, True, False]
    assert "The tenant's budget for" in found[-1]
    assert "AED" not in found[-1]
    with pytest.raises(OverBudget, match=r"AED\xa05.50 are spent, and what runs now costs AED\xa0"):
        services.check_budget(tenant_id=project.tenant_id, project_id=project.pk, now=now(), reader=admin)


def test_what_runs_counts_up_to_now_before_it_is_metered(admin, tenant, project):
    services.set_budget(actor=admin, project_id=project.pk, soft_limit=None, hard_limit=Decimal(3))
    begun = usage.Month.of(now()).start + timedelta(days=1)
    run = services.Metered(
        tenant_id=tenant.pk,
        project_id=project.pk,
        person_id=None,
        kind=ThingKind.RUN,
        thing_id=uuid4(),
        subject_id=uuid4(),
        resource_class="medium",
    )
    services.begin_usage(run, at=begun)
    place = {"tenant_id": tenant.pk, "project_id": project.pk}
    services.check_budget(**place, now=begun + timedelta(minutes=89))
    with pytest.raises(OverBudget, match=r"AED\xa00.00 are spent, and what runs now costs AED\xa03.00"):
        services.check_budget(**place, now=begun + timedelta(minutes=90))


def use(tenant, project, amount, kind="requests", price="1"):
    """An hour of this month at a price of its own."""
    words = {"thing_kind": ThingKind.DEPLOYMENT, "thing_id": uuid4(), "hour": usage.Month.of(now()).start}
    row = {"tenant": tenant, "project_id": project.pk, "kind": kind, "amount": Decimal(amount)}
    UsageHour.objects.create(**row, **words, price=Decimal(price))


def test_a_limit_is_compared_with_what_was_spent_and_not_with_what_is_shown(admin, tenant, project):
    services.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(100))
    use(tenant, project, "99996", price="1")  # a thousand requests at one dirham: AED 99.996
    services.check_budget(tenant_id=tenant.pk, project_id=project.pk, now=now())
    [state] = all_budgets.budgets(actor=admin, now=now())
    assert (state.spent, state.is_over) == (Decimal("99.996"), False)
    use(tenant, project, "4")
    with pytest.raises(OverBudget):
        services.check_budget(tenant_id=tenant.pk, project_id=project.pk, now=now())


def test_an_amount_reads_the_same_wherever_it_is_shown(admin, tenant, project, client_as, api_as):
    """12.345 is rounded half up: on pages, on the bill and over REST."""
    services.set_budget(actor=admin, project_id=None, soft_limit=Decimal(50), hard_limit=None)
    use(tenant, project, "12345", price="1")
    for page in ("/t/acme/", "/t/acme/settings/budgets/", "/t/acme/settings/usage/"):
        text = client_as(admin).get(page).content.decode()
        assert "AED\xa012.35" in text, page
        assert "AED\xa012.34" not in text, page
    assert api_as(admin).get("/api/v1/budgets/").json()[0]["spent"] == "12.35"
    assert api_as(admin).get("/api/v1/usage/summary/").json()["total"] == "12.35"
    budgets.note_budgets(tenant=tenant, now=now())
    assert money("12.345") == "–"
    assert money(Decimal("12.345")) == money(12.345) == "AED\xa012.35"


def test_no_kind_of_use_is_dropped_from_a_line(admin, tenant, project):
    for kind in UsageKind:
        use(tenant, project, "7", kind=kind)
    [line] = usage.lines(actor=admin, wanted=usage.Wanted(usage.Month.of(now())), by=UsageBy.PROJECT)
    assert line.used == dict.fromkeys(UsageKind, Decimal(7))
    found = (line.compute_seconds, line.gpu_seconds, line.storage_byte_hours, line.requests)
    assert found == (7, 7, 7, 7)


def test_each_share_of_the_soft_limit_is_told_once(admin, tenant, project, spend):
    budget = services.set_budget(actor=admin, project_id=None, soft_limit=Decimal(10), hard_limit=None)

    def told():
        budgets.note_budgets(tenant=tenant, now=now())
        budgets.note_budgets(tenant=tenant, now=now())
        return sorted(BudgetNotice.objects.values_list("percent", flat=True))

    assert told() == []
    spend(5)
    assert told() == [50]
    spend("3.5")
    assert told() == [50, 80]
    spend(20)
    assert told() == [50, 80, 100]
    reached = [event for event in ledger.events_of(subject=("budget", budget.pk)) if event.kind == "budget.reached"]
    assert [event.payload["percent"] for event in reversed(reached)] == [50, 80, 100]
    assert [notice.percent for notice in budget_notices(actor=admin, now=now())] == [100]


def test_the_next_month_is_told_anew(admin, tenant, spend):
    services.set_budget(actor=admin, project_id=None, soft_limit=Decimal(10), hard_limit=None)
    spend(5)
    budgets.note_budgets(tenant=tenant, now=now())
    later = usage.Month.of(now()).next.start + timedelta(hours=1)
    budgets.note_budgets(tenant=tenant, now=later)
    assert BudgetNotice.objects.count() == 1
    assert not budget_notices(actor=admin, now=later).exists()


def test_scientists_are_told_nothing_and_set_nothing(scientist, admin, tenant, spend):
    budget = services.set_budget(actor=admin, project_id=None, soft_limit=Decimal(1), hard_limit=None)
    spend(1)
    budgets.note_budgets(tenant=tenant, now=now())
    assert not budget_notices(actor=scientist, now=now()).exists()
    for act in (
        lambda: services.set_budget(actor=scientist, project_id=None, soft_limit=None, hard_limit=Decimal(9)),
        lambda: services.remove_budget(actor=scientist, budget=budget),
        lambda: services.set_price(actor=scientist, item="small", amount=Decimal(0), valid_from=None, now=now()),
    ):
        with pytest.raises(AccessDenied, match="administrator"):
            act()


@pytest.mark.parametrize(
    ("soft", "hard", "field"),
    [(None, None, "soft_limit"), (Decimal(2), Decimal(1), "soft_limit"), (None, Decimal(-1), "hard_limit")],
)
def test_a_budget_that_makes_no_sense_is_refused(admin, soft, hard, field):
    with pytest.raises(Invalid) as refusal:
        services.set_budget(actor=admin, project_id=None, soft_limit=soft, hard_limit=hard)
    assert field in refusal.value.fields


def test_a_new_price_leaves_what_is_past_as_it_was(admin, spend):
    spend(1)
    services.set_price(actor=admin, item="requests", amount=Decimal(50), valid_from=None, now=now())
    spend(1)
    hour = UsageHour.objects.order_by().values_list("price", flat=True).distinct()
    assert list(hour) == [Decimal("0.5")]
    known = prices.PriceList(admin.tenant_id)
    assert known.at("requests", now()) == Decimal("0.5")
    assert known.at("requests", now() + timedelta(hours=1)) == Decimal(50)
    assert known.of_usage(UsageKind.COMPUTE, "gpu", now()) == Decimal(10)
    assert known.of_usage(UsageKind.CPU, "gpu", now()) == 0


def test_an_hour_of_use_keeps_its_price_when_the_operators_list_changes(admin, spend, settings):
    spend(1)
    settings.SANAD_PRICES = {**settings.SANAD_PRICES, "requests": Decimal(99)}
    month = usage.Month.of(now())
    assert sum(usage.spent(tenant_id=admin.tenant_id, month=month).values()) == Decimal(1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"item": "moon"}, "item"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"amount": Decimal("NaN")}, "amount"),
        ({"valid_from": now() - timedelta(days=1)}, "valid_from"),
        ({"valid_from": now() + timedelta(hours=3, minutes=17)}, "valid_from"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(admin, changes, field):
    words = {"item": "small", "amount": Decimal(1), "valid_from": None, "now": now(), **changes}
    with pytest.raises(Invalid) as refusal:
        services.set_price(actor=admin, **words)
    assert field in refusal.value.fields


def test_one_price_holds_from_an_hour_on(admin):
    words = {"item": "small", "valid_from": None, "now": now()}
    services.set_price(actor=admin, amount=Decimal(1), **words)
    with pytest.raises(Conflict):
        services.set_price(actor=admin, amount=Decimal(2), **words)
    assert Price.objects.count() == 1


def test_the_list_says_what_is_an_estimate_of_the_operator(admin):
    services.set_price(actor=admin, item="small", amount=Decimal(3), valid_from=None, now=now())
    listed = {line.item: line for line in prices.price_list(actor=admin, now=now())}
    assert listed["small"].is_default and listed["small"].coming.amount == 3
    after = {line.item: line for line in prices.price_list(actor=admin, now=now() + timedelta(hours=2))}
    assert not after["small"].is_default and after["small"].amount == 3
    assert after["gpu"].is_default and after["gpu"].amount == 10
