"""Two tenants behind a real HTTP server, with a real MLflow server behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from foundation.identity import Actor
from foundation.identity.tokens import create_token
from foundation.tenancy import scope
from tests.apps.experiments.mlflow_server import MlflowServerProcess
from tests.support.people import make_person, make_tenant


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
    return live_server.url


@pytest.fixture
def acme(portal):
    return make_house("acme", portal)


@pytest.fixture
def other(portal):
    return make_house("other", portal)
