"""Promises of datasets: published by their owners, and held up where a version would break them."""

from apps.datasets.services.contracts.breaking import breaking_changes, change_told, hold_where_broken
from apps.datasets.services.contracts.publishing import publish_contract
from apps.datasets.services.contracts.seeing import see_breach

__all__ = ["breaking_changes", "change_told", "hold_where_broken", "publish_contract", "see_breach"]
