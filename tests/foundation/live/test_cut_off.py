"""Whoever loses the right to listen is gone within a second."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from foundation import clock, live
from foundation.access.models import Membership
from foundation.identity import tokens
from foundation.tenancy import scope
from tests.foundation.live.pages import ORIGIN, bearer, cookie, done, make_token, open_page, sign_in

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
