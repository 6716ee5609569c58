"""Two tenants behind a real HTTP server, with a real MLflow server behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.experiments.adapters.tracking import server_of
from apps.experiments.services import workload
from apps.tenants import services as tenants
from foundation import engines
from foundation.identity import Actor
from foundation.identity.tokens import create_token
from foundation.tenancy import scope
from tests.apps.experiments.door import Door, track
from tests.apps.experiments.mlflow_server import MlflowServerProcess
from tests.apps.experiments.rows import make_run
from tests.support.jobs import run_queued
from tests.support.people import make_person, make_tenant
from tests.support.portal_door import door_to


@pytest.fixture(scope="session")
def mlflow_process(django_db_setup, worker_id):
    process = MlflowServerProcess(worker_id)
    try:
        process.wait()
        yield process
    finally:
        process.stop()


@pytest.fixture
def mlflow_server(mlflow_process, settings):
    settings.MLFLOW_SOCKET = str(mlflow_process.socket)
    return mlflow_process


@dataclass
class House:
    """One tenant with a scientist, a project and a token, all committed."""

    tenant: Any
    scientist: Actor
    project: Any
    token: str
    base: str

    @property
    def tracking_uri(self) -> str:
        return f"{self.base}/mlflow/{self.tenant.slug}/{self.project.slug}"

    def token_for(self, actor: Actor, **limits: Any) -> str:
        with scope(self.tenant.pk):
            return create_token(tenant=self.tenant, name="test", user=actor.user, **limits)[1]


def make_house(slug: str, base: str) -> House:
    from apps.projects import services

    tenant = make_tenant(slug, slug.title())
    scientist = make_person(tenant, "scientist")
    with scope(tenant.pk):
        project = services.create_project(actor=scientist, slug="iris", name="Iris", purpose="Tell flowers apart")
        token = create_token(tenant=tenant, name="test", user=scientist.user)[1]
    return House(tenant, scientist, project, token, base)


@pytest.fixture
def portal(transactional_db, live_server, settings, mlflow_server):
    """The address of the portal, as people and runs reach it."""
    settings.SANAD_PUBLIC_URL = live_server.url
    settings.SANAD_PORT = live_server.thread.port
    return live_server.url


@pytest.fixture
def acme(portal):
    return make_house("acme", portal)


@pytest.fixture
def other(portal):
    return make_house("other", portal)


MEASURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


def make_training_set(house: House, *, name: str = "flowers", label: str = "target", **changes: Any) -> Any:
    """Iris through upload, ingestion and join, as a committed training set."""
    from apps.datasets import selectors as dataset_selectors
    from apps.datasets import services as datasets
    from apps.features import selectors, services
    from foundation.clock import now
    from tests.apps.experiments.tables import iris_csv
    from tests.support.classes import said_of

    actor, project, data = house.scientist, house.project, iris_csv()
    with scope(house.tenant.pk):
        known = dataset_selectors.visible_datasets(actor=actor, project_id=project.pk).first()
        if known is None:
            upload = datasets.start_upload(actor=actor, project=project, filename="iris.csv", size=len(data))
            datasets.append_chunk(actor=actor, upload_id=upload.pk, offset=0, data=data)
            upload = datasets.complete_upload(actor=actor, upload_id=upload.pk, now=now())
            known = datasets.create_dataset(actor=actor, project=project, name="iris")
            datasets.create_version(actor=actor, dataset=known, upload=upload, now=now(), review=False)
    run_queued()
    with scope(house.tenant.pk):
        version = said_of(dataset_selectors.latest_ready(known), actor)
        changes = {"features": MEASURES, **changes}
        made = services.define_training_set(
            actor=actor, project=project, name=name, base_version_id=version.pk, label=label, **changes
        )
    run_queued()
    with scope(house.tenant.pk):
        return selectors.get_training_set(actor=actor, training_set_id=made.pk)


@pytest.fixture
def flowers(acme):
    return make_training_set(acme)


@pytest.fixture
def engine(portal, settings):
    """The embedded engine, with a door to this portal."""
    with door_to(settings.SANAD_PORT) as settings.SANAD_RUN:
        engines.current.cache_clear()
        yield engines.current()
        for name in engines.current().list("run-"):
            engines.current().remove(name)
        engines.current.cache_clear()


QUICK = {"max_iter": 20, "n_iter_no_change": 20}


@pytest.fixture
def door(mlflow_server, api_as, scientist, project):
    """The stock client's requests as the scientist's token sends them."""
    return Door(api_as(scientist), f"/mlflow/acme/{project.slug}/")


@pytest.fixture
def mine(door, project):
    return track(door, project)


@pytest.fixture
def theirs(mlflow_server, api_as, other_scientist, other_tenant):
    from apps.projects import services

    with scope(other_tenant.pk):
        project = services.create_project(actor=other_scientist, slug="loans", name="Loans", purpose="Lend")
    door = Door(api_as(other_scientist), "/mlflow/other/loans/")
    tracked = track(door, project)
    path = f"workspaces/{tracked.workspace}/{tracked.experiment}/{tracked.run}/artifacts/secret.txt"
    assert door.put(f"api/2.0/mlflow-artifacts/artifacts/{path}", b"secret").status_code == 200
    return tracked


@pytest.fixture
def attempt(mlflow_server, scientist, project):
    """A running run of the portal, and a door opened with the token of its attempt."""
    server = server_of(project.pk)
    experiment = server.ensure_experiment("flowers")
    run = make_run(scientist, project, state="running", attempt=1, engine_name="run-x-a1")
    run.mlflow_run_id = server.create_run(experiment, name="#1", tags={"sanad.run_id": str(run.pk)})
    run.save()
    run.experiment.mlflow_id = experiment
    run.experiment.save()
    _row, token = tenants.issue_workload_token(
        actor=scientist,
        project_id=project.pk,
        purpose=run.token_purpose,
        scopes=workload.SCOPES,
        ttl=timedelta(minutes=5),
    )
    client = Client(headers={"Authorization": f"Bearer {token}"})
    return run, Door(client, f"/mlflow/acme/{project.slug}/")


@pytest.fixture
def page(client_as, scientist, project):
    client = client_as(scientist)

    def get(name, *args, **query):
        return client.get(reverse(f"experiments:{name}", args=["acme", project.slug, *args]), query)

    get.client = client
    return get
