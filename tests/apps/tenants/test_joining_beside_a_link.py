"""Somebody joins another tenant in the moment in which an administrator's link opens their account: one ends."""

from __future__ import annotations

import threading

import pytest

from apps.tenants import services
from apps.tenants.services import invitations, ways_back
from foundation.access.models import Membership
from foundation.clock import now
from foundation.errors import Conflict, NotFound
from foundation.identity.models import User
from foundation.tenancy import scope
from tests.apps.tenants.test_ways_back import NEW, place_of
from tests.support.crossing import at_once, until_somebody_waits_for_a_row
from tests.support.people import make_person, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
NOON = now()


@pytest.mark.parametrize("first", ["joining", "the link"])
def test_no_account_comes_to_reach_more_with_the_password_of_an_administrators_link(monkeypatch, first):
    acme, other = make_tenant("acme", "Acme"), make_tenant("other", "Other Bank")
    person = make_person(acme, "scientist")
    with scope(acme.pk):
        link = services.make_password_link(actor=make_person(acme, "admin"), membership=place_of(person), now=NOON)[1]
    words = {"email": person.user.email, "role": "viewer", "now": NOON}
    with scope(other.pk):
        invited = services.invite(actor=make_person(other, "admin"), **words)[1]
    begun, done = threading.Event(), threading.Event()

    def join():
        return services.accept_invitation(user=person.user, secret=invited, now=NOON)

    def use():
        return services.set_password_by_link(secret=link, new=NEW, now=NOON)

    def pausing(act):
        def paused(**words):
            made = act(**words)
            begun.set()
            until_somebody_waits_for_a_row(or_else=done)
            return made

        return paused

    def second(act):
        assert begun.wait(20)
        try:
            return act()
        except (Conflict, NotFound) as refusal:
            return refusal.sentence
        finally:
            done.set()

    joining = first == "joining"
    where, name = (invitations, "enrol") if joining else (ways_back, "end_other_sessions")
    monkeypatch.setattr(where, name, pausing(getattr(where, name)))
    _made, said = at_once(join if joining else use, lambda: second(use if joining else join))

    assert ("reaches more" if joining else "changed just now") in str(said)
    with scope(None, user_id=person.user.pk):
        reached = Membership.objects.filter(user=person.user).count()
    assert (reached, User.objects.get(pk=person.user.pk).check_password(NEW)) == ((2, False) if joining else (1, True))
