"""Features as they are now: any number of entities and views in one question to the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.choices import REQUEST_KINDS
from apps.features.errors import DefinitionRefused
from apps.features.services.naming import column_list
from apps.features.services.online.forgetting import note_forgotten
from apps.features.services.online.keys import online_store
from apps.features.services.online.planning import checked_plan
from apps.features.services.skew.sampling import keep_samples
from foundation import clock
from foundation.errors import Unavailable
from foundation.identity import Actor
from runtime.entity_keys import MOST_BYTES as MOST_KEY_BYTES
from runtime.online import (
    KeyRefused,
    NotOurs,
    OnlineReader,
    Plan,
    RequestRefused,
    check_requests,
    parted,
    results,
    told_beside,
)

# As many entities and views as a question may have by itself; a feature service may have more views.
MOST_VALUES = 20_000


def read_online(
    *, actor: Actor, view_ids: Sequence[UUID], entities: Sequence[Mapping[str, Any]], now: datetime | None = None
) -> list[dict[str, Any]]:
    """For each entity the features of each view; a missing value is said, never made up (`runtime.online.results`)."""
    views = [selectors.get_view(actor=actor, view_id=view_id) for view_id in view_ids]
    plan = checked_plan(actor, [(view, None) for view in views])
    return read_plan(plan, entities, tenant_id=actor.tenant_id, now=now or clock.now())


def read_plan(
    plan: Plan,
    entities: Sequence[Mapping[str, Any]],
    *,
    tenant_id: UUID,
    now: datetime,
    requests: Sequence[Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """The same of a plan that was made for whoever asks.

    An entity is its join keys, or {"entity": join keys, "request": values}; `requests` are such values in a list of as
    many.
    """
    if len(entities) * len(plan.views) > MOST_VALUES:
        raise DefinitionRefused(
            _("Entities times views are at most %(most)s in one request; send fewer entities.") % {"most": MOST_VALUES},
            fields={"entities": [_("Send fewer.")]},
        )
    now_us = int(now.timestamp() * 1_000_000)
    try:
        keys, beside = parted(entities, requests)
        given = told_beside(plan.derived, keys, beside)
        check_requests(plan.derived, given)
    except RequestRefused as refused:
        raise _request_refusal(refused) from refused
    try:
        answer = OnlineReader(online_store(), plan.online_views).read(keys, now_us=now_us)
    except KeyRefused as refused:
        raise _refusal(refused) from refused
    except NotOurs as error:
        raise Unavailable(_("A value online cannot be opened. Materialise the view again.")) from error
    keep_samples(tenant_id, keys, answer, plan.shares, now_us=now_us)
    for view in answer.not_online:
        note_forgotten(view.id)
    return results(plan, keys, answer, given)


def _request_refusal(refused: RequestRefused) -> DefinitionRefused:
    name, n = column_list([refused.name]), refused.place + 1
    kind = REQUEST_KINDS.get(refused.wanted, refused.wanted)
    said = {
        "count": _("There are not as many requests as entities; send one for each, in their order."),
        "twice": _(
            "The values of the request are given twice: beside each entity, or in a list of requests, not both."
        ),
        "unknown": _("There is no value %(name)s to give. There are: %(known)s.")
        % {"name": name, "known": column_list(refused.known) or "–"},
        "kind": _("%(name)s has to be %(kind)s.") % {"name": name, "kind": kind},
    }
    fields = {"requests": [_("Look at the request of entity %(n)s.") % {"n": n}]}
    return DefinitionRefused(said[refused.why], fields=fields)


def _refusal(refused: KeyRefused) -> DefinitionRefused:
    key = column_list([refused.key])
    said = {
        "missing": _("The request does not give the join key %(key)s.") % {"key": key},
        "long": _("A value of %(key)s is longer than %(most)s bytes.") % {"key": key, "most": MOST_KEY_BYTES},
        "kind": _("A value of %(key)s is no key: give text, a number, a truth value or a moment.") % {"key": key},
    }
    return DefinitionRefused(
        said[refused.why], fields={"entities": [_("Look at entity %(n)s.") % {"n": refused.place + 1}]}
    )
