"""Settings, Usage, Quotas, Budgets, Prices: what they show, who may change, and that they stay quick."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.tenants import services
from apps.tenants.choices import ThingKind, UsageBy, UsageKind
from apps.tenants.models import Budget, Price, Quota, UsageHour
from apps.tenants.selectors import chargeback, usage
from apps.tenants.services import budgets
from foundation.clock import now
from foundation.ledger.models import LedgerEvent, ParkedEvent
from tests.support.history import acts_on, done_by
from tests.support.people import make_person

USAGE, QUOTAS, BUDGETS, PRICES = (f"/t/acme/settings/{name}/" for name in ("usage", "quotas", "budgets", "prices"))


@pytest.fixture(autouse=True)
def plain_prices(settings):
    settings.SANAD_PRICES = {"small": Decimal("0.1"), "storage": Decimal("0.1"), "requests": Decimal(1)}


@pytest.fixture
def used(tenant, project, scientist):
    """So many hourly rows of this month: runs of the class “small”, each a minute or two."""

    def fill(count, *, seconds=61, person_id=None):
        hour = usage.Month.of(now()).start
        rows = [
            UsageHour(
                tenant=tenant,
                hour=hour + timedelta(hours=n % 24),
                project_id=project.pk,
                person_id=person_id or scientist.user.pk,
                thing_kind=ThingKind.RUN,
                thing_id=uuid4(),
                resource_class="small",
                kind=UsageKind.COMPUTE,
                amount=Decimal(seconds),
                price=Decimal("0.1"),
            )
            for n in range(count)
        ]
        UsageHour.objects.bulk_create(rows, batch_size=2000)

    return fill


def queries_of(client, address):
    client.get(address)  # what is kept from the first page on is there
    with CaptureQueriesContext(
        connection,
    ) as found:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(found)


def test_the_page_of_usage_asks_no_more_for_ten_thousand_rows_than_for_ten(admin, used, client_as):
    client = client_as(admin)
    used(10)
    few = queries_of(client, USAGE)
    used(9990)
    assert queries_of(client, USAGE) == few
    assert few < 50


def test_it_says_what_was_spent_by_project_person_and_model(admin, scientist, used, client_as):
    used(3, seconds=3600)
    page = client_as(admin).get(USAGE).content.decode()
    assert "AED\xa00.30 are spent" in page
    for said in ("Flights", str(scientist.user), "Data, and runs without a model", "Cost by model"):
        assert said in page


def test_an_empty_month_says_what_will_stand_there(admin, client_as):
    page = client_as(admin).get(USAGE).content.decode()
    assert "Nothing was used yet" in page


def test_filters_stand_in_the_address(admin, viewer, used, client_as, project):
    used(2, seconds=3600)
    used(5, seconds=3600, person_id=viewer.user.pk)
    client = client_as(admin)
    assert "AED\xa00.50 are spent" in client.get(USAGE, {"person": str(viewer.user.pk)}).content.decode()
    assert "AED\xa00.70 are spent" in client.get(USAGE, {"project": str(project.pk)}).content.decode()
    wrong = client.get(USAGE, {"month": "2001-13"})
    assert wrong.status_code == 422


def test_the_people_of_a_month_are_offered_and_whoever_is_asked_for(admin, tenant, viewer, used, client_as, project):
    used(2, seconds=3600)
    before = usage.Month.of(now()).before
    long_ago = {"hour": before.start, "project_id": project.pk, "person_id": viewer.user.pk, "kind": "requests"}
    words = {"thing_kind": ThingKind.DEPLOYMENT, "thing_id": uuid4(), "amount": 1, "price": 1}
    UsageHour.objects.create(tenant=tenant, **long_ago, **words)
    client, option = client_as(admin), f'<option value="{viewer.user.pk}"'
    assert option not in client.get(USAGE).content.decode()
    assert option in client.get(USAGE, {"month": str(before)}).content.decode()
    # Whoever turns over to a month in which the person used nothing reads that, not a refusal.
    asked = {"person": str(viewer.user.pk)}
    assert client.get(USAGE, asked).status_code == 200
    assert client.get(f"{USAGE}usage.csv", asked).status_code == 200
    assert client.get(f"{USAGE}charts/person.json", asked).status_code == 200


def test_pictures_and_files_read_no_list_of_people(admin, used, client_as):
    used(3, seconds=3600)
    client = client_as(admin)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"{USAGE}charts/project.json").status_code == 200
    assert not [query for query in asked.captured_queries if "DISTINCT" in query["sql"] and "person_id" in query["sql"]]


def test_a_long_month_is_sent_in_pieces(admin, used, client_as, monkeypatch):
    monkeypatch.setattr(chargeback, "_AT_ONCE", 10)
    used(35)
    answer = client_as(admin).get(f"{USAGE}usage.csv")
    pieces = list(answer.streaming_content)
    assert len(pieces) == 5  # the head, and four of ten lines at most
    lines = list(csv.DictReader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))
    assert (len(lines), len({line["hour_utc"] + line["thing_id"] for line in lines})) == (35, 35)


def test_the_pictures_are_figures_of_days(admin, used, client_as):
    used(3, seconds=3600)
    for by in UsageBy.values:
        figures = client_as(admin).get(f"{USAGE}charts/{by}.json").json()
        assert figures["data"][0]["type"] == "bar"
        assert sum(figures["data"][0]["y"]) == pytest.approx(0.3)
        assert "AED\xa00.30 in all" in figures["said"]
    assert client_as(admin).get(f"{USAGE}charts/moon.json").status_code == 404


def lines_of(answer):
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_every_hour_can_be_taken_away_as_csv(admin, scientist, used, client_as):
    used(3, seconds=3600)
    answer = client_as(admin).get(f"{USAGE}usage.csv")
    lines = lines_of(answer)
    assert len(lines) == 3
    assert (lines[0]["project"], lines[0]["person"], lines[0]["cost_aed"]) == (
        "Flights",
        str(scientist.user),
        "0.100000",
    )
    assert "attachment" in answer["Content-Disposition"]


def test_hours_say_the_same_in_every_form(admin, used, client_as):
    used(3, seconds=3600)
    client = client_as(admin)
    plain = lines_of(client.get(f"{USAGE}usage.csv"))
    assert json.loads(client.get(f"{USAGE}usage.json").getvalue()) == plain
    kept = pq.read_table(io.BytesIO(client.get(f"{USAGE}usage.parquet").getvalue())).to_pylist()
    assert [{**row, "hour_utc": row["hour_utc"].isoformat()} for row in kept] == plain
    assert client.get(f"{USAGE}usage.xls").status_code == 404


def test_a_name_that_reads_like_a_formula_is_a_text_to_a_spreadsheet(admin, used, client_as, project):
    type(project).objects.filter(pk=project.pk).update(name="=HYPERLINK(1)")
    used(1)
    assert lines_of(client_as(admin).get(f"{USAGE}usage.csv"))[0]["project"] == "'=HYPERLINK(1)"


def test_the_lines_of_the_bill_make_up_its_total_to_the_fils(admin, tenant, used, client_as, project):
    used(1, seconds=50)
    for other in range(40):
        words = {"project_id": uuid4(), "person_id": None, "kind": ThingKind.DEPLOYMENT, "thing_id": uuid4()}
        what = services.Metered(tenant_id=tenant.pk, subject_id=uuid4(), **words)
        services.count_requests(what, hours={now().replace(minute=0, second=0, microsecond=0): 5 + other % 3})
    wanted = usage.Wanted(usage.Month.of(now()))
    bill = chargeback.chargeback(actor=admin, wanted=wanted)
    shown = sum(charge.shown_cost for project in bill.bills for charge in project.charges)
    exact = sum(charge.cost for project in bill.bills for charge in project.charges)
    assert shown == bill.total == exact.quantize(Decimal("0.01"))
    assert len(bill.bills) == 41

    lines = lines_of(client_as(admin).get(f"{USAGE}chargeback/chargeback.csv"))
    assert sum(Decimal(line["cost_aed"]) for line in lines[:-1]) == Decimal(lines[-1]["cost_aed"]) == bill.total
    page = client_as(admin).get(f"{USAGE}chargeback/").content.decode()
    assert "largest remainder" in page


def test_a_guest_of_one_project_sees_its_costs_alone(admin, tenant, project, used, client_as, scientist):
    used(2, seconds=3600)
    what = services.Metered(
        tenant_id=tenant.pk,
        project_id=uuid4(),
        person_id=None,
        kind=ThingKind.DEPLOYMENT,
        thing_id=uuid4(),
        subject_id=uuid4(),
    )
    services.count_requests(what, hours={usage.Month.of(now()).start: 7000})
    guest = make_person(tenant, "member")
    assert client_as(guest).get(USAGE).status_code == 403
    from apps.tenants.choices import HolderKind

    holder = services.Holder(HolderKind.USER, guest.user.pk)
    services.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="viewer")
    assert "AED\xa00.20 are spent" in client_as(guest).get(USAGE).content.decode()
    assert "AED\xa07.20 are spent" in client_as(admin).get(USAGE).content.decode()


def test_an_administrator_sets_a_quota_in_the_browser(admin, client_as, project):
    client = client_as(admin)
    assert "No quotas yet" in client.get(QUOTAS).content.decode()
    answer = client.post(QUOTAS, {"project": str(project.pk), "cpus": "4", "memory_gb": "8", "storage_gb": "0.5"})
    assert answer.status_code == 303
    quota = Quota.objects.get()
    assert (quota.project_id, quota.cpus, quota.memory_mb, quota.storage_bytes) == (project.pk, 4, 8192, 500_000_000)
    page = client.get(QUOTAS).content.decode()
    assert "Flights" in page and "8\u202fGB" in page and "500\u202fMB" in page
    client.post(f"{QUOTAS}{quota.pk}/remove/")
    assert not Quota.objects.exists()


def test_one_number_of_a_quota_or_budget_is_changed_alone(admin, client_as, project):
    client = client_as(admin)
    quota = services.set_quota(actor=admin, project_id=project.pk, cpus=2, memory_mb=6144, storage_bytes=20 * 10**9)
    form = client.get(f"{QUOTAS}?of={quota.pk}").context["form"]
    said = {name: str(form[name].value() or "") for name in form.fields}
    assert (said["project"], said["memory_gb"], said["storage_gb"]) == (str(project.pk), "6", "20")
    assert client.post(f"{QUOTAS}?of={quota.pk}", said | {"cpus": "3"}).status_code == 303
    quota.refresh_from_db()
    assert (quota.cpus, quota.memory_mb, quota.storage_bytes, quota.gpus) == (3, 6144, 20 * 10**9, None)
    budget = services.set_budget(actor=admin, project_id=None, soft_limit=Decimal(5), hard_limit=Decimal(9))
    form = client.get(f"{BUDGETS}?of={budget.pk}").context["form"]
    assert [form[name].value() for name in ("project", "soft_limit", "hard_limit")] == ["", 5, 9]


def test_an_administrator_sets_a_budget_in_the_browser(admin, client_as, used):
    client = client_as(admin)
    assert "No budgets yet" in client.get(BUDGETS).content.decode()
    assert client.post(BUDGETS, {"soft_limit": "5", "hard_limit": "1"}).status_code == 422
    assert client.post(BUDGETS, {"soft_limit": "0.10", "hard_limit": "0.20"}).status_code == 303
    used(3, seconds=3600)
    page = client.get(BUDGETS).content.decode()
    assert "One budget is used up" in page
    assert "New work is refused" in page
    client.post(f"{BUDGETS}{Budget.objects.get().pk}/remove/")
    assert not Budget.objects.exists()


def test_an_administrator_sets_a_price_in_the_browser(admin, client_as):
    client = client_as(admin)
    assert "estimate of the operator" in client.get(PRICES).content.decode()
    assert client.post(PRICES, {"item": "small", "amount": "0.55"}).status_code == 303
    assert Price.objects.get().amount == Decimal("0.55")
    assert client.post(PRICES, {"item": "small", "amount": "0.66"}).status_code in {409, 422}
    shown = client.get(PRICES).content.decode()
    assert "0.55" in shown and "<bdi>Small: 1 CPU, 2 GB</bdi>" in shown


def test_a_price_is_taken_back_until_it_holds(admin, scientist, other_tenant, client_as):
    client = client_as(admin)
    client.post(PRICES, {"item": "small", "amount": "0.55"})
    coming = Price.objects.get()
    address = f"{PRICES}{coming.pk}/take-back/"
    assert f'action="{address}"' in client.get(PRICES).content.decode()
    assert f'action="{address}"' not in client_as(scientist).get(PRICES).content.decode()
    assert client_as(scientist).post(address).status_code == 403
    assert client_as(make_person(other_tenant, "admin")).post(address).status_code == 404
    Price.objects.update(valid_from=now() - timedelta(hours=1))
    assert f'action="{address}"' not in client.get(PRICES).content.decode()
    held = client.post(address)
    assert (held.status_code, "holds already" in held.content.decode()) == (422, True)
    Price.objects.update(valid_from=now() + timedelta(hours=1))
    assert client.post(address).status_code == 303
    assert not Price.objects.exists()
    assert acts_on("price", coming) == [done_by(admin, "price.set"), done_by(admin, "price.taken_back")]
    told = client.get("/t/acme/activity/?kind=price.*").content.decode()
    assert "took back the coming price for “Small: 1 CPU, 2 GB”" in told


@pytest.mark.parametrize("address", [QUOTAS, BUDGETS, PRICES])
def test_others_read_and_are_told_who_changes(scientist, client_as, address):
    client = client_as(scientist)
    page = client.get(address)
    assert (page.status_code, "A tenant administrator sets" in page.content.decode()) == (200, True)
    words = {"cpus": "1", "soft_limit": "1", "item": "small", "amount": "1"}
    assert client.post(address, words).status_code in {403, 422}
    assert not (Quota.objects.exists() or Budget.objects.exists() or Price.objects.exists())


def test_ids_of_another_tenant_lead_nowhere(admin, other_tenant, client_as):
    from foundation.tenancy import scope

    stranger = make_person(other_tenant, "admin")
    with scope(other_tenant.pk):
        quota = services.set_quota(actor=stranger, project_id=None, cpus=1)
        budget = services.set_budget(actor=stranger, project_id=None, soft_limit=Decimal(1), hard_limit=None)
    client = client_as(admin)
    assert client.post(f"{QUOTAS}{quota.pk}/remove/").status_code == 404
    assert client.post(f"{BUDGETS}{budget.pk}/remove/").status_code == 404
    with scope(other_tenant.pk):
        assert (Quota.objects.count(), Budget.objects.count()) == (1, 1)


def test_home_shows_administrators_the_month_against_its_budget(admin, scientist, tenant, used, client_as):
    used(2, seconds=3600)
    home = client_as(admin).get("/t/acme/").content.decode()
    assert "Cost of this month" in home and "AED\xa00.20" in home and "No budget is set" in home
    services.set_budget(actor=admin, project_id=None, soft_limit=Decimal("0.25"), hard_limit=None)
    budgets.note_budgets(tenant=tenant, now=now())
    home = client_as(admin).get("/t/acme/").content.decode()
    assert "80 per cent of the warning limit; nothing is refused" in home
    assert "80 per cent of the soft limit" in home
    assert "/t/acme/settings/budgets/" in client_as(admin).get("/t/acme/notifications/").content.decode()
    assert "Cost of this month" not in client_as(scientist).get("/t/acme/").content.decode()
    services.set_budget(actor=admin, project_id=None, soft_limit=Decimal("0.25"), hard_limit=Decimal(800))
    home = client_as(admin).get("/t/acme/").content.decode()
    assert "80 per cent of the warning limit; at AED\xa0800.00 no new work begins" in home


def test_administrators_are_told_of_usage_that_could_not_be_heard(admin, scientist, project, client_as):
    """The run of an event that its subscriber gave up on would never be billed, and nobody would look for it."""
    said = "One event of usage could not be heard"
    assert said not in client_as(admin).get(USAGE).content.decode()
    event = LedgerEvent.objects.first()
    words = {"tenant": admin.tenant, "event": event, "attempts": 9, "last_error": "The database was away."}
    usage_of_runs = ParkedEvent.objects.create(**words, subscriber="experiments.usage")
    ParkedEvent.objects.create(**words, subscriber="tenants.webhooks")

    shown = client_as(admin).get(USAGE).content.decode()
    assert said in shown
    assert "/t/acme/activity/deliveries/" in shown
    assert said not in client_as(scientist).get(USAGE).content.decode()
    ParkedEvent.objects.filter(pk=usage_of_runs.pk).update(replayed_at=now())
    assert said not in client_as(admin).get(USAGE).content.decode()
