"""The word that a page is about, with its sentence in the glossary: docs/glossary.md, which holds both languages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

# The glossary's words by the names of the pages that list or show such things; of a list of several kinds also by what
# its address asks for.
TERMS = {
    "approvals:case_list": "Approval case",
    "approvals:case_detail": "Approval case",
    "compliance:activity": "Ledger",
    "compliance:erasure_detail": "Erasure",
    "compliance:erasure_list": "Erasure",
    "compliance:erasures_across": "Erasure",
    "compliance:record": "Checkpoint",
    "compliance:report_detail": "Report",
    "compliance:report_list": "Report",
    "connections:connection_detail": "Connection",
    "connections:connection_list": "Connection",
    "connections:connection_new": "Connection",
    "datasets:contract_detail": "Data contract",
    "datasets:dataset_detail": "Dataset",
    "datasets:dataset_list": "Dataset",
    "datasets:dataset_new": "Dataset",
    "datasets:dataset_retention": "Retention rule",
    "datasets:ingestion_detail": "Ingestion",
    "datasets:ingestion_list": "Ingestion",
    "datasets:ingestion_new": "Ingestion",
    "datasets:lineage": "Lineage",
    "datasets:quarantine_detail": "Quarantine",
    "datasets:suite_edit": "Expectation",
    "datasets:suite_history": "Expectation",
    "datasets:transformation_detail": "Transformation",
    "datasets:transformation_list": "Transformation",
    "datasets:transformation_new": "Transformation",
    "datasets:version_detail": "Dataset version",
    "datasets:version_hold": "Legal hold",
    "deployments:deployment_detail": "Deployment",
    "deployments:deployment_list": "Deployment",
    "experiments:run_detail": "Run",
    "experiments:run_list": "Run",
    "features:entity_detail": "Entity",
    "features:feature_detail": "Feature",
    "features:feature_list": "Feature",
    "features:feature_list?show=entities": "Entity",
    "features:feature_list?show=history": "Features of the past",
    "features:feature_list?show=on_demand": "On-demand feature",
    "features:feature_list?show=services": "Feature service",
    "features:feature_list?show=sets": "Training set",
    "features:feature_list?show=views": "Feature view",
    "features:history_define": "Features of the past",
    "features:history_detail": "Features of the past",
    "features:on_demand_define": "On-demand feature",
    "features:on_demand_detail": "On-demand feature",
    "features:service_define": "Feature service",
    "features:service_detail": "Feature service",
    "features:slice_detail": "Drift",
    "features:training_set_define": "Training set",
    "features:training_set_detail": "Training set",
    "features:view_define": "Feature view",
    "features:view_detail": "Feature view",
    "features:windows_define": "Feature view",
    "monitoring:alert_detail": "Alert",
    "monitoring:monitor_detail": "Drift",
    "monitoring:monitor_list": "Monitor",
    "projects:project_list": "Project",
    "projects:project_people": "Role",
    "registry:model_detail": "Model",
    "registry:model_list": "Model",
    "registry:version_detail": "Model version",
    "streams:stream_detail": "Stream",
    "streams:stream_list": "Stream",
    "streams:stream_new": "Stream",
    "tenants:budgets": "Budget",
    "tenants:chargeback": "Usage",
    "tenants:encryption": "Encryption key",
    "tenants:group_detail": "Group",
    "tenants:group_list": "Group",
    "tenants:member_edit": "Role",
    "tenants:member_list": "Member",
    "tenants:prices": "Price",
    "tenants:provider_detail": "Identity provider",
    "tenants:provider_list": "Identity provider",
    "tenants:quotas": "Quota",
    "tenants:service_account_detail": "Service account",
    "tenants:service_account_list": "Service account",
    "tenants:sign_in_rules": "Second factor",
    "tenants:support": "Support access",
    "tenants:tenant_edit": "Zone",
    "tenants:token_list": "Token",
    "tenants:usage": "Usage",
    "tenants:webhook_detail": "Webhook",
    "tenants:webhook_list": "Webhook",
}


@dataclass(frozen=True)
class Term:
    """A word of the domain and what it is, in the reader's language."""

    word: str
    sentence: str


def term_of(request: HttpRequest | None) -> Term | None:
    """The word that the request's page is about; None for pages about no single one."""
    match = getattr(request, "resolver_match", None)
    if request is None or match is None:
        return None
    word = TERMS.get(f"{match.view_name}?show={request.GET.get('show', '')}") or TERMS.get(match.view_name)
    if word is None:
        return None
    english, arabic = glossary()[word]
    return arabic if (get_language() or "").startswith("ar") else english


@cache
def glossary() -> dict[str, tuple[Term, Term]]:
    """Each word by its English name, in English and in Arabic."""
    lines = (Path(settings.ROOT) / "docs" / "glossary.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {row[0]: (Term(row[0], row[2]), Term(row[1], row[3])) for row in rows[1:]}


__all__ = ["TERMS", "Term", "glossary", "term_of"]
