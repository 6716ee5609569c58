"""Who administered the tenant has read the links that they made: none of them leads back in."""

import pytest

from apps.tenants import services
from foundation.errors import NotFound
from tests.apps.tenants.test_ways_back import NEW, NOON, events, link_for, place_of, set_by
from tests.support.people import make_person


def remove(admin, place):
    services.remove_member(actor=admin, membership=place, now=NOON)


def suspend(admin, place):
    services.suspend_member(actor=admin, membership=place, now=NOON)


def demote(admin, place):
    services.change_role(actor=admin, membership=place, role="scientist")


@pytest.fixture
def former(tenant):
    return make_person(tenant, "admin", "former@acme.test")


@pytest.mark.parametrize("lose", [remove, suspend, demote])
def test_no_link_outlives_the_place_of_whoever_made_it(admin, former, scientist, lose):
    _, to_come_back = services.invite(actor=former, email="second-name@x.test", role="admin", now=NOON)
    to_be_somebody_else = link_for(former, scientist)
    lose(admin, place_of(former))

    with pytest.raises(NotFound, match="withdrawn"):
        services.accept_as_new_person(secret=to_come_back, name="Second name", password=NEW, now=NOON)
    with pytest.raises(NotFound, match="no administrator any more"):
        set_by(to_be_somebody_else)
    (withdrawn,) = events(admin.tenant, "membership.invitation_withdrawn")
    assert withdrawn.actor_id == admin.user.pk


def test_links_of_those_who_stay_go_on_leading_in(admin, former, scientist):
    _, secret = services.invite(actor=admin, email="new@acme.test", role="viewer", now=NOON)
    link = link_for(admin, scientist)
    remove(admin, place_of(former))

    services.accept_as_new_person(secret=secret, name="New", password=NEW, now=NOON)
    set_by(link)
