from django.urls import path

from apps.streams.views import aside, changing, pages
from apps.streams.views.equals import EQUALS
from foundation.web import equals

app_name = "streams"
equals.register(EQUALS)
tenant_patterns = [
    path("streams/<uuid:stream_id>/", pages.stream_anywhere, name="stream_anywhere"),
]
project_patterns = [
    path("data/streams/", pages.stream_list, name="stream_list"),
    path("data/streams/new/", changing.stream_new, name="stream_new"),
    path("data/streams/<uuid:stream_id>/", pages.stream_detail, name="stream_detail"),
    path("data/streams/<uuid:stream_id>/edit/", changing.stream_edit, name="stream_edit"),
    path("data/streams/<uuid:stream_id>/pause/", changing.stream_pause, name="stream_pause"),
    path("data/streams/<uuid:stream_id>/resume/", changing.stream_resume, name="stream_resume"),
    path("data/streams/<uuid:stream_id>/cut/", changing.stream_cut, name="stream_cut"),
    path("data/streams/<uuid:stream_id>/delete/", changing.stream_delete, name="stream_delete"),
    path("data/streams/<uuid:stream_id>/quarantine/event/", aside.quarantine_event, name="quarantine_event"),
    path("data/streams/<uuid:stream_id>/quarantine/replay/", changing.quarantine_replay, name="quarantine_replay"),
    path("data/streams/<uuid:stream_id>/quarantine/discard/", changing.quarantine_discard, name="quarantine_discard"),
]
