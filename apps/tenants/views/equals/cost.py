"""Usage, quotas, budgets and prices."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from foundation.web.equals import Act

COST = {
    "tenants:usage": (
        Act(_("Sums of a month"), "GET", "usage/summary/", "client.usage.summary()", "usage show"),
        Act(_("Every hour of a month"), "GET", "usage/", "list(client.usage.hours())", "usage hours"),
    ),
    "tenants:chargeback": (
        Act(_("What each project owes"), "GET", "usage/chargeback/", "client.usage.chargeback()", "usage chargeback"),
    ),
    "tenants:quotas": (
        Act(_("See the quotas"), "GET", "quotas/", "client.quotas.list()", "quota list"),
        Act(
            _("Set a quota"),
            "POST",
            "quotas/",
            "client.quotas.set(cpus=8, concurrent_runs=2)",
            "quota set --cpus 8 --concurrent-runs 2",
            {"cpus": "8", "concurrent_runs": 2},
        ),
    ),
    "tenants:budgets": (
        Act(_("See the budgets"), "GET", "budgets/", "client.budgets.list()", "budget list"),
        Act(
            _("Set a budget"),
            "POST",
            "budgets/",
            'client.budgets.set(soft_limit="500.00", hard_limit="800.00")',
            "budget set --soft 500.00 --hard 800.00",
            {"soft_limit": "500.00", "hard_limit": "800.00"},
        ),
    ),
    "tenants:prices": (
        Act(_("See the prices"), "GET", "prices/", "client.prices.list()", "price list"),
        Act(
            _("Set a price"),
            "POST",
            "prices/",
            'client.prices.set("small", "0.40")',
            "price set small 0.40",
            {"item": "small", "amount": "0.40"},
        ),
    ),
}
