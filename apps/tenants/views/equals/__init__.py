"""What the settings' pages do, by program: `foundation.web.equals` fills in the page's own names and ids."""

from __future__ import annotations

from apps.tenants.views.equals.cost import COST
from apps.tenants.views.equals.doors import DOORS
from apps.tenants.views.equals.people import PEOPLE

EQUALS = {**PEOPLE, **COST, **DOORS}
