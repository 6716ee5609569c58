"""A materialisation is begun: because rows are new, somebody asks, or the online store forgot."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.choices import (
    MATERIALISATION_NEXT,
    OPEN_MATERIALISATIONS,
    MaterialisationCause,
    MaterialisationKind,
    MaterialisationState,
)
from apps.features.models import FeatureView, Materialisation
from apps.projects.services import hold_open
from foundation import jobs, states
from foundation.clock import now
from foundation.errors import Conflict
from foundation.identity import Actor


@transaction.atomic
def request_materialisation(*, actor: Actor, view_id: UUID) -> Materialisation:
    """Put all newest values of a view online again. Conflict while they are on their way already."""
    view = selectors.get_view(actor=actor, view_id=view_id)
    policies.check_can_define(actor, view.project)
    hold_open(actor=actor, project_id=view.project_id)
    view = _locked(view.pk)
    selectors.view_table(view)  # says in words where there are no rows
    running = open_of(view)
    if running is not None:
        raise Conflict(
            _(
                "The values of %(view)s are being materialised already: %(percent)s%% of the keys are there. Wait for "
                "the end, or cancel it first."
            )
            % {"view": view, "percent": running.percent}
        )
    return _begun(actor, view, MaterialisationCause.ASKED, since=None)


def begin_materialisation(
    *, actor: Actor, view: FeatureView, cause: MaterialisationCause = MaterialisationCause.ROWS
) -> Materialisation:
    """The same where the portal itself has a reason: one that reads the same rows is joined, an older one overtaken.

    Where rows were only added since the values went online, the keys of these rows alone are written.
    """
    view = _locked(view.pk)
    running = open_of(view)
    if running is not None:
        if cause == MaterialisationCause.FORGOTTEN or running.lake_snapshot == view.lake_snapshot:
            return running
        overtake(running)
    since = None if cause == MaterialisationCause.FORGOTTEN else _since(view)
    return _begun(actor, view, cause, since)


def open_of(view: FeatureView) -> Materialisation | None:
    """The one that waits or runs, if any."""
    return Materialisation.objects.filter(view=view, state__in=OPEN_MATERIALISATIONS).first()


def overtake(row: Materialisation) -> None:
    """It ends without having written all: whoever comes after it does."""
    states.move(row, MaterialisationState.OVERTAKEN, MATERIALISATION_NEXT)
    row.ended_at = now()
    row.save(update_fields=["state", "ended_at"])


def make(view: FeatureView, cause: MaterialisationCause, since: int | None) -> Materialisation:
    """A row with the view's next number. The caller holds the view."""
    newest = Materialisation.objects.filter(view=view).aggregate(n=Max("number"))["n"] or 0
    return Materialisation.objects.create(
        tenant_id=view.tenant_id,
        project_id=view.project_id,
        view=view,
        number=newest + 1,
        kind=MaterialisationKind.FULL if since is None else MaterialisationKind.INCREMENTAL,
        cause=cause,
        lake_snapshot=view.lake_snapshot,
        since_snapshot=since,
    )


def plans_changed() -> None:
    """The gateway is to forget what it knows of views; the row's lock keeps numbers in commit order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO features_plantable (id, number) VALUES (1, 1) "
            "ON CONFLICT (id) DO UPDATE SET number = features_plantable.number + 1"
        )


def _begun(actor: Actor, view: FeatureView, cause: MaterialisationCause, since: int | None) -> Materialisation:
    row = make(view, cause, since)
    jobs.enqueue(
        "features.materialise_view",
        actor=actor,
        project_id=view.project_id,
        subject=("feature_view", view.pk),
        title=_("Materialising %(view)s") % {"view": view},
        view_id=str(view.pk),
        materialisation_id=str(row.pk),
    )
    return row


def _since(view: FeatureView) -> int | None:
    """The rows whose values are all online, where newer ones are to follow."""
    last = Materialisation.objects.filter(view=view, state=MaterialisationState.DONE).order_by("-number").first()
    if last is None or view.online_at is None or last.lake_snapshot == view.lake_snapshot:
        return None
    return last.lake_snapshot


def _locked(view_id: UUID) -> FeatureView:
    rows = FeatureView.objects.select_for_update(of=("self",)).select_related("entity", "project", "tenant")
    return rows.get(pk=view_id)
