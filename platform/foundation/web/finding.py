"""Pages that the palette finds: by their name in the reader's language, and by English words for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation import access
from foundation.access import Permission
from foundation.identity import Actor


@dataclass(frozen=True)
class Page:
    """A page below /t/<tenant>/, or below a project there, who may open it, and words under which it is looked for."""

    path: str
    label: str | Promise
    permission: Permission
    words: str = ""


_VIEW, _MANAGE, _PEOPLE = Permission.TENANT_VIEW, Permission.TENANT_MANAGE, Permission.MEMBER_MANAGE
PAGES = (
    Page("settings/members/", _("Members"), _VIEW, "people users roles"),
    Page("settings/members/#invite", _("Invite somebody"), _PEOPLE, "invitation add member user"),
    Page("settings/groups/", _("Groups"), _PEOPLE, "teams"),
    Page("settings/service-accounts/", _("Service accounts"), _PEOPLE, "robots programs machine"),
    Page("settings/tokens/", _("Tokens"), _VIEW, "api key"),
    Page("settings/usage/", _("Usage and cost"), Permission.USAGE_VIEW, "bill spending chargeback"),
    Page("settings/quotas/", _("Quotas"), Permission.USAGE_VIEW, "limits"),
    Page("settings/budgets/", _("Budgets"), Permission.USAGE_VIEW, "money limit cost"),
    Page("settings/prices/", _("Prices"), Permission.USAGE_VIEW, "price list rates"),
    Page("settings/sign-in/", _("Second factor"), _MANAGE, "mfa 2fa totp passkey"),
    Page("settings/single-sign-on/", _("Single sign-on"), _MANAGE, "sso saml oidc openid scim domain"),
    Page("settings/encryption/", _("Encryption"), _MANAGE, "keys kms vault rotate"),
    Page("settings/webhooks/", _("Webhooks"), _MANAGE, "callbacks integrations"),
    Page("settings/organisation/", _("Organisation"), _MANAGE, "name zones tenant"),
    Page("settings/support/", _("Support"), _MANAGE, "operator access"),
    Page("settings/bin/", _("Bin"), _MANAGE, "deleted restore trash undo recycle"),
    Page("settings/leave/", _("Leave Sanad"), _MANAGE, "delete export offboarding"),
    Page("projects/?archived=only", _("Archived projects"), Permission.PROJECT_VIEW, "archive old rest"),
    Page("compliance/erasures/", _("Erase a person"), Permission.DATASET_DESTROY, "erasure gdpr pdpl forget"),
    Page("activity/record/", _("The record"), Permission.LEDGER_VIEW, "ledger verify audit"),
    Page("activity/day/", _("A past day"), Permission.LEDGER_VIEW, "history audit"),
)


_DATA, _ADD, _STREAMS = Permission.DATASET_VIEW, Permission.DATASET_CREATE, Permission.STREAM_VIEW
_FEATURES, _DEFINE = Permission.FEATURE_VIEW, Permission.FEATURE_DEFINE
PROJECT_PAGES = (
    Page("data/new/", _("Add data"), _ADD, "upload file csv new dataset version"),
    Page("data/derive/", _("Derive by SQL"), _ADD, "query new dataset version"),
    Page("data/", _("Datasets"), _DATA, "data tables versions expectations quarantine"),
    Page("data/ingestions/", _("Ingestions"), _DATA, "schedule cron backfill load"),
    Page("data/ingestions/new/", _("Set up an ingestion"), _ADD, "new schedule cron load"),
    Page("data/streams/", _("Streams"), _STREAMS, "events kafka valkey redis"),
    Page("data/streams/new/", _("New stream"), Permission.STREAM_MANAGE, "events kafka valkey redis push"),
    Page("data/transformations/", _("Transformations"), _DATA, "sql derived"),
    Page("data/transformations/new/", _("New transformation"), _ADD, "sql derived set up"),
    Page(
        "data/connections/", _("Connections"), Permission.CONNECTION_VIEW, "sources databases s3 postgresql mysql http"
    ),
    Page("features/", _("Features"), _FEATURES, "catalogue search find"),
    Page("features/?show=views", _("Feature views"), _FEATURES, "sql entity online"),
    Page("features/?show=sets", _("Training sets"), _FEATURES, "labels point in time leakage"),
    Page("features/?show=entities", _("Entities"), _FEATURES, "join keys entity"),
    Page("features/?show=on_demand", _("On-demand features"), _FEATURES, "request expressions"),
    Page("features/?show=services", _("Feature services"), _FEATURES, "sets of features for a model"),
    Page("features/?show=history", _("Features of the past"), _FEATURES, "history point in time"),
    Page("features/views/new/", _("Define a feature view"), _DEFINE, "new feature sql"),
    Page("features/windows/new/", _("Define windows over events"), _DEFINE, "new feature aggregations rolling"),
    Page("features/on-demand/new/", _("Define on-demand features"), _DEFINE, "new expressions"),
    Page("features/services/new/", _("Define a service"), _DEFINE, "new feature service"),
    Page("features/training-sets/new/", _("Make a training set"), _DEFINE, "new labels join"),
    Page("features/history/new/", _("Ask for features of the past"), _DEFINE, "new history point in time"),
    Page("features/file/", _("Definitions as a file"), _DEFINE, "yaml git plan apply"),
    Page("data/bin/", _("Bin"), _ADD, "deleted restore trash undo recycle stream ingestion"),
    Page("data/connections/new/", _("New connection"), Permission.CONNECTION_MANAGE, "source database s3 postgresql"),
)


def project_pages_for(actor: Actor, project: object, words: str) -> list[Page]:
    """Those of a project whose name or words hold what was typed, and which the actor may open there."""
    sought = words.lower()
    return [page for page in PROJECT_PAGES if sought in _said(page) and access.can(actor, page.permission, project)]


def pages_for(actor: Actor, words: str) -> list[Page]:
    """Those whose name or words hold what was typed, of which the actor may open some part."""
    sought = words.lower()
    return [page for page in PAGES if sought in _said(page) and access.can_somewhere(actor, page.permission)]


def _said(page: Page) -> str:
    return f"{page.label} {page.words}".lower()
