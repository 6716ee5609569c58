"""Settings › Bin in the browser: seen, restored, undone at once, deleted for ever by its name."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest

from apps.tenants import services
from apps.tenants.models import BinnedThing, Webhook
from foundation.access.models import Group, GroupMember, Membership
from foundation.identity.models import IdentityProvider
from tests.apps.tenants.bin_stage import binned, group, guest, make_webhook, provider, webhook
from tests.support.forms import send_form
from tests.support.undo import press_undo

__all__ = ["group", "guest", "provider", "webhook"]
SETTINGS = "/t/acme/settings/"
BIN = f"{SETTINGS}bin/"


@pytest.fixture
def browser(client_as, admin):
    return client_as(admin)


def text_of(answer):
    return re.sub(r"\s+", " ", html.unescape(answer.content.decode()))


def restore(browser):
    """The page on which the restoration ends."""
    return browser.get(browser.post(f"{BIN}{binned().pk}/restore/")["Location"])


def undone(browser, page):
    """The page to which Undo on this one leads."""
    return browser.get(press_undo(browser, page)["Location"])


def test_an_empty_bin_says_what_it_is_for(browser):
    page = text_of(browser.get(BIN))
    assert "The bin is empty" in page and "lies here for 30 days" in page
    assert ">Bin<" in text_of(browser.get(f"{SETTINGS}organisation/"))


def test_what_is_deleted_says_until_when_it_is_in_the_bin_and_undo_restores_it(browser, group, webhook, provider):
    for address, model in (
        (f"groups/{group.pk}/delete/", Group),
        (f"webhooks/{webhook.pk}/delete/", Webhook),
        (f"single-sign-on/{provider.pk}/remove/", IdentityProvider),
    ):
        there = browser.post(f"{SETTINGS}{address}")
        assert there.status_code == 303 and not model.objects.exists()
        assert "is in the bin until" in text_of(browser.get(there["Location"]))
        assert "is restored" in text_of(restore(browser)) and model.objects.exists()


def test_undo_in_the_notice_brings_the_group_back_with_its_people(browser, group):
    there = browser.post(f"{SETTINGS}groups/{group.pk}/delete/")["Location"]
    page = text_of(undone(browser, there))
    assert "The group “Fraud team” is restored, with its people and roles." in page
    assert "2 people hold its roles" in page and GroupMember.objects.count() == 2


def test_the_pages_that_delete_say_what_goes_what_stays_and_until_when(browser, group, webhook, provider):
    for address in (f"groups/{group.pk}/", f"webhooks/{webhook.pk}/", f"single-sign-on/{provider.pk}/"):
        page = text_of(browser.get(SETTINGS + address))
        assert re.search(r"in the bin until \d+ \w+( \d{4})? and can be restored until then", page)
        assert "data-confirm-name" in page and "cannot be undone" not in page


def test_the_table_says_what_comes_back_and_is_searched_filtered_and_exported(browser, admin, group, webhook, provider):
    services.delete_group(actor=admin, group=group)
    services.webhooks.delete_webhook(actor=admin, webhook=webhook)
    services.single_sign_on.remove_provider(actor=admin, provider=provider, now=webhook.created_at)
    page = text_of(browser.get(BIN))
    for words in ("Fraud team", "SIEM", "Company", "2 people", "1 role in a project", "1 line of its mapping"):
        assert words in page
    assert "3 things can be restored" in page and str(admin.user) in page
    assert "SIEM" not in text_of(browser.get(f"{BIN}?kind=group"))
    assert "Fraud team" not in text_of(browser.get(f"{BIN}?q=SIE"))

    answer = browser.get(f"{BIN}?kind=group&export=csv")
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    assert (row["name"], row["kind"], row["people"], row["roles"]) == ("Fraud team", "group", "2", "1")
    assert "kept" not in row and row["deleted_by"] == str(admin.user)


def test_one_thing_shows_its_people_and_roles_and_is_deleted_for_ever_by_its_name(browser, admin, group, guest):
    services.delete_group(actor=admin, group=group)
    address = f"{BIN}{binned().pk}/"
    page = text_of(browser.get(address))
    assert str(guest.user) in page and "Flights" in page and "Data scientist" in page
    assert "Type Fraud team to confirm." in page and "deleted the group" in page

    wrong = send_form(browser, address, {"confirmation": "Fraud"})
    assert wrong.status_code == 422 and "Type Fraud team to confirm." in text_of(wrong)
    assert send_form(browser, address, {"confirmation": "Fraud team"}).status_code == 303
    assert not BinnedThing.objects.exists() and "“Fraud team” is deleted for ever." in text_of(browser.get(BIN))
    assert browser.get(address).status_code == 404


def test_what_refuses_a_restoration_stands_on_the_page(browser, admin, group):
    services.delete_group(actor=admin, group=group)
    services.create_group(actor=admin, name="Fraud team")
    answer = browser.post(f"{BIN}{binned().pk}/restore/")
    assert answer.status_code == 422 and "There is a group “Fraud team” already." in text_of(answer)


def test_who_left_is_said_beside_what_came_back(browser, admin, group, guest):
    services.delete_group(actor=admin, group=group)
    Membership.objects.filter(user=guest.user).delete()
    page = text_of(restore(browser))
    assert "One person has left the organisation meanwhile and was left out." in page


def test_a_restored_provider_says_that_it_is_disabled(browser, admin, provider):
    browser.post(f"{SETTINGS}single-sign-on/{provider.pk}/remove/")
    page = text_of(restore(browser))
    assert "It lets nobody in until you enable it; for SCIM make it a new token." in page


def test_activity_leads_to_the_thing_to_the_bin_or_nowhere(browser, admin, group):
    go = f"/t/acme/go/group/{group.pk}/"
    assert browser.get(go)["Location"] == f"{SETTINGS}groups/{group.pk}/"
    services.delete_group(actor=admin, group=group)
    assert browser.get(go)["Location"] == f"{BIN}{binned().pk}/"
    services.delete_for_ever(actor=admin, binned=binned(), confirmation="Fraud team")
    assert browser.get(go).status_code == 404


def test_others_are_refused_and_another_tenants_administrator_finds_nothing(client_as, admin, scientist, officer):
    made = make_webhook(admin)
    services.webhooks.delete_webhook(actor=admin, webhook=made)
    pages = (BIN, f"{BIN}{binned().pk}/")
    for person in (scientist, officer):
        client = client_as(person)
        assert [client.get(page).status_code for page in pages] == [403, 403]
        assert client.post(f"{pages[1]}restore/").status_code == 403
    assert not Webhook.objects.exists()


def test_a_webhook_shows_neither_its_address_nor_its_secret(client_as, admin, webhook):
    services.webhooks.delete_webhook(actor=admin, webhook=webhook)
    shown = text_of(client_as(admin).get(f"{BIN}{binned().pk}/"))
    assert "its address, its secret and what it is told of" in shown
    assert "a-secret-path" not in shown
