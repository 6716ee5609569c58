"""Features as they are now: the newest value of each key in the online store, sealed with the tenant's key."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features import policies, selectors
from apps.features.adapters.valkey import store_at
from apps.features.choices import BuildState, ViewKind
from apps.features.errors import DefinitionRefused
from apps.features.events import FeatureViewMaterialised, MaterialisationCancelled
from apps.features.models import FeatureView
from apps.features.ports import OnlineStore
from apps.features.services.naming import column_list
from foundation import jobs, lake, ledger, storage
from foundation.clock import now
from foundation.errors import Unavailable
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.quoting import identifier

if TYPE_CHECKING:
    from foundation.jobs.models import Job

_READ_BACK = 1_000
_NONCE_BYTES = 12


def materialise_view(*, job: JobHandle, view_id: UUID) -> None:
    """Write the newest value of every key, read a sample back and count, then say done."""
    with job.scope():
        view = FeatureView.objects.select_related("entity").get(pk=view_id)
    if view.state != BuildState.READY:
        drop_online(view)  # what an attempt before this one wrote while the view was destroyed
        return
    job.progress(_("Writing the newest value of every key"), None)
    try:
        written = _write_newest(view, job)
    finally:
        with job.scope():
            gone = not FeatureView.objects.filter(pk=view.pk, state=BuildState.READY).exists()
        if gone:
            # A person was erased from it meanwhile, and what was online by then was dropped already.
            drop_online(view)
    if gone:
        return
    with job.scope(), transaction.atomic():
        FeatureView.objects.filter(pk=view.pk).update(online_keys=written, online_at=now())
        done = FeatureViewMaterialised(view_id=view.pk, key_count=written)
        ledger.record(done, actor=job.actor, project_id=view.project_id, subject=("feature_view", view.pk))


def _write_newest(view: FeatureView, job: JobHandle) -> int:
    """How many keys were written; Unavailable where some of them are not there afterwards."""
    keyring = _Keyring(view)
    written = _store().write(_pairs(view, keyring, _newest(view)), ttl_seconds=None)
    job.raise_if_cancelled()
    found = _store().read([keyring.key(row) for row in _newest(view, limit=_READ_BACK)])
    if None in found:
        raise Unavailable(_("The online store lost values while they were written; the job tries again."))
    return written


@jobs.on_cancel("features.materialise_view")
def _materialisation_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    view = FeatureView.objects.get(pk=UUID(job.arguments["view_id"]))
    cancelled = MaterialisationCancelled(view_id=view.pk)
    ledger.record(cancelled, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))


def read_online(
    *, actor: Actor, view_ids: Sequence[UUID], entities: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """For each entity the features of each view, in one round trip; a missing value is said, never made up."""
    views = [selectors.get_view(actor=actor, view_id=view_id) for view_id in view_ids]
    masks = {name: mask for view in views for name, mask in selectors.masks_of_view(actor, view).items()}
    keyrings = [_Keyring(view) for view in views]
    for view in views:
        selectors.check_not_destroyed(view)
        policies.check_may_name(actor, view)
        _check_keys(view, entities)
    sealed = _store().read([ring.key(entity) for entity in entities for ring in keyrings])
    answers = []
    for row, entity in enumerate(entities):
        answer: dict[str, Any] = {"entity": dict(entity), "features": {}, "event_times": {}, "missing": []}
        for column, (view, ring) in enumerate(zip(views, keyrings, strict=True)):
            _fill(answer, view, ring, entity, sealed[row * len(views) + column])
        times = {str(view): view.event_time in masks for view in views}
        shown = {name: datasets.hidden(at) if times[name] else at for name, at in answer["event_times"].items()}
        answers.append({**answer, "features": _masked(answer["features"], masks), "event_times": shown})
    return answers


def _masked(features: Mapping[str, Any], masks: Mapping[str, Any]) -> dict[str, Any]:
    return {name: masks[name](value) if name in masks else value for name, value in features.items()}


def drop_online(view: FeatureView) -> int:
    """Forget every value of the view online; how many keys there were."""
    return drop_values(view.pk)


def drop_values(view_id: UUID) -> int:
    """The same for a view whose row is gone."""
    return _store().drop_beginning(_prefix(view_id))


def _prefix(view_id: UUID) -> bytes:
    return b"sanad:online:" + view_id.bytes + b":"


def _fill(
    answer: dict[str, Any], view: FeatureView, ring: _Keyring, entity: Mapping[str, Any], sealed: bytes | None
) -> None:
    if sealed is None:
        answer["missing"].append(str(view))
        answer["features"] |= dict.fromkeys(view.feature_names)
        return
    at_us, values = ring.open(ring.key(entity), sealed)
    answer["features"] |= dict(zip(view.feature_names, values, strict=True))
    answer["event_times"][str(view)] = datetime.fromtimestamp(at_us / 1_000_000, UTC).isoformat()


def _check_keys(view: FeatureView, entities: Sequence[Mapping[str, Any]]) -> None:
    for entity in entities:
        lacking = [key for key in view.entity.join_keys if key not in entity]
        if lacking:
            raise DefinitionRefused(
                _("%(view)s is found by %(keys)s; the request does not give it.")
                % {"view": view, "keys": column_list(lacking)},
                fields={"entities": [_("A join key is missing.")]},
            )


def write_rows(view: FeatureView, rows: Iterator[dict[str, Any]]) -> int:
    """Write rows of keys, features and `__at` in µs in the place of what their keys had; how many."""
    return _store().write(_pairs(view, _Keyring(view), rows), ttl_seconds=None)


def _pairs(view: FeatureView, keyring: _Keyring, rows: Iterator[dict[str, Any]]) -> Iterator[tuple[bytes, bytes]]:
    for row in rows:
        values = [row[name] for name in view.feature_names]
        key = keyring.key(row)
        yield key, keyring.seal(key, [row["__at"], values])


def _newest(view: FeatureView, limit: int | None = None) -> Iterator[dict[str, Any]]:
    keys = ", ".join(identifier(name) for name in view.entity.join_keys)
    features = ", ".join(identifier(name) for name in view.feature_names)
    at = f"epoch_us({identifier(view.event_time)})"
    # As a join sees it: of several rows of the latest event the one that was known last.
    known = f"greatest({at}, epoch_us({identifier(view.created_column)})) DESC, " if view.created_column else ""
    # Windows have rows of times to come, at which events leave them.
    by_now = f"WHERE {at} <= {time.time_ns() // 1_000} " if view.kind == ViewKind.WINDOWS else ""
    cut = f" LIMIT {limit}" if limit else ""
    sql = (
        f"SELECT {keys}, {features}, {at} AS __at FROM rows {by_now}"  # noqa: S608 - names are quoted
        f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {at} DESC, {known}{features}) = 1{cut}"
    )
    for batch in lake.for_tenant(view.tenant_id).query(sql, {"rows": selectors.view_table(view)}):
        yield from batch.to_pylist()


class _Keyring:
    """Names and seals for one view: the store sees neither the entity's key nor its values."""

    def __init__(self, view: FeatureView) -> None:
        secret = storage.tenant_data_key(view.tenant_id, "online")
        self._names = hmac.new(secret, f"names:{view.pk}".encode(), hashlib.sha256).digest()
        self._cipher = AESGCM(hmac.new(secret, f"values:{view.pk}".encode(), hashlib.sha256).digest())
        self._prefix = _prefix(view.pk)
        self._join_keys = tuple(view.entity.join_keys)

    def key(self, row: Mapping[str, Any]) -> bytes:
        named = msgspec.msgpack.encode([str(row[name]) for name in self._join_keys])
        return self._prefix + hmac.new(self._names, named, hashlib.sha256).digest()[:16]

    def seal(self, key: bytes, value: Any) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, msgspec.msgpack.encode(value, enc_hook=str), key)

    def open(self, key: bytes, sealed: bytes) -> Any:
        return msgspec.msgpack.decode(self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], key))


def _store() -> OnlineStore:
    return store_at(settings.REDIS_URL)
