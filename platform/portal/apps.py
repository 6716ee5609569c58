"""The portal itself among Django's apps: it looks at what it is started with."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core import checks

from portal.start import Start, StartRefused, faults, refuse_unsafe, ways


class PortalConfig(AppConfig):
    name = "portal"
    label = "portal"

    def ready(self) -> None:
        checks.register(safe_to_start, checks.Tags.security, deploy=True)


def configured() -> Start:
    """What the settings say of the start; of Django's own object an empty key cannot even be asked."""
    from portal import settings
    from portal.settings import environment

    urls = {"DATABASE_URL": settings.DATABASE_URL, "LAKE_DATABASE_URL": settings.LAKE_DATABASE_URL}
    if settings.DATABASE_OWNER_URL != settings.DATABASE_URL:
        urls["DATABASE_OWNER_URL"] = settings.DATABASE_OWNER_URL
    return Start(
        public_url=settings.SANAD_PUBLIC_URL,
        secrets={"SANAD_SECRET_KEY": settings.SECRET_KEY, "SANAD_GATEWAY_SECRET": settings.SANAD_GATEWAY_SECRET},
        databases=urls,
        redis_url=settings.REDIS_URL,
        plain_hosts=tuple(settings.SANAD_PLAIN_HOSTS),
        ways=ways(environment.text),
        debug=settings.DEBUG,
    )


def safe_to_start(app_configs: Any, **_given: Any) -> list[checks.CheckMessage]:
    """`manage.py check --deploy` names all that a start refuses."""
    return [checks.Error(sentence, id="portal.E001") for sentence in faults(configured())]


def refuse_unsafe_settings() -> None:
    """For every process that serves or works: StartRefused with one sentence."""
    refuse_unsafe(configured())


__all__ = ["PortalConfig", "StartRefused", "configured", "refuse_unsafe_settings"]
