"""A lost password, lost factors, too many tries: the way back, and that it opens nobody else's house."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from apps.tenants import services
from apps.tenants.models import PasswordLink
from foundation.access.freshness import StepUpRequired
from foundation.access.models import Membership
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.identity.models import User
from foundation.identity.tokens import digest_of
from foundation.ledger.models import LedgerEvent
from foundation.tenancy import scope
from tests.apps.tenants.test_factors import set_up_app
from tests.apps.tenants.test_sign_in import PASSWORD, knock
from tests.support.forms import send_form
from tests.support.people import make_person

NEW, NOON = "another long enough secret", now()


@pytest.fixture
def person(scientist):
    scientist.user.set_password(PASSWORD)
    scientist.user.save()
    return scientist


def place_of(actor):
    with scope(actor.tenant_id):
        return Membership.objects.select_related("user").get(user=actor.user, tenant=actor.tenant)


def link_for(admin, person):
    return services.make_password_link(actor=admin, membership=place_of(person), now=NOON)[1]


def set_by(secret, new=NEW, moment=NOON):
    return services.set_password_by_link(secret=secret, new=new, now=moment)


def events(tenant, kind):
    with scope(tenant.pk):
        return list(LedgerEvent.objects.filter(kind=kind))


def member_page(person):
    return f"/t/acme/settings/members/{place_of(person).pk}/"


def test_the_whole_way_back_in_the_browser(admin, person, client_as):
    there = Client()
    knock(there)
    browser = client_as(admin)
    assert "Make a link for a new password" in browser.get(member_page(person)).content.decode()

    made = browser.post(f"{member_page(person)}password/")
    link = made.context["link"][0]["code"]
    assert "no-store" in made["Cache-Control"]
    path = link[link.index("/accounts/") :]
    stranger = Client()
    assert "scientist@acme.test" in stranger.get(path).content.decode()
    answer = send_form(stranger, path, {"new": NEW})

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert stranger.get("/accounts/").status_code == 200
    assert there.get("/accounts/").status_code == 302, "the session of before has ended"
    assert knock(Client()).status_code == 422
    assert knock(Client(), password=NEW).status_code == 302
    (made_event,) = events(person.tenant, "membership.password_link_made")
    assert made_event.actor_id == admin.user.pk
    (set_event,) = events(person.tenant, "membership.password_set_by_link")
    assert set_event.payload["user_id"] == str(person.user.pk)


def test_only_a_digest_of_the_link_is_kept(admin, person):
    secret = link_for(admin, person)
    with scope(None, user_id=person.user.pk):
        row = PasswordLink.objects.get()
    assert row.digest == digest_of(secret)
    assert secret not in str(vars(row))


def test_a_link_works_once_not_for_ever_and_a_newer_one_voids_it(admin, person):
    first = link_for(admin, person)
    second = link_for(admin, person)
    for secret, moment in ((first, NOON), (second, NOON + timedelta(days=1)), ("guessed", NOON)):
        with pytest.raises(NotFound, match="too old"):
            set_by(secret, moment=moment)
    set_by(second)
    with pytest.raises(NotFound, match="used"):
        set_by(second, "yet another long secret")
    assert User.objects.get(pk=person.user.pk).check_password(NEW)


def test_opening_the_page_uses_nothing_up_and_a_weak_password_neither(admin, person):
    secret = link_for(admin, person)
    assert Client().get(f"/accounts/password/new/{secret}/").status_code == 200
    with pytest.raises(Invalid) as refusal:
        set_by(secret, "password1")
    assert list(refusal.value.fields) == ["new"]
    set_by(secret)


def test_a_void_link_that_is_opened_stands_on_the_ledger_of_its_tenant_and_a_guess_on_nobodys(admin, person):
    secret = link_for(admin, person)
    set_by(secret)
    assert Client().get("/accounts/password/new/guessed/").status_code == 404
    assert Client().get(f"/accounts/password/new/{secret}/").status_code == 404

    (refused,) = events(person.tenant, "access.refused")
    assert refused.payload["reason"] == "password-link-void"
    assert secret not in str(refused.payload)


def test_it_asks_an_old_session_who_sits_there(admin, person):
    stale, place = replace(admin, stale=True), place_of(person)
    with pytest.raises(StepUpRequired):
        services.make_password_link(actor=stale, membership=place, now=NOON)
    with pytest.raises(StepUpRequired):
        services.take_factors_of_member(actor=stale, membership=place, now=NOON)
    with pytest.raises(StepUpRequired):
        services.unlock_member(actor=stale, membership=place)


def test_only_administrators_make_one_and_not_for_themselves(admin, officer, person):
    with pytest.raises(AccessDenied, match=r"member\.manage"):
        link_for(officer, person)
    with pytest.raises(Conflict, match="your own account"):
        link_for(admin, admin)


def elsewhere(person, tenant, **fields):
    with scope(tenant.pk):
        return Membership.objects.create(tenant=tenant, user=person.user, role="viewer", **fields)


def _in_another_tenant(person, other):
    elsewhere(person, other)


def _suspended_in_another_tenant(person, other):
    elsewhere(person, other, suspended_at=NOON)


def _operator(person, other):
    User.objects.filter(pk=person.user.pk).update(is_operator=True)


def _vouched(person, other):
    Membership.objects.filter(user=person.user).update(vouched=True)


REACHES_MORE = [_in_another_tenant, _suspended_in_another_tenant, _operator, _vouched]


@pytest.mark.parametrize("more", REACHES_MORE)
def test_an_administrator_cannot_take_over_an_account_that_reaches_more(admin, person, other_tenant, client_as, more):
    more(person, other_tenant)
    place = place_of(person)
    for act in (services.make_password_link, services.take_factors_of_member):
        with pytest.raises(AccessDenied, match=r"reaches more|identity provider"):
            act(actor=admin, membership=place, now=NOON)
    with pytest.raises(AccessDenied, match=r"reaches more|identity provider"):
        services.unlock_member(actor=admin, membership=place)
    page = client_as(admin).get(member_page(person)).content.decode()
    assert "manage.py new_password" in page or "identity provider" in page
    assert "Other Bank" not in page
    assert client_as(admin).post(f"{member_page(person)}password/").status_code == 403


@pytest.mark.parametrize("more", REACHES_MORE)
def test_a_link_is_void_once_the_account_reaches_more(admin, person, other_tenant, more):
    secret = link_for(admin, person)
    more(person, other_tenant)
    with pytest.raises(NotFound, match="reaches more"):
        set_by(secret)
    assert User.objects.get(pk=person.user.pk).check_password(PASSWORD)


def test_a_link_is_void_once_the_person_was_removed(admin, person):
    secret = link_for(admin, person)
    services.remove_member(actor=admin, membership=place_of(person), now=NOON)
    with pytest.raises(NotFound):
        set_by(secret)


def test_another_tenants_member_is_not_there(admin, other_scientist, client_as):
    place = place_of(other_scientist)
    for act in ("password", "factors", "unlock"):
        assert client_as(admin).post(f"/t/acme/settings/members/{place.pk}/{act}/").status_code == 404


def test_whoever_runs_the_portal_makes_one_for_any_account_and_each_ledger_tells(person, other_tenant):
    elsewhere(person, other_tenant)
    out = StringIO()
    call_command("new_password", "Scientist@acme.test", stdout=out)
    set_by(out.getvalue().strip().rstrip("/").rpartition("/")[2], moment=now())

    assert User.objects.get(pk=person.user.pk).check_password(NEW)
    for tenant in (person.tenant, other_tenant):
        (made,) = events(tenant, "membership.password_link_made")
        assert made.actor_kind == "system"
        assert len(events(tenant, "membership.password_set_by_link")) == 1
    with pytest.raises(CommandError, match="no account"):
        call_command("new_password", "nobody@acme.test")


def test_a_link_takes_no_second_factor_away(admin, person, client_as):
    set_up_app(client_as(person))
    answer = send_form(Client(), f"/accounts/password/new/{link_for(admin, person)}/", {"new": NEW})
    assert "second-factor" in answer["Location"]


def test_lost_factors_are_taken_away_and_the_person_reads_it(admin, person, client_as):
    set_up_app(client_as(person))
    assert "second-factor" in knock(Client())["Location"]
    browser = client_as(admin)
    assert browser.post(f"{member_page(person)}factors/").status_code == 303
    assert "no second factor now" in browser.get(member_page(person)).content.decode()

    theirs = Client()
    assert knock(theirs)["Location"] == "/"
    page = theirs.get("/accounts/").content.decode()
    assert "A second factor was removed from your account: Authenticator app" in page
    (taken,) = events(person.tenant, "membership.factors_taken")
    assert (taken.actor_id, taken.payload["factors"]) == (admin.user.pk, ["recovery_codes", "totp"])


def test_the_person_reads_of_a_link_at_the_next_sign_in_once_and_by_mail(admin, person, settings, run_jobs):
    settings.SANAD_SENDS_MAIL = True
    secret = link_for(admin, person)
    run_jobs()
    assert "An administrator made a link" in mail.outbox[0].body
    assert secret not in mail.outbox[0].body

    browser = Client()
    knock(browser)
    assert "An administrator made a link" in browser.get("/accounts/").content.decode()
    knock(again := Client())
    assert "An administrator made a link" not in again.get("/accounts/").content.decode()


def test_a_locked_member_is_let_try_again_and_the_link_lifts_the_lock_too(admin, person, client_as):
    for _ in range(5):
        knock(Client(), password="wrong")
    assert knock(Client()).status_code == 429
    browser = client_as(admin)
    assert "Too many of their sign-ins failed" in browser.get(member_page(person)).content.decode()
    browser.post(f"{member_page(person)}unlock/")
    assert "Too many of their sign-ins failed" not in browser.get(member_page(person)).content.decode()
    assert knock(Client()).status_code == 302
    assert events(person.tenant, "sign_in.unlocked")

    for _ in range(5):
        knock(Client(), password="wrong")
    set_by(link_for(admin, person))
    assert knock(Client(), password=NEW).status_code == 302


def test_an_invitation_names_the_way_for_whoever_lost_the_password(admin, person):
    services.remove_member(actor=admin, membership=place_of(person), now=NOON)
    _, secret = services.invite(actor=admin, email=person.user.email, role="viewer", now=NOON)
    page = send_form(Client(), f"/accounts/invitations/{secret}/", {"name": "A", "password": NEW}).content.decode()
    assert "runs the portal can make you a link" in page


def test_programs_do_the_same_over_rest(admin, person, tenant, api_as):
    client, url = api_as(admin), f"/api/v1/members/{place_of(person).pk}/"
    made = client.post(f"{url}password-link/")
    assert made.status_code == 201
    set_by(made.json()["link"].rstrip("/").rpartition("/")[2], moment=now())
    assert client.post(f"{url}take-factors/").status_code == 200
    assert client.post(f"{url}unlock/").status_code == 200
    viewer = make_person(tenant, "viewer", "v2@acme.test")
    assert api_as(viewer).post(f"{url}password-link/").status_code == 403
