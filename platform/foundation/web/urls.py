"""Operations, and the REST surface's own description."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from foundation.access import public
from foundation.web import operations

app_name = "web"
_open = public("The description of the REST surface names no data.")

open_patterns = [
    path("healthz", operations.health, name="health"),
    path("readyz", operations.ready, name="ready"),
    path("metrics", operations.metrics, name="metrics"),
    path(".well-known/security.txt", operations.security_txt, name="security_txt"),
]
api_patterns = [
    path("schema/", _open(SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[])), name="schema"),
    path(
        "docs/",
        _open(SpectacularSwaggerView.as_view(url_name="schema", authentication_classes=[], permission_classes=[])),
        name="reference",
    ),
]
