"""An invitation goes by mail where the portal sends any: the link alone, in the reader's language, and once."""

import re

import pytest
from django.core import mail
from django.test import Client

from apps.tenants import selectors, services
from foundation.clock import now
from foundation.identity.models import User
from foundation.jobs.models import Job
from tests.support.forms import send_form

MEMBERS = "/t/acme/settings/members/"


@pytest.fixture
def mails(settings):
    settings.SANAD_SENDS_MAIL = True


def invite(admin, email="new@acme.test"):
    return services.invite(actor=admin, email=email, role="viewer", now=now())


def test_the_link_in_the_mail_opens_a_place(mails, admin, run_jobs):
    _row, secret = invite(admin)
    assert secret not in str(list(Job.objects.values_list("arguments", flat=True)))
    run_jobs()

    (sent,) = mail.outbox
    assert sent.to == ["new@acme.test"] and "Acme Trading" in sent.subject
    assert sent.body.count("/accounts/invitations/") == 2
    path = re.search(r"/accounts/invitations/[\w-]+/", sent.body)[0]
    said = {"name": "New", "password": "a lighthouse over the quay 7"}
    assert send_form(Client(), path, said).status_code == 302
    assert User.objects.filter(email="new@acme.test").exists()


def test_somebody_with_an_account_reads_it_in_their_language(mails, admin, other_scientist, run_jobs):
    User.objects.filter(pk=other_scientist.user.pk).update(language="ar")
    invite(admin, other_scientist.user.email)
    run_jobs()
    assert mail.outbox[0].body.count("/accounts/invitations/") == 1


def test_one_that_was_withdrawn_meanwhile_is_not_sent(mails, admin, run_jobs):
    row, _secret = invite(admin)
    services.withdraw_invitation(actor=admin, invitation=row, now=now())
    run_jobs()
    assert mail.outbox == []


def test_without_a_mail_server_the_page_says_to_give_the_link_oneself(client_as, admin, settings):
    page = client_as(admin).post(MEMBERS, {"email": "new@acme.test", "role": "viewer"}).content.decode()
    assert "Give this link to the person yourself" in page and not Job.objects.exists()
    settings.SANAD_SENDS_MAIL = True
    page = client_as(admin).post(MEMBERS, {"email": "newer@acme.test", "role": "viewer"}).content.decode()
    assert "on its way by mail" in page
    assert selectors.open_invitations(actor=admin).count() == 2
