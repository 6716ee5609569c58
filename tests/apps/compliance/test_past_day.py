"""A day that has passed, out of the ledger alone: who had access, who decided, what served."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from apps.compliance.selectors.past import past, told
from apps.tenants import selectors as tenants
from apps.tenants import services
from apps.tenants.choices import HolderKind
from foundation.access.models import Membership
from foundation.errors import AccessDenied
from foundation.identity.models import User
from foundation.ledger.recorded import RecordedEvent
from foundation.tenancy import scope
from tests.support.people import make_person

DAY = datetime(2026, 3, 10, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)


def happened(kind, at, **payload):
    return RecordedEvent(
        uuid4(), uuid4(), 1, kind, 1, {k: str(v) if not isinstance(v, list | int) else v for k, v in payload.items()},
        ("thing", uuid4()), None, "user", uuid4(), "", at,
    )  # fmt: skip


def hours(count):
    return timedelta(hours=count)


def test_only_what_overlaps_the_day_is_told_with_when_it_began_and_ended():
    early, staying, brief = uuid4(), uuid4(), uuid4()
    story = [
        happened("membership.created", DAY - hours(90), user_id=early, role="admin"),
        happened("membership.created", DAY - hours(80), user_id=staying, role="viewer"),
        happened("membership.removed", DAY - hours(1), user_id=early, role="admin"),
        happened("membership.created", DAY + hours(2), user_id=brief, role="scientist"),
        happened("membership.removed", DAY + hours(3), user_id=brief, role="scientist"),
    ]
    found = told(story, start=DAY, end=NEXT)
    spells = {spell.facts["user_id"]: (spell.since, spell.until) for spell in found.of("role")}
    assert spells == {
        str(staying): (DAY - hours(80), None),
        str(brief): (DAY + hours(2), DAY + hours(3)),
    }


def test_another_role_on_that_day_is_two_spells():
    person = uuid4()
    story = [
        happened("membership.created", DAY - hours(90), user_id=person, role="viewer"),
        happened("membership.role_changed", DAY + hours(5), user_id=person, before="viewer", after="admin"),
    ]
    spells = told(story, start=DAY, end=NEXT).of("role")
    assert [(spell.facts["role"], spell.until) for spell in spells] == [("viewer", DAY + hours(5)), ("admin", None)]


def test_a_program_that_is_enabled_again_has_the_role_it_had():
    program = uuid4()
    story = [
        happened("service_account.created", DAY - hours(90), service_account_id=program, role="scientist"),
        happened("service_account.disabled", DAY - hours(50), service_account_id=program, tokens_revoked=0),
        happened("service_account.enabled", DAY + hours(1), service_account_id=program),
    ]
    (spell,) = told(story, start=DAY, end=NEXT).of("program")
    assert (spell.facts["role"], spell.since) == ("scientist", DAY + hours(1))


def test_whoever_is_suspended_has_no_access_until_they_are_restored():
    person = uuid4()
    story = [
        happened("membership.created", DAY - hours(90), user_id=person, role="scientist"),
        happened("membership.suspended", DAY - hours(50), user_id=person),
    ]
    assert told(story, start=DAY, end=NEXT).of("role") == []
    story.append(happened("membership.restored", DAY + hours(1), user_id=person))
    (spell,) = told(story, start=DAY, end=NEXT).of("role")
    assert (spell.facts["role"], spell.since) == ("scientist", DAY + hours(1))


def test_what_served_is_the_split_at_each_moment_of_the_day_with_its_versions():
    deployment, first, second = uuid4(), uuid4(), uuid4()
    story = [
        happened("revision.requested", DAY - hours(9), deployment_id=deployment, model_version_id=first, number=1),
        happened("deployment.split_changed", DAY - hours(8), deployment_id=deployment, split=["1:100"]),
        happened("revision.requested", DAY + hours(1), deployment_id=deployment, model_version_id=second, number=2),
        happened("deployment.split_changed", DAY + hours(2), deployment_id=deployment, split=["1:90", "2:10"]),
    ]
    found = told(story, start=DAY, end=NEXT)
    assert [spell.facts["split"] for spell in found.of("split")] == [["1:100"], ["1:90", "2:10"]]
    assert found.versions == {(str(deployment), 1): first, (str(deployment), 2): second}


def test_decisions_of_other_days_are_left_out():
    story = [happened("approval.granted", DAY - hours(1)), happened("approval.refused", DAY + hours(1))]
    assert [event.kind for event in told(story, start=DAY, end=NEXT).decisions] == ["approval.refused"]


def test_it_says_what_was_though_the_tables_have_forgotten(tenant, admin, auditor, project):
    guest = make_person(tenant, "viewer", email="guest@acme.test")
    with scope(tenant.pk):
        Membership.objects.filter(user=guest.user).delete()
    invited = services.create_group(actor=admin, name="Fraud team")
    services.give_role_in_project(
        actor=admin, project_id=project.pk, holder=services.Holder(HolderKind.GROUP, invited.pk), role="viewer"
    )
    services.delete_group(actor=admin, group=invited)

    now = datetime.now(UTC)
    found = past(actor=auditor, start=now - hours(1), end=now + hours(1))
    (spell,) = found.of("project_role")
    assert spell.facts["holder_id"] == str(invited.pk) and spell.until is not None


def test_the_page_answers_for_a_day_in_the_readers_time_zone(client_as, admin, project):
    guest = make_person(admin.tenant, "viewer", email="guest@acme.test")
    services.change_role(
        actor=admin, membership=tenants.member_of(actor=admin, user_id=guest.user.pk), role="scientist"
    )
    today = datetime.now(UTC).astimezone().date()
    client = client_as(admin)
    page = re.sub(r"\s+", " ", client.get(f"/t/acme/activity/day/?day={today.isoformat()}").content.decode())
    assert "Data scientist" in page and "Nothing served on that day." in page
    assert client.get("/t/acme/activity/day/?day=soon").status_code == 422
    assert client.get("/t/acme/activity/day/").status_code == 200


def page_of(client, day):
    return re.sub(r"\s+", " ", client.get(f"/t/acme/activity/day/?day={day.isoformat()}").content.decode())


def test_a_support_visit_shows_on_its_day_and_not_after(client_as, admin, tenant, project):
    """An operator was let in, looked around and was sent out: the day tells it, the day after does not."""
    operator = User.objects.create_user("ops@portal.test", "x", name="Operator of the portal", is_operator=True)
    asked = services.ask_support(operator=operator, tenant_id=tenant.pk, level="viewer", reason="A run hangs", hours=2)
    client, today = client_as(admin), datetime.now(ZoneInfo(admin.user.time_zone)).date()
    assert "support access of the platform" not in page_of(client, today), "asking opens nothing"

    granted = services.grant_support(actor=admin, grant=asked)
    browser = Client()
    browser.force_login(operator)
    assert browser.get("/t/acme/p/flights/").status_code == 200
    assert "support access of the platform" in page_of(client, today + timedelta(days=1)), "it had no end yet"

    services.end_support(actor=admin, grant=granted)
    assert browser.get("/t/acme/p/flights/").status_code == 404
    page = page_of(client, today)
    assert "support access of the platform" in page
    assert "Operator of the portal" in page
    assert "support access of the platform" not in page_of(client, today + timedelta(days=1))
    assert "support access of the platform" not in page_of(client, today - timedelta(days=1))

    now = datetime.now(UTC)
    (spell,) = past(actor=admin, start=now - hours(1), end=now + hours(1)).of("support")
    assert spell.since < spell.until <= now
    assert spell.facts["level"] == "viewer"
    assert past(actor=admin, start=now, end=now + hours(1)).of("support") == []


def test_it_is_the_whole_tenants_record(scientist, viewer):
    with pytest.raises(AccessDenied):
        list(_events(replace(scientist, project_id=uuid4())))
    with pytest.raises(AccessDenied):
        list(_events(viewer))


def _events(actor):
    return past(actor=actor, start=DAY, end=NEXT).spells
