"""Pages and REST: WSGI workers answer these; websockets are portal.asgi's."""

import os

from runtime.loading import at_rest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

with at_rest():
    from django.core.wsgi import get_wsgi_application
    from django.urls import get_resolver

    from portal.apps import refuse_unsafe_settings
    from runtime.room import with_room

    refuse_unsafe_settings()
    application = with_room(get_wsgi_application())
    # Pages are imported before the workers fork, not by each at its first request.
    get_resolver().url_patterns  # noqa: B018
