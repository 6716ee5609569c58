"""Usage, quotas, budgets and prices by client and command line; what a start would cost, before it."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def run(sanad):
    def words(*given, role="admin"):
        code, answered, said = sanad(*given, role=role)
        assert code == 0, said
        return [json.loads(line) for line in answered.splitlines()]

    return words


def test_a_quota_is_set_listed_and_removed(run, sanad):
    (made,) = run("quota", "set", "--for", "flights", "--cpus", "4", "--concurrent-runs", "2")
    limits = {part["field"]: part["most"] for part in made["parts"]}
    assert (limits["cpus"], limits["concurrent_runs"], limits["gpus"]) == ("4.00", "2.00", None)
    listed = run("quota", "list")
    assert {part["field"] for part in listed if part["id"] == made["id"]} >= {"cpus", "storage_bytes"}
    run("quota", "remove", made["id"])
    assert not [part for part in run("quota", "list") if part["id"] == made["id"]]

    code, _answered, said = sanad("quota", "set", "--cpus", "4", role="scientist")
    assert code == 4 and "tenant.manage" in said


def test_a_budget_is_set_listed_and_removed(run, sanad):
    (made,) = run("budget", "set", "--soft", "100", "--hard", "120.50")
    assert (made["soft_limit"], made["hard_limit"], made["project_id"]) == ("100.00", "120.50", None)
    assert made["id"] in {budget["id"] for budget in run("budget", "list")}
    code, _answered, said = sanad("budget", "set", "--soft", "2", "--hard", "1", role="admin")
    assert code == 1 and "soft limit warns before" in said
    run("budget", "remove", made["id"])
    assert run("budget", "list") == []


def test_a_price_is_set_and_holds_from_the_next_hour_on(run):
    listed = {price["item"]: price for price in run("price", "list")}
    assert listed["small"]["is_default"] is True
    (made,) = run("price", "set", "small", "0.55")
    assert (made["item"], made["amount"]) == ("small", "0.55000000")
    assert {price["item"]: price["coming_amount"] for price in run("price", "list")}["small"] == "0.55000000"
    run("price", "take-back", made["id"])
    assert {price["item"]: price["coming_id"] for price in run("price", "list")}["small"] is None


def test_usage_is_summed_listed_and_billed(run, sanad):
    (found,) = run("--json", "usage", "show", "--by", "person", role="scientist")
    assert (found["by"], found["currency"], found["total"]) == ("person", "AED", "0.00")
    (bill,) = run("--json", "usage", "chargeback")
    assert (bill["charges"], bill["total"]) == ([], "0.00")
    assert run("usage", "hours") == []
    code, _answered, said = sanad("usage", "show", "--month", "March", role="admin")
    assert code == 1 and "write it like 2026-03" in said
