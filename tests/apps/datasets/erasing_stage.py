"""People in versions, and where one of them is."""

from __future__ import annotations

import pytest

from apps.datasets import selectors
from apps.datasets.models import DatasetVersion
from foundation import lake

__all__ = ["CANARY", "OTHER", "PERSON", "WITH", "WITHOUT", "versions_of", "who_is_in", "with_keys_of_the_tenant"]

PERSON, CANARY = "person-CANARY-77", "secret-CANARY-of-77"
WITH = b"who,amount,note\n" + b"".join(b"person-%d,%d,plain\n" % (n, n) for n in range(20))
WITH += f"{PERSON},1,{CANARY}\n{PERSON},2,{CANARY}\n".encode()
WITHOUT = b"who,amount\nperson-1,5\nperson-2,6\n"
OTHER = f"who,city\n{PERSON},Al Ain\nperson-3,Dubai\n".encode()


@pytest.fixture(autouse=True)
def with_keys_of_the_tenant(settings):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"


def versions_of(dataset):
    rows = DatasetVersion.objects.filter(dataset=dataset).order_by("number")
    return [(row.number, row.state, row.row_count) for row in rows]


def who_is_in(version):
    rows = lake.for_tenant(version.tenant_id).read(selectors.table_at(version)).read_all()
    return set(rows["who"].to_pylist())
