"""Figures are plain dictionaries; Plotly's own schema says whether they are figures."""

import plotly.graph_objects as go

from apps.experiments import charts


def test_curves_are_a_figure_by_plotlys_schema():
    points = [{"step": step, "value": 1 / (step + 1), "timestamp": step} for step in range(30)]
    made = charts.curves({"train_loss": points, "validation_loss": points})
    figure = go.Figure(data=made["data"], layout=made["layout"])
    assert len(figure.data) == 2
