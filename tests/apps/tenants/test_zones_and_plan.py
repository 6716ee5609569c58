"""An organisation says where its data may lie; its plan lays the first quotas, and the operator alone changes it."""

import re

import pytest
from django.core import checks
from django.core.management import call_command

from apps.datasets import services as datasets
from apps.tenants import selectors, services
from apps.tenants.models import Quota
from foundation import ledger
from foundation.clock import now
from foundation.errors import Invalid, NotFound
from foundation.tenancy import find_tenant, scope, zones
from foundation.tenancy.zones import ZoneNotAllowed
from tests.support.forms import send_form

PAGE = "/t/acme/settings/organisation/"
REST = "/api/v1/tenant/"


def test_zones_are_chosen_by_name_in_both_languages(admin, client_as):
    client = client_as(admin)
    shown = client.get(PAGE).content.decode()
    assert "Abu Dhabi Global Market" in shown
    assert "Saudi Arabia" in shown
    admin.user.language = "ar"
    admin.user.save()
    assert "المملكة العربية السعودية" in client.get(PAGE).content.decode()

    answer = send_form(client, PAGE, [("name", "Acme"), ("name_ar", ""), ("zones", "SA"), ("zones", "AE-ONSHORE")])
    assert answer.status_code == 303
    assert find_tenant("acme").zones == ["AE-ONSHORE", "SA"]
    changed = ledger.events_of(subject=("tenant", admin.tenant_id))[0]
    assert (changed.payload["changed"], changed.payload["zones"]) == (["name", "zones"], ["AE-ONSHORE", "SA"])


def test_the_zones_of_the_emirates_and_what_is_chosen_stand_open_and_the_rest_is_folded(admin, client_as):
    services.edit_tenant(actor=admin, name="Acme", name_ar="", zones=["AE-ONSHORE", "SA"])
    page = client_as(admin).get(PAGE).content.decode()
    field = page[page.index('<fieldset class="s-field"') : page.index("</fieldset>")]
    stand_open, folded = (
        {value: " checked" in tag for tag, value in re.findall(r'(<input [^>]*value="([\w-]+)"[^>]*>)', part)}
        for part in field.split("<details")
    )
    assert stand_open == {"AE-ONSHORE": True, "AE-DIFC": False, "AE-ADGM": False, "SA": True}
    assert len(folded) == 249 - 1 - 1 and folded["OM"] is False
    assert "<select" not in field


def test_every_zone_is_a_country_of_iso_3166_or_a_part_of_the_emirates():
    codes = [code for code, _name in zones.zone_choices()]
    # ISO 3166-1 has 249 countries; the Emirates are there as their three zones.
    assert len(codes) == len(set(codes)) == 249 - 1 + 3
    assert not {"AE", "EU", "UN", "ZZ"} & set(codes)


@pytest.mark.parametrize(("wanted", "why"), [([], "at least one"), (["AE"], "no zone"), (["XX"], "no zone")])
def test_zones_that_are_none_are_refused_in_words(admin, wanted, why):
    with pytest.raises(Invalid, match=why):
        services.edit_tenant(actor=admin, name="Acme", name_ar="", zones=wanted)


def test_where_the_portal_stands_elsewhere_nothing_new_is_uploaded(admin, project, client_as, settings):
    settings.SANAD_ZONE = "AE-DIFC"
    with pytest.raises(ZoneNotAllowed, match="Dubai International Financial Centre"):
        datasets.create_dataset(actor=admin, project=project, name="late", description="")
    client = client_as(admin)
    for page in (PAGE, "/t/acme/"):
        assert "nothing new can be uploaded" in client.get(page).content.decode()

    services.edit_tenant(actor=admin, name="Acme", name_ar="", zones=["AE-ONSHORE", "AE-DIFC"])
    assert "nothing new can be uploaded" not in client.get("/t/acme/").content.decode()


def test_the_zone_that_the_portal_stands_in_is_given_up_only_where_that_is_meant(admin, client_as):
    client, wanted = client_as(admin), [("name", "Acme"), ("name_ar", ""), ("zones", "SA")]
    asked = send_form(client, PAGE, wanted)
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "nothing new can be uploaded here" in page and 'name="confirmed"' in page
    assert find_tenant("acme").zones == ["AE-ONSHORE"]
    assert send_form(client, PAGE, [*wanted, ("confirmed", "on")]).status_code == 303
    assert find_tenant("acme").zones == ["SA"]
    assert 'name="confirmed"' not in client.get(PAGE).content.decode(), "what is done is not asked of"


def test_the_page_says_what_the_plan_laid(admin, client_as):
    client = client_as(admin)

    def said():
        return client.get(PAGE).content.decode()

    assert "The plan set quotas, which were removed since" in said()
    services.set_quota(actor=admin, project_id=None, gpus=1)
    assert "those under Quotas were changed since" in said()
    admin.tenant.plan = "enterprise"
    admin.tenant.save()
    assert "The plan set no quotas; those under Quotas were set since" in said()
    Quota.objects.all().delete()
    assert "The plan set no quotas: nothing limits" in said()


def test_only_administrators_are_told_of_it(viewer, client_as, settings):
    settings.SANAD_ZONE = "AE-DIFC"
    assert not selectors.zone_trouble(actor=viewer)
    assert "nothing new can be uploaded" not in client_as(viewer).get("/t/acme/").content.decode()


def test_an_installation_in_no_zone_does_not_start(settings):
    settings.SANAD_ZONE = "Dubai"
    assert "tenancy.E001" in {found.id for found in checks.run_checks()}


def test_the_organisation_is_read_and_changed_by_rest(admin, viewer, api_as):
    found = api_as(admin).get(REST).json()
    assert (found["slug"], found["zones"], found["portal_zone"]) == ("acme", ["AE-ONSHORE"], "AE-ONSHORE")
    assert found["zone_allowed"] is True

    changed = api_as(admin).patch(REST, {"zones": ["ae-adgm"]}, content_type="application/json").json()
    assert (changed["zones"], changed["zone_allowed"], changed["name"]) == (["AE-ADGM"], False, "Acme Trading")
    assert api_as(admin).patch(REST, {"zones": ["QQ"]}, content_type="application/json").status_code == 422
    assert api_as(viewer).get(REST).status_code == 200
    assert api_as(viewer).patch(REST, {"name": "Mine"}, content_type="application/json").status_code == 403


def test_the_plan_lays_the_first_quotas(db):
    small = services.create_tenant(slug="small", name="Small", plan="smb")
    large = services.create_tenant(slug="large", name="Large", plan="enterprise")
    for tenant, runs in ((small, [4]), (large, [])):
        with scope(tenant.pk):
            assert list(Quota.objects.values_list("concurrent_runs", flat=True)) == runs


def test_another_plan_brings_its_quotas_unless_somebody_set_others(operator, admin):
    small = services.create_tenant(slug="small", name="Small", plan="smb")
    services.change_plan(operator=operator, tenant_id=small.pk, plan="enterprise")
    with scope(small.pk):
        assert not Quota.objects.exists()

    services.set_quota(actor=admin, project_id=None, cpus=3)
    services.change_plan(operator=operator, tenant_id=admin.tenant_id, plan="enterprise")
    assert Quota.objects.get().cpus == 3
    assert ledger.events_of(subject=("tenant", admin.tenant_id))[0].kind == "tenant.plan_changed"


def test_nobody_but_an_operator_changes_a_plan(admin):
    with pytest.raises(NotFound):
        services.change_plan(operator=admin.user, tenant_id=admin.tenant_id, plan="enterprise")


def test_the_operator_is_made_where_the_portal_is_started_and_no_session_of_before_operates_it(
    admin, capsys, client_as
):
    before = client_as(admin)
    services.note_session(
        user=admin.user, session_key=before.session.session_key, address="", agent="", method="password", now=now()
    )
    call_command("make_operator", admin.user.email)
    admin.user.refresh_from_db()
    assert admin.user.is_operator
    assert before.get("/platform/").status_code == 302
    said = capsys.readouterr().out
    assert "is an operator" in said and "Whoever knows the account's password" in said
    call_command("make_operator", admin.user.email, "--remove")
    admin.user.refresh_from_db()
    assert not admin.user.is_operator


def test_suspension_is_idempotent_on_the_ledger(operator, tenant):
    for _again in range(2):
        services.suspend_tenant(operator=operator, tenant_id=tenant.pk, now=now())
    kinds = [event.kind for event in ledger.events_of(subject=("tenant", tenant.pk))]
    assert kinds.count("tenant.suspended") == 1
