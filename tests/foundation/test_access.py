"""Who is limited to one project holds nothing that concerns the whole tenant, whatever their role."""

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


def test_a_sentence_of_its_own_is_kept(limited):
    with pytest.raises(AccessDenied, match="Only an administrator"):
        access.require(limited, Permission.MEMBER_MANAGE, else_say="Only an administrator may.")
