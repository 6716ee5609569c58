"""Which engine this portal uses."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from foundation.engines.ports import ComputeEngine


@cache
def current() -> ComputeEngine:
    """Return the engine named by COMPUTE_ENGINE; one per process, since it holds no state of its own."""
    # The gateway's own port: the public address may be an ingress in front of it.
    port = settings.SANAD_PORT
    if settings.COMPUTE_ENGINE == "process":
        from foundation.engines.adapters.process import ProcessEngine

        return ProcessEngine(
            folder=settings.SANAD_HOME / "engines", run=settings.SANAD_RUN, portal_url=f"http://127.0.0.1:{port}"
        )
    if settings.COMPUTE_ENGINE == "docker":
        from foundation.engines.adapters.docker import DockerEngine

        return DockerEngine(image=settings.SANAD_RUNTIME_IMAGE, run=settings.SANAD_RUN, portal_port=port)
    raise ImproperlyConfigured(
        f"COMPUTE_ENGINE is {settings.COMPUTE_ENGINE!r}; this version knows 'process' and 'docker'."
    )
