"""A person taken out of what deployments were asked: the logged rows, what was set aside, and the broker's own files.

Counts by minute and by bin stay: they name nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from apps.datasets import services as datasets
from apps.datasets.choices import ErasedKind
from apps.datasets.services import Reached, Search
from apps.deployments import selectors as deployments
from apps.features import selectors as features
from apps.monitoring.adapters.valkey import stream_at
from apps.monitoring.services.draining import drain_up_to_now
from apps.monitoring.services.metering import keep_logs
from foundation import lake
from foundation.errors import Unavailable
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake import shredding
from foundation.lake.ports import Lake


class LogReach(datasets.Reach):
    rank = 60
    kinds = frozenset({ErasedKind.INFERENCE_LOG, ErasedKind.SET_ASIDE, ErasedKind.BROKER})

    def look(self, search: Search) -> list[Reached]:
        if search.dataset_id is not None:
            return []  # a request names columns, and not the dataset that they stand for
        condition, params = _condition(search)
        sql = f"SELECT count(*) AS n FROM log WHERE {condition}"  # noqa: S608 - values are parameters
        tables, found = lake.for_tenant(search.actor.tenant_id), []
        for deployment, table in _logs(search, tables):
            rows = tables.query(sql, {"log": tables.current(table)}, params).read_all().to_pylist()[0]["n"]
            found += [_of_log(deployment, rows)] if rows else []
        aside = [] if search.otherwise else _aside(search)
        return [*found, _of_aside(search, len(aside))] if aside else found

    def wipe(self, job: JobHandle, search: Search) -> list[Reached]:
        if search.dataset_id is not None:
            return []
        with job.scope():
            asked = deployments.visible_deployments(actor=job.actor, project_id=search.project_id).exists()
        if not asked:
            return [_of_broker(search)]
        with job.scope():
            check_gateway_is_empty(job.actor)
        drain_up_to_now(job.actor.tenant, between=job.raise_if_cancelled)
        with job.scope():
            logs = list(_logs(search, lake.for_tenant(job.tenant_id)))
            condition, params = _condition(search)
        erased = [
            _of_log(one, lake.for_tenant(job.tenant_id).erase_rows(table, condition, params)) for one, table in logs
        ]
        with job.scope():
            keep_logs(job.actor.tenant, {one.pk for one, _table in logs})
        job.raise_if_cancelled()
        if logs:
            shredding.shred_past(actor=job.actor, tables=[table for _one, table in logs])
        aside = _drop_aside(job, search)
        stream_at(settings.REDIS_URL).repack(str(job.tenant_id))
        return [*(one for one in erased if one.rows), *aside, _of_broker(search)]


def _logs(search: Search, tables: Lake) -> Iterable[tuple[Any, str]]:
    """Each deployment of the project that has a log, with its table."""
    there = set(tables.tables())
    for deployment in deployments.visible_deployments(actor=search.actor, project_id=search.project_id):
        if (table := deployments.inference_table(deployment.pk)) in there:
            yield deployment, table


def _names(search: Search) -> list[str]:
    return sorted(features.columns_meant(actor=search.actor, project_id=search.project_id, column=search.column))


def _condition(search: Search) -> tuple[str, list[str]]:
    """Rows that name the person by the column, or by the join key that stands for it."""
    paths = ["$." + json.dumps(name, ensure_ascii=False) for name in _names(search)]
    conditions = [search.condition("json_extract_string(features, ?)", path) for path in paths]
    return " OR ".join(sql for sql, _params in conditions), [one for _sql, params in conditions for one in params]


def _aside(search: Search) -> list[str]:
    """The ids of lines set aside that hold the value anywhere: nobody could read them by columns."""
    # In a body inside a line the value stands as JSON writes it, with or without its signs escaped.
    wanted = {json.dumps(search.value, ensure_ascii=plain)[1:-1].encode() for plain in (True, False)}
    kept = stream_at(settings.REDIS_URL).aside(str(search.actor.tenant_id))
    ours = {str(one.pk) for one in deployments.visible_deployments(actor=search.actor, project_id=search.project_id)}
    return [pk for pk, blob in kept if any(form in blob for form in wanted) and deployment_of(blob) in {None, *ours}]


def deployment_of(blob: bytes) -> str | None:
    """The deployment that a line names; None where it cannot be read."""
    try:
        return str(UUID(msgspec.json.decode(blob)["deployment_id"]))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError, KeyError, ValueError, AttributeError):
        return None


def _drop_aside(job: JobHandle, search: Search) -> list[Reached]:
    with job.scope():
        ids = _aside(search)
    stream_at(settings.REDIS_URL).drop_aside(str(job.tenant_id), ids)
    return [_of_aside(search, len(ids))] if ids else []


def check_gateway_is_empty(actor: Actor) -> None:
    """What the gateway keeps while the broker is away comes into the log later, and would bring back what is erased."""
    waiting = deployments.log_waiting(actor=actor)
    if waiting is None:
        raise Unavailable(_("The gateway does not answer, and may still keep requests for the log. Start it."))
    if waiting:
        raise Unavailable(_("The gateway still keeps requests for the log; the work goes on when they are logged."))


def _of_log(deployment: Any, rows: int) -> Reached:
    return Reached(kind=ErasedKind.INFERENCE_LOG, id=deployment.pk, name=str(deployment), rows=rows)


def _of_aside(search: Search, count: int) -> Reached:
    return Reached(kind=ErasedKind.SET_ASIDE, id=search.project_id, name=str(ErasedKind.SET_ASIDE.label), rows=count)


def _of_broker(search: Search) -> Reached:
    """Values online and requests that were deleted stand in the broker's file until it is written anew."""
    done = stream_at(settings.REDIS_URL).rewrite_files()
    note = "" if done else _("The broker lets nobody write its files anew from here; have whoever runs it do so.")
    name = str(ErasedKind.BROKER.label)
    return Reached(kind=ErasedKind.BROKER, id=search.project_id, name=name, note=note)
