"""Tenants, people and clients, as fixtures."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

__all__ = [
    "admin",
    "api_as",
    "auditor",
    "client_as",
    "officer",
    "other_scientist",
    "other_tenant",
    "project",
    "run_jobs",
    "scientist",
    "tenant",
    "viewer",
]
# What a page shows where safe parts were put together into a plain string: our own tags, escaped.
OUR_MARKUP = re.compile(rb"&lt;(?:span|bdi|svg|code|time|a|p) (?:class|dir|href|datetime|title)=(?:&quot;|&#34;)")


@pytest.fixture
def tenant(db):
    """A tenant in whose scope the test runs."""
    yield from _scoped_tenant("acme", "Acme Trading")


def _scoped_tenant(slug, name):
    from foundation.tenancy import scope

    made = make_tenant(slug, name)
    with scope(made.pk):
        yield made


@pytest.fixture
def other_tenant(db):
    """Another tenant: nothing of it may be seen from the first."""
    return make_tenant("other", "Other Bank")


def make_tenant(slug, name):
    from uuid import uuid4

    from foundation.tenancy import scope
    from foundation.tenancy.models import Tenant

    pk = uuid4()
    with scope(pk):
        return Tenant.objects.create(pk=pk, slug=slug, name=name)


def make_person(tenant, role, email=None):
    """A member of the tenant with this role, as an actor."""
    from foundation.access.actors import actor_for_user
    from foundation.access.models import Membership
    from foundation.identity.models import User
    from foundation.tenancy import scope

    user = User(email=email or f"{role}@{tenant.slug}.test", name=f"The {role}")
    user.set_unusable_password()
    user.save()
    with scope(tenant.pk):
        Membership.objects.create(tenant=tenant, user=user, role=role)
    return replace(actor_for_user(user=user, tenant=tenant), request_id="test-request")


@pytest.fixture
def scientist(tenant):
    return make_person(tenant, "scientist")


@pytest.fixture
def officer(tenant):
    return make_person(tenant, "officer")


@pytest.fixture
def admin(tenant):
    return make_person(tenant, "admin")


@pytest.fixture
def auditor(tenant):
    return make_person(tenant, "auditor")


@pytest.fixture
def viewer(tenant):
    return make_person(tenant, "viewer")


@pytest.fixture
def other_scientist(other_tenant):
    return make_person(other_tenant, "scientist")


@pytest.fixture
def project(scientist):
    from apps.projects import services

    return services.create_project(actor=scientist, slug="flights", name="Flights", purpose="Predict late flights")


@pytest.fixture
def client_as():
    """A browser's client, signed in as the actor; a page that shows our own markup as words fails its test."""
    from django.test import Client

    class Reader(Client):
        def request(self, **request):
            answer = super().request(**request)
            if "html" in answer.headers.get("Content-Type", "") and not answer.streaming:
                assert OUR_MARKUP.search(answer.content) is None, OUR_MARKUP.search(answer.content)
            return answer

    def sign_in(actor, **headers):
        client = Reader(headers={"X-Sanad-Tenant": actor.tenant.slug, **headers})
        client.force_login(actor.user)
        return client

    return sign_in


@pytest.fixture
def api_as():
    """A program's client with a bearer token of the actor."""
    from django.test import Client

    from foundation.identity.tokens import create_token
    from foundation.tenancy import scope

    def with_token(actor, **limits):
        with scope(actor.tenant_id):
            _, token = create_token(tenant=actor.tenant, name="test", user=actor.user, **limits)
        return Client(headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})

    return with_token


@pytest.fixture
def run_jobs():
    """Run what was enqueued, in this process, through the real job runner."""
    from tests.support.jobs import run_queued

    return run_queued
