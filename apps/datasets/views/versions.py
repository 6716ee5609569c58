from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.datasets import charts, forms, policies, selectors, services
from apps.datasets.choices import VersionState
from apps.datasets.views import checks, contracts, exporting, parts, presentation
from apps.datasets.views.building import builds_on
from apps.datasets.views.things import address, version_of
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Invalid, NotFound
from foundation.figures import whole
from foundation.web import redirect, render_page, toast
from foundation.web.chain import chain_of
from foundation.web.jobs_pages import newest_job
from foundation.web.pages import offer_undo, unchanged
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_VIEW)
@require_GET
def version_detail(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = version_of(request, version_id)
    state = f"{version.state}-paused" if version.paused_at else version.state
    if nothing_new := unchanged(request, state):
        return nothing_new
    context: dict[str, Any] = {
        "version": version,
        "dataset": version.dataset,
        "chain": chain_of(request.actor, "dataset_version", version.pk),
        "counts": selectors.class_counts(version.schema),
        "topic": f"dataset_version:{version.pk}",
        "export_files": exporting.export_files(request, version),
        "holds": selectors.holds_on(version),
        "tags_on_it": [tag.name for tag in version.tags.all()],
        "may_tag": access.ask(policies.check_can_tag, request.actor, version),
        "may_hold": access.ask(policies.check_can_hold, request.actor, version),
        "state": state,
        "builds": builds_on(request, version),
        "may_destroy": access.ask(policies.check_can_destroy, request.actor, version),
        **_of_state(request, version),
    }
    return render_page(request, "datasets/version_detail.html", **context)


def _of_state(request: PortalRequest, version: Any) -> dict[str, Any]:
    """What the page shows depends on how far the version has come."""
    if version.state == VersionState.READY:
        return _ready(request, version)
    if version.state == VersionState.REVIEW:
        return {
            **parts.preview(request, version),
            **parts.profile(request, version),
            **checks.report(request, version),
            **contracts.breach_of(request, version),
            "may_commit": access.ask(policies.check_can_commit, request.actor, version),
            "may_discard": access.ask(policies.check_can_discard, request.actor, version),
        }
    found: dict[str, Any] = {"history": presentation.activity(request, version)}
    if version.state == VersionState.INGESTING and version.source.get("kind") == "connection":
        found["may_pause"] = access.ask(policies.check_can_add, request.actor, version)
    if version.state in {VersionState.INGESTING, VersionState.DESTROYING}:
        found["job"] = newest_job(request, ("dataset_version", version.pk))
    if version.state == VersionState.DESTROYED:
        found["facts"] = presentation.tombstone(request, version)
    if version.state in {VersionState.FAILED, VersionState.CANCELLED}:
        found |= checks.report(request, version)
        found["may_add"] = access.ask(policies.check_can_add, request.actor, version)
        found["upload"] = selectors.upload_of(actor=request.actor, version=version)
        found["form"] = forms.ReadingForm(initial=typed(version.source.get("options", {})))
    return found


def _ready(request: PortalRequest, version: Any) -> dict[str, Any]:
    asked = request.GET.get("tab", "")
    tab = asked if asked in parts.OF_VERSION else "preview"
    named = [
        ("preview", _("Rows"), None),
        ("profile", _("Columns"), len(version.schema)),
        ("checks", _("Checks"), None),
        ("lineage", _("Lineage and use"), None),
        ("activity", _("Activity"), None),
    ]
    return {
        "tab": tab,
        "tabs": presentation.tabs(address(request, "version_detail", version.pk), tab, named),
        "newest": selectors.latest_ready(version.dataset),
        "quarantine": selectors.quarantine_of(actor=request.actor, version=version),
        "may_roll_back": access.ask(policies.check_can_add, request.actor, version),
        **parts.OF_VERSION[tab](request, version),
    }


def typed(options: dict[str, Any]) -> dict[str, str]:
    """Options as the form's fields hold them."""
    kinds = options.get("types", {})
    return {
        "delimiter": options.get("delimiter", ""),
        "missing": " ".join(options.get("missing", [])),
        "as_text": ", ".join(name for name, kind in kinds.items() if kind == "text"),
        "as_number": ", ".join(name for name, kind in kinds.items() if kind == "number"),
        "sheet": options.get("sheet", ""),
        "tokenise": ", ".join(options.get("tokenise", [])),
    }


@access.page(Permission.DATASET_CREATE)
@require_POST
def version_commit(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = services.commit_version(actor=request.actor, version=version_of(request, version_id), now=now())
    messages.success(request, _("%(version)s is committed and never changes again.") % {"version": version})
    return redirect(request, address(request, "version_detail", version.pk))


@access.page(Permission.DATASET_CREATE)
@require_POST
def version_discard(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = services.discard_version(actor=request.actor, version=version_of(request, version_id))
    messages.success(
        request, _("Discarded. Nobody can read its rows any more, and they leave the disk with the next clean-up.")
    )
    return redirect(request, address(request, "dataset_detail", version.dataset_id))


@access.page(Permission.DATASET_CREATE)
@require_POST
def version_pause(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = services.pause_version(actor=request.actor, version=version_of(request, version_id), now=now())
    said = _("Paused. What is in stays, and it goes on from there.")
    offer_undo(request, said, address(request, "version_resume", version.pk))
    return redirect(request, address(request, "version_detail", version.pk))


@access.page(Permission.DATASET_CREATE)
@require_POST
def version_resume(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = services.resume_version(actor=request.actor, version=version_of(request, version_id))
    messages.success(request, _("It goes on."))
    return redirect(request, address(request, "version_detail", version.pk))


@access.page(Permission.DATASET_CREATE)
@require_POST
def version_classify(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    """The column's row anew for htmx, else the page again at this column."""
    version, form = version_of(request, version_id), forms.ClassForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Choose how sensitive the column is."))
    version = services.classify_column(actor=request.actor, version=version, **form.cleaned_data)
    index = version.column_names.index(form.cleaned_data["column"])
    if not request.htmx:
        return redirect(request, f"{address(request, 'version_detail', version.pk)}?tab=profile#column-{index}")
    column = presentation.columns_of(request, version)[index]
    context = {"column": column, "version": version, **parts.classes(request, version)}
    return toast(render(request, "datasets/partials/column_row.html", context), _("Noted."))


@access.page(Permission.DATASET_CREATE)
@require_POST
def version_confirm(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    """Every suggestion for a column that nobody has classified, taken at once."""
    version = services.confirm_suggestions(actor=request.actor, version=version_of(request, version_id))
    messages.success(request, _("Every column of %(version)s has a class now.") % {"version": version})
    shown = "?tab=profile" if version.state == VersionState.READY else ""
    return redirect(request, f"{address(request, 'version_detail', version.pk)}{shown}")


@access.page(Permission.DATASET_VIEW)
@require_GET
def column_chart(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version, asked = version_of(request, version_id), whole(request.GET.get("column"))
    columns = selectors.profile_for(request.actor, version).get("columns", [])
    if asked is None or asked >= len(columns):
        raise NotFound(_("There is no such column in this version."))
    return JsonResponse(charts.column_chart(columns[asked], version.row_count or 0))
