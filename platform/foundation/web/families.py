"""Kinds of ledger events by the family that they begin with, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

EVENT_FAMILIES = {
    "access": _("Refused access"),
    "alert": _("Alerts"),
    "approval": _("Approvals"),
    "budget": _("Budgets"),
    "connection": _("Connections"),
    "dataset": _("Datasets"),
    "dataset_version": _("Dataset versions"),
    "deployment": _("Deployments"),
    "email_domain": _("Domains of e-mail"),
    "entity": _("Entities"),
    "feature_view": _("Feature views"),
    "group": _("Groups"),
    "identity_provider": _("Identity providers"),
    "ingestion": _("Ingestions"),
    "key": _("Keys"),
    "ledger": _("The ledger itself"),
    "membership": _("Members"),
    "model": _("Models"),
    "model_version": _("Model versions"),
    "monitor": _("Monitors"),
    "permission": _("Permissions"),
    "price": _("Prices"),
    "project": _("Projects"),
    "project_role": _("Roles in projects"),
    "provisioning": _("Provisioning"),
    "quota": _("Quotas"),
    "report": _("Reports"),
    "revision": _("Revisions"),
    "run": _("Runs"),
    "service_account": _("Service accounts"),
    "sign_in": _("Sign-in"),
    "support": _("Support access"),
    "tenant": _("The tenant"),
    "token": _("Tokens"),
    "training_set": _("Training sets"),
    "webhook": _("Webhooks"),
}
