"""On-demand features: defined, tried, and reckoned for requests, by one evaluator that training uses as well."""

from apps.features.services.on_demand.defining import define_on_demand
from apps.features.services.on_demand.reckoning import read_on_demand, try_definition, try_on_demand
from apps.features.services.on_demand.sampling import try_on_sample
from apps.features.services.on_demand.serving import OnDemandOfProject
from apps.features.services.on_demand.wording import functions_in_words

__all__ = [
    "OnDemandOfProject",
    "define_on_demand",
    "functions_in_words",
    "read_on_demand",
    "try_definition",
    "try_on_demand",
    "try_on_sample",
]
