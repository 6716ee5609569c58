"""The portal's Celery, with the jobs of the tests."""

import django

django.setup()

from portal.celery import app
from tests.foundation.jobs import probes  # noqa: F401

celery = app
