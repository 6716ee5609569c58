"""On-demand features: defined, tried, and reckoned for requests, by one evaluator that training uses as well."""

from apps.features.services.on_demand.columns import DerivedColumns, derived_of
from apps.features.services.on_demand.defining import check_definition, define_on_demand
from apps.features.services.on_demand.reckoning import read_on_demand, try_definition, try_on_demand
from apps.features.services.on_demand.wording import fault_in_words

__all__ = [
    "DerivedColumns",
    "check_definition",
    "define_on_demand",
    "derived_of",
    "fault_in_words",
    "read_on_demand",
    "try_definition",
    "try_on_demand",
]
