"""A list is had as a file: every row that its filters leave, every column, the same in each form, never localised."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta

import django_tables2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import RequestFactory
from django.utils.translation import gettext, override

from apps.experiments.views.tables import run_table
from apps.projects.models import Project
from apps.registry.views.tables import ModelTable
from apps.tenants import services
from foundation.clock import now
from foundation.tenancy import scope
from foundation.web import table_files
from foundation.web.pages import render_page
from foundation.web.table_files import columns_of, file_of, rows_of
from foundation.web.tables import PortalTable, build_table
from tests.support.people import make_person

MEMBERS = "/t/acme/settings/members/"


def lines_of(answer):
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def parquet_of(answer):
    return pq.read_table(io.BytesIO(answer.getvalue())).to_pylist()


def named(tenant, email, role, name):
    person = make_person(tenant, role, email)
    person.user.name = name
    person.user.save()


@pytest.fixture
def many(tenant):
    for n in range(60):
        named(tenant, f"p{n:02d}@acme.example", "viewer" if n % 2 else "scientist", f"Person {n:02d}")


def test_a_file_holds_every_row_that_the_filters_leave_and_every_column(client_as, admin, many):
    answer = client_as(admin).get(f"{MEMBERS}?q=Person&role=viewer&sort=-name&columns=name&per_page=25&export=csv")
    rows = lines_of(answer)

    assert answer["Content-Disposition"] == 'attachment; filename="members-acme.csv"'
    assert [row["name"] for row in rows] == [f"Person {n:02d}" for n in range(59, 0, -2)]
    assert list(rows[0]) == ["id", "name", "email", "role", "joined_at", "suspended_at"]
    assert (rows[0]["email"], rows[0]["role"]) == ("p59@acme.example", "viewer")
    assert datetime.fromisoformat(rows[0]["joined_at"]).utcoffset().total_seconds() == 0


def test_each_form_says_the_same_in_every_language(client_as, admin, many):
    browser = client_as(admin)
    admin.user.language = "ar"
    admin.user.save()
    assert 'lang="ar"' in browser.get(MEMBERS).content.decode()
    plain, whole, kept = (browser.get(f"{MEMBERS}?export={form}") for form in ("csv", "json", "parquet"))

    assert plain["Content-Disposition"] == 'attachment; filename="members-acme.csv"'
    said = [(row["id"], row["email"], row["role"], row["joined_at"]) for row in lines_of(plain)]
    assert said == [(r["id"], r["email"], r["role"], r["joined_at"]) for r in json.loads(whole.getvalue())]
    assert said == [(r["id"], r["email"], r["role"], r["joined_at"].isoformat()) for r in parquet_of(kept)]
    assert len(said) > 60 and {row[2] for row in said} >= {"admin", "viewer"}


class Told(PortalTable):
    title = "Told"
    also = ("word",)
    name = django_tables2.Column()

    def export_word(self, record):
        return str(gettext("Members"))


def test_words_of_a_file_are_english_whenever_it_is_read(db):
    request = RequestFactory().get("/?export=csv")
    rows = [{"name": str(n)} for n in range(3)]
    with override("ar"):
        assert gettext("Members") != "Members"
        answer = file_of(request, {"table": build_table(request, Told, rows)})
        assert {row["word"] for row in lines_of(answer)} == {"Members"}
        assert gettext("Members") != "Members", "whoever is answered next keeps their language"


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_long_list_is_sent_in_pieces_within_the_tenant_alone(client_as, admin, many, other_tenant, monkeypatch, form):
    monkeypatch.setattr(table_files, "_AT_ONCE", 10)
    kept = RowsKept(monkeypatch)
    answer = client_as(admin).get(f"{MEMBERS}?q=Person&export={form}")
    assert kept.batches == [], "nothing is read before somebody fetches it"
    with scope(other_tenant.pk):
        sent = list(answer.streaming_content)

    assert kept.batches == [10] * 6
    assert len(sent) >= 7 and sum(b"@acme.example" in piece for piece in sent) >= (0 if form == "parquet" else 6)


class RowsKept:
    """How many rows were held at once, batch by batch."""

    def __init__(self, monkeypatch):
        self.batches, whole = [], table_files.list_file

        def watched(batches, columns, **named):
            return whole(self._counted(batches), columns, **named)

        monkeypatch.setattr(table_files, "list_file", watched)

    def _counted(self, batches):
        for rows in batches:
            self.batches.append(len(rows))
            yield rows


def test_a_name_that_begins_like_a_formula_is_text_to_a_spreadsheet(client_as, admin, tenant):
    named(tenant, "f@acme.example", "viewer", "=cmd()")
    browser = client_as(admin)
    assert {row["name"] for row in lines_of(browser.get(f"{MEMBERS}?q=cmd&export=csv"))} == {"'=cmd()"}
    assert {row["name"] for row in json.loads(browser.get(f"{MEMBERS}?q=cmd&export=json").getvalue())} == {"=cmd()"}


def test_tokens_say_who_holds_them_and_nothing_that_opens_a_door(client_as, admin):
    until = now() + timedelta(days=7)
    _row, text = services.create_token(actor=admin, name="cron", scopes=["*"], expires_at=until, now=now())
    row = lines_of(client_as(admin).get("/t/acme/settings/tokens/?q=cron&export=csv"))[0]

    assert (row["name"], row["owner"], row["may"], row["project"]) == ("cron", str(admin.user), "*", "")
    assert row["state"] and "revoke" not in row
    assert text not in str(row) and len(row["hint"]) < len(text) / 2


@pytest.mark.parametrize(
    "page",
    [
        "settings/groups/",
        "settings/service-accounts/",
        "settings/webhooks/",
        "settings/bin/",
        "settings/encryption/",
        "approvals/?state=",
        "projects/",
        "compliance/",
        "p/flights/data/",
        "p/flights/data/bin/",
        "p/flights/features/",
        "p/flights/features/?show=on_demand",
        "p/flights/features/?show=sets",
        "p/flights/features/?show=entities",
        "p/flights/features/?show=services",
        "p/flights/features/?show=history",
        "p/flights/experiments/",
        "p/flights/models/",
        "p/flights/deployments/",
        "p/flights/monitoring/",
    ],
)
def test_every_list_is_a_file_even_an_empty_one(client_as, admin, project, page):
    sign = "&" if "?" in page else "?"
    answer = client_as(admin).get(f"/t/acme/{page}{sign}export=parquet")
    assert answer["Content-Type"] == "application/vnd.apache.parquet"
    assert pq.read_table(io.BytesIO(answer.getvalue())).column_names


@pytest.mark.parametrize(("table", "column"), [(run_table(["accuracy"]), "metric_accuracy"), (ModelTable, "figure")])
def test_a_figure_out_of_json_is_one_whatever_its_first_rows_hold(db, table, column):
    request = RequestFactory().get("/?export=parquet")
    answer = file_of(request, {"table": build_table(request, table, [])})
    assert pq.read_table(io.BytesIO(answer.getvalue())).schema.field(column).type == pa.float64()


def test_whoever_may_not_see_the_list_gets_no_file(client_as, viewer):
    answer = client_as(viewer).get("/t/acme/settings/groups/?export=csv")
    assert answer.status_code == 403 and "attachment" not in answer.get("Content-Disposition", "")


def test_the_page_offers_the_file_of_what_it_shows(client_as, admin, many):
    page = client_as(admin).get(f"{MEMBERS}?q=Person&page=2").content.decode()
    assert 'href="?q=Person&amp;export=csv"' in page


class Names(PortalTable):
    title = "Names"
    name = django_tables2.Column()
    drawn = django_tables2.Column(accessor="slug", exclude_from_export=True)


def test_what_is_drawn_for_people_alone_is_in_no_file(tenant):
    Project.objects.create(tenant=tenant, slug="one", name="One", purpose="x")
    table = build_table(RequestFactory().get("/"), Names, Project.objects.all())
    assert columns_of(table) == ["id", "name"]
    assert [row["name"] for row in rows_of(table)] == ["One"]


def test_rows_that_must_not_leave_as_they_are_shown_stay_a_page(tenant):
    class Kept(Names):
        exports = False

    request = RequestFactory().get("/?export=csv")
    request.user = None
    answer = render_page(request, "components/skeleton.html", table=build_table(request, Kept, Project.objects.all()))
    assert answer["Content-Type"].startswith("text/html")
