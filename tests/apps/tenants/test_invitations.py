"""Invitations: a link that is shown once, for one address, opens one membership."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.tenants import selectors, services
from foundation import ledger
from foundation.access.models import Membership
from foundation.clock import now
from foundation.errors import Conflict, Invalid, NotFound
from foundation.identity.models import User
from tests.support.forms import send_form

NOON = now()
SECRET = "a long enough password"


def invite(actor, email="new@acme.test", role="scientist"):
    return services.invite(actor=actor, email=email, role=role, now=NOON)


def test_a_new_person_joins_by_the_link_and_the_ledger_tells_the_whole_way(admin):
    invitation, secret = invite(admin, email=" New@Acme.test ")
    user = services.accept_as_new_person(secret=secret, name="Nadia", password=SECRET, now=NOON)

    member = Membership.objects.get(user=user)
    assert (user.email, member.role, member.pk) == ("new@acme.test", "scientist", invitation.pk)
    events = ledger.events_of(subject=("membership", member.pk))
    assert [event.kind for event in events] == ["membership.created", "membership.invited"]
    assert "acme.test" not in str([event.payload for event in events])


def test_a_person_with_an_account_accepts_signed_in(admin, other_scientist):
    _, secret = invite(admin, email=other_scientist.user.email)
    services.accept_invitation(user=other_scientist.user, secret=secret, now=NOON)

    assert {tenant.slug for tenant, _ in selectors.tenants_of(user=other_scientist.user)} == {"acme", "other"}


def test_an_account_that_exists_is_not_taken_over_by_the_link(admin, other_scientist):
    _, secret = invite(admin, email=other_scientist.user.email)

    with pytest.raises(Conflict, match="Sign in with it"):
        services.accept_as_new_person(secret=secret, name="Thief", password=SECRET, now=NOON)
    assert User.objects.get(pk=other_scientist.user.pk).name == other_scientist.user.name


def test_an_invitation_is_for_its_address_alone(admin, other_scientist):
    _, secret = invite(admin)
    with pytest.raises(Conflict, match="another address"):
        services.accept_invitation(user=other_scientist.user, secret=secret, now=NOON)


def test_the_answer_does_not_tell_whether_the_person_has_an_account(admin, other_scientist):
    known, _ = invite(admin, email=other_scientist.user.email)
    unknown, _ = invite(admin, email="nobody@acme.test")

    assert known.state(NOON) == unknown.state(NOON)


def test_a_link_works_once_and_not_for_ever(admin):
    _, secret = invite(admin)
    with pytest.raises(NotFound):
        services.find_invitation(secret=secret, now=NOON + timedelta(days=8))
    services.accept_as_new_person(secret=secret, name="Nadia", password=SECRET, now=NOON)
    with pytest.raises(NotFound):
        services.find_invitation(secret=secret, now=NOON)
    with pytest.raises(NotFound):
        services.find_invitation(secret="guessed", now=NOON)


def test_inviting_again_voids_the_earlier_link(admin):
    _, first = invite(admin)
    _, second = invite(admin, role="viewer")

    with pytest.raises(NotFound):
        services.find_invitation(secret=first, now=NOON)
    assert services.find_invitation(secret=second, now=NOON)[0].role == "viewer"


def test_a_withdrawn_link_opens_nothing(admin):
    invitation, secret = invite(admin)
    services.withdraw_invitation(actor=admin, invitation=invitation, now=NOON)

    with pytest.raises(NotFound):
        services.find_invitation(secret=secret, now=NOON)


def test_a_weak_password_is_said_at_its_field(admin):
    _, secret = invite(admin)
    with pytest.raises(Invalid) as refusal:
        services.accept_as_new_person(secret=secret, name="Nadia", password="password1", now=NOON)
    assert list(refusal.value.fields) == ["password"]
    assert not User.objects.filter(email="new@acme.test").exists()


@pytest.mark.parametrize(("email", "role"), [("no address", "viewer"), ("a@b.test", "king")])
def test_a_faulty_invitation_is_refused(admin, email, role):
    with pytest.raises(Invalid):
        invite(admin, email=email, role=role)


def test_a_member_is_not_invited_again(admin, scientist):
    with pytest.raises(Conflict, match="member already"):
        invite(admin, email=scientist.user.email)


def test_the_page_shows_the_link_once(client_as, admin):
    client = client_as(admin)
    page = client.post("/t/acme/settings/members/", {"email": "new@acme.test", "role": "viewer"}).content.decode()
    assert "/accounts/invitations/" in page

    again = client.get("/t/acme/settings/members/").content.decode()
    assert "/accounts/invitations/" not in again
    assert "new@acme.test" in again


def test_a_new_person_opens_the_link_in_a_browser(admin):
    _, secret = invite(admin)
    client, url = Client(), f"/accounts/invitations/{secret}/"
    assert "new@acme.test" in client.get(url).content.decode()

    answer = send_form(client, url, {"name": "Nadia", "password": SECRET})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/t/acme/settings/members/").status_code == 200
    assert Client().get(url).status_code == 404


def test_a_person_with_an_account_accepts_in_a_browser(admin, other_scientist, client_as):
    _, secret = invite(admin, email=other_scientist.user.email)
    client, url = client_as(other_scientist), f"/accounts/invitations/{secret}/"
    del client.defaults["HTTP_X_SANAD_TENANT"]

    assert "Accept the invitation" in client.get(url).content.decode()
    assert client.post(url)["Location"] == "/t/acme/"


MEMBERS = "/t/acme/settings/members/"


def test_inviting_again_on_the_page_says_that_the_earlier_link_is_void(admin, client_as):
    browser, words = client_as(admin), {"email": "New@acme.test", "role": "viewer"}
    assert "earlier link opens nothing" not in browser.post(MEMBERS, words).content.decode()
    assert "earlier link opens nothing" in browser.post(MEMBERS, words).content.decode()


def test_the_list_offers_a_new_link_and_names_whom_a_withdrawal_is_about(admin, client_as):
    invite(admin)
    page = client_as(admin).get(MEMBERS).content.decode()
    assert "Withdraw the invitation of new@acme.test?" in page
    assert "Make a new link for new@acme.test?" in page


def test_each_role_is_explained_where_one_is_chosen(admin, scientist, client_as):
    place = Membership.objects.get(user=scientist.user)
    for url in (MEMBERS, f"{MEMBERS}{place.pk}/"):
        page = client_as(admin).get(url).content.decode()
        assert page.count("<dt>Auditor</dt>") == 1
        assert "decides nothing" in page


def test_roles_of_programs_and_in_projects_are_explained_as_well(admin, project, client_as):
    client = client_as(admin)
    group = services.create_group(actor=admin, name="Builders")
    program = services.create_service_account(actor=admin, name="Nightly", role="viewer")
    alone = "Builds: data, features, runs, models, deployments and monitors of the project."
    for page, said in (
        ("settings/service-accounts/", "Reads data, models, deployments and reports in every project"),
        (f"settings/service-accounts/{program.pk}/", "Sees no project by itself"),
        (f"settings/groups/{group.pk}/", alone),
        ("p/flights/settings/people/", alone),
    ):
        shown = client.get(f"/t/acme/{page}").content.decode()
        assert "What each role may do" in shown and said in shown, page
        assert "Everything: members" not in shown, "what cannot be chosen is not explained"


def test_a_password_can_be_looked_at_where_scripts_run(admin):
    _, secret = invite(admin)
    page = Client().get(f"/accounts/invitations/{secret}/").content.decode()
    assert 'hidden data-reveal="id_password"' in page
