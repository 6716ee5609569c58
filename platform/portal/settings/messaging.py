"""What the processes tell each other through Valkey: jobs and live messages."""

from portal.settings.services import REDIS_URL

CELERY_APP = "portal.celery.app"
CHANNEL_LAYERS = {
    "default": {
        # Publish and subscribe: a page that misses a message asks the ledger again, so nothing is kept for the slow.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "sanad"},
    },
}
