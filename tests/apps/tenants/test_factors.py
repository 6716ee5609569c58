"""Second factors: set up by whoever just proved who they are, asked for at the door, each code heard once."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from apps.tenants import selectors, services
from apps.tenants.models import SignInAttempt
from foundation.clock import now
from foundation.ledger.models import LedgerEvent
from foundation.tenancy import scope
from tests.support.forms import send_form

LOGIN, SECOND, APP = "/accounts/login/", "/accounts/login/second-factor/", "/accounts/factors/app/"
PASSWORD = "correct horse battery staple"
ADDRESS = "203.0.113.7"


@pytest.fixture
def person(scientist):
    scientist.user.set_password(PASSWORD)
    scientist.user.save()
    return scientist


def code_of(secret, step=0):
    """What an authenticator app shows, so many steps from now."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + step))


def secret_of(client):
    return client.get(APP).context["by_hand"][0]["code"]


def set_up_app(client):
    """The secret of an app that the person of this client has set up, and the recovery codes that they were shown."""
    secret = secret_of(client)
    answer = client.post(APP, {"code": code_of(secret, -1)})
    assert answer.status_code == 200
    return secret, answer.context["codes"][0]["code"].split()


def knock(client, address=ADDRESS, **more):
    return send_form(client, LOGIN, {"email": "scientist@acme.test", "password": PASSWORD, **more}, REMOTE_ADDR=address)


def show(client, code, address=ADDRESS):
    return send_form(client, SECOND, {"code": code}, REMOTE_ADDR=address)


def kinds(tenant):
    with scope(tenant.pk):
        return list(LedgerEvent.objects.filter(kind__regex=r"^(membership|sign_in)\.").values_list("kind", flat=True))


@pytest.fixture
def app(person, client_as):
    return set_up_app(client_as(person))


def test_the_password_alone_opens_nothing_once_an_app_is_set_up(person, app):
    client = Client()
    answer = knock(client, next="/t/acme/approvals/")

    assert (answer.status_code, answer["Location"]) == (302, SECOND)
    assert client.get("/accounts/")["Location"].startswith(LOGIN)
    assert "scientist@acme.test" in client.get(SECOND).content.decode()
    answer = show(client, code_of(app[0]))
    assert (answer.status_code, answer["Location"]) == (302, "/t/acme/approvals/")
    assert client.get("/accounts/").status_code == 200


def test_a_code_is_heard_once(person, app):
    first, second = Client(), Client()
    for client in (first, second):
        knock(client)
    code = code_of(app[0])

    assert show(first, code).status_code == 302
    answer = show(second, code)
    assert answer.status_code == 422
    assert "used already" in answer.content.decode()
    assert show(second, code_of(app[0], -1)).status_code == 422, "an older step is used up with the newer one"
    assert show(second, code_of(app[0], 1)).status_code == 302


def test_the_code_of_the_setting_up_is_used_up_too(person, client_as):
    client = client_as(person)
    secret = secret_of(client)
    code = code_of(secret)
    client.post(APP, {"code": code})

    other = Client()
    knock(other)
    assert show(other, code).status_code == 422


def test_a_recovery_code_opens_once(person, app):
    one, other = app[1][:2]
    for code, status in ((one, 302), (one, 422), (f"{other[:5]} {other[5:]}", 302)):
        client = Client()
        knock(client)
        assert show(client, code).status_code == status
    assert kinds(person.tenant).count("membership.recovery_code_used") == 2
    left = next(factor for factor in selectors.factors_of(user=person.user) if factor.kind == "recovery_codes").left
    assert left == 8


def test_new_recovery_codes_void_the_old_ones(person, app, client_as):
    answer = client_as(person).post("/accounts/factors/recovery-codes/")
    new = answer.context["codes"][0]["code"].split()

    assert len(set(new)) == 10
    assert not set(new) & set(app[1])
    client = Client()
    knock(client)
    assert show(client, app[1][0]).status_code == 422
    assert show(client, new[0]).status_code == 302


def test_recovery_codes_are_shown_once(person, app, client_as):
    page = client_as(person).get("/accounts/").content.decode()

    assert "10 codes are left" in page
    assert not [code for code in app[1] if code in page]


def test_codes_are_not_tried_without_end(person, app):
    client = Client()
    knock(client)
    for _ in range(5):
        assert show(client, "000000").status_code == 422

    answer = show(client, code_of(app[0]))
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 60
    services.tell_failed_sign_ins(now=now())
    assert kinds(person.tenant).count("sign_in.locked") == 1
    assert show(client, app[1][0]).status_code == 429, "a recovery code is counted with the rest"


def test_the_bound_holds_over_new_sign_ins(person, app):
    for _ in range(5):
        client = Client()
        knock(client)
        show(client, "000000")

    client = Client()
    knock(client)
    assert show(client, code_of(app[0])).status_code == 429


def test_success_forgets_the_failures(person, app):
    client = Client()
    knock(client)
    show(client, "000000")
    show(client, code_of(app[0]))

    assert not SignInAttempt.objects.exists()


def test_no_page_of_the_second_step_opens_without_the_first(db):
    client = Client()
    assert client.get(SECOND)["Location"] == LOGIN
    assert send_form(client, SECOND, {"code": "000000"})["Location"] == LOGIN
    assert client.get(f"{SECOND}passkey/").status_code == 404


def test_whoever_was_disabled_in_between_is_not_let_in(person, app):
    client = Client()
    knock(client)
    person.user.is_active = False
    person.user.save()
    show(client, code_of(app[0]))

    assert client.get("/accounts/")["Location"].startswith(LOGIN)


def test_secrets_lie_sealed_in_the_database_and_in_the_session(person, client_as):
    from django.contrib.sessions.models import Session

    client = client_as(person)
    secret = secret_of(client)
    session = Session.objects.get(session_key=client.cookies["sanad_session"].value)
    assert secret not in str(session.get_decoded())
    client.post(APP, {"code": code_of(secret)})

    with scope(None, user_id=person.user.pk):
        kept = str([row.data for row in Authenticator.objects.all()])
    assert "sealed:1:" in kept
    assert secret not in kept


def test_nobody_sees_the_factors_of_another(person, app, viewer, client_as):
    with scope(person.tenant_id, user_id=viewer.user.pk):
        assert not Authenticator.objects.exists()
    mine = selectors.factors_of(user=person.user)[0]

    assert client_as(viewer).post(f"/accounts/factors/{mine.id}/remove/").status_code == 404
    assert len(selectors.factors_of(user=person.user)) == 2


def test_with_the_last_factor_go_the_recovery_codes(person, app, client_as):
    factor = selectors.factors_of(user=person.user)[0]

    assert client_as(person).post(f"/accounts/factors/{factor.id}/remove/").status_code == 302
    assert selectors.factors_of(user=person.user) == []
    assert knock(Client())["Location"] == "/"
    person.user.refresh_from_db()
    assert person.user.second_factor_at is None


def test_an_operator_lets_somebody_in_who_lost_everything(person, app, client_as, capsys):
    from django.core.management import CommandError, call_command

    session = Client()
    knock(session)
    show(session, code_of(app[0]))
    call_command("forget_factors", "Scientist@acme.test")

    assert "scientist@acme.test" in capsys.readouterr().out
    assert selectors.factors_of(user=person.user) == []
    assert session.get("/accounts/")["Location"].startswith(LOGIN), "who holds a session may not be them"
    assert knock(Client())["Location"] == "/"
    with scope(person.tenant_id):
        event = LedgerEvent.objects.filter(kind="membership.factor_removed").first()
    assert (event.actor_kind, event.payload["user_id"]) == ("system", str(person.user.pk))
    with pytest.raises(CommandError, match="no account"):
        call_command("forget_factors", "nobody@acme.test")


def test_a_second_app_is_refused_and_a_wrong_code_sets_up_nothing(person, client_as):
    client = client_as(person)
    answer = client.post(APP, {"code": "000000"})
    assert answer.status_code == 422
    assert "clock of the device" in answer.content.decode()
    assert '<details class="mb-3" open>' in answer.content.decode(), "the key written by hand stays in sight"
    assert selectors.factors_of(user=person.user) == []

    set_up_app(client)
    secret = secret_of(client)
    answer = client.post(APP, {"code": code_of(secret)})
    assert "set up already" in answer.content.decode()


def test_the_square_is_drawn_in_the_page_itself(person, client_as):
    page = client_as(person).get(APP).content.decode()

    assert re.search(r'<svg class="s-qr" viewBox="0 0 \d+ \d+"', page)
    assert not re.search(
        r"<script(?![^>]*src=)[^>]*>[^<]|style=", page.replace('type="application/json"', 'src="json"')
    )


def test_every_tenant_of_the_person_reads_of_it(person, other_tenant, client_as):
    from foundation.access.models import Membership

    with scope(other_tenant.pk):
        Membership.objects.create(tenant=other_tenant, user=person.user, role="viewer")
    set_up_app(client_as(person))

    for tenant in (person.tenant, other_tenant):
        assert kinds(tenant).count("membership.factor_added") == 1


@pytest.mark.parametrize("credential", ["", "no json", "[]", "{}", '{"response": {"userHandle": "AAAA"}}', "null", "7"])
def test_a_made_up_passkey_is_refused_with_words_and_breaks_nothing(person, app, credential):
    client = Client()
    client.get("/accounts/login/passkey/options/")
    answer = send_form(client, "/accounts/login/passkey/", {"credential": credential}, follow=True)
    assert "not accepted" in answer.content.decode()

    knock(client)
    client.get(f"{SECOND}passkey/")
    assert send_form(client, SECOND, {"credential": credential}, REMOTE_ADDR=ADDRESS).status_code == 422


def test_sessions_say_what_they_were_begun_with(person):
    client = Client()
    knock(client)

    assert selectors.sessions_of(user=person.user, now=now())[0].get_method_display() == "Password"
