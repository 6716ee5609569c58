"""Celery: the broker brings a bell to a worker; what is to be done lies in the database (foundation.jobs)."""

import os
from urllib.parse import parse_qs, quote, unquote, urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# Celery would have every worker go through Django's checks, which import all pages and routes: half a second of a
# processor for each start, and memory as long as it runs. What a start must not do without is looked at below.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

from celery import Celery
from celery.signals import beat_init, celeryd_init
from django.conf import settings
from kombu import Exchange, Queue

from foundation.jobs.choices import QUEUES
from portal.apps import StartRefused, refuse_unsafe_settings


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis URL; only a Unix socket has one of its own, and takes the password as user info."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    user = quote(unquote(parts.username or query.get("username", "")), safe="")
    password = quote(unquote(parts.password or "") or query.get("password", ""), safe="")
    info = f"{user}:{password}@" if user or password else ""
    return f"redis+socket://{info}{parts.path}?virtual_host={query.get('db', '0')}"


# The default exchange leads to the queue of that name by itself. An exchange of our own would be a binding in the
# broker, which a flush forgets while publishers believe that they declared it.
_DIRECT = Exchange("")

app = Celery("sanad")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 12 * 3600,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "global_keyprefix": "sanad:queue:",
    },
    task_queues=[Queue(name, exchange=_DIRECT, routing_key=name) for name in QUEUES],
    task_default_queue="default",
    task_default_exchange="",
    task_create_missing_queues=False,
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    # Presence, time limits and cancelling go through the database; no broadcast channel into workers stays open.
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    beat_scheduler="foundation.jobs.beat:DatabaseScheduler",
    timezone="UTC",
    enable_utc=True,
)
app.set_default()


@celeryd_init.connect
@beat_init.connect
def _look_at_the_start(**_given: object) -> None:
    try:
        refuse_unsafe_settings()
    except StartRefused as refusal:
        # Celery logs what a receiver raises and starts all the same; the end of the process it lets through.
        raise SystemExit(str(refusal)) from refusal
