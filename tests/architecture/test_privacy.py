"""The import contract catches what it is there for: packages past their door, and foundation's tables."""

from __future__ import annotations

import pytest

from tests.architecture.app_privacy import AppPrivacyContract

OPTIONS = {
    "public_modules": ["selectors", "choices"],
    "open_models": ["foundation.tenancy.models"],
    "keeper_of_models": "tenants",
}


def is_private(module: str, imported: str) -> bool:
    contract = AppPrivacyContract(name="", session_options={}, contract_options=OPTIONS)
    return contract._is_private(module.split("."), imported.split("."))


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("apps.dashboards.selectors.home", "apps.monitoring.models"),
        ("apps.dashboards.selectors.home", "apps.monitoring.selectors.minutes"),
        ("apps.dashboards.selectors.home", "foundation.ledger.models"),
    ],
)
def test_what_lies_behind_a_door_is_refused(module, imported):
    assert is_private(module, imported)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("apps.dashboards.selectors.home", "apps.monitoring.selectors"),
        ("apps.dashboards.selectors.home", "apps.dashboards.models"),
        ("apps.dashboards.models", "foundation.tenancy.models"),
        ("apps.dashboards.services", "foundation.ledger"),
        ("apps.tenants.services.tokens", "foundation.identity.models"),
    ],
)
def test_doors_and_ones_own_rooms_are_open(module, imported):
    assert not is_private(module, imported)
