"""Values that name people, replaced by tokens before they reach the lake: joinable, and nobody's without the key.

A token is HMAC-SHA256 of the value under a key of the tenant, cut to 128 bits. It is not reversible on purpose: nobody
can be made to open it, no door has to be guarded, and whoever has the value finds its rows all the same. One key for
all columns of a tenant, so the same value has the same token in every dataset of the tenant and in no other one. The
key lies in the portal's key store under a purpose of its own: once it is destroyed, no token can be made again and no
value be tried out against those that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.datasets import policies
from apps.datasets.choices import ColumnClass, VersionState
from apps.datasets.errors import FileRefused
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.services.token_keys import PURPOSE, TokenKey
from foundation import access, storage
from foundation.clock import now
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.lake.ports import Lake
from foundation.storage import keys
from foundation.storage.errors import KeyDestroyed
from foundation.words import kept as _

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_NAMED = 12


def asked_columns(options: Mapping[str, Any] | None) -> list[str]:
    """The columns that are to be tokenised, as the options of an ingestion say."""
    return list(dict.fromkeys((options or {}).get("tokenise") or []))


def as_before(dataset: Dataset, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """The options, which also tokenise what the dataset's newest version has as tokens, unless they say it themselves.

    Whoever adds the next file should not have to remember: forgotten once, clear values would lie beside the tokens.
    """
    given = dict(options or {})
    rows = DatasetVersion.objects.filter(dataset=dataset, state=VersionState.READY)
    schema = rows.order_by("-number").values_list("schema", flat=True).first() or []
    columns = [column["name"] for column in schema if column.get("tokenised")]
    return {"tokenise": columns, **given} if columns else given


def with_text(options: dict[str, Any]) -> dict[str, Any]:
    """The options as a file is read by: columns that are tokenised stay text, so that no leading zero is lost."""
    columns = asked_columns(options)
    rest = {name: value for name, value in options.items() if name != "tokenise"}
    return {**rest, "types": {**rest.get("types", {}), **dict.fromkeys(columns, "text")}} if columns else rest


def tokenising(tables: Lake, version: DatasetVersion) -> Lake:
    """The lake as the version's rows are written to it: each batch comes with tokens in it, and no clear value."""
    columns = asked_columns(version.source.get("options"))
    return tables.changing(_changer(version.tenant_id, columns)) if columns else tables


def mark_tokenised(version: DatasetVersion) -> None:
    """Columns that came as tokens say so, and are personal: whoever had them tokenised said that. The caller saves."""
    columns = set(asked_columns(version.source.get("options")))
    for column in version.schema:
        if column["name"] in columns:
            column |= {"tokenised": True, "class": column.get("class") or ColumnClass.PERSONAL.value}


def token_of(tenant_id: UUID, value: str) -> str:
    """The token that the value has in this tenant now; empty where nothing was tokenised, or the key is destroyed."""
    key = living_token_key(tenant_id)
    return key.token(value) if key else ""


@transaction.atomic
def destroy_token_key(*, actor: Actor, confirmation: str) -> None:
    """Destroy the key of all tokens: from now on nobody can tell whose they are. What comes later has a new key.

    Tokens that are there still join with each other, and never with those that are made afterwards.
    """
    policies.check_can_unlink(actor)
    access.require_fresh(actor)
    policies.check_tenant_typed(actor, confirmation)
    living = _living(actor.tenant_id) if storage.has_purpose_key(actor.tenant_id, PURPOSE) else {}
    if not living:
        raise Conflict(_("No column was tokenised since the last key was destroyed: there is no key."))
    for number in living:
        keys.destroy_key(actor=actor, purpose=PURPOSE, number=number, now=now())


def token_key(tenant_id: UUID) -> TokenKey:
    """The key that tokens are made with now; the first one, and the next after one was destroyed, is made at need."""
    living = _living(tenant_id)
    if not living:
        # Whoever makes it at the same moment makes the same number: then one of the two is there.
        with suppress(IntegrityError), transaction.atomic():
            keys.new_key(tenant_id=tenant_id, purpose=PURPOSE)
        living = storage.purpose_keys(tenant_id, PURPOSE)
    return TokenKey(tenant_id, *_current(living))


def living_token_key(tenant_id: UUID) -> TokenKey | None:
    """The same, of a tenant that has one; asking makes none."""
    living = _living(tenant_id) if storage.has_purpose_key(tenant_id, PURPOSE) else {}
    return TokenKey(tenant_id, *_current(living)) if living else None


def _living(tenant_id: UUID) -> dict[int, bytes]:
    try:
        return storage.purpose_keys(tenant_id, PURPOSE)
    except KeyDestroyed:
        return {}


def _current(living: Mapping[int, bytes]) -> tuple[int, bytes]:
    """The oldest that lives: a second one would part tokens of one value."""
    return min(living), living[min(living)]


def _changer(tenant_id: UUID, columns: Sequence[str]) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    key = token_key(tenant_id)
    return lambda batch: _changed(batch, columns, key)


def _changed(batch: pa.RecordBatch, columns: Sequence[str], key: TokenKey) -> pa.RecordBatch:
    import pyarrow as pa

    names = batch.schema.names
    if missing := [name for name in columns if name not in names]:
        there = ", ".join(names[:_MOST_NAMED])
        sentence = _("There is no column %(missing)s to tokenise, so nothing was read in. There are: %(names)s.")
        raise FileRefused(sentence % {"missing": ", ".join(missing), "names": there})
    arrays, fields = list(batch.columns), list(batch.schema)
    for name in columns:
        index = names.index(name)
        arrays[index] = key.tokens(arrays[index])
        fields[index] = pa.field(name, pa.string())
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
