"""While the sandbox is asked what the views of a file give, nobody else waits for the project."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import OperationalError, connection, transaction

from apps.features import services
from apps.features.errors import DefinitionRefused
from apps.features.models import FeatureView
from apps.projects.models import Project
from apps.projects.services import create_project
from foundation.lake.sandbox import sql as questions
from foundation.tenancy import scope
from tests.apps.features import stage
from tests.apps.features.definitions import FILE
from tests.support.crossing import at_once
from tests.support.people import make_tenant

WINDOWS = """
windows:
  busy:
    entity: airline
    source: {dataset: delays.csv}
    event_time: moment
    slide_seconds: 3600
    aggregations:
      delays_2h: {function: mean, column: delay, seconds: 7200}
"""
# An entity that is not there yet, for windows that say no SQL: it is made of the entity's keys.
WHOLE = (
    FILE.replace("views:\n  carrier_delay", "  airline:\n    join_keys: [carrier]\n\nviews:\n  carrier_delay", 1)
    + WINDOWS
)


@pytest.fixture
def tenant(transactional_db):
    """Its rows are committed: nobody stays in a transaction of its own."""
    return make_tenant("acme", "Acme Trading")


@pytest.fixture
def project(tenant, scientist):
    with scope(tenant.pk):
        return create_project(actor=scientist, slug="flights", name="Flights", purpose="Predict late flights")


@pytest.fixture
def words(project, scientist, written):
    with scope(project.tenant_id):
        written("delays.csv", stage.DELAYS)
    return {"actor": scientist, "project": project}


@pytest.fixture
def asked(monkeypatch, project):
    """Each question to the sandbox, and whether the project was free meanwhile; `meanwhile` is done at the first."""

    class Asked(list):
        meanwhile = staticmethod(lambda: None)
        busy = False

    found, begin = Asked(), questions._started

    def elsewhere(act):
        def inside():
            with scope(project.tenant_id), connection.cursor() as cursor:
                # Whoever had to wait would wait for this test, which waits for them.
                cursor.execute("SET LOCAL lock_timeout = '5s'")
                return act()

        return at_once(inside)[0]

    def is_free():
        try:
            with transaction.atomic():
                Project.objects.select_for_update(no_key=True, nowait=True).get(pk=project.pk)
        except OperationalError:
            return False
        return True

    def started(stack, tenant_id, job, *rest):
        if not found.busy:
            found.busy = True
            if not found:
                elsewhere(found.meanwhile)
            found.append((job["kind"], elsewhere(is_free)))
            found.busy = False
        return begin(stack, tenant_id, job, *rest)

    monkeypatch.setattr(questions, "_started", started)
    return found


def test_a_second_plan_and_a_second_write_are_not_waited_for(asked, words, tenant):
    told = []

    def meanwhile():
        told.append(services.plan_definitions(**words, text=WHOLE))
        services.define_entity(**words, name="airport", join_keys=["origin"])

    asked.meanwhile = meanwhile
    with scope(tenant.pk):
        plan = services.plan_definitions(**words, text=WHOLE)
        assert not FeatureView.objects.exists()
    assert [one.digest for one in told] == [plan.digest]
    assert {free for _kind, free in asked} == {True}
    # Each question once, view by view: while the project is held the answers are there. The process keeps the fourth.
    asked_of = Counter(kind for kind, _free in asked if kind != "ahead")
    # Of windows also the events that the kernel takes; of the view also whether each row is made of one.
    assert asked_of == {"steady": 2, "describe": 2, "sql": 3, "row_wise": 1}


def test_nobody_waits_while_rows_are_made_again_without_what_came_later(asked, words, tenant):
    after = WHOLE.replace("delay * 2 AS twice", "lag(delay) OVER (PARTITION BY carrier ORDER BY moment) AS twice")
    with scope(tenant.pk):
        services.plan_definitions(**words, text=after)
    assert {free for _kind, free in asked} == {True}
    assert [kind for kind, _free in asked].count("sql") > 3


def test_what_was_applied_meanwhile_is_found_there(asked, words, tenant):
    asked.meanwhile = lambda: services.apply_definitions(**words, text=WHOLE)
    with scope(tenant.pk):
        made = services.apply_definitions(**words, text=WHOLE)
        there = sorted(FeatureView.objects.values_list("name", "number"))
    assert {step.action for step in made.steps} == {"unchanged"}
    assert there == [("busy", 1), ("carrier_delay", 1)]


def test_what_the_sandbox_refuses_is_asked_once_and_told_at_its_line(asked, words, tenant):
    wrong = WHOLE.replace("delay * 2 AS twice", "nowhere AS twice")
    with scope(tenant.pk), pytest.raises(DefinitionRefused, match="nowhere"):
        services.plan_definitions(**words, text=wrong)
    assert [kind for kind, _free in asked].count("describe") == 2
    assert {free for _kind, free in asked} == {True}
