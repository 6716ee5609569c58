"""What the processes tell each other through Valkey: jobs and live messages."""

from portal.settings import environment as env
from portal.settings.services import REDIS_URL

CELERY_APP = "portal.celery.app"
CHANNEL_LAYERS = {
    "default": {
        # Publish and subscribe: a page that misses a message asks the ledger again, so nothing is kept for the slow.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "sanad"},
    },
}

# Without it nothing is mailed.
EMAIL_URL = env.text("EMAIL_URL")
SANAD_SENDS_MAIL = bool(EMAIL_URL)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if SANAD_SENDS_MAIL else 'dummy'}.EmailBackend"
globals().update(env.mail(EMAIL_URL) if SANAD_SENDS_MAIL else {})
