"""Whoever loses the right to listen is gone within a second."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.projects.services import create_project
from foundation import clock, live
from foundation.access import Permission, grants
from foundation.access.actors import actor_for_user
from foundation.access.models import Group, GroupMember, Membership, ProjectRole
from foundation.identity import tokens
from foundation.identity.models import ServiceAccount
from foundation.live.guard import ROUND
from foundation.live.visitors import Visitor
from foundation.live.watching import no_longer_welcome
from foundation.tenancy import places_in, scope
from foundation.tenancy.models import Tenant
from tests.foundation.live.pages import ORIGIN, bearer, cookie, done, make_token, open_page, sign_in
from tests.support.people import make_person, make_tenant

pytestmark = [pytest.mark.asyncio]
BOUND = 1.0


async def cut_off_after(opened, change, *given, **named):
    """Seconds from the committed change to the farewell, and its sentence."""
    await opened.say({"ping": 1})
    assert await opened.hear() == {"pong": 1}
    await done(change, *given, **named)
    began = time.monotonic()
    sentence = (await opened.hear())["closing"]
    assert (await opened.receive_output())["type"] == "websocket.close"
    return time.monotonic() - began, sentence


async def test_revoked_token(house):
    row, token = await done(make_token, house.scientist)

    def revoke():
        with scope(house.tenant.pk):
            tokens.revoke(row, now=clock.now())

    async with open_page(bearer(token)) as opened:
        seconds, sentence = await cut_off_after(opened, revoke)
    assert seconds < BOUND
    assert "revoked" in sentence


async def test_expired_token(house):
    expiry = clock.now() + timedelta(seconds=1.5)
    _, token = await done(make_token, house.scientist, expires_at=expiry)
    async with open_page(bearer(token)) as opened:
        assert "expired" in (await opened.hear(timeout=5))["closing"]
        late = (clock.now() - expiry).total_seconds()
    assert 0 <= late < BOUND


async def test_signed_out_session(house):
    from django.contrib.sessions.models import Session

    key = await done(sign_in, house.scientist)
    async with open_page(cookie(key), ORIGIN) as opened:
        seconds, sentence = await cut_off_after(opened, Session.objects.all().delete)
    assert seconds < BOUND
    assert "signed out" in sentence


async def test_changed_password(house):
    key = await done(sign_in, house.scientist)

    def change():
        house.scientist.user.set_password("another long password")
        house.scientist.user.save()

    async with open_page(cookie(key), ORIGIN) as opened:
        seconds, _ = await cut_off_after(opened, change)
    assert seconds < BOUND


@pytest.mark.parametrize("role", [None, "viewer"])
async def test_membership_that_ended_or_changed(house, role):
    key = await done(sign_in, house.scientist)

    def change():
        with scope(house.tenant.pk):
            mine = Membership.objects.filter(user=house.scientist.user)
            mine.update(role=role) if role else mine.delete()

    async with open_page(cookie(key), ORIGIN) as opened:
        seconds, sentence = await cut_off_after(opened, change)
    assert seconds < BOUND
    assert "membership" in sentence


async def test_deactivated_person(house):
    _, token = await done(make_token, house.scientist)

    def deactivate():
        house.scientist.user.is_active = False
        house.scientist.user.save()

    async with open_page(bearer(token)) as opened:
        seconds, _ = await cut_off_after(opened, deactivate)
    assert seconds < BOUND


async def test_word_of_the_portal_is_quicker_still(house):
    row, token = await done(make_token, house.scientist)
    async with open_page(bearer(token)) as opened:
        seconds, sentence = await cut_off_after(
            opened, live.disconnect, token_digest=row.digest, sentence="Your token was revoked."
        )
    assert seconds < 0.3
    assert sentence == "Your token was revoked."


async def test_others_stay(house):
    row, token = await done(make_token, house.scientist)
    _, other = await done(make_token, house.scientist)

    def revoke():
        with scope(house.tenant.pk):
            tokens.revoke(row, now=clock.now())

    async with open_page(bearer(token)) as opened, open_page(bearer(other)) as staying:
        await cut_off_after(opened, revoke)
        await staying.say({"ping": 2})
        assert await staying.hear() == {"pong": 2}


def hold_role(house, role="viewer", **holder):
    return ProjectRole.objects.create(tenant=house.tenant, project_id=uuid4(), role=role, **holder)


def own_role(house):
    """A role in a project that is taken back behind the portal's back: nobody tells the socket."""
    return hold_role(house, user=house.scientist.user).delete


def role_by_group(house):
    group = Group.objects.create(tenant=house.tenant, name="Fraud team")
    hold_role(house, group=group)
    place = GroupMember.objects.create(tenant=house.tenant, group=group, user=house.scientist.user)
    return place.delete


def role_of_group(house):
    group = Group.objects.create(tenant=house.tenant, name="Fraud team")
    GroupMember.objects.create(tenant=house.tenant, group=group, user=house.scientist.user)
    return hold_role(house, group=group).delete


def single_grant(house):
    project = create_project(actor=house.scientist, slug="flights", name="Flights", purpose="Delays")
    held, _new = grants.give(user=house.scientist.user, permission=Permission.LEDGER_VIEW, project_id=project.pk)
    return held.delete


@pytest.mark.parametrize("hold", [own_role, role_by_group, role_of_group, single_grant])
async def test_what_a_person_held_in_a_project_is_lost_also_where_the_broker_forgot(house, hold):
    def held():
        with scope(house.tenant.pk):
            return hold(house)

    def lose():
        with scope(house.tenant.pk):
            take_back()

    take_back = await done(held)
    key = await done(sign_in, house.scientist)
    async with open_page(cookie(key), ORIGIN) as opened:
        seconds, sentence = await cut_off_after(opened, lose)
    assert seconds < BOUND
    assert "permissions changed" in sentence


def lose_role_in_project(account, role):
    role.delete()


def become_viewer(account, role):
    ServiceAccount.objects.filter(pk=account.pk).update(role="viewer")


def be_disabled(account, role):
    ServiceAccount.objects.filter(pk=account.pk).update(disabled_at=clock.now())


@pytest.mark.parametrize(
    ("change", "words"),
    [(lose_role_in_project, "has changed"), (become_viewer, "has changed"), (be_disabled, "disabled")],
)
async def test_a_program_whose_rights_changed_is_cut_off(house, change, words):
    def set_up():
        with scope(house.tenant.pk):
            account = ServiceAccount.objects.create(tenant=house.tenant, name="Airflow", role="scientist")
            _row, token = tokens.create_token(tenant=house.tenant, name="test", service_account=account)
            return account, hold_role(house, service_account=account), token

    def changed():
        with scope(house.tenant.pk):
            change(account, role)

    account, role, token = await done(set_up)
    async with open_page(bearer(token)) as opened:
        seconds, sentence = await cut_off_after(opened, changed)
    assert seconds < BOUND
    assert words in sentence


async def test_of_two_pages_of_one_session_the_one_of_before_the_change_goes(house):
    def give():
        with scope(house.tenant.pk):
            hold_role(house, user=house.scientist.user)

    def now_and_before():
        before = Visitor(actor_for_user(user=house.scientist.user, tenant=house.tenant), session_key=key)
        give()
        after = Visitor(actor_for_user(user=house.scientist.user, tenant=house.tenant), session_key=key)
        return before, no_longer_welcome([after, before], now=clock.now())

    key = await done(sign_in, house.scientist)
    before, sent_away = await done(now_and_before)
    assert list(sent_away) == [before]


async def test_a_look_costs_the_same_for_many_tenants_as_for_one(house):
    def visitors(count):
        for number in range(count):
            tenant = make_tenant(f"house-{number}", f"House {number}")
            yield Visitor(make_person(tenant, "scientist", email=f"s{number}@house.test"))

    def look(connected):
        with CaptureQueriesContext(connection) as asked:
            assert no_longer_welcome(connected, now=clock.now()) == {}
        return len(asked)

    connected = await done(lambda: list(visitors(12)))
    assert await done(look, connected) == await done(look, connected[:1]) < 15


async def test_the_watch_reads_the_places_of_the_watched_and_writes_nothing(house):
    def watched():
        with scope(None), places_in([house.tenant.pk]):
            seen = set(Membership.objects.values_list("tenant_id", flat=True))
            return seen, Membership.objects.update(role="admin"), ProjectRole.objects.all().delete()[0]

    def held():
        with scope(house.tenant.pk):
            hold_role(house, user=house.scientist.user)

    await done(held)
    assert await done(watched) == ({house.tenant.pk}, 0, 0)


def rounds():
    return sum(sample.value for sample in ROUND.collect()[0].samples if sample.name.endswith("_count"))


async def test_how_long_a_look_took_is_measured(house):
    before = rounds()
    row, token = await done(make_token, house.scientist)

    def revoke():
        with scope(house.tenant.pk):
            tokens.revoke(row, now=clock.now())

    async with open_page(bearer(token)) as opened:
        await cut_off_after(opened, revoke)
    assert rounds() > before


async def test_a_tenant_that_withdrew_its_key_is_heard_by_nobody(house):
    _row, token = await done(make_token, house.scientist)
    key = await done(sign_in, house.scientist)

    def withdraw():
        with scope(house.tenant.pk):
            Tenant.objects.update(keys_withdrawn_at=clock.now())

    async with open_page(bearer(token)) as opened, open_page(cookie(key), ORIGIN) as page:
        seconds, sentence = await cut_off_after(opened, withdraw)
        assert (await page.hear())["closing"] == sentence
    assert seconds < BOUND
    assert "withdrawn its encryption key" in sentence
    for headers in ([bearer(token)], [cookie(key), ORIGIN]):
        async with open_page(*headers) as refused:
            assert "withdrawn its encryption key" in (await refused.hear())["closing"]
