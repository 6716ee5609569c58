"""Every route declares what it asks for; a test walks them all and fails on one that does not."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _

from foundation.access.checks import require, require_somewhere_or_own
from foundation.access.permissions import Permission
from foundation.errors import AccessDenied, NotFound
from foundation.identity.ways import Way

View = Callable[..., HttpResponseBase]


def page(permission: Permission, *, own: bool = False) -> Callable[[View], View]:
    """The view is for signed-in members of the tenant in the URL who hold `permission`.

    With `own` any person of the tenant comes in: the view shows and changes what is their own, and asks for the rest.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = getattr(request, "actor", None)
            if actor is None:
                return _to_sign_in(request)
            if (project := getattr(request, "project", None)) is None:
                require_somewhere_or_own(actor, permission, own=own)
            else:
                require(actor, permission, project)
            return view(request, *args, **kwargs)

        checked.required_permission = permission  # type: ignore[attr-defined]
        return checked

    return decorate


def own(reason: str, *, by_provider: bool = False) -> Callable[[View], View]:
    """The view shows a signed-in person what is theirs, in no tenant; `reason` says why no permission is asked for.

    Whoever came by a tenant's identity provider is let in with `by_provider` alone: the provider speaks for its tenant,
    and a password that it let somebody change would open the others.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if not by_provider and Way.of(request.session).tenant_id is not None:
                raise AccessDenied(_only_for_those_we_know())
            return view(request, *args, **kwargs)

        checked.own_because = reason  # type: ignore[attr-defined]
        return checked

    return decorate


def operator(what: str) -> Callable[[View], View]:
    """The view is for the platform's operators; `what` says what they do there. For anybody else there is no such page.

    They come by the portal itself: no tenant's identity provider speaks for them, and no token does their work.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user: Any = request.user
            if not user.is_authenticated:
                return _to_sign_in(request)
            by_token = getattr(request, "actor", None) is not None
            if by_token or not user.is_operator or Way.of(request.session).tenant_id is not None:
                raise NotFound(_("There is nothing at this address, or it is not yours to see."))
            return view(request, *args, **kwargs)

        checked.operator_for = what  # type: ignore[attr-defined]
        return checked

    return decorate


def public(reason: str) -> Callable[[View], View]:
    """The view is open to all; `reason` says why that is right."""

    def decorate(view: View) -> View:
        view.public_because = reason  # type: ignore[attr-defined]
        return view

    return decorate


def declared(view: Any) -> str | None:
    """What a route's view declared: a permission, a reason to be open, or nothing."""
    for candidate in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        if candidate is None:
            continue
        if permission := getattr(candidate, "required_permission", None):
            return str(permission)
        if reason := getattr(candidate, "public_because", None) or getattr(candidate, "own_because", None):
            return str(reason)
        if what := getattr(candidate, "operator_for", None):
            return str(what)
        if permissions := getattr(candidate, "permissions", None):
            return str(permissions)
    return None


def _only_for_those_we_know() -> str:
    return _(
        "You came in by the identity provider of an organisation, which speaks for that organisation alone. To change"
        " how you sign in yourself, sign out and come in with your password or a passkey."
    )


def _to_sign_in(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}")
