"""The contract on private modules says what it says: tried with imports that nobody has written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.architecture.app_privacy import AppPrivacyContract

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    given = next(one for one in contracts if one["type"] == "app_privacy")
    options = {key: value for key, value in given.items() if key not in {"name", "type"}}
    return AppPrivacyContract(given["name"], {"root_packages": ["apps", "foundation"]}, options)


@pytest.mark.parametrize(
    ("ours", "theirs", "private"),
    [
        ("apps.projects.services", "apps.tenants.models", True),
        ("apps.projects.services", "apps.tenants.services", False),
        ("apps.projects.services", "apps.tenants.services.tokens", True),
        ("apps.projects.services", "foundation.identity.models", True),
        ("apps.projects.services", "foundation.tenancy.models", False),
        ("apps.projects.services", "foundation.identity.tokens", True),
        ("apps.registry.services.keys", "foundation.storage.keyring", True),
        ("apps.approvals.services.cases", "foundation.access.grants", True),
        ("apps.tenants.services.tokens", "foundation.identity.tokens", False),
        ("apps.deployments.services.invoking", "foundation.identity.tokens", False),
        ("apps.deployments.services.traffic", "foundation.identity.tokens", True),
    ],
)
def test_what_an_app_may_reach(contract, ours, theirs, private):
    assert contract._is_private(ours.split("."), theirs.split(".")) is private
