"""On-demand features as services find them: by id, or by name for the newest version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.models import OnDemandView
from apps.features.services.naming import meant, name_and_number
from apps.features.services.on_demand.columns import needed_for
from foundation.errors import NotFound
from foundation.identity import Actor


class OnDemandOfProject:
    """What `serving.OnDemandSource` asks for."""

    def find(self, *, actor: Actor, project_id: UUID, pk: UUID) -> tuple[str, list[str]]:
        view = selectors.get_on_demand_view(actor=actor, on_demand_id=pk)
        if view.project_id != project_id:
            raise NotFound(_("There are no such on-demand features here."))
        return str(view), list(view.feature_names)

    def called(self, *, actor: Actor, project_id: UUID, name: str) -> tuple[UUID, str, list[str]]:
        plain, number = name_and_number(name)
        rows = selectors.visible_on_demand_views(actor=actor, project_id=project_id).filter(name=plain)
        rows = rows.order_by("-number") if number is None else rows.filter(number=number)
        view: OnDemandView | None = rows.first()
        if view is None:
            names = selectors.visible_on_demand_views(actor=actor, project_id=project_id).values_list("name", flat=True)
            sentence = _("There are no on-demand features “%(name)s” in this project. %(meant)s")
            words = {"name": name, "meant": meant(name, names)}
            raise NotFound(sentence % words, details={"lacks": plain})
        return view.pk, str(view), list(view.feature_names)

    def asks(self, *, actor: Actor, pk: UUID, features: Sequence[str]) -> Mapping[str, str]:
        view = selectors.get_on_demand_view(actor=actor, on_demand_id=pk)
        needed = needed_for(view, features)
        return {name: declared for name, declared in view.request.items() if name in needed}
