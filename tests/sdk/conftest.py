"""A portal that answers over HTTP, with people whose rows are committed: its threads have connections of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.sdk.portal_thread import PortalThread
from tests.support import servers
from tests.support.people import make_person, make_tenant


@pytest.fixture(scope="package")
def portal(django_db_setup, django_db_blocker, worker_id) -> Iterator[PortalThread]:
    from django.db import connections

    with django_db_blocker.unblock():
        thread = PortalThread()
        try:
            yield thread
        finally:
            thread.stop()
            connections.close_all()
            servers.clone_template(f"test_{worker_id}")


@pytest.fixture(scope="package")
def tokens(portal) -> dict[str, str]:
    """A token of each role in the tenant `acme`, where the project `flights` is."""
    from apps.projects import services
    from foundation.identity.tokens import create_token
    from foundation.tenancy import scope

    tenant, made = make_tenant("acme", "Acme Trading"), {}
    for role in ("scientist", "viewer", "admin"):
        person = make_person(tenant, role)
        with scope(tenant.pk):
            if role == "scientist":
                services.create_project(actor=person, slug="flights", name="Flights", purpose="Predict late flights")
            made[role] = create_token(tenant=tenant, name=role, user=person.user)[1]
    return made


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch, portal) -> Iterator[None]:
    """No profile, no environment, no waiting between tries, no broken line."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("SANAD_URL", "SANAD_TOKEN", "SANAD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sanad.transport.time.sleep", lambda seconds: None)
    yield
    portal.line.mend()


@pytest.fixture
def client(portal, tokens):
    from sanad import Client

    with Client(portal.url, tokens["scientist"], "flights") as opened:
        yield opened


@pytest.fixture
def sanad(portal, tokens, capsys) -> Callable[..., tuple[int, str, str]]:
    """Run a command line as a role; exit code, what was answered, what was said beside."""
    from sanad.cli import main

    def run(*words: str, role: str = "scientist", url: str = "") -> tuple[int, str, str]:
        code = main(["--url", url or portal.url, "--token", tokens.get(role, role), "--project", "flights", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
