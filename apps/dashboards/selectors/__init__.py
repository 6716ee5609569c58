"""Reads of all rooms for the pages that look over them; each asks the rooms' own selectors."""

from apps.dashboards.selectors.beginning import first_steps
from apps.dashboards.selectors.overview import Overview, ServedDeployment, overview
from apps.dashboards.selectors.projects import projects_by_activity
from apps.dashboards.selectors.reach import who_sees
from apps.dashboards.selectors.saved_filters import filters_of, get_filter, listed_of, visible_filters
from apps.dashboards.selectors.searching import search
from apps.dashboards.selectors.things import Thing, locate, things
from apps.dashboards.selectors.visits import get_visit, recent_visits
from apps.dashboards.selectors.waiting import Waiting, waiting, waiting_count

__all__ = [
    "Overview",
    "ServedDeployment",
    "Thing",
    "Waiting",
    "filters_of",
    "first_steps",
    "get_filter",
    "get_visit",
    "listed_of",
    "locate",
    "overview",
    "projects_by_activity",
    "recent_visits",
    "search",
    "things",
    "visible_filters",
    "waiting",
    "waiting_count",
    "who_sees",
]
