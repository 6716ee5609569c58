"""The panel “Who can reach this” and the check at the door are one answer: walked over a house that holds every way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.projects.services import create_project
from apps.tenants import selectors
from apps.tenants.choices import HolderKind
from foundation import access
from foundation.access import Permission, Role, grants
from foundation.access.actors import actor_for_user, rebuild_actor
from foundation.access.models import Group, GroupMember, Membership, ProjectRole, SupportGrant
from foundation.access.permissions import IN_PROJECT, TENANT_WIDE
from foundation.clock import now
from foundation.errors import AccessDenied, NotFound
from foundation.identity.models import ServiceAccount, User
from tests.support.people import make_person


class House:
    """A tenant in which somebody holds something by each way there is, in one project and not in the other."""

    def __init__(self, tenant, admin, project, elsewhere):
        self.tenant, self.admin, self.project, self.elsewhere = tenant, admin, project, elsewhere
        for role in Role:
            self.person(role)
            self.program(role)
            self.program(role).disable()
        for role in IN_PROJECT:
            self.given(role, user=self.person().user)
            self.given(role, service_account=self.program("viewer").row)
            self.by_group(role, self.person().user)
        for permission in Permission:
            if permission not in TENANT_WIDE:
                grants.give(user=self.person().user, permission=permission, project_id=project.pk)
        self.closed_places()
        self.guests()

    def person(self, role="member"):
        return make_person(self.tenant, str(role), email=f"p{User.objects.count()}@house.test")

    def program(self, role):
        row = ServiceAccount.objects.create(
            tenant=self.tenant, name=f"program {ServiceAccount.objects.count()}", role=str(role)
        )
        return Program(row)

    def given(self, role, **holder):
        ProjectRole.objects.create(tenant=self.tenant, project_id=self.project.pk, role=role, **holder)

    def by_group(self, role, user):
        group = Group.objects.create(tenant=self.tenant, name=f"Group of {role}")
        GroupMember.objects.create(tenant=self.tenant, group=group, user=user)
        self.given(role, group=group)

    def closed_places(self):
        suspended, inactive = self.person("admin"), self.person("admin")
        for person in (suspended, inactive):
            self.given(Role.OFFICER, user=person.user)
        Membership.objects.filter(user=suspended.user).update(suspended_at=now())
        User.objects.filter(pk=inactive.user.pk).update(is_active=False)
        # Who has left and was forgotten in a group and in a grant holds nothing.
        gone = self.person("scientist")
        group = Group.objects.get(name=f"Group of {Role.ADMIN}")
        GroupMember.objects.create(tenant=self.tenant, group=group, user=gone.user)
        grants.give(user=gone.user, permission=Permission.LEDGER_VIEW, project_id=self.project.pk)
        Membership.objects.filter(user=gone.user).delete()

    def guests(self):
        for level in ("viewer", "admin"):
            for hours in (1, -1):
                self.guest(level, hours)
        self.guest("admin", 1, is_operator=False)

    def guest(self, level, hours, *, is_operator=True):
        user = User.objects.create_user(
            f"op{User.objects.count()}@platform.test", name="The operator", is_operator=is_operator
        )
        times = {"granted_at": Now() - timedelta(hours=2), "ends_at": Now() + timedelta(hours=hours)}
        SupportGrant.objects.create(tenant=self.tenant, user=user, level=level, reason="A run hangs", hours=1, **times)

    def holders(self):
        """Everybody there is, with the actor that they would be; None where no door opens to them."""
        for user in User.objects.all():
            yield (HolderKind.USER, user.pk), self.entered(actor_for_user, user=user)
        for account in ServiceAccount.objects.all():
            key = (HolderKind.SERVICE_ACCOUNT, account.pk)
            yield key, self.entered(rebuild_actor, kind="service", actor_id=account.pk)

    def entered(self, enter, **who):
        try:
            return enter(tenant=self.tenant, **who)
        except (NotFound, AccessDenied):
            return None


class Program:
    def __init__(self, row):
        self.row = row

    def disable(self):
        ServiceAccount.objects.filter(pk=self.row.pk).update(disabled_at=now())


@pytest.fixture
def house(tenant, admin, scientist, project):
    elsewhere = create_project(actor=scientist, slug="elsewhere", name="Elsewhere", purpose="None")
    return House(tenant, admin, project, elsewhere)


def test_who_can_names_exactly_those_to_whom_the_door_opens(house):
    everybody = dict(house.holders())
    assert len(everybody) > 60
    for project_id in (None, house.project.pk, house.elsewhere.pk):
        for permission in Permission:
            told = selectors.who_can(actor=house.admin, permission=permission, project_id=project_id)
            told = {(reach.kind, reach.id) for reach in told}
            inside = access.Inside(project_id)
            opens = {key for key, actor in everybody.items() if actor and access.can(actor, permission, inside)}
            named = {key: name_of(house, key) for key in told ^ opens}
            assert told == opens, f"{permission.value} in {project_id}: {named}"


def name_of(house, key):
    kind, pk = key
    model = User if kind == HolderKind.USER else ServiceAccount
    return f"{kind} {model.objects.get(pk=pk)}"


@pytest.mark.parametrize("permission", [Permission.APPROVAL_DECIDE, Permission.PROJECT_VIEW, Permission.TENANT_MANAGE])
def test_requests_go_to_people_who_may_and_to_nobody_else(house, permission):
    asked = selectors.people_who_may(actor=house.admin, permission=permission, project_id=house.project.pk)
    may = {user.pk for user in asked}
    for key, actor in house.holders():
        if key[0] == HolderKind.USER:
            # A guest of the platform may, and is not asked: the organisation's own people decide.
            own = actor is not None and actor.guest_until is None
            opens = own and access.can(actor, permission, access.Inside(house.project.pk))
            assert (key[1] in may) == opens
