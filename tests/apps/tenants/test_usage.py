"""Metering: each second of use is counted once into its hour, whatever comes twice, late or not at all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction

from apps.tenants import services
from apps.tenants.choices import HolderKind, ThingKind, UsageBy, UsageKind
from apps.tenants.models import UsageHour, UsageSpan
from apps.tenants.selectors import money, usage
from apps.tenants.services import usage as metering
from foundation.access.actors import actor_for_user
from foundation.clock import database_now
from foundation.errors import AccessDenied
from foundation.rounding import CENT
from foundation.tenancy import scope
from tests.support.people import make_person

NINE = datetime(2026, 3, 5, 9, tzinfo=UTC)
MARCH = usage.Wanted(usage.Month.parse("2026-03"))


def at(minutes, seconds=0):
    return NINE + timedelta(minutes=minutes, seconds=seconds)


@pytest.fixture
def a_run(tenant, project, scientist):
    """What the ledger says of a run: `a_run()` for another one."""

    def made(**changes):
        run_id = uuid4()
        words = {
            "tenant_id": tenant.pk,
            "project_id": project.pk,
            "person_id": scientist.user.pk,
            "kind": ThingKind.RUN,
            "thing_id": run_id,
            "subject_id": run_id,
            "attempt": 1,
            "resource_class": "medium",
        }
        return services.Metered(**(words | changes))

    return made


def end(what, moment):
    services.end_usage(tenant_id=what.tenant_id, subject_id=what.subject_id, at=moment)


def amounts(kind, **limits):
    rows = UsageHour.objects.filter(kind=kind, **limits).order_by("hour")
    return [(row.hour, row.amount) for row in rows]


def test_a_run_is_parted_at_the_borders_of_hours(a_run):
    run = a_run()
    services.begin_usage(run, at=at(50))
    end(run, at(125))

    assert amounts(UsageKind.COMPUTE) == [
        (NINE, Decimal(600)),
        (NINE + timedelta(hours=1), Decimal(3600)),
        (NINE + timedelta(hours=2), Decimal(300)),
    ]
    assert sum(amount for _hour, amount in amounts(UsageKind.CPU)) == 2 * 75 * 60
    assert sum(amount for _hour, amount in amounts(UsageKind.MEMORY)) == 6144 * 75 * 60
    assert not amounts(UsageKind.GPU)


def test_a_gpu_is_counted_apart_from_its_cpus(a_run):
    run = a_run(resource_class="gpu")
    services.begin_usage(run, at=NINE)
    end(run, at(10))
    assert amounts(UsageKind.GPU) == [(NINE, Decimal(600))]
    assert amounts(UsageKind.CPU) == [(NINE, Decimal(2400))]


def test_what_is_delivered_twice_counts_once(a_run):
    run = a_run()
    for _delivery in range(2):
        services.begin_usage(run, at=NINE)
    for _delivery in range(2):
        end(run, at(10))
    services.begin_usage(run, at=NINE)
    end(run, at(10))
    assert amounts(UsageKind.COMPUTE) == [(NINE, Decimal(600))]
    assert UsageSpan.objects.count() == 1


def test_a_worker_that_is_killed_in_the_middle_leaves_nothing_half_counted(a_run, monkeypatch):
    """The hours and the place up to which they count are one transaction: it dies as a whole, and is done again."""
    run = a_run()
    services.begin_usage(run, at=NINE)

    class Killed(BaseException):
        pass

    def die(self, **_words):
        raise Killed

    with monkeypatch.context() as broken, pytest.raises(Killed), transaction.atomic():
        broken.setattr(UsageSpan, "save", die)
        metering._meter_some(run.tenant_id, at(10))
    assert not amounts(UsageKind.COMPUTE)

    metering._meter_some(run.tenant_id, at(20))
    end(run, at(30))
    assert amounts(UsageKind.COMPUTE) == [(NINE, Decimal(1800))]


def test_what_still_goes_on_is_metered_up_to_now(a_run):
    run = a_run()
    services.begin_usage(run, at=database_now() - timedelta(minutes=5))
    services.meter_everything()
    first = sum(amount for _hour, amount in amounts(UsageKind.COMPUTE))
    services.meter_everything()
    second = sum(amount for _hour, amount in amounts(UsageKind.COMPUTE))
    assert 300 <= first < second < 330


def test_what_was_metered_beyond_a_late_end_is_taken_back(a_run):
    run = a_run()
    services.begin_usage(run, at=NINE)
    metering._meter_some(run.tenant_id, at(65))
    end(run, at(55))
    assert amounts(UsageKind.COMPUTE) == [(NINE, Decimal(3300)), (NINE + timedelta(hours=1), Decimal(0))]
    assert UsageSpan.objects.get().ended_at == at(55)


def test_the_next_attempt_ends_the_one_before(a_run):
    first = a_run()
    services.begin_usage(first, at=NINE)
    words = {**first.__dict__, "attempt": 2}
    services.begin_usage(services.Metered(**words), at=at(10))
    end(first, at(15))
    assert amounts(UsageKind.COMPUTE) == [(NINE, Decimal(900))]
    assert UsageSpan.objects.filter(ended_at=None).count() == 0


def test_bytes_are_counted_for_as_long_as_they_lie(a_run):
    version = a_run(kind=ThingKind.DATASET, resource_class="", byte_count=7200, attempt=0)
    services.begin_usage(version, at=at(30))
    metering._meter_some(version.tenant_id, at(90))
    assert amounts(UsageKind.STORAGE) == [(NINE, Decimal(3600)), (NINE + timedelta(hours=1), Decimal(3600))]


def test_requests_add_up_in_their_hour_and_for_whoever_asked(a_run, viewer):
    deployment = a_run(kind=ThingKind.DEPLOYMENT, resource_class="")
    services.count_requests(deployment, hours={NINE: 3})
    services.count_requests(deployment, hours={NINE: 4})
    nobody = services.Metered(**{**deployment.__dict__, "person_id": None})
    services.count_requests(nobody, hours={NINE: 1})
    services.count_requests(nobody, hours={NINE: 1})
    assert sorted(amount for _hour, amount in amounts(UsageKind.REQUESTS)) == [2, 7]


def test_what_trained_a_model_is_its_cost_from_its_registration_on(a_run, tenant):
    run, model_id = a_run(), uuid4()
    services.begin_usage(run, at=NINE)
    end(run, at(10))
    name_model(run, model_id)
    name_model(run, uuid4())
    assert set(UsageHour.objects.values_list("model_id", flat=True)) == {model_id}


def name_model(run, model_id):
    place = {"tenant_id": run.tenant_id, "project_id": run.project_id}
    services.name_model(**place, run_id=run.thing_id, model_id=model_id, at=at(10))


def test_a_model_that_is_heard_of_before_its_run_has_the_runs_cost_all_the_same(a_run):
    run, model_id = a_run(), uuid4()
    for heard in (model_id, model_id, uuid4()):
        name_model(run, heard)
    assert not UsageHour.objects.exists()

    services.begin_usage(run, at=NINE)
    end(run, at(10))
    assert set(UsageHour.objects.values_list("model_id", flat=True)) == {model_id}
    assert amounts(UsageKind.COMPUTE) == [(NINE, Decimal(600))]


def test_sums_are_told_apart_by_project_person_and_model(a_run, admin, project, scientist):
    run = a_run()
    services.begin_usage(run, at=NINE)
    end(run, at(90))
    by_project = usage.lines(actor=admin, wanted=MARCH, by=UsageBy.PROJECT)
    by_person = usage.lines(actor=admin, wanted=MARCH, by=UsageBy.PERSON)
    by_model = usage.lines(actor=admin, wanted=MARCH, by=UsageBy.MODEL)

    assert [(line.key, line.name) for line in by_project] == [(project.pk, "Flights")]
    assert [line.name for line in by_person] == [str(scientist.user)]
    assert by_model[0].key is None
    # An hour and a half of the class “medium”.
    assert by_project[0].cost == Decimal("1.275")
    assert by_project[0].compute_seconds == 5400


def test_a_month_is_one_of_dubai():
    month = usage.Month.of(datetime(2026, 3, 31, 20, 30, tzinfo=UTC))
    assert str(month) == "2026-04"
    assert month.start == datetime(2026, 3, 31, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "costs",
    [["0.004"] * 3, ["0.005"] * 3, ["1.115", "2.225", "3.335"], ["33.333333"] * 3, ["0"], [], ["-0.004", "0.009"]],
)
def test_rounded_lines_make_up_the_rounded_total(costs):
    exact = [Decimal(cost) for cost in costs]
    shown = money.rounded(exact)
    assert sum(shown, Decimal(0)) == money.total(exact)
    assert all(abs(a - b) < CENT for a, b in zip(shown, exact, strict=True))


def test_whoever_has_a_role_in_one_project_sees_its_usage_alone(a_run, tenant, project, admin):
    mine, elsewhere = a_run(), a_run(project_id=uuid4())
    for run in (mine, elsewhere):
        services.begin_usage(run, at=NINE)
        end(run, at(10))
    guest = make_person(tenant, "member")
    with pytest.raises(AccessDenied):
        usage.visible_usage(actor=guest)
    holder = services.Holder(HolderKind.USER, guest.user.pk)
    services.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="viewer")
    guest = actor_for_user(user=guest.user, tenant=tenant)
    assert set(usage.visible_usage(actor=guest).values_list("project_id", flat=True)) == {project.pk}
    assert set(usage.visible_usage(actor=admin).values_list("project_id", flat=True)) == {
        mine.project_id,
        elsewhere.project_id,
    }


def test_another_tenant_sees_nothing_of_it(a_run, other_scientist):
    run = a_run()
    services.begin_usage(run, at=NINE)
    end(run, at(10))
    with scope(other_scientist.tenant_id):
        assert not usage.visible_usage(actor=other_scientist).exists()
        assert not UsageHour.objects.exists()


def test_a_tenant_whose_budgets_cannot_be_looked_at_leaves_nobody_unmetered(other_tenant, a_run, monkeypatch):
    """It stands before the other one, by its short name; what is shown to whoever looks is that it failed."""
    looked = []

    def look(*, tenant, now):
        if tenant.slug == "acme":
            raise RuntimeError("a row that cannot be read")
        looked.append(tenant.slug)

    monkeypatch.setattr(metering, "note_budgets", look)
    run = a_run()
    services.begin_usage(run, at=database_now() - timedelta(minutes=5))
    with pytest.raises(ExceptionGroup):
        services.meter_everything()
    assert looked == ["other"]
    assert UsageHour.objects.filter(thing_id=run.thing_id).exists()
