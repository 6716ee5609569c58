"""Definitions as a file: what is there written down, the difference of a file to it shown, and made true."""

from apps.features.services.definitions.entities import EntitySection, entity_fields
from apps.features.services.definitions.exporting import definitions_text, text_of, text_of_made
from apps.features.services.definitions.on_demand import OnDemandSection, on_demand_fields
from apps.features.services.definitions.planning import Plan, apply_definitions, plan_definitions
from apps.features.services.definitions.reading import Fields, Problem, Value
from apps.features.services.definitions.sections import (
    Change,
    Context,
    Left,
    Section,
    Step,
    Wanted,
    register_section,
)
from apps.features.services.definitions.services import ServiceSection, service_fields
from apps.features.services.definitions.views import ViewSection, view_fields, view_words
from apps.features.services.definitions.windows import WindowSection, window_fields

__all__ = [
    "Change",
    "Context",
    "Fields",
    "Left",
    "Plan",
    "Problem",
    "Section",
    "Step",
    "Value",
    "Wanted",
    "apply_definitions",
    "definitions_text",
    "entity_fields",
    "on_demand_fields",
    "plan_definitions",
    "register_section",
    "service_fields",
    "text_of",
    "text_of_made",
    "view_fields",
    "view_words",
    "window_fields",
]

for _section in (EntitySection(), ViewSection(), WindowSection(), OnDemandSection(), ServiceSection()):
    register_section(_section)
