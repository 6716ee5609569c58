"""Settings, Usage and the month on the home page: what they show to whom, and that they stay quick."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.tenants import services
from apps.tenants.choices import ThingKind, UsageBy
from apps.tenants.models import UsageHour
from apps.tenants.selectors import chargeback, usage
from apps.tenants.services import budgets
from foundation.clock import now
from foundation.ledger.models import LedgerEvent, ParkedEvent
from tests.support.people import make_person

USAGE = "/t/acme/settings/usage/"
pytestmark = pytest.mark.usefixtures("plain_prices")


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
