"""Where Celery's workers and beat begin (`celery -A portal.working`): all that they need, loaded before any fork."""

from runtime.loading import at_rest

with at_rest():
    import django

    from portal.apps import StartRefused, refuse_unsafe_settings
    from portal.celery import app

    try:
        refuse_unsafe_settings()
    except StartRefused as refusal:
        # Celery's command line would wrap anything else in its own words.
        raise SystemExit(str(refusal)) from refusal
    django.setup()

__all__ = ["app"]
