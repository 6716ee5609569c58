"""The portal's Celery, with the jobs of the tests."""

from datetime import timedelta

from portal.working import app  # isort: skip  (what follows needs the settings)

from foundation.jobs import leases
from tests.foundation.jobs import probes  # noqa: F401

# A killed worker is missed sooner; what the portal's own lease makes of it is in test_whole_portal.
leases.LEASE, leases.RENEW_EVERY = timedelta(seconds=10), 2.0
celery = app
