from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.features import selectors
from foundation import access
from foundation.access import Permission
from foundation.errors import AccessDenied
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.features.models import FeatureView, Retrieval


def check_can_define(actor: Actor, project: object) -> None:
    access.require(actor, Permission.FEATURE_DEFINE, project)


def check_may_read(actor: Actor, retrieval: Retrieval) -> None:
    """What was sent along is of whoever sent it: nobody has said what is in its columns."""
    access.require(actor, Permission.FEATURE_DEFINE, retrieval)
    if retrieval.asked_by is None or retrieval.asked_by != actor.named:
        raise AccessDenied(_("Whoever asked for these features reads them, and nobody else. Ask for them yourself."))


def check_may_name(actor: Actor, view: FeatureView) -> None:
    """Asking by a key tells whether there is such a one: whoever sees the key masked would try them out."""
    _check_clear(actor, view, set(view.entity.join_keys))


def check_may_probe(actor: Actor, view: FeatureView) -> None:
    """The same of rows that somebody brings: their times would tell those of the view, too."""
    _check_clear(actor, view, {*view.entity.join_keys, view.event_time, view.created_column})


def _check_clear(actor: Actor, view: FeatureView, names: set[str]) -> None:
    if masked := sorted(names & set(selectors.masks_of_view(actor, view))):
        sentence = _(
            "%(view)s is found by %(keys)s, which you see masked: the answer would tell who is in it. Ask an "
            "administrator for seeing personal values in clear."
        )
        said = sentence % {"view": view, "keys": ", ".join(masked)}
        access.require(actor, Permission.DATASET_CLEAR, view, else_say=said)
