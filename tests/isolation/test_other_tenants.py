"""Every route, driven as a member of one tenant with the ids of another: nothing is seen, nothing is changed.

Routes come out of the URL map and bodies out of the OpenAPI description, so that a new one is driven by itself; one
that names something nobody knows fails with what to add (names.py, houses.py).
"""

from __future__ import annotations

import pytest

from tests.isolation.names import OPEN_DOORS
from tests.isolation.routes import every_route

ROUTES = [route for route in every_route() if route.template not in OPEN_DOORS]


@pytest.mark.parametrize("route", ROUTES, ids=[str(route) for route in ROUTES])
def test_a_member_of_another_tenant_sees_and_changes_nothing(route, two_houses, db):
    leaks = two_houses.leaks(route)
    assert not leaks, "\n".join(leaks)
