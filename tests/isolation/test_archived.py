"""Every address that changes something, asked in an archived project by the mightiest of its tenant: nothing changes.

Routes come out of the URL map and bodies out of the OpenAPI description, as in test_other_tenants.py, so a new one is
asked by itself; what answers otherwise there is named with its reason.
"""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from foundation.clock import now
from foundation.identity.tokens import create_token
from foundation.tenancy import scope
from runtime.recipes.catalogue import CATALOGUE
from tests.isolation.houses import furnish
from tests.isolation.judging import Caller, callers
from tests.isolation.names import EXTRA_HEADERS
from tests.isolation.requests import Try, address_of, sample_body
from tests.isolation.routes import every_route

# The tables of the rooms in which a project's things lie.
ROOMS = (
    "projects_",
    "connections_",
    "datasets_",
    "streams_",
    "features_",
    "experiments_",
    "registry_",
    "deployments_",
    "monitoring_",
    "approvals_",
)
PAGE = "post t/<slug:tenant>/p/<slug:project>/"
# What goes on in an archive and writes in these rooms; each with why.
GOES_ON = {
    f"{PAGE}settings/archive/restore/": "the way back",
    f"{PAGE}settings/archive/delete/": "the end",
    "post api/v1/projects/": "another project",
    "post api/v1/projects/<slug:slug>/restore/": "the way back",
    "post api/v1/projects/<slug:slug>/delete/": "the end",
}
# What answers something else than that the project is archived, and writes nothing there; each with why.
ANSWERS = {
    f"{PAGE}settings/archive/": "archived already",
    f"{PAGE}settings/archive/keep/": "nobody asked for its end",
    f"{PAGE}settings/people/": "who reads it",
    f"{PAGE}settings/people/<uuid:role_id>/take-back/": "who reads it",
    f"{PAGE}data/versions/<uuid:version_id>/destroy/": "the law",
    f"{PAGE}data/versions/<uuid:version_id>/hold/": "the law",
    f"{PAGE}data/holds/<uuid:hold_id>/release/": "the law",
    f"{PAGE}data/<uuid:dataset_id>/retention/": "the law",
    f"{PAGE}features/views/<uuid:view_id>/remove/": "the law",
    f"{PAGE}features/training-sets/<uuid:training_set_id>/remove/": "the law",
    f"{PAGE}getting-started/dismiss/": "one's own page",
    "post api/v1/projects/<slug:slug>/archive/": "archived already",
    "post api/v1/projects/<slug:slug>/keep/": "nobody asked for its end",
    "post api/v1/dataset-versions/<uuid:pk>/destroy/": "the law",
    "post api/v1/erasures/": "the law",
    "post api/v1/legal-holds/": "the law",
    "post api/v1/column-tokens/destroy-key/": "a key of the whole tenant",
    "post api/v1/datasets/<uuid:pk>/retention/preview/": "reads",
    "put api/v1/datasets/<uuid:pk>/retention/": "the law",
    "post api/v1/legal-holds/<uuid:pk>/release/": "the law",
    "post api/v1/erasures/preview/": "reads",
    "post api/v1/erasures/in-projects/": "the law",
    "post api/v1/erasures/in-projects/preview/": "reads",
    "post api/v1/erasures/<uuid:pk>/go-on/": "the law",
    "post api/v1/feature-views/online/": "reads",
    "post api/v1/feature-views/<uuid:pk>/remove/": "the law",
    "post api/v1/training-sets/<uuid:pk>/remove/": "the law",
    "post api/v1/feature-views/reader/": "reads",
    "post api/v1/on-demand-views/<uuid:pk>/online/": "reads",
    "post api/v1/on-demand-views/<uuid:pk>/try/": "reads",
    "post api/v1/runs/estimate/": "reads",
    "post api/v1/deployments/estimate/": "reads",
    "post api/v1/reports/": "quotes what is there",
    "post api/v1/ledger/verify/": "reads",
}
# Whose door it is, where the mightiest would be refused in any project.
ASKED_BY = {
    "post api/v1/approvals/<uuid:pk>/decide/": "officer",
    "post api/v1/approvals/<uuid:pk>/withdraw/": "scientist",
    "put api/v1/uploads/<uuid:pk>/": "scientist",
    "delete api/v1/uploads/<uuid:pk>/": "scientist",
    "post api/v1/uploads/<uuid:pk>/complete/": "scientist",
    "post api/v1/datasets/<uuid:pk>/versions/": "scientist",
}
# An address that does not take the method is closed to everybody, whatever is sent.
CLOSED = {405, 423}
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


def filled(house):
    """What opens a door whose empty form, or whose words made of the description alone, are refused in any project."""
    from apps.features.models import Entity

    with scope(house.tenant.pk):
        entity = Entity.objects.get().name
    parameters = next(iter(CATALOGUE.values())).parameters
    learned = {f"params.{each.name}": each.default for each in parameters if each.default is not None}
    return {
        f"{PAGE}settings/": {"name": "New", "purpose": "New"},
        f"{PAGE}experiments/new/": {"seed": 0, "resource_class": "small", "split.kind": "random", **learned},
        f"{PAGE}models/new/": {"run": house.things["run"], "name": "flowers"},
        f"{PAGE}deployments/new/": {"version": house.things["model_version"], "resource_class": "small"},
        f"{PAGE}settings/archive/delete/": {"confirmation": house.things["project"]},
        "post api/v1/projects/<slug:slug>/delete/": {"confirmation": house.things["project"]},
        "post api/v1/datasets/": {"place": "public.orders"},
        "post api/v1/datasets/<uuid:pk>/versions/": {"place": "public.orders"},
        "post api/v1/feature-views/": {"entity": entity},
        "post api/v1/feature-windows/": {
            "entity": entity,
            "aggregations": [{"name": "n", "function": "count", "seconds": 60}],
        },
        "post api/v1/feature-services/": {"views": [], "on_demand": []},
        "post api/v1/on-demand-views/": {"uses": [], "features": [{"name": "a", "expression": "1"}]},
        "post api/v1/on-demand-views/try/": {"uses": [], "features": [{"name": "a", "expression": "1"}]},
        "post api/v1/feature-services/<uuid:pk>/deprecate/": {"instead": None},
        "post api/v1/on-demand-views/<uuid:pk>/deprecate/": {"instead": None},
        "post api/v1/training-sets/": {"views": [], "on_demand": []},
        "post api/v1/training-sets/preview/": {"views": [], "on_demand": []},
        "post api/v1/transformations/": {"sql": "SELECT 1 AS a"},
        "post api/v1/transformations/<uuid:pk>/definitions/": {"sql": "SELECT 1 AS a"},
        "post api/v1/suites/": {"after": 0},
        "post api/v1/saved-filters/": {"list": "data/", "query": "q=a"},
        "patch api/v1/saved-filters/<uuid:pk>/": {"query": "q=a"},
    }


def with_a_token(house, role):
    with scope(house.tenant.pk):
        _row, token = create_token(tenant=house.tenant, name="test", user=house.people[role].user)
    return Caller(role, token=token)


@pytest.fixture
def house(db):
    """A tenant full of things whose one project was archived although some of them serve."""
    from apps.projects.models import Project

    house = furnish("acme")
    with scope(house.tenant.pk):
        Project.objects.update(archived_at=now())
    return house


def test_nobody_writes_there_by_any_address(house):
    session = next(caller for caller in callers(house) if caller.name == "admin with a session")
    tokens = {role: with_a_token(house, role) for role in {"admin", *ASKED_BY.values()}}
    words, answered, wrote = filled(house), {}, set()
    for route, method in asked():
        name = f"{method} {route}"
        body = sample_body(route, method, house) if route.actions else {}
        body = {**(body or {}), **words.get(name, {})}
        # A page's refusal as htmx shows it: a sentence, not a page.
        extra = EXTRA_HEADERS.get((route.template, method), {}) if route.actions else {"HX-Request": "true"}
        what = Try(method, address_of(route, house), "own", (), body, {}, extra)
        before = changes()
        with transaction.atomic():
            answer = (tokens[ASKED_BY.get(name, "admin")] if route.actions else session).send(what)
            transaction.set_rollback(True)
        if answer.status_code not in CLOSED:
            answered[name] = answer.status_code
        # A request that is refused is rolled back whole, whatever it had written.
        if answer.status_code < 400 and changes() != before:
            wrote.add(name)
    # Another answer than a refusal is no door by chance: a form that was empty may be filled the next time.
    said = "\n".join(f"{name}: {status}" for name, status in answered.items())
    assert answered.keys() == {**GOES_ON, **ANSWERS}.keys(), said
    assert wrote == set(GOES_ON)
