"""A change that names the state it was made for: refused where somebody else was faster, at every address alike."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.tenants import services
from apps.tenants.ports import ProviderSettings
from apps.tenants.services.single_sign_on.identity_providers import seal_settings
from foundation.clock import now
from foundation.identity.models import IdentityProvider
from tests.isolation.elsewhere import things_of
from tests.isolation.routes import every_route

CHANGES = [
    (route, method)
    for route in every_route()
    if route.variables
    for method in route.actions
    if method in {"post", "put", "patch", "delete"}
]
# The things of the stage by the noun in their address; the nouns of which nothing stands there (their routes are the
# same class's as those asked, held by the test below).
KINDS = {"uploads": "upload", "members": "member", "service-accounts": "program", "identity-providers": "provider"}
KINDS |= {"connections": "connection", "ingestions": "ingestion", "streams": "stream"}
KINDS |= {"suites": "suite", "quarantines": "quarantine", "legal-holds": "legal_hold"}
KINDS |= {"groups": "group", "webhooks": "webhook", "datasets": "dataset", "dataset-versions": "dataset_version"}
KINDS |= {"runs": "run", "model-versions": "model_version", "deployments": "deployment", "revisions": "revision"}
KINDS |= {"monitors": "monitor", "alerts": "alert", "replays": "replay", "prices": "price", "bin": "binned"}
KINDS |= {"entities": "entity", "feature-services": "feature_service", "feature-views": "feature_view"}
KINDS |= {
    "training-sets": "training_set",
    "features": "feature",
    "on-demand-views": "on_demand_view",
    "historical-features": "retrieval",
}
UNMADE = {"jobs", "project-roles", "tokens", "email-domains", "quotas", "budgets", "approvals", "erasures"}
UNMADE |= {"support", "deliveries", "transformations", "saved-filters"}
ID = "00000000-0000-4000-8000-000000000000"


def test_whatever_is_changed_under_an_address_can_be_read_there():
    assert {route.view.cls.__name__ for route, _method in CHANGES if not hasattr(route.view.cls, "retrieve")} == set()


def kind_of(route):
    """What the addresses of a route name last: "api/v1/runs/<uuid:pk>/cancel/" is of runs."""
    noun = route.template.rsplit("/<", 1)[0].rsplit("/", 1)[-1]
    return KINDS.get(noun, noun)


@pytest.fixture
def things(admin, project):
    from apps.datasets.services import start_upload
    from apps.tenants.services import create_service_account
    from foundation.access.models import Membership

    upload = start_upload(actor=admin, project=project, filename="rows.csv", size=9)
    member = Membership.objects.get(user=admin.user)
    program = create_service_account(actor=admin, name="nightly import", role="scientist")
    own = {"upload": upload.pk, "member": member.pk, "program": program.pk, "provider": _provider(admin.tenant).pk}
    gone = services.create_group(actor=admin, name="Gone")
    own["binned"] = services.delete_group(actor=admin, group=gone).pk
    own["group"] = services.create_group(actor=admin, name="Team").pk
    own["price"] = services.set_price(actor=admin, item="requests", amount=Decimal(2), valid_from=None, now=now()).pk
    told = {"url": "https://8.8.8.8/hook", "description": "", "kinds": [], "project_id": None}
    own["webhook"] = services.webhooks.create_webhook(actor=admin, now=now(), **told)[0].pk
    return {**things_of(admin, project), **own}


def _provider(tenant):
    said = ProviderSettings(
        issuer="https://id.test", endpoints={}, claims={}, client_id="sanad", client_secret="s3cret"
    )
    made = IdentityProvider(tenant=tenant, kind="oidc", name="Company", issuer="https://id.test", created_at=now())
    made.mapping, made.sealed = [], seal_settings(made, said)
    made.save(force_insert=True)
    return made


def test_every_change_for_an_old_state_is_refused(things, admin, project, api_as):
    client = api_as(admin)
    answered = {}
    for route, method in CHANGES:
        if kind_of(route) not in UNMADE:
            address = route.address(uuid=str(things.get(kind_of(route), ID)), slug=project.slug)
            answer = getattr(client, method)(
                address, {}, content_type="application/json", headers={"If-Match": '"old"'}
            )
            answered[f"{method} {route}"] = answer.status_code
    assert {change: status for change, status in answered.items() if status != 412} == {}


@pytest.mark.parametrize("said", ["{tag}", '"old", {tag}', "*"])
def test_a_change_for_the_present_state_is_made(things, admin, api_as, said):
    client, address = api_as(admin), f"/api/v1/monitors/{things['monitor']}/"
    tag = client.get(address)["ETag"]
    wanted = {"moved_at": 0.2, "drifted_at": 0.4, "fewest_rows": 50, "fewest_days": 3}
    answer = client.patch(address, wanted, content_type="application/json", headers={"If-Match": said.format(tag=tag)})
    assert answer.status_code == 200 and answer.json()["moved_at"] == 0.2
