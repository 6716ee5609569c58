"""Who keeps, shares and changes saved filters; each raises what the reader is told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from foundation import access
from foundation.access import Inside, Permission
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.identity import Actor
from foundation.web.saved_filters import MOST_SIGNS, Listed

if TYPE_CHECKING:
    from apps.dashboards.models import SavedFilter

MOST_OF_A_LIST = 50


def check_can_save(actor: Actor, listed: Listed, project_id: UUID | None) -> None:
    """Whoever may read the list saves how they read it, also to share it; in an archived project nothing is kept."""
    access.require_own(actor)
    if actor.user is None:
        raise AccessDenied(_("Only a person saves filters; a program gives its words with each request."))
    if not (listed.own and access.reads_own(actor, listed.permission)):
        access.require(actor, listed.permission, Inside(project_id))
    access.require_not_archived(actor, project_id)


def check_can_change(actor: Actor, saved: SavedFilter) -> None:
    """Its owner; a shared one also whoever looks after the project, or the organisation."""
    access.require_own(actor)
    access.require_not_archived(actor, saved.project_id)
    if actor.user is not None and saved.owner_id == actor.user.pk:
        return
    needed = Permission.PROJECT_EDIT if saved.project_id else Permission.TENANT_MANAGE
    sentence = _("Only its owner or an administrator changes a saved filter.")
    access.require(actor, needed, saved if saved.project_id else None, else_say=sentence)


def check_room(count: int) -> None:
    if count >= MOST_OF_A_LIST:
        sentence = _("You have %(most)d saved filters of this list already. Delete one that you use no more.")
        raise Conflict(sentence % {"most": MOST_OF_A_LIST})


def checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 80 or any(ord(sign) < 32 for sign in name):
        sentence = _("Give it a name of at most 80 signs, in one line.")
        raise Invalid(sentence, fields={"name": [sentence]})
    return name


def checked_query(query: str) -> str:
    if not query:
        sentence = _("Nothing is filtered, sorted or chosen here yet: this is the list as it always opens.")
        raise Invalid(sentence, fields={"query": [sentence]})
    if len(query) > MOST_SIGNS or "%00" in query or "\0" in query:
        sentence = _("A query of at most %(most)d signs.") % {"most": MOST_SIGNS}
        raise Invalid(sentence, fields={"query": [sentence]})
    return query


def check_name_free(taken: bool) -> None:
    if taken:
        sentence = _("You have a saved filter of this name already. Choose another name, or put this in its place.")
        raise Conflict(sentence)
