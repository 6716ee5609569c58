"""Operations, and the REST surface's own description."""

from django.urls import path
from drf_spectacular.views import SpectacularSwaggerSplitView

from foundation.access import public
from foundation.web import (
    jobs_api,
    jobs_pages,
    openapi,  # noqa: F401  drf-spectacular finds its extensions once they are imported
    operations,
)
from foundation.web.described import DescriptionView
from foundation.web.documents import document
from foundation.web.preferences import preferences
from foundation.web.styleguide import views as styleguide
from foundation.web.switcher import switcher

app_name = "web"
_open = public("The description of the REST surface names no data.")

open_patterns = [
    path("healthz", operations.health, name="health"),
    path("readyz", operations.ready, name="ready"),
    path("metrics", operations.metrics, name="metrics"),
    path(".well-known/security.txt", operations.security_txt, name="security_txt"),
    path("docs/", document, name="documents"),
    path("docs/<path:address>", document, name="document"),
    path("preferences/", preferences, name="preferences"),
    path("styleguide/", styleguide.guide, name="styleguide"),
    path("styleguide/charts/<slug:kind>.json", styleguide.chart, name="styleguide_chart"),
    path("styleguide/log.txt", styleguide.log, name="styleguide_log"),
    path("styleguide/say/", styleguide.say, name="styleguide_say"),
    path("styleguide/<slug:part>/", styleguide.guide, name="styleguide_part"),
]
tenant_patterns = [
    path("switcher/", switcher, name="switcher"),
    path("jobs/<uuid:job_id>/", jobs_pages.job_fragment, name="job_fragment"),
    path("jobs/<uuid:job_id>/cancel/", jobs_pages.job_cancel, name="job_cancel"),
]
api_patterns = [
    *jobs_api.router.urls,
    path("schema/", _open(DescriptionView.as_view()), name="schema"),
    path(
        "docs/",
        _open(SpectacularSwaggerSplitView.as_view(url_name="schema", authentication_classes=[], permission_classes=[])),
        name="reference",
    ),
]
