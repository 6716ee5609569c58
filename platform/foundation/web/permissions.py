from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from foundation.access import require_somewhere_or_own


class DeclaredPermission(BasePermission):
    """Asks for the permission that the viewset declares for the action; an undeclared action is refused.

    In which project it is held is asked of the thing, once a selector has found it.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if getattr(view, "public_because", None):
            return True
        actor = getattr(request._request, "actor", None)
        if actor is None:
            raise NotAuthenticated(_("Sign in, or send “Authorization: Bearer snd_…”."))
        action = getattr(view, "action", None) or str(request.method).lower()
        permission = getattr(view, "permissions", {}).get(action)
        if permission is None:
            # OPTIONS and methods that the view does not have: DRF answers 405 after this.
            return action in {"options", "metadata", None} or not hasattr(view, action)
        require_somewhere_or_own(actor, permission, own=action in getattr(view, "own_too", ()))
        return True
