"""How a view's values are named, sealed and opened: by a secret of the view's own, made of the tenant's key."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from threading import Lock
from uuid import UUID

from django.conf import settings

from apps.features.adapters.valkey import store_at
from apps.features.models import FeatureView
from apps.features.ports import OnlineStore
from foundation import storage
from runtime.online import OnlineView, prefix_of

_MOST_KNOWN = 64
_known: OrderedDict[UUID, OnlineView] = OrderedDict()
_lock = Lock()


def online_view(view: FeatureView) -> OnlineView:
    """Raises what a withdrawn or destroyed key raises: it is asked for each time, whatever is remembered."""
    secret = storage.tenant_data_key(view.tenant_id, "online")
    made = OnlineView(
        id=view.pk,
        name=str(view),
        prefix=prefix_of(view.pk),
        secret=hmac.new(secret, b"view:" + view.pk.bytes, hashlib.sha256).digest(),
        join_keys=tuple(view.entity.join_keys),
        features=tuple(view.feature_names),
        ttl_us=None if view.ttl_seconds is None else view.ttl_seconds * 1_000_000,
    )
    with _lock:
        before = _known.pop(view.pk, made)
        # One that is the same keeps what it remembers of names and of values.
        kept = _known[view.pk] = before if before == made else made
        if len(_known) > _MOST_KNOWN:
            _known.popitem(last=False)
    return kept


def online_store() -> OnlineStore:
    return store_at(settings.REDIS_URL)


def drop_online(view: FeatureView) -> int:
    """Forget every value of the view online; how many keys there were."""
    return drop_values(view.pk)


def drop_values(view_id: UUID) -> int:
    """The same for a view whose row is gone. Whoever still writes finds that nobody is known who may."""
    with _lock:
        _known.pop(view_id, None)
    return online_store().drop_beginning(prefix_of(view_id))
