"""What the style guide shows: names and figures made to stretch the components, of no tenant."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column
from django_tables2.utils import A

from foundation.web.cells import name_cell, state_cell
from foundation.web.chain import ChainNode
from foundation.web.long_choices import LongChoices
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, filesize, number

LONG = (
    "arrivals-late-by-fifteen-minutes-or-more-with-weather-at-ori"
    "gin-and-carrier-delay-of-the-last-24-hours-gradient-boosting"
)
DIGEST = "sha256:9f2c41d07b0e5a6c88f1d2e4a7b3c95061728394a5b6c7d8e9f00112233445566"


class SampleTable(PortalTable):
    title = _("Datasets")
    always = ("name",)
    name = Column(verbose_name=_("Name"), linkify=lambda record: f"/styleguide/#{record['id']}")
    version = Column(verbose_name=_("Version"))
    rows = Column(verbose_name=_("Rows"), attrs={"td": {"class": "s-num"}, "th": {"class": "s-num"}})
    size = Column(verbose_name=_("Size"), attrs={"td": {"class": "s-num"}, "th": {"class": "s-num"}})
    state = Column(verbose_name=_("State"))
    owner = Column(verbose_name=_("Owner"))
    updated = Column(verbose_name=_("Updated"), order_by=A("updated"))

    def render_name(self, value: str) -> Any:
        return name_cell(value)

    def render_state(self, value: str) -> Any:
        return state_cell(value, value.capitalize())

    def render_rows(self, value: int) -> str:
        return number(value)

    def render_size(self, value: int) -> Any:
        return filesize(value)

    def render_updated(self, value: datetime) -> Any:
        return ago(value)


class SampleFilter(forms.Form):
    q = forms.CharField(label=_("Search datasets"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Any")), ("ready", _("Ready")), ("ingesting", _("Ingesting")), ("failed", _("Failed"))],
    )
    owner = forms.CharField(label=_("Owner"), required=False)
    version = forms.CharField(label=_("Version"), required=False)


class SampleForm(forms.Form):
    name = forms.CharField(label=_("Name"), help_text=_("Letters, digits and dashes. It is part of the address."))
    target = forms.ChoiceField(
        label=_("Target"),
        choices=[("", "—"), ("late", "late"), ("arr_delay", "arr_delay")],
        help_text=_("The column to predict."),
    )
    seed = forms.IntegerField(label=_("Seed"), required=False, min_value=0)
    split = forms.ChoiceField(
        label=_("Split"),
        widget=forms.RadioSelect,
        choices=[("time", _("By time")), ("group", _("By group")), ("random", _("By chance"))],
    )
    airports = forms.MultipleChoiceField(
        label=_("Airports"),
        required=False,
        choices=[
            (code, code)
            for code in ("ATL", "BOS", "CLT", "DCA", "DFW", "DTW", "FLL", "LAX", "MCO", "MIA", "ORD", "SFO")
        ],
        initial=["LAX"],
        widget=LongChoices(
            first=3, more=_("Other airports"), find=_("Find an airport"), none=_("No airport of this name.")
        ),
    )
    notify = forms.BooleanField(label=_("Tell me when it is done"), required=False)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    sql = forms.CharField(label=_("Query"), widget=forms.Textarea(attrs={"data-editor": "sql", "spellcheck": "false"}))

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if " " in name:
            raise forms.ValidationError(_("A name has no spaces. Write late-arrivals instead."))
        return name


def rows(now: datetime) -> list[dict[str, Any]]:
    states = ["ready", "ready", "ingesting", "ready", "failed", "archived"]
    names = ["flights", LONG, "weather", "planes", "airports", "رحلات-مطار-دبي", "carriers-2013.parquet"]
    return [
        {
            "id": f"row-{i}",
            "name": names[i % 7] if i < 7 else f"{names[i % 7][:24]}-{i}",
            "version": f"v{i % 9 + 1}",
            "rows": 336776 // (i + 1),
            "size": 8_421_376 * (i + 1),
            "state": states[i % 6],
            "owner": "the data scientist" if i % 2 else "scientist@demo.local",
            "updated": now - timedelta(minutes=7 * i * i),
        }
        for i in range(137)
    ]


def is_wanted(row: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Whether a row is one that the filter asks for."""
    alike = all(asked.get(name, "") in ("", row[name]) for name in ("state", "version"))
    return alike and asked.get("q", "") in row["name"] and asked.get("owner", "") in row["owner"]


LINKS = (  # kind, name, state, its word, days ago
    ("source", "flights.csv.zip", "", "", 21),
    ("dataset_version", "flights v3", "ready", _("Ready"), 21),
    ("feature_view", "2 views", "ready", _("Ready"), 20),
    ("training_set", "late-departures v2", "proven", _("Proven"), 19),
    ("run", LONG, "succeeded", _("Succeeded"), 18),
    ("model_version", "late-arrivals v4", "production", _("Production"), 12),
    ("approval_case", "Promotion to production", "granted", _("Granted"), 10),
    ("revision", "arrivals r7", "ready", _("Ready"), 9),
)


def chain(now: datetime, *, broken: bool = False) -> list[ChainNode]:
    nodes = [
        ChainNode(kind, name, state, str(label), now - timedelta(days=days), "#chain", DIGEST, "the data scientist")
        for kind, name, state, label, days in LINKS
    ]
    nodes[5] = replace(nodes[5], current=True)
    if broken:
        reason = str(_("Signature invalid: model.onnx was changed after it was signed."))
        nodes[5] = replace(nodes[5], state="failed", state_label=str(_("Unproven")), broken_reason=reason)
    return [*nodes, ChainNode("monitor", "")]


def chart(kind: str) -> dict[str, Any]:
    """What a chart's address answers: {data, layout, said}."""
    if kind == "heat":
        z = [[round(abs(math.sin(r + c / 3)) * 0.4, 3) for c in range(12)] for r in range(6)]
        names = ["dep_hour", "carrier", "distance", "wind_speed", "visib", "temp"]
        return {
            "data": [{"type": "heatmap", "z": z, "y": names, "x": list(range(1, 13))}],
            "layout": {},
            "said": "wind_speed moved most.",
        }
    hours = [f"2013-07-01T{h:02d}:00:00Z" for h in range(24)]
    waves = [[round(120 + 80 * math.sin(h / 4 + k) + 9 * k, 1) for h in range(24)] for k in range(2)]
    traces = [
        {"type": "scatter", "mode": "lines", "name": f"r{k + 6}", "x": hours, "y": wave} for k, wave in enumerate(waves)
    ]
    return {
        "data": traces,
        "layout": {"yaxis": {"title": {"text": "requests/min"}, "rangemode": "tozero"}},
        "said": "Two revisions share the traffic.",
    }


def log_text() -> str:
    steps = [f"2026-11-03T09:12:{i % 60:02d}.{i:03d}Z step {i}: loss={1 / (i + 1):.5f}" for i in range(1, 160)]
    steps[9] = (
        "2026-11-03T09:12:10.010Z \x1b[33mWARNING\x1b[0m "
        "column \x1b[1mair_time\x1b[0m is left out: it is known only after arrival"
    )
    steps[40] = "2026-11-03T09:12:41.041Z \x1b[32mbest so far\x1b[0m roc_auc=0.7412"
    steps[-1] = "2026-11-03T09:12:59.159Z \x1b[31mERROR\x1b[0m MemoryError: the run used 2.1 GB of 2 GB"
    return "\n".join(steps) + "\n"
