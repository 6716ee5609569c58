"""A deployment that is asked by keys alone: what its rows give, with examples to paste and a form to try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.deployments import selectors, services
from apps.deployments.views import snippets
from apps.features.choices import KeyType
from apps.features.services import Lookups
from foundation.identity import Actor
from foundation.web.requests import PortalRequest

_EXAMPLES: dict[str, Any] = {
    "text": "A",
    "whole number": 1,
    "number": 1.0,
    "truth": True,
    "date": "2024-01-31",
    "moment": "2024-01-31T08:00:00Z",
}
# The types of a model's schema as those of a request, and the other way round.
_KINDS = {"integer": "whole number", "number": "number", "boolean": "truth", "category": "text"}
_TYPES = {"whole number": "integer", "number": "number", "truth": "boolean"}


def found_for(actor: Actor, deployment: Any) -> Lookups | None:
    """Of the version that pages show; None where it looks nothing up."""
    return services.lookups_of_version(actor, selectors.version_to_show(deployment))


def lent(deployment: Any) -> bool:
    """Whether the revision that pages show may look up."""
    shown = next(iter([*selectors.serving_revisions(deployment), *deployment.revisions.all()]))
    return bool(shown.looks_up)


def example(found: Lookups, usual: Mapping[str, Any]) -> dict[str, Any]:
    """A row that leaves out all that is looked up; its keys are made up, since nobody's key is to stand on a page."""
    made = {name: _EXAMPLES.get(kind, "A") for name, kind in (*found.keys.items(), *found.requests.items())}
    return {**made, **{name: usual.get(name) for name in found.sent}}


def of_use(
    request: PortalRequest, deployment: Any, features: list[dict[str, Any]], usual: Mapping[str, Any]
) -> dict[str, Any]:
    """What the page of how it is used says of keys. `features` are those of the model, with their types."""
    found = found_for(request.actor, deployment)
    if found is None:
        return {}
    row = example(found, usual)
    labels = {str(value): label for value, label in KeyType.choices} | {"number": _("number")}
    kinds = [(name, labels.get(kind, ""), _("key")) for name, kind in found.keys.items()]
    kinds += [
        (name, labels.get(kind, ""), _("value of the request"))
        for name, kind in found.requests.items()
        if name not in found.keys
    ]
    known = {name for name, _kind, _what in kinds}
    types = {feature["name"]: labels.get(_KINDS.get(feature["type"], ""), "") for feature in features}
    kinds += [(name, types.get(name, ""), _("feature")) for name in found.sent if name not in known]
    return {
        "lookups": found,
        "lookup_columns": kinds,
        "lookups_lent": lent(deployment),
        "why_not_lent": services.why_not_lent(),
        "key_snippets": snippets.for_deployment(deployment, [], row)[:3],
    }


def fields_to_try(found: Lookups, features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The form's fields: keys and values of the request first, then what is sent, then what is looked up if empty."""
    known = {feature["name"]: feature for feature in features}
    helps = {**dict.fromkeys(found.requests, _("A value of the request.")), **dict.fromkeys(found.keys, _("A key."))}
    more = [
        {"name": name, "type": _TYPES.get(kind, "text"), "nullable": True, "left_out": True, "help": helps[name]}
        for name, kind in {**found.requests, **found.keys}.items()
        if name not in known
    ]
    sent = [{**known[name], "help": helps.get(name, _("Sent in any case."))} for name in found.sent]
    empty = {"nullable": True, "left_out": True, "folded": True}
    return [*more, *sent, *({**known[name], **empty} for name in found.looked_up)]


def missing_in_words(missing: Any) -> list[str]:
    """Of an answer to one row: which features were looked up and not found, and why."""
    why = {
        "missing": _("no value"),
        "expired": _("its value is too old"),
        "not online": _("its view is not online"),
        "not finite": _("its value is no finite number"),
        "not given": _("a value of the request is missing"),
        "unfit": _("its value is not of the model's type"),
    }
    said = []
    for one in missing if isinstance(missing, list) else []:
        words = {"view": one["view"], "features": ", ".join(one["features"]), "why": why.get(one["why"], one["why"])}
        said.append(_("%(features)s of %(view)s: %(why)s") % words)
    return said
