"""What cannot be taken back is asked for without a script too: the browser wants the tick or name before it sends."""

from __future__ import annotations

import html
import re

import pytest

from apps.tenants import services
from apps.tenants.models import Invitation
from foundation.access.models import Membership
from foundation.clock import now
from foundation.web.templatetags.sanad_fields import pattern
from tests.support.people import make_person


def asked_by(page, label):
    """What the form of this button asks where scripts are off."""
    forms = re.findall(r"<form method=\"post\".*?</form>", page.content.decode(), re.DOTALL)
    form = next(one for one in forms if label in one)
    return re.search(r"<noscript>(.*?)</noscript>", form, re.DOTALL)[1]


@pytest.mark.parametrize("name", ["Fraud", "a.b (c) [d] {e}", "x|y/z", "50 % + 1 * 2?", "C:\\tmp", "^$", "قسم - 1 & 2"])
def test_a_pattern_fits_its_name_alone(name):
    assert re.fullmatch(pattern(name), name)
    assert not re.fullmatch(pattern(name), f"{name}x")
    escaped = re.findall(r"\\(.)", pattern(name))
    assert set(escaped) <= set(r"^$\.*+?()[]{}|/"), "browsers refuse a pattern with another escape"


def test_a_group_is_deleted_by_its_name(client_as, admin):
    group = services.create_group(actor=admin, name="Fraud (2)", description="")
    asked = asked_by(client_as(admin).get(f"/t/acme/settings/groups/{group.pk}/"), "Delete group")
    assert 'required pattern="Fraud \\(2\\)"' in html.unescape(asked)


def test_a_member_is_removed_by_their_name(client_as, admin, tenant):
    place = Membership.objects.get(user=make_person(tenant, "viewer").user)
    page = client_as(admin).get(f"/t/acme/settings/members/{place.pk}/")
    assert 'required pattern="The viewer"' in asked_by(page, "Remove member")
    assert 'type="checkbox" required' in asked_by(page, "Suspend member")


def test_a_webhook_is_deleted_by_its_name(client_as, admin):
    given = {"url": "https://siem.example/x", "description": "SIEM", "kinds": [], "project_id": None}
    webhook, _secret = services.webhooks.create_webhook(actor=admin, now=now(), **given)
    page = client_as(admin).get(f"/t/acme/settings/webhooks/{webhook.pk}/")
    assert 'required pattern="SIEM"' in asked_by(page, ">Delete<")


def test_a_new_link_of_an_invitation_is_asked_for(client_as, admin):
    services.invite(actor=admin, email="new@acme.test", role="viewer", now=now())
    assert Invitation.objects.count() == 1
    assert 'type="checkbox" required' in asked_by(client_as(admin).get("/t/acme/settings/members/"), "New link")
