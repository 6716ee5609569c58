"""Addresses of the monitoring pages."""

from django.urls import path

from apps.monitoring.views import alerts, charts, pages, replays

app_name = "monitoring"
_MONITOR, _ALERT = "monitoring/<uuid:monitor_id>/", "monitoring/alerts/<uuid:alert_id>/"
project_patterns = [
    path("monitoring/", pages.monitor_list, name="monitor_list"),
    path(_MONITOR, pages.monitor_detail, name="monitor_detail"),
    path(f"{_MONITOR}thresholds/", pages.monitor_configure, name="monitor_configure"),
    path(f"{_MONITOR}acknowledge/", alerts.alerts_acknowledge, name="alerts_acknowledge"),
    path(f"{_MONITOR}distribution/", charts.distribution, name="distribution_chart"),
    path(f"{_MONITOR}predictions/", charts.predictions, name="prediction_chart"),
    path(f"{_MONITOR}replay/", replays.replay_start, name="replay_start"),
    path("monitoring/replays/<uuid:replay_id>/", replays.replay_change, name="replay_change"),
    path("monitoring/traffic/<uuid:deployment_id>/<slug:name>/", charts.traffic, name="traffic_chart"),
    path(_ALERT, alerts.alert_detail, name="alert_detail"),
    path(f"{_ALERT}acknowledge/", alerts.alert_acknowledge, name="alert_acknowledge"),
    path(f"{_ALERT}resolve/", alerts.alert_resolve, name="alert_resolve"),
]
