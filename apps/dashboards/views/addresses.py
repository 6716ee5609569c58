"""Where each kind of thing has its page."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

_IN_PROJECT = {
    "dataset": "datasets:dataset_detail",
    "dataset_version": "datasets:version_detail",
    "transformation": "datasets:transformation_detail",
    "ingestion": "datasets:ingestion_detail",
    "entity": "features:entity_detail",
    "feature_service": "features:service_detail",
    "feature": "features:feature_detail",
    "feature_view": "features:view_detail",
    "on_demand_view": "features:on_demand_detail",
    "retrieval": "features:history_detail",
    "training_set": "features:training_set_detail",
    "run": "experiments:run_detail",
    "model": "registry:model_detail",
    "model_version": "registry:version_detail",
    "deployment": "deployments:deployment_detail",
    "stream": "streams:stream_detail",
    "monitor": "monitoring:monitor_detail",
    "alert": "monitoring:alert_detail",
}
_IN_TENANT = {
    "approval_case": "approvals:case_detail",
    "connection": "connections:connection_anywhere",
    "erasure": "compliance:erasure_detail",
    "report": "compliance:report_detail",
    "service_account": "tenants:service_account_detail",
    "webhook": "tenants:webhook_detail",
}
# What has no page of its own is found in a list.
_LISTED = {
    "membership": "tenants:member_list",
    "person": "tenants:member_list",
    "token": "tenants:token_list",
    "support": "tenants:support",
    "tenant": "dashboards:home",
    "keys": "tenants:encryption",
    "budget": "tenants:budgets",
    "quota": "tenants:quotas",
    "price": "tenants:prices",
}


def list_of(*, tenant: str, kind: str) -> str:
    """The page that lists a kind of which single things have none; empty for every other kind."""
    return reverse(_LISTED[kind], args=[tenant]) if kind in _LISTED else ""


def address_of(*, tenant: str, kind: str, object_id: UUID | None, project: str) -> str:
    """The page of a thing; its project's page where the thing has none."""
    if kind == "ledger":
        return reverse("compliance:record", args=[tenant])
    if kind in {"budget", "quota", "price", "support"}:
        return list_of(tenant=tenant, kind=kind)
    if kind in _IN_TENANT:
        return reverse(_IN_TENANT[kind], args=[tenant, object_id])
    if kind in _IN_PROJECT:
        return reverse(_IN_PROJECT[kind], args=[tenant, project, object_id])
    return reverse("dashboards:overview", args=[tenant, project])
