"""Addresses of the deployments app."""

from django.urls import path

from apps.deployments.views import internal

app_name = "deployments"

open_patterns = [
    path("internal/gateway/state", internal.state, name="gateway_state"),
    path("internal/gateway/token", internal.token, name="gateway_token"),
]
