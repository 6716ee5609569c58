"""Logged requests as the gateway writes them to the stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import redis
from django.conf import settings

from apps.deployments import selectors as deployments
from foundation import lake
from foundation.clock import now
from gateway.entries import Entry, stream_of


def entry(revision: Any, rows: list[dict[str, Any]], **changes: Any) -> Entry:
    """A request for some rows, answered with the first class and certainty."""
    classes = revision.model_version.input_schema["target"]["classes"]
    answer = {
        "predictions": [classes[0]] * len(rows),
        "probabilities": [[1.0, *[0.0] * (len(classes) - 1)]] * len(rows),
        "classes": classes,
    }
    given: dict[str, Any] = {
        "tenant_id": str(revision.tenant_id),
        "deployment_id": str(revision.deployment_id),
        "revision_id": str(revision.pk),
        "id": uuid4().hex,
        "at": now().timestamp(),
        "status": 200,
        "latency_s": 0.004,
        "request": orjson.dumps({"dataframe_records": rows}),
        "response": orjson.dumps(answer),
        "event_time": "2013-12-05T10:00:00+00:00",
        "actor": "workload:test",
        "shadow": False,
    }
    return Entry(**{**given, **changes})


def broker() -> Any:
    return redis.Redis.from_url(settings.REDIS_URL)


def log(*entries: Entry) -> None:
    for one in entries:
        broker().xadd(stream_of(one.tenant_id), {"e": one.as_json()})


def waiting(tenant: Any) -> int:
    return int(broker().xlen(stream_of(str(tenant.pk))))


def log_on_disk(revision: Any) -> int:
    """Bytes of the files of the deployment's log, as it is now."""
    tables, table = lake.for_tenant(revision.tenant_id), deployments.inference_table(revision.deployment_id)
    files = tables.files_of(tables.current(table))
    return sum(Path(one.path).stat().st_size for file in files for one in (file, file.deleted) if one)
