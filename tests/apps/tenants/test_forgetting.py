"""Rows that say nothing any more are cleared; a revocation is remembered for as long as it keeps anybody out."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.tenants import services, tasks
from apps.tenants.choices import SignInMethod
from apps.tenants.models import SignIn, SignInAttempt
from foundation.clock import now
from foundation.identity import Actor, tokens
from foundation.identity.models import ApiToken
from foundation.tenancy import scope, sign_ins_of_all
from tests.support.people import make_person

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)


@pytest.fixture
def token_of_run(tenant):
    """The token of a run that ended: revoked, though it would have lived for another hour."""

    def ended(run):
        row, text = services.issue_workload_token(
            actor=Actor.system(tenant), project_id=uuid4(), purpose=f"run:{run}", scopes=["run.track"], ttl=HOUR
        )
        services.revoke_workload_tokens(tenant=tenant, purpose=f"run:{run}", now=now())
        return row, text

    return ended


def told_to_a_new_gateway():
    """What a gateway hears that asks from the beginning: the newest number, and who is void."""
    return tokens.revoked_since(0)


def test_the_tokens_of_ended_runs_are_cleared_once_they_have_expired(token_of_run):
    for run in range(3):
        row, text = token_of_run(run)
    newest, void = told_to_a_new_gateway()
    assert len(void) == 3

    services.forget_expired_tokens(now=row.expires_at + HOUR)
    assert told_to_a_new_gateway() == (newest, void)
    assert ApiToken.objects.count() == 3

    services.forget_expired_tokens(now=row.expires_at + 2 * DAY)
    assert ApiToken.objects.count() == 0
    assert told_to_a_new_gateway() == (newest, [row.digest])  # the highest number never falls
    assert tokens.find_token(text, now=now()) is None


def test_a_revocation_is_remembered_until_its_token_has_expired(scientist, token_of_run):
    expires = now() + YEAR
    row, text = services.create_token(actor=scientist, name="mine", scopes=["*"], expires_at=expires, now=now())
    endless, _text = tokens.create_token(tenant=scientist.tenant, name="endless", user=scientist.user)
    for one in (row, endless):
        services.revoke_token(actor=scientist, token=one, now=now())
    last, _text = token_of_run("later")

    services.forget_expired_tokens(now=expires)
    assert set(told_to_a_new_gateway()[1]) >= {row.digest, endless.digest}
    assert tokens.find_token(text, now=now()) is None

    services.forget_expired_tokens(now=expires + 2 * DAY)
    assert told_to_a_new_gateway()[1] == [endless.digest, last.digest]
    assert tokens.find_token(text, now=now()) is None  # people see their own ended tokens; they stay


def test_a_token_that_was_renewed_is_as_old_as_its_last_renewal(tenant):
    row, text = services.issue_workload_token(
        actor=Actor.system(tenant), project_id=uuid4(), purpose="run:1", scopes=["run.track"], ttl=HOUR
    )
    for day in range(3):
        services.renew_workload_token(tenant=tenant, purpose="run:1", ttl=2 * DAY, now=row.expires_at - HOUR / 2)
        row.refresh_from_db()
        services.forget_expired_tokens(now=row.expires_at)
        assert tokens.find_token(text, now=row.expires_at - HOUR) == row, day
    services.revoke_workload_tokens(tenant=tenant, purpose="run:1", now=now())
    services.forget_expired_tokens(now=row.expires_at)
    assert told_to_a_new_gateway()[1] == [row.digest]


def test_other_tenants_tokens_are_cleared_too(other_tenant):
    with scope(other_tenant.pk):
        services.issue_workload_token(
            actor=Actor.system(other_tenant), project_id=uuid4(), purpose="try:1", scopes=["run.track"], ttl=-2 * DAY
        )
    tasks.forget_expired_tokens()
    with scope(other_tenant.pk):
        assert not ApiToken.objects.exists()


def test_ended_sessions_and_what_was_noted_of_them_are_cleared(scientist, client_as):
    user, keys = scientist.user, []
    for _ in range(2):
        client: Client = client_as(scientist)
        keys.append(client.session.session_key)
        begun = {"address": "192.0.2.1", "agent": "Browser", "method": SignInMethod.PASSWORD}
        services.note_session(user=user, session_key=keys[-1], **begun, now=now() - DAY)
    Session.objects.filter(session_key=keys[0]).update(expire_date=now() - HOUR)
    SignInAttempt.objects.create(email_digest="e", address_digest="a", at=now() - HOUR)

    tasks.forget_ended_sessions()

    assert list(Session.objects.values_list("session_key", flat=True)) == [keys[1]]
    with scope(None, user_id=user.pk):
        assert list(SignIn.objects.values_list("session_key", flat=True)) == [keys[1]]
    assert not SignInAttempt.objects.exists()


def test_a_sign_in_whose_session_is_not_saved_yet_stays_noted(scientist):
    begun = {"address": "", "agent": "", "method": SignInMethod.PASSKEY}
    services.note_session(user=scientist.user, session_key="new", **begun, now=now())
    tasks.forget_ended_sessions()
    with scope(None, user_id=scientist.user.pk):
        assert SignIn.objects.count() == 1


def test_the_sweep_of_sign_ins_costs_what_ended_and_not_everybody_there_ever_was(tenant):
    people = [make_person(tenant, "viewer", email=f"p{number}@house.test") for number in range(12)]
    long_ago = now() - 2 * DAY
    for number, person in enumerate(people):
        session_key = f"gone-{number}"
        if number:
            client = Client()
            client.force_login(person.user)
            session_key = client.session.session_key
        with scope(None, user_id=person.user.pk):
            SignIn.objects.update_or_create(user=person.user, session_key=session_key, defaults={"at": long_ago})

    with CaptureQueriesContext(connection) as asked:
        tasks.forget_ended_sessions()
    assert len(asked.captured_queries) < 25, "as many as people"
    for number, person in enumerate(people):
        with scope(None, user_id=person.user.pk):
            assert SignIn.objects.count() == (1 if number else 0)


def test_the_sweep_reads_and_writes_nothing_itself(scientist):
    with scope(None, user_id=scientist.user.pk):
        SignIn.objects.create(user=scientist.user, session_key="mine", at=now())
    with scope(None), sign_ins_of_all():
        assert SignIn.objects.filter(user=scientist.user).exists()
        assert SignIn.objects.update(address="203.0.113.9") == 0
        assert SignIn.objects.all().delete()[0] == 0
