"""Every address that changes something, asked in an archived project by the mightiest of its tenant: nothing changes.

Routes come out of the URL map and bodies out of the OpenAPI description, as in test_other_tenants.py, so a new one is
asked by itself; what may write there all the same is named with its reason.
"""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from foundation.clock import now
from foundation.tenancy import scope
from tests.isolation.houses import furnish
from tests.isolation.judging import callers
from tests.isolation.names import EXTRA_HEADERS
from tests.isolation.requests import Try, address_of, sample_body
from tests.isolation.routes import every_route

# The tables of the rooms in which a project's things lie.
ROOMS = (
    "projects_",
    "datasets_",
    "features_",
    "experiments_",
    "registry_",
    "deployments_",
    "monitoring_",
    "approvals_",
)
# What goes on in an archive, by the end of its address; each with why.
GOES_ON = {
    "api/v1/projects/": "it makes another project",
    "restore/": "the way back",
    "archive/": "it is archived already",
    "erasures/": "the law asks for it",
    "again/": "an erasure that goes on",
}
UNSAFE = {"post", "put", "patch", "delete"}


def changes():
    """How many rows of a project's rooms were written so far in this transaction, by table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return {name: count for name, count in cursor.fetchall() if name.startswith(ROOMS)}


def asked():
    """Pages of a project, and resources of the rooms in which its things lie; a tenant's own are elsewhere."""
    for route in every_route():
        room = getattr(getattr(route.view, "cls", None), "__module__", "")
        if "/p/<" in route.template or (room.startswith("apps.") and not room.startswith("apps.tenants.")):
            for method in sorted(UNSAFE & set(route.actions)) if route.actions else ["post"]:
                yield route, method


@pytest.fixture
def house(db):
    """A tenant full of things whose one project was archived although some of them serve."""
    from apps.projects.models import Project

    house = furnish("acme")
    with scope(house.tenant.pk):
        Project.objects.update(archived_at=now())
    return house


def test_nobody_writes_there_by_any_address(house):
    known = {caller.name: caller for caller in callers(house)}
    session, token = known["admin with a session"], known["admin with a token"]
    refused, wrote = 0, []
    for route, method in asked():
        body = sample_body(route, method, house) if route.actions else {}
        # A page's refusal as htmx shows it: a sentence, not a page.
        extra = EXTRA_HEADERS.get((route.template, method), {}) if route.actions else {"HX-Request": "true"}
        what = Try(method, address_of(route, house), "own", (), body, {}, extra)
        before = changes()
        with transaction.atomic():
            answer = (token if route.actions else session).send(what)
            transaction.set_rollback(True)
        refused += answer.status_code == 423
        # A request that is refused is rolled back whole, whatever it had written.
        if answer.status_code < 400 and changes() != before and not route.template.endswith(tuple(GOES_ON)):
            wrote.append(f"{method} {route}: {answer.status_code}")
    assert wrote == []
    assert refused > 45
