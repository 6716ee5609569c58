"""A suspended tenant's deployments answer nobody and say why; nothing of them is stopped."""

from __future__ import annotations

from apps.deployments import services
from apps.deployments.choices import RevisionState
from apps.deployments.models import Revision
from apps.deployments.selectors import route_table
from apps.tenants import services as tenants
from foundation.clock import now
from foundation.identity import tokens
from foundation.identity.models import User


def operator():
    return User.objects.create_user("ops@portal.test", "x", name="Operator", is_operator=True)


def ask(text):
    return services.check_invocation(
        digest=tokens.digest_of(text), tenant_slug="acme", deployment_slug="flowers", now=now()
    )


def test_predictions_wait_and_go_on_as_they_were(deployed, tenant, scientist):
    deployed()
    revision = Revision.objects.get()
    _row, text = tokens.create_token(tenant=tenant, name="test", user=scientist.user)
    before = route_table()["acme/flowers"]
    assert (before["locked"], before["locked_by"]) == ("", "")
    assert ask(text)["allowed"] is True

    someone = operator()
    tenants.suspend_tenant(operator=someone, tenant_id=tenant.pk, now=now())
    closed = route_table()["acme/flowers"]
    assert (closed["locked_by"], closed["revisions"]) == ("tenant-suspended", [])
    assert "suspended by the operator" in closed["locked"]
    refused = ask(text)
    assert refused["allowed"] is False
    assert "suspended by the operator" in refused["sentence"]
    revision.refresh_from_db()
    assert revision.state == RevisionState.READY, "what runs goes on behind the closed door"

    tenants.resume_tenant(operator=someone, tenant_id=tenant.pk)
    assert route_table()["acme/flowers"] == before
    assert ask(text)["allowed"] is True
