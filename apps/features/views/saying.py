"""What is said about a view afterwards: description, owner and tags, that it is deprecated, that it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.features import forms, policies, selectors, services
from apps.features.views.binned import said_in_bin, would_be_kept
from apps.features.views.things import address, as_id, view_of
from apps.tenants.choices import BinKind
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.editing import alone
from foundation.web.pages import offer_undo
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


def edit_page(request: PortalRequest, thing: Any, back: str, save: Callable[[dict[str, Any]], Any]) -> HttpResponse:
    """The form of description, owner and tags; saved it goes back to the thing's page, which offers to undo it."""
    form = _form(request, thing)
    if request.method == "POST" and form.is_valid():
        words = form.words()
        with refusals_on(form):
            _saved(request, thing, save(words), types_told="key_types" in words)
            return redirect(request, back)
    # Programs on the page name the thing as its own page does.
    context = {"form": form, "thing": thing, "back": back, _word_of(thing): thing, **_list_of(thing)}
    return render_page(request, "features/describe.html", status=422 if form.errors else 200, **context)


def _form(request: PortalRequest, thing: Any) -> forms.DescriptionForm:
    """Of an entity whose keys have no types yet it asks for these as well."""
    initial = forms.DescriptionForm.said_of(thing)
    if _word_of(thing) != "entity" or thing.key_types:
        return forms.DescriptionForm(request.POST or None, initial=initial)
    return forms.EntityForm(request.POST or None, initial=initial, join_keys=thing.join_keys)


def _saved(request: PortalRequest, thing: Any, now_said: Any, *, types_told: bool) -> None:
    """Undone, it says again what it said before, unless somebody has saved since: then both versions are shown.

    What keys hold is told for good, so a save that told it offers nothing.
    """
    before, after = forms.DescriptionForm.said_of(thing), forms.DescriptionForm.said_of(now_said)
    if before == after or types_told:
        messages.success(request, _("Saved."))
    else:
        offer_undo(request, _("Saved."), request.path, **before, **forms.DescriptionForm.begun_with(after))


def _word_of(thing: Any) -> str:
    """What pages call such a thing: an entity, a service, or a view, on demand or not."""
    word = type(thing).__name__
    return {"Entity": "entity", "FeatureService": "service"}.get(word, "view")


def _list_of(thing: Any) -> dict[str, Any]:
    """The list that the thing's own page stands behind, for the way to it; views stand in the first."""
    lists = {
        "Entity": ("entities", _("Entities")),
        "FeatureService": ("services", _("Services")),
        "OnDemandView": ("on_demand", _("On-demand features")),
    }
    show, label = lists.get(type(thing).__name__, ("", ""))
    return {"show": show, "label": label}


def deprecate_page(
    request: PortalRequest,
    thing: Any,
    back: str,
    others: Iterable[Any],
    mark: Callable[[str, str], Any],
) -> HttpResponse:
    """The form of reason and replacement; `mark` takes both, the second an id or nothing."""
    instead = [(str(one.pk), str(one)) for one in others if one.pk != thing.pk and one.deprecated_at is None]
    form = forms.DeprecationForm(request.POST or None, instead=instead)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            mark(form.cleaned_data["reason"], form.cleaned_data["instead"])
            said = _("%(name)s is deprecated; whoever uses it is told.") % {"name": thing}
            offer_undo(request, said, f"{back}restore/")
            return redirect(request, back)
    context = {"form": form, "thing": thing, "back": back, _word_of(thing): thing, **_list_of(thing)}
    return render_page(request, "features/deprecate.html", status=422 if form.errors else 200, **context)


def restored(request: PortalRequest, thing: Any, again: str) -> None:
    """Say that it may be chosen once more; undone it is deprecated for the same reason."""
    said = _("%(name)s is not deprecated any more.") % {"name": thing}
    instead = thing.deprecated_for_id or None
    offer_undo(request, said, again, reason=thing.deprecated_because, instead=instead)


@access.page(Permission.FEATURE_DEFINE)
@never_cache
def view_edit(request: PortalRequest, tenant: str, project: str, view_id: UUID) -> HttpResponse:
    alone(request)
    view = view_of(request, view_id)
    back = address(request, "view_detail", view.pk)
    return edit_page(request, view, back, lambda words: services.describe_view(actor=request.actor, view=view, **words))


@access.page(Permission.FEATURE_DEFINE)
@never_cache
def view_deprecate(request: PortalRequest, tenant: str, project: str, view_id: UUID) -> HttpResponse:
    view = view_of(request, view_id)
    others = selectors.visible_views(actor=request.actor, project_id=request.project.pk, newest_only=True)

    def mark(reason: str, instead: str) -> Any:
        other = view_of(request, as_id(instead)) if instead else None
        return services.deprecate_view(actor=request.actor, view=view, reason=reason, instead=other, now=now())

    return deprecate_page(request, view, address(request, "view_detail", view.pk), others.order_by("name"), mark)


@access.page(Permission.FEATURE_DEFINE)
@require_POST
def view_restore(request: PortalRequest, tenant: str, project: str, view_id: UUID) -> HttpResponse:
    view = view_of(request, view_id)
    restored(request, view, address(request, "view_deprecate", view.pk))
    services.restore_view(actor=request.actor, view=view)
    return redirect(request, address(request, "view_detail", view.pk))


@access.page(Permission.DATASET_DESTROY)
@access.fresh
@require_http_methods(["GET", "POST"])
def view_remove(request: PortalRequest, tenant: str, project: str, view_id: UUID) -> HttpResponse:
    view = view_of(request, view_id)
    policies.check_can_remove(request.actor, view)
    users = selectors.made_from_view(actor=request.actor, view=view)
    form = forms.RemovalForm(request.POST or None, name=str(view), breaks=bool(users))
    if form.is_valid():
        with refusals_on(form):
            services.ask_to_remove_view(actor=request.actor, view=view, **form.cleaned_data)
            said_in_bin(request, BinKind.FEATURE_VIEW, view)
            return redirect(request, address(request, "view_detail", view.pk))
    may_go = access.ask(services.check_view_is_free, request.actor, view)
    context = {"view": view, "users": users, "form": form, "kept_until": would_be_kept(), "may_go": may_go}
    return render_page(request, "features/view_remove.html", status=422 if form.errors else 200, **context)
