"""What is in a version's columns holds values of its rows: a sealed object, whose deletion leaves no copy behind."""

from __future__ import annotations

import json
from typing import Any

from apps.datasets.models import DatasetVersion
from foundation import storage


def keep_profile(version: DatasetVersion, profile: dict[str, Any]) -> None:
    storage.put(version.tenant_id, version.profile_key, json.dumps(profile).encode())


def drop_profile(version: DatasetVersion) -> None:
    storage.delete(version.tenant_id, version.profile_key)
