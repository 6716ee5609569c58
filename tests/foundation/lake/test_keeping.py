"""Every tenant's lake has its turn, whatever becomes of the others'."""

from __future__ import annotations

import pytest

from foundation.clock import now
from foundation.jobs.registry import periodic_definitions
from foundation.lake import LakeFailed, LakeUnavailable, keeping, tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def maintained(monkeypatch, tenant, other_tenant):
    """The tenants whose lakes were maintained; the first of them meets the error that the test puts in `trouble`."""
    done, trouble = [], []

    def maintain(tenant_id, *, now):
        if tenant_id == tenant.pk and trouble:
            raise trouble[0]
        done.append(tenant_id)

    monkeypatch.setattr(keeping, "maintain", maintain)
    return done, trouble


def test_a_lake_that_is_being_written_to_waits_for_the_next_time(maintained, other_tenant):
    done, trouble = maintained
    trouble.append(LakeUnavailable("Somebody writes."))
    keeping.maintain_every_lake(now=now())
    assert done == [other_tenant.pk]


def test_a_lake_that_cannot_be_maintained_is_said_after_the_others_had_their_turn(maintained, other_tenant):
    done, trouble = maintained
    trouble.append(LakeFailed("A fault of ours."))
    with pytest.raises(ExceptionGroup) as raised:
        keeping.maintain_every_lake(now=now())
    assert raised.value.exceptions == (trouble[0],)
    assert done == [other_tenant.pk]


def test_it_is_done_every_few_minutes(maintained, tenant, other_tenant):
    tasks.maintain()
    assert set(maintained[0]) == {tenant.pk, other_tenant.pk}
    assert periodic_definitions()["lake.maintain"].every <= keeping.READ_WITHIN


def test_no_room_speaks_for_another():
    prefixes = sorted(keeping._rooms)
    of_data, of_features = "dl_ dm_ dn_ ds_ dt_ inference_ qr_ sq_", "fv_ hl_ hr_ ht_ hw_ js_ ts_ we_ wn_"
    assert prefixes == sorted([*of_data.split(), *of_features.split()])
    assert not any(a != b and a.startswith(b) for a in prefixes for b in prefixes)
