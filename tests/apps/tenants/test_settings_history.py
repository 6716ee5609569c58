"""A member's page and the organisation's say what happened to them, who did it and when."""

from __future__ import annotations

from apps.tenants import services
from foundation.access.models import Membership
from tests.support.people import make_person


def test_a_members_page_tells_who_changed_their_role(client_as, admin, tenant):
    place = Membership.objects.get(user=make_person(tenant, "viewer").user)
    services.change_role(actor=admin, membership=place, role="auditor")
    _before, _mark, told = (
        client_as(admin).get(f"/t/acme/settings/members/{place.pk}/").content.decode().partition('id="history"')
    )
    assert "<bdi>The admin</bdi>" in told and "role from “Viewer” to “Auditor”" in told


def test_the_organisations_page_tells_who_renamed_it(client_as, admin):
    browser = client_as(admin)
    browser.post("/t/acme/settings/organisation/", {"name": "Acme Group", "name_ar": "", "zones": ["AE-ONSHORE"]})
    _before, _mark, told = browser.get("/t/acme/settings/organisation/").content.decode().partition('id="history"')
    assert "<bdi>The admin</bdi>" in told
