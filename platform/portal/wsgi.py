"""Pages and REST: WSGI workers answer these; websockets are portal.asgi's."""

import os

from django.core.wsgi import get_wsgi_application

from portal.apps import refuse_unsafe_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

refuse_unsafe_settings()
application = get_wsgi_application()
