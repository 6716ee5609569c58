"""A lake of its own for each module of tests: its key comes from here, so no tenant has to exist."""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid4

import pytest
from django.test import override_settings


def keys_of(tenant_id: UUID) -> dict[int, bytes]:
    return {1: hashlib.sha256(tenant_id.bytes).digest()}


@pytest.fixture(scope="module", autouse=True)
def threads_as_in_use(as_many_threads_as_in_use):
    pass


@pytest.fixture(scope="module")
def lake_id(django_db_setup):
    """The tenant of a lake that the tests of one module share."""
    with override_settings(LAKE_KEYS="tests.foundation.lake.conftest.keys_of"):
        yield uuid4()


@pytest.fixture(scope="module")
def lake(lake_id):
    from foundation.lake import for_tenant

    return for_tenant(lake_id)
