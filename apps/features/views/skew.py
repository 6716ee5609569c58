"""Whether what is served of one version of a feature view is what a model learned from."""

from __future__ import annotations

from typing import Any

from apps.features import forms, policies, selectors
from apps.features.choices import SkewKind
from foundation import access
from foundation.web.requests import PortalRequest

_SHOWN = 10


def skew_part(request: PortalRequest, view: Any) -> dict[str, Any]:
    """What the tab needs."""
    found = selectors.skew_of(actor=request.actor, view=view)
    return {
        "skew": found,
        "kinds": [(SkewKind(kind).label, count) for kind, count in sorted(found.kinds.items())],
        "checks": found.checks[:_SHOWN],
        "may_watch": access.ask(policies.check_can_define, request.actor, request.project),
        "skew_form": forms.SkewForm(initial=forms.SkewForm.of(view)),
    }
