"""The list of features reads what it shows, however much lies beside it."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.datasets.models import Dataset, DatasetVersion

FEATURES = "/t/acme/p/flights/features/"
MANY = 1_000
# What the frame of a page and the lines for programs read: people, roles, twenty names of datasets.
_FEW = 40


@pytest.fixture
def many_datasets(tenant, project, scientist):
    """Datasets with a version each, that can be read as far as the rows say."""
    common = {"tenant": tenant, "project": project}
    tables = [Dataset(**common, name=f"table_{n:05d}", slug=f"table_{n:05d}") for n in range(MANY)]
    Dataset.objects.bulk_create(tables)
    schema = [{"name": "size", "type": "BIGINT"}]
    words = {"number": 1, "state": "ready", "row_count": 1, "schema": schema, "created_by": scientist.user}
    DatasetVersion.objects.bulk_create([DatasetVersion(**common, dataset=one, **words) for one in tables])


def rows_sent(statement):
    """How many rows the database hands over for a statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan["Actual Rows"]


def test_the_empty_list_reads_no_rows_of_the_data_beside_it(client_as, scientist, many_datasets):
    browser = client_as(scientist)
    browser.get(FEATURES)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = browser.get(FEATURES)
    assert "No feature views yet" in answer.content.decode()
    selects = [query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT")]
    of_data = [statement for statement in selects if '"datasets_' in statement]
    assert of_data
    sent = {statement[:300]: rows_sent(statement) for statement in of_data}
    assert all(rows <= _FEW for rows in sent.values()), sent


def test_one_statement_more_is_made_beside_many_datasets_than_in_an_empty_project(
    client_as, scientist, project, many_datasets
):
    browser = client_as(scientist)
    browser.get(FEATURES)
    with CaptureQueriesContext(connection) as beside_many:
        browser.get(FEATURES)
    DatasetVersion.objects.all().delete()
    Dataset.objects.all().delete()
    with CaptureQueriesContext(connection) as alone:
        assert "Data comes first" in browser.get(FEATURES).content.decode()
    # The lines that a program writes name one of them.
    assert len(beside_many) == len(alone) + 1
