from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import django_filters
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.experiments.choices import RECIPES, RunState, metric_label, recipe_label
from foundation.figures import whole
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, duration, number
from foundation.web.templatetags.sanad_svg import sparkline
from runtime.figures import ranked

_NUMBERS = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


class MetricColumn(Column):
    """A figure on the test rows, out of the run's JSON; runs without it come last, whichever way one sorts."""

    def __init__(self, metric: str) -> None:
        self.metric = metric
        label = metric_label(metric)
        super().__init__(verbose_name=label, accessor=f"metrics__test__{metric}", attrs=_NUMBERS, default="–")

    def render(self, value: float) -> str:
        return number(value)

    def order(self, rows: QuerySet[Any], is_descending: bool) -> tuple[QuerySet[Any], bool]:
        field = F(f"metrics__test__{self.metric}")
        order = field.desc(nulls_last=True) if is_descending else field.asc(nulls_last=True)
        return rows.order_by(order, "-created_at"), True


class RunTable(PortalTable):
    title = _("Runs")
    always = ("number",)
    also = ("purpose", "started_at", "ended_at", "reproduced")
    number = Column(verbose_name=_("Run"))
    state = Column(verbose_name=_("State"))
    recipe = Column(verbose_name=_("Recipe"))
    training_set = Column(verbose_name=_("Training set"), order_by=("training_set__name", "training_set__number"))
    curve = Column(verbose_name=_("Validation loss"), orderable=False, empty_values=(), exclude_from_export=True)
    duration = Column(verbose_name=_("Took"), orderable=False, empty_values=(), attrs=_NUMBERS)
    created_by = Column(verbose_name=_("Who"), order_by="created_by__name", default="–")
    created_at = Column(verbose_name=_("Asked"))

    class Meta(PortalTable.Meta):
        order_by = "-created_at"

    def _url(self, name: str, pk: Any) -> str:
        return reverse(name, args=[self.request.tenant.slug, self.request.project.slug, pk])

    def export_duration(self, record: Any) -> float | None:
        """Seconds."""
        found = took(record)
        return found.total_seconds() if found else None

    def render_number(self, record: Any) -> str:
        name = f"#{record.number}" + (f" · {record.purpose}" if record.purpose else "")
        url = self._url("experiments:run_detail", record.pk)
        return name_cell(name, url)

    def render_state(self, record: Any) -> str:
        mark = format_html(' <span class="s-tag">{}</span>', _("reproduced")) if record.reproduced else ""
        return SafeString(state_cell(record.state, RunState(record.state).label) + mark)

    def render_recipe(self, value: str) -> object:
        return recipe_label(value)

    def render_training_set(self, record: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", record.training_set)

    def render_curve(self, record: Any) -> SafeString:
        return sparkline(record.curve, "")

    def render_duration(self, record: Any) -> str:
        return duration(took(record)) if record.ended_at else "–"

    def render_created_by(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)


def run_table(metrics: list[str]) -> type[RunTable]:
    """The table with a column for each of these figures, before curve and the rest."""
    columns = {f"metric_{name}": MetricColumn(name) for name in metrics}
    order = ("number", "state", *columns, "curve", "recipe", "training_set", "duration", "created_by", "created_at")
    meta = type("Meta", (RunTable.Meta,), {"sequence": order})
    # Out of JSON: the 1 of a perfect run is a whole number there.
    return type("RunTable", (RunTable,), {**columns, "Meta": meta, "kinds": dict.fromkeys(columns, float)})


def took(run: Any) -> timedelta | None:
    return run.ended_at - run.started_at if run.started_at and run.ended_at else None


def _rows(count: int | None) -> dict[str, int]:
    return {} if count is None else {"rows": count}


class RunFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search runs"), method="search")
    state = django_filters.ChoiceFilter(label=_("State"), choices=RunState.choices, empty_label=_("All"))
    recipe = django_filters.ChoiceFilter(
        label=_("Recipe"), choices=[(name, words[0]) for name, words in RECIPES.items()], empty_label=_("All")
    )

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        found = Q(purpose__icontains=words) | Q(experiment__name__icontains=words)
        found |= Q(training_set__name__icontains=words) | Q(created_by__name__icontains=words)
        asked = whole(words.strip().lstrip("#"))
        return rows.filter(found if asked is None else found | Q(number=asked))


def figures(run: Any) -> tuple[list[tuple[str, Any]], list[dict[str, Any]]]:
    """The metrics as a table: columns (key, label) and rows (label, values), parts first, then slices."""
    metrics, counts = run.metrics, run.manifest.get("rows", {})
    parts = {name: metrics[name] | _rows(counts.get(name)) for name in ("validation", "test") if metrics.get(name)}
    parts |= {f"slice {name}": found for name, found in (metrics.get("slices") or {}).items()}
    names = {name for found in parts.values() for name in found}
    known = ranked(names)
    keys = [*known, *sorted(names - set(known) - {"rows"}), *(["rows"] if "rows" in names else [])]
    labels = {"validation": _("Validation"), "test": _("Test")}
    rows = [
        {
            "label": labels.get(part) or part.removeprefix("slice "),
            "is_slice": part.startswith("slice "),
            "values": [found.get(key) for key in keys],
        }
        for part, found in parts.items()
        if found
    ]
    return [(key, _("Rows") if key == "rows" else metric_label(key)) for key in keys], rows
