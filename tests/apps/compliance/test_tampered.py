"""Somebody who owns the database rewrites what happened; the report and the pages say so."""

from __future__ import annotations

import os

import psycopg
import pytest

from apps.compliance import selectors, services
from foundation import storage
from foundation.clock import now
from foundation.tenancy import scope
from tests.apps.compliance import conftest, stage
from tests.support import people


@pytest.fixture
def acme(transactional_db):
    """A committed chain with its people, so that an intruder's own connection sees it."""
    tenant = people.make_tenant("acme", "Acme Trading")
    with scope(tenant.pk):
        scientist, officer = (people.make_person(tenant, role) for role in ("scientist", "officer"))
        from apps.projects.services import create_project

        project = create_project(actor=scientist, slug="flights", name="Flights", purpose="Predict late flights")
        chain = stage.make_chain(scientist=scientist, officer=officer, project=project)
    conftest.settle()
    return scientist, officer, project, chain


@pytest.fixture
def intruder(acme):
    from django.db import connection

    url = os.environ["SANAD_TEST_SUPERUSER_URL"].replace("/sanad?", f"/{connection.settings_dict['NAME']}?")
    with psycopg.connect(url, autocommit=True) as opened:
        opened.execute("SET session_replication_role = replica")
        opened.execute("ALTER TABLE ledger_ledgerevent DISABLE TRIGGER ledger_append_only")
        yield opened


def test_a_rewritten_entry_is_named_by_report_check_and_page(acme, intruder, run_jobs, client_as):
    scientist, officer, project, chain = acme
    intruder.execute(
        "UPDATE ledger_ledgerevent SET payload = jsonb_set(payload, '{leakage_violations}', '7')"
        " WHERE kind = 'training_set.ready'"
    )
    with scope(scientist.tenant_id):
        report = services.request_report(actor=scientist, project=project, model_version_id=chain.version.pk)
        run_jobs()
        report = selectors.get_report(actor=scientist, report_id=report.pk)
        page = storage.read(report.tenant_id, report.html_key).decode()
    assert report.state == "ready", report.failure
    assert "was altered" in report.ledger_fault
    assert "The ledger is NOT whole" in page
    assert "its content no longer gives its hash" in page
    unproven = {point["section"] for point in report.open_points if point["state"] == "unproven"}
    assert "training_set" in unproven
    assert "approval_case" in unproven  # it rests on entries after the broken one
    assert "source" not in unproven  # it rests on entries before it
    with scope(officer.tenant_id):
        check = services.verify_ledger(actor=officer, now=now())
    assert (check.ok, check.fault_kind) == (False, "altered")
    shown = client_as(officer).post("/t/acme/activity/record/verify/").content.decode()
    assert "The record is not whole" in shown
