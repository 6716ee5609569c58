"""The places Compliance and Activity."""

from __future__ import annotations

import re

import pytest

from apps.compliance import services
from apps.compliance.choices import ReportState
from apps.compliance.models import Report
from foundation import jobs
from foundation.errors import AccessDenied
from tests.support.history import acts_on, done_by

COMPLIANCE, ACTIVITY = "/t/acme/compliance/", "/t/acme/activity/"


def test_empty_tenant_is_told_what_comes_next(scientist, client_as):
    shown = client_as(scientist).get(COMPLIANCE).content.decode()
    assert "No model is in production" in shown


def test_place_says_what_is_proven_and_missing(chain, officer, client_as):
    shown = client_as(officer).get(COMPLIANCE).content.decode()
    assert "late-flights v1" in shown
    assert "has no report yet" in shown
    assert "Nobody has repeated it yet." in shown
    chain.training_set.row_count = 5
    chain.training_set.save()
    shown = client_as(officer).get(COMPLIANCE).content.decode()
    assert "is not proven: look at it first" in shown


def test_report_is_made_without_script(chain, scientist, client_as, run_jobs):
    client = client_as(scientist)
    answer = client.post(f"{COMPLIANCE}reports/new/", {"model_version": str(chain.version.pk)})
    assert answer.status_code == 303
    assert "being recomputed" in _page(client, answer["Location"])
    run_jobs()
    shown = _page(client, answer["Location"])
    report = Report.objects.get()
    assert report.digest[:12] in shown
    assert "asked for" in shown
    html = client.get(f"{answer['Location']}report.html")
    assert html["Content-Security-Policy"].startswith("sandbox;")
    assert client.get(f"{answer['Location']}report.pdf").content.startswith(b"%PDF")
    assert client.get(f"{answer['Location']}report.exe").status_code == 404


def test_a_cancelled_report_names_who_did_and_says_so_on_its_page(chain, scientist, officer, project, client_as):
    report = services.request_report(actor=scientist, project=project, model_version_id=chain.version.pk)
    jobs.cancel_of(actor=officer, subject=("report", report.pk))
    report.refresh_from_db()

    assert (report.state, report.failure) == (ReportState.CANCELLED, "Cancelled by The officer.")
    assert acts_on("report", report) == [done_by(scientist, "report.requested"), done_by(officer, "report.cancelled")]
    shown = _page(client_as(officer), f"{COMPLIANCE}reports/{report.pk}/")
    assert "Cancelled by The officer." in shown
    assert "cancelled the report" in shown
    assert "could not be made" not in shown


def _page(client, url):
    # The chain strip needs the pages of every app; what is asserted here stands in the report's own part.
    return client.get(url).content.decode()


def test_a_version_that_cannot_be_chosen_is_an_error_at_the_field(chain, scientist, client_as):
    from uuid import uuid4

    answer = client_as(scientist).post(f"{COMPLIANCE}reports/new/", {"model_version": str(uuid4())})
    assert answer.status_code == 422


def test_viewer_reads_the_place_and_sees_why_not_more(chain, viewer, client_as):
    shown = client_as(viewer).get(COMPLIANCE).content.decode()
    assert "ledger.view" in shown
    assert "report.create" in shown
    assert client_as(viewer).get(ACTIVITY).status_code == 403
    assert client_as(viewer).post(f"{COMPLIANCE}reports/new/", {}).status_code == 403


def test_activity_names_whom_an_entry_is_about(admin, officer, viewer, client_as):
    from apps.tenants import services as tenants

    group = tenants.create_group(actor=admin, name="Data platform")
    tenants.add_to_group(actor=admin, group=group, user_id=viewer.user.pk)
    shown = client_as(officer).get(f"{ACTIVITY}?kind=group.*").content.decode()
    assert "took somebody into the group" in shown
    assert "<bdi>The viewer</bdi>, <bdi>Data platform</bdi>" in shown


def test_whoever_accepts_an_invitation_has_joined(admin, officer, client_as):
    from apps.tenants.events import MemberAdded
    from foundation import ledger
    from foundation.access.models import Membership

    place = Membership.objects.get(user=officer.user)
    joined = MemberAdded(membership_id=place.pk, user_id=officer.user.pk, role="officer")
    ledger.record(joined, actor=officer, subject=("membership", place.pk))
    shown = client_as(admin).get(f"{ACTIVITY}?kind=membership.*").content.decode()
    assert "<bdi>joined</bdi>" in shown and "added a member" not in shown


def test_activity_lists_who_did_what(chain, officer, client_as):
    shown = client_as(officer).get(ACTIVITY).content.decode()
    assert "approval.granted" in shown
    assert "The officer" in shown
    only = client_as(officer).get(ACTIVITY, {"kind": "approval.*", "actor": str(officer.id)}).content.decode()
    assert "approval.granted" in only
    assert "run.succeeded" not in only
    none = client_as(officer).get(ACTIVITY, {"until": "2001-01-01"}).content.decode()
    assert "Nothing matches these filters" in none


def test_activity_is_searched_by_what_was_done_by_whom_and_to_what(chain, admin, officer, viewer, client_as):
    from apps.tenants import services as tenants

    group = tenants.create_group(actor=admin, name="Data platform")
    tenants.add_to_group(actor=admin, group=group, user_id=viewer.user.pk)

    def kinds(words):
        shown = client_as(officer).get(ACTIVITY, {"q": words}).content.decode()
        return set(re.findall(r"· <bdi>([a-z_.]+)</bdi>", shown))

    assert kinds("took somebody") == {"group.joined"}
    assert "group.joined" in kinds("viewer@acme.test"), "whom an entry names is found by their address"
    assert kinds("PLATFORM created") == {"group.created"}
    assert "revision.ready" in kinds("late revision"), "a thing is found by its name"
    assert "model_version.promoted" in kinds("LATE-flights")
    assert "approval.granted" in kinds("officer approval") and "run.succeeded" not in kinds("officer approval")
    assert kinds("nobody-is-called-so") == set()
    assert client_as(officer).get(ACTIVITY, {"q": "x" * 101}).status_code == 200


def test_a_search_asks_no_more_however_much_it_finds(chain, admin, officer, client_as):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.tenants import services as tenants

    def asked():
        with CaptureQueriesContext(connection) as seen:
            client_as(officer).get(ACTIVITY, {"q": "team"})
        return len(seen)

    tenants.create_group(actor=admin, name="First team")
    few = asked()
    for number in range(10):
        tenants.create_group(actor=admin, name=f"Team {number}")
    assert asked() == few


def test_whoever_reads_one_project_finds_nothing_of_others(chain, project, scientist, officer, tenant, client_as):
    from apps.projects import services as projects
    from apps.tenants import services as tenants
    from apps.tenants.choices import HolderKind
    from tests.support.people import make_person

    admin = make_person(tenant, "admin", "second@acme.test")
    other = projects.create_project(actor=admin, slug="hidden", name="Hidden", purpose="Not for everybody")
    member = make_person(tenant, "member")
    holder = tenants.Holder(HolderKind.USER, member.user.pk)
    tenants.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="scientist")
    reader = client_as(member)
    assert "project.created" in reader.get(ACTIVITY, {"q": "flights"}).content.decode()
    shown = reader.get(ACTIVITY, {"q": "hidden"}).content.decode()
    assert str(other.pk) not in shown and "Nothing matches these filters" in shown
    assert reader.get(f"{ACTIVITY}entries.csv").status_code == 403, "what leaves is the tenant's to hand out"


def test_whoever_reads_the_ledger_does_not_take_it_along(chain, scientist, officer, client_as):
    client = client_as(scientist)
    shown = client.get(ACTIVITY).content.decode()
    assert "approval.granted" in shown and "entries.csv" not in shown
    refused = re.search(r'aria-disabled="true" title="([^"]*)">.*?Download', shown, re.DOTALL)
    assert "ledger.export" in refused[1]
    assert client.get(f"{ACTIVITY}entries.csv").status_code == 403
    with pytest.raises(AccessDenied, match=r"ledger\.export"):
        services.export_entries(actor=scientist)
    assert "entries.csv" in client_as(officer).get(ACTIVITY).content.decode()


def test_the_filtered_list_leaves_as_a_file_in_each_form(chain, admin, officer, client_as):
    import csv
    import io
    import json

    import pyarrow.parquet as pq

    from apps.tenants import services as tenants

    tenants.create_group(actor=admin, name="=cmd()")
    client = client_as(officer)

    def fetched(form, **asked):
        answer = client.get(f"{ACTIVITY}entries.{form}", asked)
        return b"".join(answer.streaming_content)

    shown = client.get(ACTIVITY, {"q": "approval"}).content.decode()
    assert f"{ACTIVITY}entries.parquet?q=approval" in shown
    rows = json.loads(fetched("json", q="approval"))
    assert {row["kind"].partition(".")[0] for row in rows} == {"approval"}
    table = pq.read_table(io.BytesIO(fetched("parquet", q="approval")))
    assert table.column("id").to_pylist() == [row["id"] for row in rows]
    assert str(table.schema.field("at").type) == "timestamp[us, tz=UTC]"
    lines = list(csv.DictReader(io.StringIO(fetched("csv").decode("utf-8-sig"))))
    assert [line["about"] for line in lines if line["kind"] == "group.created"] == ["'=cmd()"]
    assert {line["who"] for line in lines} >= {"The officer", "The scientist"}
    assert json.loads(fetched("json", until="2001-01-01")) == []
    assert client.get(f"{ACTIVITY}entries.json", {"since": "soon"}).status_code == 422
    assert client.get(f"{ACTIVITY}entries.exe").status_code == 404


def test_a_kind_that_is_recorded_no_longer_still_has_words(officer, client_as):
    from foundation.ledger.models import LedgerEvent

    LedgerEvent.objects.create(
        tenant=officer.tenant,
        kind="membership.sign_in_locked",
        actor_kind="system",
        payload={},
        subject_kind="membership",
        subject_id=officer.id,
    )
    assert "could not sign in for a while" in client_as(officer).get(ACTIVITY).content.decode()


def test_record_verifies_in_words_and_hands_out_what_an_auditor_needs(chain, officer, scientist, client_as):
    client = client_as(officer)
    shown = client.post(f"{ACTIVITY}record/verify/").content.decode()
    assert "every hash, link, root and signature agrees" in shown
    for name in ("ledger.jsonl", "key.pem", "anchor.jsonl", "sanad_verify.py"):
        assert client.get(f"{ACTIVITY}record/{name}")["Content-Disposition"].startswith("attachment")
    assert client_as(scientist).post(f"{ACTIVITY}record/verify/").status_code == 403
    refused = client_as(scientist).get(f"{ACTIVITY}record/").content.decode()
    assert "ledger.export" in refused


@pytest.fixture
def parked(chain, officer):
    """A delivery that was given up."""
    from foundation.ledger.models import LedgerEvent, ParkedEvent

    event = LedgerEvent.objects.get(kind="revision.ready")
    return ParkedEvent.objects.create(
        tenant=officer.tenant, subscriber="monitoring.watch", event=event, attempts=8, last_error="OperationalError"
    )


def test_parked_deliveries_are_shown_and_replayed_by_an_administrator(parked, officer, admin, client_as):
    shown = client_as(officer).get(f"{ACTIVITY}deliveries/").content.decode()
    assert "monitoring.watch" in shown
    assert "OperationalError" in shown
    assert client_as(officer).post(f"{ACTIVITY}deliveries/{parked.pk}/replay/").status_code == 403
    assert client_as(admin).post(f"{ACTIVITY}deliveries/{parked.pk}/replay/").status_code == 303
    parked.refresh_from_db()
    assert parked.replayed_at


def test_places_of_another_tenant_are_not_found(chain, other_scientist, client_as):
    for url in (COMPLIANCE, ACTIVITY, f"{ACTIVITY}record/", f"{ACTIVITY}deliveries/"):
        assert client_as(other_scientist).get(url).status_code == 404
