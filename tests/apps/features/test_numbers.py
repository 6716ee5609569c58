"""Two people define the same name at the same moment: each gets a number of its own, and nobody an error."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from apps.datasets.models import Dataset, DatasetVersion
from apps.features import selectors, services
from apps.features.models import Entity, FeatureView
from apps.projects.services import create_project
from foundation import lake
from foundation.clock import now
from foundation.errors import Conflict, NotFound, PortalError
from foundation.jobs.models import Job
from foundation.lake.ports import Column
from foundation.tenancy import scope
from tests.support.people import make_person, make_tenant

COLUMNS = [Column("origin", "VARCHAR"), Column("at", "TIMESTAMP"), Column("wind", "DOUBLE")]


class Shop:
    """A committed project with one entity and one dataset version, where a view and a training set can be defined."""

    def __init__(self):
        self.tenant = make_tenant("acme", "Acme Trading")
        self.scientist = make_person(self.tenant, "scientist")
        with scope(self.tenant.pk):
            self.project = create_project(actor=self.scientist, slug="flights", name="Flights", purpose="Delays")
            inside = {"tenant": self.tenant, "project": self.project}
            self.entity = Entity.objects.create(**inside, name="airport", join_keys=["origin"])
            dataset = Dataset.objects.create(**inside, name="weather", slug="weather")
            schema = [{"name": column.name, "type": column.type, "class": "internal"} for column in COLUMNS]
            self.version = DatasetVersion.objects.create(
                **inside, dataset=dataset, number=1, state="ready", schema=schema, lake_table="weather", lake_snapshot=1
            )

    def view(self):
        return services.define_view(
            actor=self.scientist,
            project=self.project,
            entity=self.entity,
            name="weather",
            sql="SELECT * FROM weather",
            inputs={"weather": self.version.pk},
            event_time="at",
        )

    def training_set(self, **more):
        words = {"name": "windy", "base_version_id": self.version.pk, "label": "wind", **more}
        return services.define_training_set(actor=self.scientist, project=self.project, **words)

    def service(self, on_demand):
        words = {"name": "late", "views": [], "on_demand": on_demand}
        return services.define_service(actor=self.scientist, project=self.project, **words)

    def on_demand(self):
        features = [{"name": "two", "expression": "1 + 1"}]
        return services.define_on_demand(actor=self.scientist, project=self.project, name="trip", features=features)


@pytest.fixture
def shop(transactional_db, monkeypatch):
    monkeypatch.setattr(lake.sandbox, "describe", lambda *_asked: COLUMNS)
    return Shop()


def wait_until_somebody_waits_for_a_lock(at_most_s=10):
    until = time.monotonic() + at_most_s
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            if cursor.fetchone():
                return
        time.sleep(0.01)
    raise TimeoutError("Nobody waits for a lock.")


def at_the_same_moment(shop, first, then):
    """What both give: the second begins while the first is not committed, and waits for it."""

    def second():
        try:
            with scope(shop.tenant.pk):
                return then()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with scope(shop.tenant.pk):
            found = first()
            waiting = pool.submit(second)
            wait_until_somebody_waits_for_a_lock()
        return found, waiting.result(timeout=20)


@pytest.mark.parametrize("kind", ["view", "training_set"])
def test_the_second_waits_for_the_first_and_takes_the_next_number(shop, kind):
    define = getattr(shop, kind)
    found = at_the_same_moment(shop, define, define)
    assert [one.number for one in found] == [1, 2]


@pytest.mark.parametrize("kind", ["service", "training_set"])
@pytest.mark.parametrize("removed_first", [True, False])
def test_what_is_being_removed_is_taken_by_nobody_at_the_same_moment(shop, kind, removed_first):
    with scope(shop.tenant.pk):
        view = shop.on_demand()

    def take():
        return getattr(shop, kind)(on_demand=[{"id": view.pk}])

    def remove():
        return services.remove_on_demand(actor=shop.scientist, view=view, confirmation="trip v1")

    first, then = (remove, take) if removed_first else (take, remove)
    with pytest.raises(NotFound if removed_first else Conflict, match="trip v1"):
        at_the_same_moment(shop, first, then)


def test_the_number_of_a_removed_service_is_not_given_again(shop):
    """Whoever has “late v1” written down somewhere never gets another meaning by that name."""
    with scope(shop.tenant.pk):
        parts = [{"id": shop.on_demand().pk}]
        first = shop.service(parts)
        services.remove_service(actor=shop.scientist, service=first)
        assert shop.service(parts).number == 2
        with pytest.raises(NotFound):
            services.remove_service(actor=shop.scientist, service=first)
        for found in (selectors.visible_services(actor=shop.scientist, newest_only=newest) for newest in (True, False)):
            assert [str(one) for one in found] == ["late v2"]


@pytest.mark.parametrize("removed_first", [True, False])
def test_a_view_that_is_being_removed_is_named_by_no_service_at_the_same_moment(shop, removed_first):
    with scope(shop.tenant.pk):
        view, admin = shop.view(), make_person(shop.tenant, "admin")
        FeatureView.objects.update(state="ready")
        Job.objects.update(state="succeeded", finished_at=now())

    def take():
        words = {"name": "late", "views": [{"view": view.pk, "features": None}]}
        return services.define_service(actor=shop.scientist, project=shop.project, **words)

    def remove():
        return services.ask_to_remove_view(actor=admin, view=view, confirmation="weather v1")

    first, then = (remove, take) if removed_first else (take, remove)
    with pytest.raises(PortalError, match="weather v1"):
        at_the_same_moment(shop, first, then)
