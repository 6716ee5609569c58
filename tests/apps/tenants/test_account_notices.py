"""Whoever's account was changed is told by mail, in their language, and the ledger of their tenants tells it too."""

import pytest
from django.core import mail
from django.utils import translation

from apps.tenants.services import security
from foundation.jobs.models import Job
from foundation.ledger.models import LedgerEvent
from portal.settings import environment
from tests.apps.tenants.test_factors import set_up_app

PASSWORD, NEW = "correct horse battery staple", "another long enough secret"


@pytest.fixture
def person(scientist, settings):
    settings.SANAD_SENDS_MAIL = True
    scientist.user.set_password(PASSWORD)
    scientist.user.save()
    return scientist


def change_password(client):
    assert client.post("/accounts/password/", {"old": PASSWORD, "new": NEW}).status_code == 302


def test_a_changed_password_is_mailed_and_on_the_ledger_without_a_word_of_it(person, client_as, run_jobs):
    change_password(client_as(person))
    run_jobs()

    (sent,) = mail.outbox
    assert sent.to == ["scientist@acme.test"]
    assert "password of your account was changed" in sent.subject
    assert "If this was not you" in sent.body
    assert NEW not in sent.body + str(list(Job.objects.values_list("arguments", flat=True)))
    event = LedgerEvent.objects.get(kind="membership.password_changed")
    assert (event.actor_id, event.payload["user_id"]) == (person.user.pk, str(person.user.pk))


def test_a_new_factor_is_mailed_once_and_by_its_name(person, client_as, run_jobs):
    set_up_app(client_as(person))
    run_jobs()

    (sent,) = mail.outbox
    assert "Authenticator app" in sent.body


def test_the_mail_is_in_the_persons_language(person, client_as, run_jobs, monkeypatch):
    spoken = []
    monkeypatch.setattr(security, "send_mail", lambda *mail: spoken.append(translation.get_language()))
    person.user.language = "ar"
    person.user.save()
    change_password(client_as(person))
    run_jobs()

    assert spoken == ["ar"]


def test_without_a_mail_server_nothing_waits_to_be_sent(person, client_as, settings):
    settings.SANAD_SENDS_MAIL = False
    change_password(client_as(person))

    assert not Job.objects.filter(name="tenants.send_notice").exists()
    assert LedgerEvent.objects.filter(kind="membership.password_changed").exists()


@pytest.mark.parametrize(
    ("url", "port", "direct", "upgraded"),
    [
        ("smtp://us%40er:p%2Fw@mail.test/?from=portal@acme.test", 587, False, True),
        ("smtps://us%40er:p%2Fw@mail.test/?from=portal@acme.test", 465, True, False),
        ("smtp://us%40er:p%2Fw@mail.test:25/?from=portal@acme.test&tls=no", 25, False, False),
    ],
)
def test_the_mail_server_is_one_address(url, port, direct, upgraded):
    found = environment.mail(url)

    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.test", port)
    assert (found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (direct, upgraded)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("us@er", "p/w")
    assert found["DEFAULT_FROM_EMAIL"] == "portal@acme.test"


@pytest.mark.parametrize(
    "url", ["mail.test", "smtp://mail.test", "http://mail.test/?from=a@b.c", "smtp:///?from=a@b.c"]
)
def test_another_address_is_refused_with_an_example(url):
    with pytest.raises(ValueError, match="reads like smtp://"):
        environment.mail(url)
