"""What is asked for twice at once: the second is told in a sentence, and no page breaks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from apps.projects.services import create_project
from apps.tenants import services
from apps.tenants.choices import HolderKind
from apps.tenants.models import Invitation
from apps.tenants.services import invitations, project_roles
from foundation.access.models import ProjectRole
from foundation.clock import now
from foundation.errors import Conflict
from foundation.tenancy import scope
from tests.support.people import make_person, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house():
    return make_tenant("acme", "Acme")


def twice(tenant, act):
    """What comes of the same act in two connections: the answer, or the sentence of its refusal."""

    def once(_number):
        try:
            with scope(tenant.pk):
                return act()
        except Conflict as refusal:
            return refusal.sentence
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(once, range(2)))


def meet(monkeypatch, module, name):
    """Both have passed the look for an earlier one before either writes."""
    both, plain = Barrier(2, timeout=30), getattr(module, name)

    def wait_then(*args, **words):
        both.wait()
        return plain(*args, **words)

    monkeypatch.setattr(module, name, wait_then)


def test_an_address_that_is_invited_twice_at_once_has_one_invitation(house, monkeypatch):
    admin = make_person(house, "admin")
    meet(monkeypatch, invitations, "digest_of")
    said = twice(house, lambda: services.invite(actor=admin, email="x@acme.test", role="viewer", now=now())[1])
    assert [text.startswith("Somebody has just invited") for text in said].count(True) == 1
    with scope(house.pk):
        assert Invitation.objects.count() == 1


def test_a_role_that_is_given_twice_at_once_is_given_once(house, monkeypatch):
    admin = make_person(house, "admin")
    with scope(house.pk):
        project = create_project(actor=admin, slug="one", name="One", purpose="Twice at once")
    holder = services.Holder(HolderKind.USER, make_person(house, "viewer").user.pk)
    meet(monkeypatch, project_roles, "_written")
    words = {"actor": admin, "project_id": project.pk, "holder": holder, "role": "scientist"}
    said = twice(house, lambda: services.give_role_in_project(**words).role)
    assert sorted(text.partition(" ")[0] for text in said) == ["Somebody", "scientist"]
    with scope(house.pk):
        assert ProjectRole.objects.count() == 1
