"""Trying a deployment from its page: a token for minutes, then the gateway's own door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.deployments import policies, selectors
from apps.deployments.adapters import gateway
from apps.deployments.models import Deployment
from apps.deployments.ports import Answer
from apps.tenants import services as tenants
from foundation.identity import Actor

TOKEN_LIVES = timedelta(minutes=10)


def try_token(*, actor: Actor, deployment: Deployment) -> str:
    """A token that may ask for predictions alone, for as long as somebody tries; it works once this is committed."""
    policies.check_can_invoke(actor, deployment)
    _row, text = tenants.issue_workload_token(
        actor=actor,
        project_id=deployment.project_id,
        purpose=f"try:{deployment.pk}",
        scopes=["deployment.invoke"],
        ttl=TOKEN_LIVES,
    )
    return text


def ask_gateway(*, actor: Actor, deployment: Deployment, token: str, row: dict[str, Any]) -> Answer:
    """One row through the gateway, timed; the request is logged and counted like any other."""
    policies.check_can_invoke(actor, deployment)
    url = f"{selectors.address_of(deployment)}/invocations"
    return gateway.ask(url, token, {"dataframe_records": [row]})
