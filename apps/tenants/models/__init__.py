"""Rows of tenants, by noun."""

from apps.tenants.models.accounts import AccountNotice, FailedSignIn, PasswordLink
from apps.tenants.models.bin import BinnedThing
from apps.tenants.models.leaving import Leaving, TenantExport
from apps.tenants.models.limits import Budget, BudgetNotice, Holding, Price, Quota
from apps.tenants.models.people import Invitation, SignIn, SignInAttempt
from apps.tenants.models.single_sign_on import StrayRefusals
from apps.tenants.models.usage import UsageHour, UsageSpan
from apps.tenants.models.webhooks import Webhook, WebhookAttempt, WebhookDelivery

__all__ = [
    "AccountNotice",
    "BinnedThing",
    "Budget",
    "BudgetNotice",
    "FailedSignIn",
    "Holding",
    "Invitation",
    "Leaving",
    "PasswordLink",
    "Price",
    "Quota",
    "SignIn",
    "SignInAttempt",
    "StrayRefusals",
    "TenantExport",
    "UsageHour",
    "UsageSpan",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
]
