"""Revocations of one moment, of the same people in opposite order: one waits for the other, and none is ended."""

from __future__ import annotations

import threading

import pytest

from apps.projects.services import create_project
from apps.tenants import services
from apps.tenants.choices import HolderKind
from apps.tenants.services import groups
from apps.tenants.services import tokens as member_tokens
from foundation.access.models import Group
from foundation.clock import now
from foundation.identity import tokens
from foundation.identity.models import ApiToken
from foundation.tenancy import scope
from tests.support.crossing import at_once, until_somebody_waits_for_a_row
from tests.support.people import make_person, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


class House:
    """Two people in two groups, who joined them in opposite order; of each a run's token that rests on the groups."""

    def __init__(self):
        self.tenant = make_tenant("acme", "Acme")
        self.admin = make_person(self.tenant, "admin")
        self.ali, self.omar = (make_person(self.tenant, "member", f"{name}@acme.test") for name in ("ali", "omar"))
        with scope(self.tenant.pk):
            self.project = create_project(actor=self.admin, slug="flights", name="Flights", purpose="Late flights")
            self.first = self._group("First", self.ali, self.omar)
            self.second = self._group("Second", self.omar, self.ali)
            for person in (self.ali, self.omar):
                self._token(person)

    def _group(self, name, *people):
        group = services.create_group(actor=self.admin, name=name)
        for person in people:
            services.add_to_group(actor=self.admin, group=group, user_id=person.user.pk)
        holder = services.Holder(HolderKind.GROUP, group.pk)
        words = {"project_id": self.project.pk, "holder": holder, "role": "scientist"}
        services.give_role_in_project(actor=self.admin, **words)
        return group

    def _token(self, person):
        words = {"scopes": ["run.start"], "project_id": self.project.pk, "purpose": "run:1"}
        tokens.create_token(tenant=self.tenant, name="run", on_behalf_of=person.user, **words)

    def delete(self, group):
        with scope(self.tenant.pk):
            services.delete_group(actor=self.admin, group=group)

    def live(self):
        with scope(self.tenant.pk):
            return ApiToken.objects.filter(tenant=self.tenant, revoked_at=None).count()


@pytest.fixture
def house():
    return House()


def meet_after_the_first(monkeypatch):
    """Each goes on from its first person when the other is done with its own, or waits for a row of this one's."""
    reached, revoke = {}, groups.revoke_tokens_beyond
    met = threading.Event()

    def revoke_then_wait(**words):
        revoke(**words)
        me = threading.get_ident()
        if me not in reached:
            reached[me] = True
            if len(reached) == 2:
                met.set()
            until_somebody_waits_for_a_row(or_else=met)

    monkeypatch.setattr(groups, "revoke_tokens_beyond", revoke_then_wait)
    return reached


def test_two_groups_of_the_same_people_are_deleted_at_once(house, monkeypatch):
    reached = meet_after_the_first(monkeypatch)
    assert house.live() == 2
    at_once(lambda: house.delete(house.first), lambda: house.delete(house.second))
    assert len(reached) == 2, "both revoked something, so they could have crossed"
    assert house.live() == 0
    with scope(house.tenant.pk):
        assert not Group.objects.exists()


def test_one_persons_tokens_are_revoked_while_their_group_is_deleted(house, monkeypatch):
    """Whoever holds the rows of the group's last person needs nothing that the group's deletion holds meanwhile."""
    held, revoke = threading.Event(), member_tokens.revoke_row

    def hold_then_revoke(*given):
        if not held.is_set():
            held.set()
            until_somebody_waits_for_a_row()
        revoke(*given)

    def one_person():
        with scope(house.tenant.pk):
            member_tokens.revoke_tokens_of_member(actor=house.admin, user_id=house.omar.user.pk, now=now())

    def their_group():
        assert held.wait(30)
        house.delete(house.first)

    monkeypatch.setattr(member_tokens, "revoke_row", hold_then_revoke)
    with scope(house.tenant.pk):
        house.second.project_roles.all().delete()  # so that they hold what they hold by the first group alone
    at_once(one_person, their_group)
    assert house.live() == 0
