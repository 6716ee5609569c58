from __future__ import annotations

from tests.apps.datasets.conftest import ingested, uploaded

__all__ = ["ingested", "uploaded"]
