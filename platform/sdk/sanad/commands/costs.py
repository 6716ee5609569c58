"""Usage and cost, and what limits them."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group
from sanad.output import show, table

_LIMITS = {
    "cpus": (float, "CPUs at a time"),
    "memory_mb": (int, "memory in MB at a time"),
    "gpus": (int, "GPUs at a time"),
    "concurrent_runs": (int, "runs at a time"),
    "storage_bytes": (int, "bytes of all that is kept: data, features, models, logged files and predictions, reports"),
    "requests_per_second": (int, "requests a second, of all deployments together"),
}
_MONTH = "like 2026-03; otherwise the present one"


def add_to(acts: Any) -> None:
    usage = group(acts, "usage", "what was used and what it cost")
    summary = add(usage, "show", usage_show, "sums of a month in AED; with --project of that one alone")
    summary.add_argument("--by", choices=["project", "person", "model"], default="project")
    summary.add_argument("--month", default="", help=_MONTH)
    hours = add(usage, "hours", usage_hours, "every hour of a month, one line for each")
    hours.add_argument("--month", default="", help=_MONTH)
    bill = add(usage, "chargeback", usage_chargeback, "what each project owes for a month")
    bill.add_argument("--month", default="", help=_MONTH)
    _limits(acts)
    price = group(acts, "price", "the price list")
    add(price, "list", price_list, "what things cost now")
    wanted = add(price, "set", price_set, "set a price in AED from a full hour on; for administrators")
    wanted.add_argument("item", help="a resource class, storage or requests")
    wanted.add_argument("amount", help="AED for an hour, a GiB and month, a thousand")
    wanted.add_argument("--from", dest="valid_from", default=None, help="a full hour, ISO 8601; otherwise the next")
    back = add(price, "take-back", price_take_back, "take back one that does not hold yet")
    back.add_argument("price", help="its id, as `price set` and `price list` name it")


def _limits(acts: Any) -> None:
    quota = group(acts, "quota", "the most that is used at a time")
    add(quota, "list", quota_list, "quotas, with what is used of them")
    wanted = add(quota, "set", quota_set, "set or replace one: the tenant's, or with --for a project's")
    wanted.add_argument("--for", dest="whose", default="", metavar="PROJECT")
    for name, (kind, words) in _LIMITS.items():
        wanted.add_argument(f"--{name.replace('_', '-')}", type=kind, default=None, help=words)
    add(quota, "remove", quota_remove, "remove one").add_argument("quota", help="its id")
    budget = group(acts, "budget", "what a month may cost")
    add(budget, "list", budget_list, "budgets, with what is spent of them")
    wanted = add(budget, "set", budget_set, "set or replace one: the tenant's, or with --for a project's")
    wanted.add_argument("--for", dest="whose", default="", metavar="PROJECT")
    wanted.add_argument("--soft", default=None, help="AED at which administrators are told")
    wanted.add_argument("--hard", default=None, help="AED from which on no new work begins")
    add(budget, "remove", budget_remove, "remove one").add_argument("budget", help="its id")


def usage_show(client: Client, said: Namespace) -> None:
    found = client.usage.summary(by=said.by, month=said.month, project=said.project or "")
    if said.json:
        show(found, as_json=True)
        return
    total = {"name": "TOTAL", "cost": found["total"]}
    table([*found["lines"], total], ("name", "compute_seconds", "requests", "cost"), as_json=False)


def usage_hours(client: Client, said: Namespace) -> None:
    rows = client.usage.hours(month=said.month, project=said.project or "")
    table(rows, ("hour", "thing_kind", "thing_id", "kind", "amount", "cost"), as_json=said.json)


def usage_chargeback(client: Client, said: Namespace) -> None:
    found = client.usage.chargeback(month=said.month)
    if said.json:
        show(found, as_json=True)
        return
    total = {"project": "TOTAL", "cost": found["total"]}
    table([*found["charges"], total], ("project", "item", "quantity", "unit", "price", "cost"), as_json=False)


def quota_list(client: Client, said: Namespace) -> None:
    parts = [
        {"id": quota["id"], "name": quota["name"], **part} for quota in client.quotas.list() for part in quota["parts"]
    ]
    table(parts, ("id", "name", "field", "used", "most", "left"), as_json=said.json)


def quota_set(client: Client, said: Namespace) -> None:
    limits = {name: getattr(said, name) for name in _LIMITS}
    show(client.quotas.set(project=said.whose, **limits), as_json=said.json)


def quota_remove(client: Client, said: Namespace) -> None:
    client.quotas.remove(said.quota)
    show({"id": said.quota, "state": "removed"}, as_json=said.json)


def budget_list(client: Client, said: Namespace) -> None:
    columns = ("id", "project_id", "month", "spent", "soft_limit", "hard_limit", "percent")
    table(client.budgets.list(), columns, as_json=said.json)


def budget_set(client: Client, said: Namespace) -> None:
    found = client.budgets.set(project=said.whose, soft_limit=said.soft, hard_limit=said.hard)
    show(found, as_json=said.json)


def budget_remove(client: Client, said: Namespace) -> None:
    client.budgets.remove(said.budget)
    show({"id": said.budget, "state": "removed"}, as_json=said.json)


def price_list(client: Client, said: Namespace) -> None:
    table(
        client.prices.list(), ("item", "amount", "unit", "is_default", "coming_amount", "coming_id"), as_json=said.json
    )


def price_take_back(client: Client, said: Namespace) -> None:
    client.prices.take_back(said.price)
    show({"id": said.price, "state": "taken back"}, as_json=said.json)


def price_set(client: Client, said: Namespace) -> None:
    show(client.prices.set(said.item, said.amount, valid_from=said.valid_from), as_json=said.json)
