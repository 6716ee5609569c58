"""An engine's lake, made once for a module, and some people to write into it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from foundation.lake import for_tenant
from tests.foundation.lake.conftest import lake_id as lake_id

PEOPLE = pa.table(
    {
        "name": ["first", "second", None, "vierté"],
        "age": pa.array([31, None, 25, 40], pa.int64()),
        "at": pa.array([1, 2, 3, None], pa.timestamp("us", tz="UTC")),
    }
)


@pytest.fixture(scope="module", params=["duckdb"])
def lake(lake_id, request):
    from django.conf import settings

    settings.LAKE_ENGINE = request.param
    return for_tenant(lake_id)


@pytest.fixture
def table(request):
    return "t_" + request.node.name.split("[")[0].removeprefix("test_")[:50]
