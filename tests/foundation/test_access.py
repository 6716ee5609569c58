"""What roles, limits and grants open: nothing of the tenant to whoever is limited, nothing beyond what was granted."""

from dataclasses import replace
from uuid import uuid4

import pytest

from foundation import access, ledger
from foundation.access import TENANT_WIDE, Permission
from foundation.errors import AccessDenied

HERE = uuid4()


class Thing:
    """Something of a project."""

    def __init__(self, project_id):
        self.project_id = project_id


@pytest.fixture
def limited(admin):
    return replace(admin, project_id=HERE)


@pytest.mark.parametrize("permission", sorted(TENANT_WIDE))
def test_a_limit_to_a_project_takes_away_what_is_held_in_the_whole_tenant(admin, limited, permission):
    assert access.can(admin, permission)
    for thing in (None, Thing(HERE)):
        assert not access.can(limited, permission, thing)
    with pytest.raises(AccessDenied, match="limited to one project"):
        access.require(limited, permission)


def test_a_limit_to_a_project_closes_what_is_asked_of_the_tenant_itself(admin, limited):
    assert access.can(admin, Permission.TENANT_VIEW, admin.tenant)
    assert not access.can(limited, Permission.TENANT_VIEW, admin.tenant)


def test_within_its_project_a_limited_actor_does_what_its_role_allows(limited):
    assert access.can(limited, Permission.DATASET_CREATE, Thing(HERE))
    assert access.can(limited, Permission.DATASET_VIEW)
    assert not access.can(limited, Permission.DATASET_CREATE, Thing(uuid4()))


@pytest.mark.parametrize("read", [lambda who: ledger.parked(actor=who), ledger.delivery_state])
def test_deliveries_are_the_whole_tenants(admin, limited, read):
    assert read(admin) is not None
    with pytest.raises(AccessDenied, match="limited to one project"):
        read(limited)


def test_a_token_that_was_made_for_less_says_so_and_does_not_send_its_owner_for_a_role(admin):
    token = replace(admin, scopes=frozenset({"dataset.view"}), token_id=uuid4())

    with pytest.raises(AccessDenied, match="This token was not made to ask a deployment for predictions"):
        access.require(token, Permission.DEPLOYMENT_INVOKE, Thing(HERE))


def test_a_sentence_of_its_own_is_kept(limited):
    with pytest.raises(AccessDenied, match="Only an administrator"):
        access.require(limited, Permission.MEMBER_MANAGE, else_say="Only an administrator may.")


@pytest.fixture
def granted(viewer):
    """A viewer with grants in one project, of a tenant-wide permission too, should such a row ever be written."""
    names = {Permission.DATASET_CREATE.value, Permission.MEMBER_MANAGE.value}
    return replace(viewer, grants={HERE: frozenset(names)})


def test_a_grant_opens_that_permission_in_that_project_alone(granted):
    assert access.can(granted, Permission.DATASET_CREATE, Thing(HERE))
    assert not access.can(granted, Permission.DATASET_CREATE, Thing(uuid4()))
    assert not access.can(granted, Permission.DATASET_CREATE)
    assert not access.can(granted, Permission.RUN_START, Thing(HERE))


def test_what_is_held_in_the_whole_tenant_is_never_held_by_a_grant(granted):
    assert not access.can(granted, Permission.MEMBER_MANAGE, Thing(HERE))
    with pytest.raises(AccessDenied):
        access.require_somewhere(granted, Permission.MEMBER_MANAGE)


def test_a_door_that_does_not_know_the_thing_lets_in_whoever_holds_it_somewhere(granted, viewer):
    access.require_somewhere(granted, Permission.DATASET_CREATE)
    with pytest.raises(AccessDenied, match=r"dataset\.create"):
        access.require_somewhere(viewer, Permission.DATASET_CREATE)


@pytest.mark.parametrize("limit", [{"scopes": frozenset({"dataset.view"})}, {"project_id": uuid4()}])
def test_a_token_holds_no_more_of_a_grant_than_it_was_made_for(granted, limit):
    token = replace(granted, **limit)

    assert not access.can(token, Permission.DATASET_CREATE, Thing(HERE))
    with pytest.raises(AccessDenied):
        access.require_somewhere(token, Permission.DATASET_CREATE)


def lacking(actor, permission, thing=None):
    return access.ask(lambda who: access.require(who, permission, thing), actor).lacking


def test_a_refusal_says_what_a_person_could_ask_for_and_where(viewer):
    here = access.Lacking(Permission.DATASET_CREATE, HERE)
    assert lacking(viewer, Permission.DATASET_CREATE, Thing(HERE)) == here
    assert lacking(viewer, Permission.DATASET_CREATE) == access.Lacking(Permission.DATASET_CREATE)
    # No grant in a project would bring this one.
    assert lacking(viewer, Permission.MEMBER_MANAGE, Thing(HERE)) == access.Lacking(Permission.MEMBER_MANAGE)


def test_a_program_is_offered_nothing_to_ask_for(viewer):
    assert lacking(replace(viewer, token_id=uuid4()), Permission.DATASET_CREATE, Thing(HERE)) is None
    assert lacking(replace(viewer, user=None), Permission.DATASET_CREATE, Thing(HERE)) is None
