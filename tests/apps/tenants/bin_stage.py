"""What the tests of the bin stand on: a group with people and roles, a webhook and a provider, each with settings."""

from __future__ import annotations

import pytest

from apps.tenants import services
from apps.tenants.choices import HolderKind
from apps.tenants.models import BinnedThing
from apps.tenants.ports import ProviderSettings
from apps.tenants.services.single_sign_on.identity_providers import seal_settings
from foundation.clock import now
from foundation.identity.models import IdentityProvider
from tests.support.people import make_person

URL = "https://8.8.8.8/hook/a-secret-path"


@pytest.fixture
def guest(tenant):
    """A member whose role in the tenant opens no project."""
    return make_person(tenant, "member")


@pytest.fixture
def group(admin, guest, viewer, project):
    made = services.create_group(actor=admin, name="Fraud team", description="Cards")
    for person in (guest, viewer):
        services.add_to_group(actor=admin, group=made, user_id=person.user.pk)
    holder = services.Holder(HolderKind.GROUP, made.pk)
    services.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="scientist")
    return made


@pytest.fixture
def webhook(admin, project):
    return make_webhook(admin, description="SIEM", kinds=["run"], project_id=project.pk)


def make_webhook(admin, **words):
    return services.webhooks.create_webhook(actor=admin, **{"url": URL, "kinds": [], "now": now(), **words})[0]


@pytest.fixture
def provider(admin, tenant):
    return make_provider(tenant, "Company")


def make_provider(tenant, name, **words):
    said = ProviderSettings(
        issuer="https://id.test", endpoints={"authorization": "https://id.test/in"}, claims={"groups": "roles"}
    )
    said = ProviderSettings(**{**vars(said), "client_id": "sanad", "client_secret": "s3cret"})
    mapping = [{"external": "builders", "role": "scientist", "group": ""}]
    given = {"default_role": "viewer", "mapping": mapping, "only_way_in": True, "vouches_for_email": True, **words}
    made = IdentityProvider(
        tenant=tenant, kind="oidc", name=name, issuer="https://id.test", created_at=now(), tested_at=now(), **given
    )
    made.sealed = seal_settings(made, said)
    made.save(force_insert=True)
    return made


def binned():
    """The one thing in the bin."""
    return BinnedThing.objects.get()


def state_of(row, *, but=()):
    """Every column of a row, of those that a restoration is to bring back."""
    fields = [field.attname for field in row._meta.concrete_fields if field.name not in but]
    found = {name: getattr(type(row)._default_manager.get(pk=row.pk), name) for name in fields}
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in found.items()}
