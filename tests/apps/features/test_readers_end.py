"""Names at the online store end with the sight that they were given by."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import services
from apps.features.services.online import online_store
from apps.tenants import services as tenants
from foundation import clock
from foundation.access.models import Membership
from tests.apps.features.stage import deliver_events
from tests.support.people import make_person


@pytest.fixture
def admitted(view):
    """The names at the store of some actors, one each; what is there of other tests is not looked at."""
    before = told()

    def names(*actors):
        given = {}
        for actor in actors:
            services.admit_reader(actor=actor, asked={"views": [str(view.pk)]}, now=clock.now())
            there = set(online_store().admitted("sanad-reader")) - before - set(given.values())
            (given[actor],) = there
        return given

    yield names
    services.end_readers_in(tenant_id=view.tenant_id)


def told():
    deliver_events("features.readers")
    return set(online_store().admitted("sanad-reader"))


def test_a_role_that_was_taken_takes_the_name_with_it_and_no_other(admitted, scientist, officer, admin):
    colleague = make_person(scientist.tenant, "scientist", "colleague@acme.test")
    program = replace(colleague, token_id=uuid4())
    names = admitted(scientist, colleague, program)
    assert told() >= set(names.values())
    membership = Membership.objects.get(user=colleague.user)
    tenants.change_role(actor=admin, membership=membership, role="viewer")
    left = told()
    assert {actor for actor, name in names.items() if name in left} == {scientist}


def test_a_column_that_became_personal_ends_who_opened_it(admitted, view, flights, scientist):
    names = admitted(scientist)
    # A version that no view reads.
    dataset_services.classify_columns(actor=scientist, version=flights, classes={"carrier": "personal"})
    assert told() >= set(names.values())
    source = datasets.versions_by_id({UUID(next(iter(view.inputs.values())))})[0]
    dataset_services.classify_columns(actor=scientist, version=source, classes={"delay": "personal"})
    assert not told() & set(names.values())
    (again,) = admitted(scientist).values()
    assert services.end_readers_in(tenant_id=uuid4()) == 0
    assert again in told()
