"""A key that nobody used for a while is asked for before it opens anything; away from the portal it goes on."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from gateway import keys
from gateway.keys import Keys
from gateway.portal import PortalAway
from gateway.problems import Refused

KEY = b"Bearer snd_" + b"a" * 40


class Contact:
    """The portal is at hand."""

    is_lost = False
    last_at = time.monotonic()

    def __init__(self):
        self.on_revoked, self.on_rewound = [], []
        self.table = SimpleNamespace(routes={"acme/churn": SimpleNamespace(deployment_id="first")})

    def age_s(self):
        return 0.0


class Portal:
    """Says what it is told to say of every key, and counts how often it was asked."""

    def __init__(self):
        self.says, self.asked = True, 0

    async def token(self, digest, tenant, deployment, address):
        self.asked += 1
        if self.says is None:
            raise PortalAway("not there")
        return document(allowed=self.says)


def document(*, allowed):
    return {"allowed": allowed, "sentence": "" if allowed else "No.", "actor": "user:x", "expires_at": None}


@pytest.fixture
def portal():
    return Portal()


@pytest.fixture
def ring(portal):
    return Keys(portal, Contact(), stale_limit_s=900)


def aged(ring, seconds):
    for key, verdict in list(ring.known.items()):
        ring.known[key] = replace(verdict, checked_at=verdict.checked_at - seconds)


async def admit(ring):
    return await ring.admit(KEY, "acme", "churn", "127.0.0.1")


def test_a_key_that_lost_its_right_while_it_lay_idle_opens_nothing(ring, portal):
    async def story():
        assert (await admit(ring)).allowed
        portal.says = False
        aged(ring, keys.IDLE_AFTER_S + 1)
        with pytest.raises(Refused):
            await admit(ring)
        assert portal.asked == 2

    asyncio.run(story())


def test_in_use_it_is_asked_for_behind_the_callers_back(ring, portal):
    async def story():
        await admit(ring)
        aged(ring, keys.RECHECK_AFTER_S + 1)
        portal.says = False
        assert (await admit(ring)).allowed
        await asyncio.sleep(0)
        while ring._flights:
            await asyncio.gather(*ring._flights.values(), return_exceptions=True)
        with pytest.raises(Refused):
            await admit(ring)

    asyncio.run(story())


def test_where_the_portal_does_not_answer_for_a_moment_the_old_word_holds(ring, portal):
    async def story():
        await admit(ring)
        portal.says = None
        aged(ring, keys.IDLE_AFTER_S + 1)
        assert (await admit(ring)).allowed

    asyncio.run(story())


def test_a_new_deployment_under_the_name_of_a_deleted_one_is_asked_for_anew(portal):
    contact = Contact()
    ring = Keys(portal, contact, stale_limit_s=900)

    async def story():
        assert (await admit(ring)).allowed
        assert (await admit(ring)).allowed
        assert portal.asked == 1
        portal.says = False
        contact.table.routes["acme/churn"] = SimpleNamespace(deployment_id="second")
        with pytest.raises(Refused):
            await admit(ring)
        assert portal.asked == 2

    asyncio.run(story())
