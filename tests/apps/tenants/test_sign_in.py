"""The door: a session for who knows the password, the same words for who does not, and a bound on trying."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.tenants import selectors, services
from apps.tenants.errors import SignInRefused, TooManyAttempts
from apps.tenants.models import SignInAttempt
from foundation.clock import now
from foundation.tenancy import scope
from tests.support.forms import send_form
from tests.support.people import make_person, make_tenant

LOGIN = "/accounts/login/"
PASSWORD = "correct horse battery staple"
NOON = now()


@pytest.fixture
def person(scientist):
    scientist.user.set_password(PASSWORD)
    scientist.user.save()
    return scientist


def knock(client, email="scientist@acme.test", password=PASSWORD, address="203.0.113.7", **more):
    return send_form(client, LOGIN, {"email": email, "password": password, **more}, REMOTE_ADDR=address)


def test_the_right_password_opens_a_session_and_leads_to_the_start(person):
    client = Client()
    answer = knock(client, email="Scientist@ACME.test")

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/accounts/").status_code == 200


def test_the_refusal_sounds_the_same_whether_the_address_is_known(person):
    wrong, unknown = knock(Client(), password="wrong"), knock(Client(), email="nobody@acme.test")

    said = [str(answer.context["form"].non_field_errors()) for answer in (wrong, unknown)]
    assert said[0] == said[1]
    assert wrong.status_code == unknown.status_code == 422


def test_a_disabled_person_is_refused_with_the_same_words(person):
    person.user.is_active = False
    person.user.save()

    assert "do not belong together" in knock(Client()).content.decode()


def test_after_five_failures_the_door_stays_shut_for_a_while_also_for_the_right_password(person):
    for _ in range(5):
        assert knock(Client(), password="wrong").status_code == 422

    answer = knock(Client())
    assert answer.status_code == 429
    assert "minutes" in answer.content.decode()
    assert int(answer["Retry-After"]) > 60


def test_another_address_of_the_same_ipv6_network_is_the_same_place(person):
    for host in range(1, 6):
        assert knock(Client(), password="wrong", address=f"2001:db8:0:7::{host:x}").status_code == 422
    assert knock(Client(), address="2001:db8:0:7:a::1").status_code == 429
    assert knock(Client(), address="2001:db8:0:8::1").status_code == 302


def test_ipv4_inside_ipv6_is_one_place_for_each_address(person):
    for _ in range(5):
        assert knock(Client(), password="wrong", address="::ffff:203.0.113.7").status_code == 422
    assert knock(Client(), address="203.0.113.7").status_code == 429
    assert knock(Client(), address="::ffff:203.0.113.8").status_code == 302


def test_the_lock_tells_nothing_about_the_address(person):
    for _ in range(6):
        answer = knock(Client(), email="nobody@acme.test", password="wrong")
    assert answer.status_code == 429


def test_somebody_elsewhere_still_gets_in(person):
    for _ in range(6):
        knock(Client(), password="wrong")

    assert knock(Client(), address="198.51.100.1").status_code == 302


def test_many_places_together_are_bounded_too(person):
    for n in range(30):
        knock(Client(), password="wrong", address=f"198.51.100.{n}")

    assert knock(Client(), address="192.0.2.1").status_code == 429


@pytest.fixture
def busy(person):
    """An address at which somebody tries one name after the other."""
    address = "203.0.113.7"
    for n in range(60):
        with pytest.raises(SignInRefused):
            services.sign_in(email=f"nobody{n}@acme.test", password="wrong", address=address, now=NOON)
    return address


def try_at(address, moment, email="scientist@acme.test", password=PASSWORD, **more):
    return services.sign_in(email=email, password=password, address=address, now=moment, **more)


def test_one_address_trying_many_people_is_heard_once_in_a_while(busy):
    with pytest.raises(TooManyAttempts, match="Wait a few seconds") as refusal:
        try_at(busy, NOON, email="else@acme.test", password="wrong")
    assert refusal.value.details["retry_after"] <= 3

    heard = 0
    for second in range(60):
        before = SignInAttempt.objects.count()
        with pytest.raises(TooManyAttempts, match="Wait a few seconds"):
            try_at(busy, NOON + timedelta(seconds=second + 1), email=f"other{second}@acme.test", password="wrong")
        heard += SignInAttempt.objects.count() > before
    assert heard == 20


def test_others_at_that_address_come_in_a_little_later(busy, person):
    with pytest.raises(TooManyAttempts):
        try_at(busy, NOON)

    assert try_at(busy, NOON + timedelta(seconds=4)) == person.user


def test_a_known_browser_does_not_wait_there_but_for_its_own_person_alone(person, viewer):
    browser = Client()
    assert knock(browser, address="192.0.2.1").status_code == 302
    browser.post("/accounts/logout/")
    for n in range(61):
        knock(Client(), email=f"nobody{n}@acme.test", password="wrong")

    assert knock(Client()).status_code == 429
    assert knock(browser, email=viewer.user.email).status_code == 429
    assert knock(browser).status_code == 302


def test_at_a_busy_address_nothing_tells_whose_password_was_looked_at(busy, person):
    said = set()
    for known in (str(person.user.pk), ""):
        with pytest.raises(TooManyAttempts) as refusal:
            try_at(busy, NOON, password="wrong", known=known)
        said.add(refusal.value.sentence)
    assert len(said) == 1


def test_a_known_browser_has_the_persons_own_bound(busy, person):
    for _ in range(5):
        with pytest.raises(TooManyAttempts):
            try_at(busy, NOON, password="wrong", known=str(person.user.pk))

    with pytest.raises(TooManyAttempts, match="minutes"):
        try_at(busy, NOON + timedelta(seconds=30), known=str(person.user.pk))


def test_the_door_opens_again_after_the_window(person):
    given = {"email": person.user.email, "address": "203.0.113.7"}
    for _ in range(5):
        with pytest.raises(Exception, match="together"):
            services.sign_in(**given, password="wrong", now=NOON)
    with pytest.raises(TooManyAttempts):
        services.sign_in(**given, password=PASSWORD, now=NOON)

    assert services.sign_in(**given, password=PASSWORD, now=NOON + timedelta(minutes=16)) == person.user


def test_success_forgets_the_failures(person):
    for _ in range(3):
        knock(Client(), password="wrong")
    knock(Client())

    assert not SignInAttempt.objects.exists()


def test_no_attempt_is_uncounted_by_whoever_is_signed_in_elsewhere(person, client_as, api_as, viewer):
    for client in (client_as(viewer), api_as(viewer)):
        assert knock(client, password="wrong").status_code == 302
        assert client.post(f"{LOGIN}?tenant=acme", {"email": "a@b.c", "password": "x"}).status_code == 302


def test_it_leads_on_to_where_one_wanted_to_go_but_never_outside(person):
    assert knock(Client(), next="/t/acme/approvals/")["Location"] == "/t/acme/approvals/"
    for outside in ("https://evil.test/", "//evil.test/", "/accounts/logout/", "javascript:alert(1)"):
        assert knock(Client(), next=outside)["Location"] == "/"


def test_a_page_without_a_session_asks_to_sign_in_and_comes_back(db):
    answer = Client().get("/t/acme/approvals/?show=all")

    assert answer["Location"] == "/accounts/login/?next=%2Ft%2Facme%2Fapprovals%2F%3Fshow%3Dall"


def test_sign_out_ends_the_session(person):
    client = Client()
    knock(client)
    client.post("/accounts/logout/")

    assert client.get("/accounts/")["Location"].startswith(LOGIN)
    assert selectors.sessions_of(user=person.user, now=now()) == []


def test_the_caller_behind_the_front_door_is_the_one_it_names(person):
    client = Client()
    send_form(
        client,
        LOGIN,
        {"email": person.user.email, "password": PASSWORD},
        REMOTE_ADDR="",
        headers={"X-Forwarded-For": "2001:db8::7"},
    )
    assert selectors.sessions_of(user=person.user, now=now())[0].address == "2001:db8::7"


def test_whoever_speaks_over_tcp_is_not_believed(person):
    client = Client()
    send_form(
        client,
        LOGIN,
        {"email": person.user.email, "password": PASSWORD},
        REMOTE_ADDR="203.0.113.7",
        headers={"X-Forwarded-For": "10.0.0.1"},
    )
    assert selectors.sessions_of(user=person.user, now=now())[0].address == "203.0.113.7"


def test_people_begin_at_their_roles_place(scientist, officer, admin, viewer, project, client_as):
    assert client_as(officer).get("/")["Location"] == "/t/acme/approvals/"
    assert client_as(scientist).get("/")["Location"].startswith("/t/acme/p")
    for actor in (admin, viewer):
        assert client_as(actor).get("/")["Location"].startswith("/t/acme/")


def test_a_member_of_two_tenants_chooses(scientist, client_as):
    from foundation.access.models import Membership

    bank = make_tenant("bank", "Bank")
    with scope(bank.pk):
        Membership.objects.create(tenant=bank, user=scientist.user, role="viewer")

    page = client_as(scientist).get("/").content.decode()
    assert 'href="/t/acme/"' in page
    assert 'href="/t/bank/"' in page


def test_somebody_without_a_tenant_reads_what_to_do(scientist):
    from foundation.access.models import Membership

    client = Client()
    client.force_login(scientist.user)
    Membership.objects.all().delete()

    assert "no tenant yet" in client.get("/").content.decode()
    assert client.get("/accounts/").status_code == 200


def test_sign_out_others_leaves_this_session_alone(person):
    here, there = Client(), Client()
    knock(here)
    knock(there)
    assert "Sign out others" in here.get("/accounts/").content.decode()

    assert here.post("/accounts/sessions/end-others/").status_code == 302
    assert here.get("/accounts/").status_code == 200
    assert there.get("/accounts/")["Location"].startswith(LOGIN)


def test_one_session_is_ended_and_the_others_go_on(person):
    here, there, elsewhere = Client(), Client(), Client()
    for client in (here, there, elsewhere):
        knock(client)
    key = there.cookies["sanad_session"].value
    row = next(row for row in selectors.sessions_of(user=person.user, now=now()) if row.session_key == key)

    assert here.post(f"/accounts/sessions/{row.pk}/end/").status_code == 302
    assert there.get("/accounts/")["Location"].startswith(LOGIN)
    assert [client.get("/accounts/").status_code for client in (here, elsewhere)] == [200, 200]
    assert here.post(f"/accounts/sessions/{row.pk}/end/").status_code == 404


def test_nobody_ends_the_session_of_another(person, client_as, scientist):
    client = Client()
    knock(client)
    row = selectors.sessions_of(user=person.user, now=now())[0]
    other = make_person(scientist.tenant, "viewer", "else@acme.test")

    assert client_as(other).post(f"/accounts/sessions/{row.pk}/end/").status_code == 404
    assert client.get("/accounts/").status_code == 200


def test_nobody_sees_the_sessions_of_another(person, tenant):
    knock(Client())
    other = make_person(tenant, "viewer", "else@acme.test")

    assert selectors.sessions_of(user=other.user, now=now()) == []
    assert len(selectors.sessions_of(user=person.user, now=now())) == 1
